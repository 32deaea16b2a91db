// Offsets in a text -> lines and columns, and fields of a YAML text -> offsets. The `yaml` package is asked where things stand and for nothing else:
// what they mean is the server's own reader's to say (request/yaml.ts). Where the two do not agree, a place is only less exact.
import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Pair, ParsedNode, Scalar, YAMLMap } from "yaml";
import type { FieldPath } from "../../errors.ts";
import { foldName } from "../../request/object-fields.ts";
import type { Place } from "./finding.ts";

/** Finds lines; made once for each file. */
export function createLines(text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** Where the fields of one YAML document stand. */
export interface Fields {
  /** Offset of the field's value (of its key, when the value is a list or has fields), or of the last part of the way to it that is there. */
  readonly offsetOf: (path: FieldPath) => number;
  /** Offset of the key at the end of the way; undefined when it is not there. */
  readonly keyOffset: (path: FieldPath) => number | undefined;
  /** The scalar at the end of the way, through aliases. */
  readonly scalarAt: (path: FieldPath) => Scalar.Parsed | undefined;
  /** Keys that stand twice in one mapping: offset of the later one, and its text. */
  readonly repeated: () => readonly { readonly offset: number; readonly key: string }[];
}

/** Repeated keys that are told of. */
const repeatedMax = 100;
/** Aliases followed on the way to one field: a merge key may lead through several. */
const aliasesMax = 32;

/** Reads the first document of a text. A text that `yaml` can't cope with has one place: its beginning. */
export function createFields(text: string): Fields {
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      keepSourceTokens: true,
      logLevel: "silent",
      prettyErrors: false,
      resolveKnownTags: false,
      schema: "failsafe", // what scalars mean, and merges, is not asked: !!omap and the like would make nodes without a place
      strict: false,
      uniqueKeys: false,
    });
  } catch {
    // Nested deeper than the stack, or a fault of the package: it is asked for places alone, and none is worth a verdict.
    return { offsetOf: () => 0, keyOffset: () => undefined, scalarAt: () => undefined, repeated: () => [] };
  }
  const root = document.contents;
  const anchors = createAnchors(root);
  const follow = (path: FieldPath): Step[] => {
    const steps: Step[] = [{ pair: undefined, node: root }];
    for (const part of path) {
      const last = steps.at(-1);
      const next = stepInto(last?.node ?? null, part, anchors, aliasesMax);
      if (next === undefined) break;
      const via = last?.via ?? (isAlias(last?.node) ? startOf(last.node) : next.via);
      steps.push({ ...next, via });
    }
    return steps;
  };
  return {
    offsetOf: (path) => offsetOfStep(follow(path).at(-1)),
    keyOffset: (path) => {
      const steps = follow(path);
      const last = steps.at(-1);
      return steps.length === path.length + 1 ? (last?.via ?? startOf(last?.pair?.key ?? null)) : undefined;
    },
    scalarAt: (path) => {
      const steps = follow(path);
      const node = resolved(steps.at(-1)?.node ?? null, anchors);
      return steps.length === path.length + 1 && isScalar(node) ? node : undefined;
    },
    repeated: () => repeatedKeys(root),
  };
}

type Node = ParsedNode | null;

interface Step {
  readonly pair: Pair<ParsedNode, Node> | undefined;
  readonly node: Node;
  /** Where the way went through an alias or a merge: what lies behind is shown there. */
  readonly via?: number | undefined;
}

function offsetOfStep(step: Step | undefined): number {
  const { pair, node, via } = step ?? { pair: undefined, node: null };
  if (via !== undefined) return via;
  const isInside = isScalar(node) || isAlias(node);
  const written = isInside && node.range[0] < node.range[1]; // `key:` alone has a value of no length
  return startOf(pair === undefined || written ? node : pair.key) ?? 0;
}

function startOf(node: Node): number | undefined {
  return node?.range[0];
}

type Anchors = (name: string) => Node;

/** What aliases stand for, found in one pass; of two anchors of one name the first, which is exact enough for places. */
function createAnchors(root: Node): Anchors {
  let found: Map<string, Node> | undefined;
  return (name) => {
    if (found === undefined) {
      found = new Map();
      for (const node of nodesOf(root)) {
        const anchor = isAlias(node) || node === null ? undefined : node.anchor;
        if (anchor !== undefined && !found.has(anchor)) found.set(anchor, node);
      }
    }
    return found.get(name) ?? null;
  };
}

/** All nodes in the order of writing, aliases not followed. */
function* nodesOf(root: Node): Generator<Node> {
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    if (isSeq(node)) for (const item of (node.items as Node[]).toReversed()) waiting.push(item);
    if (!isMap(node)) continue;
    for (const { key, value } of (node.items as Pair<ParsedNode, Node>[]).toReversed()) waiting.push(value, key);
  }
}

function resolved(node: Node, anchors: Anchors): Node {
  return isAlias(node) ? anchors(node.source) : node;
}

function stepInto(from: Node, part: string | number, anchors: Anchors, left: number): Step | undefined {
  const node = resolved(from, anchors);
  if (left === 0 || node === null) return undefined;
  if (isSeq(node) && typeof part === "number") {
    const item = node.items[part] as Node | undefined;
    return item === undefined ? undefined : { pair: undefined, node: item };
  }
  if (!isMap(node)) return undefined;
  const found = pairsOf(node).get(String(part)) ?? pairsOf(node).get(folded(String(part)));
  if (found !== undefined) return { pair: found, node: found.value };
  for (const { key, value } of node.items as Pair<ParsedNode, Node>[]) {
    if (keyText(key) !== "<<") continue;
    const merged = resolved(value, anchors);
    for (const source of isSeq(merged) ? (merged.items as Node[]) : [merged]) {
      const step = stepInto(source, part, anchors, left - 1);
      if (step !== undefined) return { ...step, via: startOf(key) };
    }
  }
  return undefined;
}

const pairsByMap = new WeakMap<YAMLMap.Parsed, ReadonlyMap<string, Pair<ParsedNode, Node>>>();

/** The pairs of a mapping by key as written and, marked, in the form in which spellings are compared; of two the later. */
function pairsOf(map: YAMLMap.Parsed): ReadonlyMap<string, Pair<ParsedNode, Node>> {
  const known = pairsByMap.get(map);
  if (known !== undefined) return known;
  const pairs = new Map<string, Pair<ParsedNode, Node>>();
  for (const pair of map.items as Pair<ParsedNode, Node>[]) {
    pairs.set(keyText(pair.key), pair);
    pairs.set(folded(keyText(pair.key)), pair);
  }
  pairsByMap.set(map, pairs);
  return pairs;
}

/** No key holds a NUL: the text could not have been read. */
function folded(name: string): string {
  return `\0${foldName(name)}`;
}

function keyText(key: Node): string {
  if (!isScalar(key)) return "";
  return typeof key.value === "string" ? key.value : (key.source ?? "");
}

function repeatedKeys(root: Node): { offset: number; key: string }[] {
  const found: { offset: number; key: string }[] = [];
  for (const node of nodesOf(root)) {
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key } of node.items as Pair<ParsedNode, Node>[]) {
      const text = keyText(key);
      if (found.length < repeatedMax && seen.has(text) && text !== "<<")
        found.push({ offset: startOf(key) ?? 0, key: text });
      seen.add(text);
    }
  }
  return found;
}
