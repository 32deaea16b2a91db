// Offsets in a text -> lines and columns, and fields of a YAML text -> offsets. The text is read by the server's own reader (go/yaml), so that a
// place is that of the value the server sees.
import type { FieldPath } from "../../errors.ts";
import { foldName } from "../../request/object-fields.ts";
import { composeYaml } from "../../go/yaml/compose.ts";
import type { YamlDocument } from "../../go/yaml/compose.ts";
import { YamlError } from "../../go/yaml/error.ts";
import type { YamlCollection, YamlNode, YamlText } from "../../go/yaml/node.ts";
import type { Place } from "./finding.ts";

/** Finds lines; made once for each file. */
export function createLines(text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    const line = lastUpTo(starts, offset);
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
}

/** Index of the last of some rising offsets that is not behind another; 0 where all are. */
export function lastUpTo(offsets: readonly number[], offset: number): number {
  let [low, high] = [0, offsets.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where the fields of one YAML document stand. */
export interface FieldOffsets {
  /** Offset of the field's value (of its key, when the value is a list or has fields), or of the last part of the way to it that is there. */
  readonly offsetOf: (path: FieldPath) => number;
  /** Offset of the key at the end of the way; undefined when it is not there. */
  readonly keyOffset: (path: FieldPath) => number | undefined;
  /** The scalar at the end of the way, through aliases. */
  readonly scalarAt: (path: FieldPath) => YamlText | undefined;
  /** Keys that stand twice in one mapping: offset of the later one, and its text. */
  readonly repeated: () => readonly { readonly offset: number; readonly key: string }[];
  /** Offset of what is not read: behind the first document; the length of the text when all is read. */
  readonly end: number;
}

/** Repeated keys that are reported. */
const repeatedMax = 100;
/** Aliases followed on the way to one field: a merge key may lead through several. */
const aliasesMax = 32;

/** Reads the first document of a text. A text that is not YAML has one place: its beginning. */
export function createFields(text: string): FieldOffsets {
  const { root, end } = readDocument(text);
  const follow = (path: FieldPath): Step[] => {
    const steps: Step[] = [{ key: undefined, node: root }];
    for (const part of path) {
      const last = steps.at(-1);
      const next = stepInto(last?.node, part, aliasesMax);
      if (next === undefined) break;
      const via = last?.via ?? (last?.node?.kind === "alias" ? last.node.start : next.via);
      steps.push({ ...next, via });
    }
    return steps;
  };
  return {
    offsetOf: (path) => offsetOfStep(follow(path).at(-1)),
    keyOffset: (path) => {
      const steps = follow(path);
      const last = steps.at(-1);
      return steps.length === path.length + 1 ? (last?.via ?? last?.key?.start) : undefined;
    },
    scalarAt: (path) => {
      const steps = follow(path);
      const node = resolved(steps.at(-1)?.node);
      return steps.length === path.length + 1 && node?.kind === "scalar" ? node : undefined;
    },
    repeated: () => repeatedKeys(root),
    end,
  };
}

/** JSON with escapes or tabs that YAML has not is read with others of the same length: for places, that is as good. */
function readDocument(text: string): YamlDocument {
  for (const written of [text, text.replaceAll("\t", " ").replace(/\\(?:\/|u[dD][89a-fA-F]..)/g, jsonEscape)]) {
    try {
      return composeYaml(written);
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
    }
  }
  return { root: undefined, end: text.length };
}

function jsonEscape(escape: string): string {
  return escape.length === 2 ? '\\"' : "\\u0020";
}

interface Step {
  readonly key: YamlNode | undefined;
  readonly node: YamlNode | undefined;
  /** Where the way went through an alias or a merge: what lies behind is shown there. */
  readonly via?: number | undefined;
}

function offsetOfStep(step: Step | undefined): number {
  const { key, node, via } = step ?? { key: undefined, node: undefined };
  if (via !== undefined) return via;
  const isInside = node?.kind === "scalar" || node?.kind === "alias";
  const isWritten = isInside && node.start < node.end; // `key:` alone has a value of no length
  return (key === undefined || isWritten ? node : key)?.start ?? 0;
}

/** All nodes in the order of writing, aliases not followed. */
function* nodesOf(root: YamlNode | undefined): Generator<YamlNode> {
  const waiting = root === undefined ? [] : [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    if (!isCollection(node)) continue;
    for (let i = node.items.length - 1; i >= 0; i--) waiting.push(node.items[i] as YamlNode);
  }
}

function isCollection(node: YamlNode): node is YamlCollection {
  return node.kind === "sequence" || node.kind === "mapping";
}

function resolved(node: YamlNode | undefined): YamlNode | undefined {
  return node?.kind === "alias" ? node.target : node;
}

function stepInto(from: YamlNode | undefined, part: string | number, left: number): Step | undefined {
  const node = resolved(from);
  if (left === 0 || node === undefined) return undefined;
  if (node.kind === "sequence" && typeof part === "number") {
    const item = node.items[part];
    return item === undefined ? undefined : { key: undefined, node: item };
  }
  if (node.kind !== "mapping") return undefined;
  const found = pairsOf(node).get(String(part)) ?? pairsOf(node).get(folded(String(part)));
  if (found !== undefined) return found;
  for (const { key, node: value } of pairs(node)) {
    if (keyText(key) !== "<<") continue;
    const merged = resolved(value);
    for (const source of merged?.kind === "sequence" ? merged.items : [merged]) {
      const step = stepInto(source, part, left - 1);
      if (step !== undefined) return { ...step, via: key.start };
    }
  }
  return undefined;
}

interface Pair {
  readonly key: YamlNode;
  readonly node: YamlNode;
}

function* pairs({ items }: YamlCollection): Generator<Pair> {
  for (let i = 0; i + 1 < items.length; i += 2) yield { key: items[i] as YamlNode, node: items[i + 1] as YamlNode };
}

const pairsByMap = new WeakMap<YamlCollection, ReadonlyMap<string, Pair>>();

/** The pairs of a mapping by key as written and, marked, in the form in which spellings are compared; of two the later. */
function pairsOf(map: YamlCollection): ReadonlyMap<string, Pair> {
  const known = pairsByMap.get(map);
  if (known !== undefined) return known;
  const found = new Map<string, Pair>();
  for (const pair of pairs(map)) {
    found.set(keyText(pair.key), pair);
    found.set(folded(keyText(pair.key)), pair);
  }
  pairsByMap.set(map, found);
  return found;
}

/** No key holds a NUL: the text could not have been read. */
function folded(name: string): string {
  return `\0${foldName(name)}`;
}

function keyText(key: YamlNode): string {
  return key.kind === "scalar" ? key.text : "";
}

function repeatedKeys(root: YamlNode | undefined): { offset: number; key: string }[] {
  const found: { offset: number; key: string }[] = [];
  for (const node of nodesOf(root)) {
    if (node.kind !== "mapping") continue;
    const seen = new Set<string>();
    for (const { key } of pairs(node)) {
      const text = keyText(key);
      if (found.length < repeatedMax && seen.has(text) && text !== "<<") found.push({ offset: key.start, key: text });
      seen.add(text);
    }
  }
  return found;
}
