// The nodes that the parser makes: anchors, tags, scalars, collections, aliases. Follows yaml_parser_parse_node and the parser of go-yaml's decode.go.
import type { YamlCollection, YamlNode } from "./node.ts";
import { fail, kind } from "./scan-state.ts";
import type { Token } from "./scan-state.ts";

/** What the parser waits for: takes a token, and says whether it is used up. @throws YamlError */
export type State = (p: Parser, token: Token) => boolean;

export interface Parser {
  root: YamlNode | undefined;
  isDone: boolean;
  state: State;
  /** States to go back to. */
  readonly states: State[];
  /** The collections that are not closed yet. */
  readonly open: Open[];
  readonly anchors: Map<string, YamlNode>;
  /** What %TAG lines say. */
  readonly handles: Map<string, string>;
  hasVersion: boolean;
  /** Of the node that is awaited. */
  isBlock: boolean;
  mayIndentLess: boolean;
  /** Empty without one: an anchor's name is never empty. */
  anchor: string;
  tag: Token | undefined;
  /** The states behind the beginning of a collection. */
  readonly beginnings: Readonly<
    Record<"flowSequenceItem" | "flowMappingItem" | "sequenceEntry" | "mappingKey" | "indentlessEntry", State>
  >;
}

type Open = { -readonly [K in keyof YamlCollection]: YamlCollection[K] };

/** The tags that need no %TAG line. */
const usualHandles: ReadonlyMap<string, string> = new Map([
  ["!", "!"],
  ["!!", "tag:yaml.org,2002:"],
]);

/** Waits for a node, and for `next` behind it. Not used up: the token is the node's first. */
export function awaitNode(p: Parser, next: State, isBlock: boolean, mayIndentLess = false): false {
  p.states.push(next);
  p.isBlock = isBlock;
  p.mayIndentLess = mayIndentLess;
  p.state = addNode;
  return false;
}

/** Nothing is written where a node is awaited. Not used up. */
export function leaveEmpty(p: Parser, token: Token, next: State): false {
  p.state = next;
  put(p, emptyAt(token));
  return false;
}

/** A node, or what is left of it behind its anchor or tag. */
function addNode(p: Parser, token: Token): boolean {
  if (token.kind === kind.scalar) return addScalar(p, token);
  const { beginnings, isBlock } = p;
  const hasProperties = p.anchor !== "" || p.tag !== undefined;
  switch (token.kind) {
    case kind.alias:
      if (!hasProperties) return addAlias(p, token);
      break;
    case kind.anchor:
      if (p.anchor !== "") break;
      p.anchor = token.text;
      return true;
    case kind.tag:
      if (p.tag !== undefined) break;
      p.tag = token;
      return true;
    case kind.flowSequenceStart:
      return open(p, "sequence", token, beginnings.flowSequenceItem);
    case kind.flowMappingStart:
      return open(p, "mapping", token, beginnings.flowMappingItem);
    case kind.blockSequenceStart:
      if (isBlock) return open(p, "sequence", token, beginnings.sequenceEntry);
      break;
    case kind.blockMappingStart:
      if (isBlock) return open(p, "mapping", token, beginnings.mappingKey);
      break;
    case kind.blockEntry:
      if (!p.mayIndentLess) break;
      open(p, "sequence", token, beginnings.indentlessEntry);
      return false;
    default:
  }
  if (!hasProperties) return fail(`${nameOf(token)} can't stand here: a value is expected`, token.line);
  const tag = takeTag(p);
  attach(p, { ...emptyAt(token), tag, isPlain: tag === "" });
  return false;
}

function addAlias(p: Parser, { text, start, end, line }: Token): true {
  const target = p.anchors.get(text);
  if (target === undefined) fail(`unknown anchor '${text.slice(0, 100)}' referenced`, line);
  else attach(p, { kind: "alias", name: text, target, start, end, line });
  return true;
}

function addScalar(p: Parser, { text, style, start, end, line }: Token): true {
  const tag = p.tag === undefined ? "" : takeTag(p);
  const isPlain = tag === "" ? style === "plain" : tag === "!";
  attach(p, { kind: "scalar", text, tag, isPlain, style, start, end, line });
  return true;
}

function open(p: Parser, type: YamlCollection["kind"], token: Token, next: State): true {
  if (p.tag !== undefined) takeTag(p); // of collections it means nothing, but it must be known
  const { anchor } = p;
  p.anchor = "";
  openCollection(p, type, token, anchor);
  p.state = next;
  return true;
}

/** Puts a collection into the innermost one, and opens it. */
export function openCollection(p: Parser, type: YamlCollection["kind"], token: Token, anchor: string): void {
  const { start, end, line } = token;
  const collection: Open = { kind: type, items: [], start, end, line };
  if (anchor !== "") p.anchors.set(anchor, collection);
  put(p, collection);
  p.open.push(collection);
}

/** Closes the innermost collection, and goes back to what was awaited before it. */
export function closeCollection(p: Parser, end: number): true {
  const collection = p.open.pop();
  if (collection !== undefined) collection.end = end;
  p.state = p.states.pop() as State;
  return true;
}

function emptyAt({ start, line }: Token) {
  return { kind: "scalar", text: "", tag: "", isPlain: true, style: "plain", start, end: start, line } as const;
}

/** Puts a node without children into the innermost collection, with its anchor, and goes on to what is awaited behind it. */
function attach(p: Parser, node: YamlNode): void {
  p.state = p.states.pop() as State; // a node is awaited together with what follows it
  if (p.anchor !== "") {
    p.anchors.set(p.anchor, node);
    p.anchor = "";
  }
  put(p, node);
}

function put(p: Parser, node: YamlNode): void {
  const parent = p.open.at(-1);
  if (parent === undefined) p.root = node;
  else parent.items.push(node);
}

/** The long form of the tag of the node. @throws YamlError for a handle that no %TAG line names */
function takeTag(p: Parser): string {
  const { tag } = p;
  p.tag = undefined;
  if (tag === undefined) return "";
  if (tag.text === "") return tag.suffix;
  const prefix = p.handles.get(tag.text) ?? usualHandles.get(tag.text);
  const long = prefix === undefined ? "" : prefix + tag.suffix;
  return long === "" ? fail(`the tag ${tag.text.slice(0, 40)} is not known`, tag.line) : long;
}

const names: ReadonlyMap<number, string> = new Map<number, string>([
  [kind.streamEnd, "the end of the text"],
  [kind.versionDirective, "a directive (%)"],
  [kind.tagDirective, "a directive (%)"],
  [kind.documentStart, "'---'"],
  [kind.documentEnd, "'...'"],
  [kind.blockEnd, "the end of an indented block"],
  [kind.flowSequenceEnd, "']'"],
  [kind.flowMappingEnd, "'}'"],
  [kind.flowEntry, "','"],
  [kind.blockEntry, "'- '"],
  [kind.key, "a key"],
  [kind.value, "':'"],
  [kind.anchor, "a second anchor (&)"],
  [kind.tag, "a second tag (!)"],
]);

function nameOf(token: Token): string {
  return names.get(token.kind) ?? "this";
}
