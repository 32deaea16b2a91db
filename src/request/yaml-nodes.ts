// YAML 1.1 tokens -> the tree of the first document, as in go-yaml v2.4.2 (parserc.go, after libyaml: Copyright (c) 2006-2010 Kirill Simonov,
// MIT licence). A machine with its own stack of states: no depth of nesting needs the program's.
import { createScanner } from "./yaml-scanner.ts";
import type { Token } from "./yaml-scanner.ts";
import { YamlError } from "./yaml-text.ts";

export type YamlNode = YamlCollection | YamlText | YamlAlias;

export interface YamlCollection {
  readonly kind: "sequence" | "mapping";
  /** Of a mapping: key, value, key, value... */
  readonly items: YamlNode[];
}

export interface YamlText {
  readonly kind: "scalar";
  readonly text: string;
  /** The long form, `tag:yaml.org,2002:str`; empty when there is none. */
  readonly tag: string;
  /** Unquoted, or tagged `!`: what it means is found from the text. */
  readonly plain: boolean;
}

export interface YamlAlias {
  readonly kind: "alias";
  readonly name: string;
  readonly target: YamlNode;
}

type Kind = Token["kind"];
type State = () => void;

const emptyScalar: YamlNode = { kind: "scalar", text: "", tag: "", plain: true };
const margin: readonly Kind[] = ["directive", "document start", "document end", "stream end"];

/**
 * The root node of the first document, or undefined when the text holds none. What follows that document is not looked at.
 * @throws YamlError
 */
export function readDocument(source: string): YamlNode | undefined {
  const text = source.replace(/^\uFEFF/, "").replace(/\r\n|[\r\u0085]/g, "\n");
  const scanner = createScanner(text);
  if (scanner.peek().kind === "stream end") return undefined;
  const root: YamlNode[] = [];
  const open: YamlNode[][] = [root];
  const states: State[] = [];
  const anchors = new Map<string, YamlNode>();
  const handles = new Map<string, string>();

  const kindNow = (): Kind => scanner.peek().kind;
  const add = (node: YamlNode): void => void open.at(-1)?.push(node);
  const fail = (problem: string): never => {
    throw new YamlError(`line ${scanner.peek().line}: ${problem}`);
  };
  /** Takes the next token if it is of that kind. */
  const accept = (kind: Kind): boolean => kindNow() === kind && scanner.next() !== undefined;
  /** A node, or nothing written where one could be. */
  const nodeUnless = (ends: readonly Kind[], after: State, block: boolean, indentless = false): void => {
    states.push(after);
    if (ends.includes(kindNow())) add(emptyScalar);
    else node(block, indentless);
  };
  const close = (): void => void open.pop();

  function start(kind: "sequence" | "mapping", anchor: string, then: State): void {
    const collection: YamlNode = { kind, items: [] };
    keep(collection, anchor);
    open.push(collection.items);
    states.push(then);
  }
  function keep(made: YamlNode, anchor: string): void {
    add(made);
    if (anchor !== "") anchors.set(anchor, made);
  }

  function node(block: boolean, indentless: boolean): void {
    const first = scanner.peek();
    if (first.kind === "alias") {
      scanner.next();
      const target = anchors.get(first.name);
      if (target === undefined) throw new YamlError(`unknown anchor '${first.name}' referenced`);
      return add({ kind: "alias", name: first.name, target });
    }
    let { anchor, tag } = readProperty("", "");
    ({ anchor, tag } = readProperty(anchor, tag));
    const token = scanner.peek();
    if (indentless && token.kind === "-") return start("sequence", anchor, indentlessEntry);
    if (token.kind === "scalar") {
      scanner.next();
      return keep({ kind: "scalar", text: token.text, tag, plain: tag === "" ? token.plain : tag === "!" }, anchor);
    }
    if (accept("[")) return start("sequence", anchor, flowEntry(true));
    if (accept("{")) return start("mapping", anchor, flowKey(true));
    if (block && accept("block sequence")) return start("sequence", anchor, blockEntry);
    if (block && accept("block mapping")) return start("mapping", anchor, blockKey);
    if (anchor === "" && tag === "") fail("did not find expected node content");
    keep({ kind: "scalar", text: "", tag, plain: tag === "" }, anchor);
  }

  /** One anchor and one tag, in any order. */
  function readProperty(anchor: string, tag: string): { anchor: string; tag: string } {
    const token = scanner.peek();
    if (token.kind === "anchor" && anchor === "") {
      scanner.next();
      return { anchor: token.name, tag };
    }
    if (token.kind !== "tag" || tag !== "") return { anchor, tag };
    scanner.next();
    const prefix = token.handle === "" ? "" : handles.get(token.handle);
    if (prefix === undefined) throw new YamlError(`line ${token.line}: found undefined tag handle`);
    return { anchor, tag: prefix + token.suffix };
  }

  function blockEntry(): void {
    if (accept("-")) nodeUnless(["-", "block end"], blockEntry, true);
    else if (accept("block end")) close();
    else fail("did not find expected '-' indicator");
  }
  function indentlessEntry(): void {
    if (accept("-")) nodeUnless(["-", "key", "value", "block end"], indentlessEntry, true);
    else close();
  }
  function blockKey(): void {
    if (accept("key")) nodeUnless(["key", "value", "block end"], blockValue, true, true);
    else if (accept("block end")) close();
    else fail("did not find expected key");
  }
  function blockValue(): void {
    if (accept("value")) return nodeUnless(["key", "value", "block end"], blockKey, true, true);
    states.push(blockKey);
    add(emptyScalar);
  }

  function flowEntry(first: boolean): State {
    return () => {
      if (!first && kindNow() !== "]" && !accept(",")) fail("did not find expected ',' or ']'");
      if (accept("]")) close();
      else if (accept("key")) start("mapping", "", pairKey);
      else nodeUnless([], flowEntry(false), false);
    };
  }
  // `[a: b]` is a list of one mapping with one pair.
  function pairKey(): void {
    const empty = kindNow() === "value" || kindNow() === "," || kindNow() === "]";
    if (!empty) return nodeUnless([], pairValue, false);
    scanner.next(); // as go-yaml does, although it takes the `,` or `]` away from the list
    states.push(pairValue);
    add(emptyScalar);
  }
  function pairValue(): void {
    if (accept("value")) return nodeUnless([",", "]"], pairEnd, false);
    states.push(pairEnd);
    add(emptyScalar);
  }
  function pairEnd(): void {
    close();
    states.push(flowEntry(false));
  }

  function flowKey(first: boolean): State {
    return () => {
      if (!first && kindNow() !== "}" && !accept(",")) fail("did not find expected ',' or '}'");
      if (accept("}")) close();
      else if (accept("key")) nodeUnless(["value", ",", "}"], flowValue, false);
      else nodeUnless([], flowNoValue, false);
    };
  }
  function flowValue(): void {
    if (accept("value")) return nodeUnless([",", "}"], flowKey(false), false);
    flowNoValue();
  }
  function flowNoValue(): void {
    states.push(flowKey(false));
    add(emptyScalar);
  }

  const marked = readDirectives();
  if (marked && margin.includes(kindNow())) add(emptyScalar);
  else node(true, false);
  for (let state = states.pop(); state !== undefined; state = states.pop()) state();
  scanner.peek(); // go-yaml looks at the token after the document, and fails when there is none to be made of the text
  checkCharacters(text.slice(0, scanner.position()));
  return root[0];

  /** Directives and `---`; false when the document starts without. */
  function readDirectives(): boolean {
    const explicit = kindNow() === "directive" || kindNow() === "document start";
    let versions = 0;
    for (let token = scanner.peek(); token.kind === "directive"; token = scanner.peek()) {
      const { directive } = token;
      if ("version" in directive) {
        if (versions++ > 0) fail("found duplicate %YAML directive");
        if (!/^0?1\.0?1$/.test(directive.version)) fail("found incompatible YAML document");
      } else if (handles.has(directive.handle)) fail("found duplicate %TAG directive");
      else handles.set(directive.handle, directive.prefix);
      scanner.next();
    }
    for (const [handle, prefix] of [
      ["!", "!"],
      ["!!", "tag:yaml.org,2002:"],
    ] as const)
      handles.set(handle, handles.get(handle) ?? prefix);
    if (explicit && !accept("document start")) fail("did not find expected <document start>");
    return explicit;
  }
}

/** go-yaml's reader: no control characters, and (what UTF-8 cannot hold) no lone surrogates. */
function checkCharacters(text: string): void {
  const bad = /[^\t\n\x20-\x7E\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.exec(text);
  if (bad !== null)
    throw new YamlError(`line ${text.slice(0, bad.index).split("\n").length}: control characters are not allowed`);
}
