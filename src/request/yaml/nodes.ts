// YAML 1.1 tokens -> the tree of one document's root node, as in go-yaml v2.4.2, parserc.go (after libyaml: Copyright (c) 2006-2010 Kirill Simonov,
// MIT licence). A machine with its own stack of states: no depth of nesting needs the program's.
import { YamlError } from "./cursor.ts";
import type { Token } from "./layout.ts";
import type { Scanner } from "./scanner.ts";

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

export const emptyScalar: YamlNode = { kind: "scalar", text: "", tag: "", plain: true };

/** Reads one node. `handles` are the document's tag prefixes by handle. @throws YamlError */
export function readNode(scanner: Scanner, handles: ReadonlyMap<string, string>): YamlNode {
  const root: YamlNode[] = [];
  const open: YamlNode[][] = [root];
  const states: State[] = [];
  const anchors = new Map<string, YamlNode>();

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

  node(true, false);
  for (let state = states.pop(); state !== undefined; state = states.pop()) state();
  return root[0] ?? emptyScalar;
}
