// The tree of a document -> its value, as go-yaml v2.4's decode.go makes it for sigs.k8s.io/yaml: merges in order of writing, tags that it does not know
// ignored, aliases bounded by their share of the work. With a stack of its own: neither nesting nor aliases reach the runtime's.
import { formatFloat32 } from "../go-number.ts";
import type { Work } from "../../work.ts";
import { YamlError } from "./error.ts";
import type { YamlAlias, YamlNode, YamlText } from "./node.ts";
import { resolvePlain, resolveTagged, scalarText } from "./scalar.ts";
import type { YamlScalar } from "./scalar.ts";

export type YamlValue = YamlScalar | readonly YamlValue[] | ReadonlyMap<string, YamlValue>;

/** encoding/json's limit, which the value meets on its way. */
const depthMax = 10_000;
/** Characters that aliases may give, all together: a long text under ten thousand aliases is as much to read as ten thousand texts. */
const aliasedCharactersMax = 16 << 20;
const badKey = "map keys must be text, numbers or booleans";
/** Nodes made into values before others may go first. */
const stretch = 64;

/** A collection or an alias that is being read. */
interface Frame {
  readonly node: YamlNode;
  /** What its items go into. */
  readonly list: YamlValue[];
  readonly map: Map<string, YamlValue> | undefined;
  /** Collections around it, with itself. */
  readonly depth: number;
  /** Next item. */
  at: number;
  /** Collections inside one another in it, with itself. */
  height: number;
  /** Of a mapping: the key whose value comes next. */
  key: string | undefined;
  /** Of a mapping: the mappings that are being merged into it, and how many are left. */
  merging: readonly YamlNode[] | undefined;
  mergesLeft: number;
  /** Of an alias: what was counted before it. */
  readonly before: Counts;
}

interface Counts {
  readonly nodes: number;
  readonly characters: number;
}

interface Shared extends Counts {
  readonly value: YamlValue;
  readonly height: number;
}

interface Decoder {
  readonly frames: Frame[];
  /** Nodes decoded, and those among them that came from aliases, as go-yaml counts them: again for each alias. The document is the first. */
  nodes: number;
  aliased: number;
  characters: number;
  aliasedCharacters: number;
  /** Targets of the aliases being decoded now: one inside itself has no end. */
  readonly open: Set<YamlNode>;
  /** What aliases have given so far. Values never change, so that a target is decoded once for all its aliases. */
  readonly shared: Map<YamlNode, Shared>;
  /** Mappings with keys that JSON has not, and why. An error only if the value holds them in the end: a later key of the same name may replace them. */
  readonly faults: Map<YamlValue, string>;
  /** Whether something is nested too deep; an error in the same case. */
  isDeep: boolean;
}

/** What a tree means. @throws YamlError */
export function* decodeWork(root: YamlNode): Work<YamlValue> {
  const decoder: Decoder = {
    frames: [],
    nodes: 1,
    aliased: 0,
    characters: 0,
    aliasedCharacters: 0,
    open: new Set(),
    shared: new Map(),
    faults: new Map(),
    isDeep: false,
  };
  let value = begin(decoder, root, 1);
  for (let steps = 1; ; steps++) {
    const frame = decoder.frames.at(-1);
    if (frame === undefined) break;
    value = step(decoder, frame, value);
    if (steps % stretch === 0) yield;
  }
  if (decoder.isDeep || decoder.faults.size > 0) yield* checkFaults(value ?? null, decoder);
  return value ?? null;
}

/** Looks for what is no JSON in the whole value. Aliases can't make it larger than what has been counted. @throws YamlError */
function* checkFaults(whole: YamlValue, { faults }: Decoder): Work<void> {
  const waiting = [{ value: whole, depth: 1 }];
  let steps = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next;
    if (value === null || typeof value !== "object") continue;
    const fault = depth > depthMax ? `exceeded max depth of ${depthMax}` : faults.get(value);
    if (fault !== undefined) throw new YamlError(fault);
    for (const inner of value.values()) {
      waiting.push({ value: inner, depth: depth + 1 });
      if (++steps % stretch === 0) yield;
    }
  }
}

/** The value of a node that has no others inside, or undefined: then it has become the innermost frame. */
function begin(decoder: Decoder, node: YamlNode, depth: number): YamlValue | undefined {
  count(decoder, 1, node.kind === "scalar" ? node.text.length : 0);
  switch (node.kind) {
    case "scalar":
      return decodeScalar(node);
    case "alias":
      return beginAlias(decoder, node, depth);
    case "sequence":
    case "mapping":
      decoder.isDeep ||= depth > depthMax;
      decoder.frames.push(frameOf(node, depth, decoder));
      return undefined;
  }
}

function frameOf(node: YamlNode, depth: number, { nodes, characters }: Decoder): Frame {
  return {
    node,
    list: [],
    map: node.kind === "mapping" ? new Map() : undefined,
    depth,
    at: 0,
    height: node.kind === "alias" ? 0 : 1,
    key: undefined,
    merging: undefined,
    mergesLeft: 0,
    before: { nodes, characters },
  };
}

/** go-yaml v2.4 decode.go, allowedAliasRatio: 99 % of the first 400,000 nodes may come from aliases, 10 % of 4,000,000. */
function count(decoder: Decoder, nodes: number, characters: number): void {
  decoder.nodes += nodes;
  decoder.characters += characters;
  if (decoder.open.size === 0) return;
  decoder.aliased += nodes;
  decoder.aliasedCharacters += characters;
  const { aliased, nodes: all } = decoder;
  const allowed = 0.99 - 0.89 * Math.min(1, Math.max(0, (all - 400_000) / 3_600_000));
  if ((aliased > 100 && all > 1000 && aliased / all > allowed) || decoder.aliasedCharacters > aliasedCharactersMax)
    throw new YamlError("document contains excessive aliasing");
}

function beginAlias(decoder: Decoder, node: YamlAlias, depth: number): YamlValue | undefined {
  const { name, target } = node;
  if (decoder.open.has(target)) throw new YamlError(`line ${node.line}: anchor '${name.slice(0, 100)}' value contains itself`);
  const known = decoder.shared.get(target);
  decoder.open.add(target);
  if (known === undefined) {
    decoder.frames.push(frameOf(node, depth, decoder));
    return undefined;
  }
  count(decoder, known.nodes, known.characters);
  decoder.open.delete(target);
  decoder.isDeep ||= depth - 1 + known.height > depthMax;
  raise(decoder.frames.at(-1), known.height);
  return known.value;
}

function raise(frame: Frame | undefined, inside: number): void {
  if (frame === undefined) return;
  const own = frame.node.kind === "alias" ? 0 : 1;
  frame.height = Math.max(frame.height, inside + (frame.merging === undefined ? own : 0));
}

/** One step of the innermost frame: takes in the value of its last node, if there is one, and begins the next. Its value when it is done. */
function step(decoder: Decoder, frame: Frame, value: YamlValue | undefined): YamlValue | undefined {
  switch (frame.node.kind) {
    case "sequence":
      if (value !== undefined) frame.list.push(value);
      if (frame.at === frame.node.items.length) return end(decoder, frame.list);
      return begin(decoder, frame.node.items[frame.at++] as YamlNode, frame.depth + 1);
    case "alias":
      if (value === undefined) return begin(decoder, frame.node.target, frame.depth);
      return endAlias(decoder, frame, frame.node, value);
    default:
      return stepMapping(decoder, frame, frame.node.kind === "mapping" ? frame.node.items : [], value);
  }
}

function end(decoder: Decoder, value: YamlValue): YamlValue {
  const ended = decoder.frames.pop();
  raise(decoder.frames.at(-1), ended?.height ?? 0);
  return value;
}

function endAlias(decoder: Decoder, frame: Frame, { target }: YamlAlias, value: YamlValue): YamlValue {
  const nodes = decoder.nodes - frame.before.nodes;
  const characters = decoder.characters - frame.before.characters;
  decoder.shared.set(target, { value, height: frame.height, nodes, characters });
  decoder.open.delete(target);
  return end(decoder, value);
}

/** Pairs and merges in order of writing: a merge after a local key overwrites it, as go-yaml does. */
function stepMapping(
  decoder: Decoder,
  frame: Frame,
  items: readonly YamlNode[],
  value: YamlValue | undefined,
): YamlValue | undefined {
  const map = frame.map as Map<string, YamlValue>;
  if (value !== undefined) {
    if (frame.merging !== undefined) mergeInto(decoder, map, value as ReadonlyMap<string, YamlValue>);
    else if (frame.key === undefined) frame.key = keyOf(decoder, frame, value, items[frame.at - 1] as YamlNode);
    else {
      map.set(frame.key, value);
      frame.key = undefined;
    }
  }
  if (frame.merging !== undefined) {
    const next = frame.merging[--frame.mergesLeft]; // from the end: the first in the list wins
    if (next !== undefined) return begin(decoder, mergeable(next), frame.depth);
    frame.merging = undefined;
  }
  const item = items[frame.at++];
  if (item === undefined) return end(decoder, map);
  if (frame.key !== undefined || !isMerge(item)) return begin(decoder, item, frame.depth + 1);
  const merged = items[frame.at++] as YamlNode;
  frame.merging = merged.kind === "sequence" ? merged.items : [merged];
  frame.mergesLeft = frame.merging.length;
  return undefined;
}

function isMerge(key: YamlNode): boolean {
  return key.kind === "scalar" && key.text === "<<" && (key.isPlain || key.tag === "tag:yaml.org,2002:merge");
}

function mergeable(node: YamlNode): YamlNode {
  const target = node.kind === "alias" ? node.target : node;
  if (target.kind === "mapping") return node;
  throw new YamlError(`line ${node.line}: map merge requires map or sequence of maps as the value`);
}

function decodeScalar({ text, tag, isPlain, line }: YamlText): YamlScalar {
  if (tag === "") return isPlain ? resolvePlain(text) : text;
  const value = resolveTagged(tag, text);
  if (value === undefined)
    throw new YamlError(`line ${line}: cannot decode the text as ${tag.replace("tag:yaml.org,2002:", "!!")}`);
  return value;
}

function mergeInto({ faults }: Decoder, map: Map<string, YamlValue>, merged: ReadonlyMap<string, YamlValue>): void {
  for (const [key, inner] of merged) map.set(key, inner);
  const fault = faults.get(merged);
  if (fault !== undefined) faults.set(map, fault);
}

/** sigs.k8s.io/yaml's names for keys that are not text. */
function keyOf({ faults }: Decoder, { map }: Frame, key: YamlValue, { line }: YamlNode): string {
  if (typeof key === "string") return key;
  if (typeof key === "object" && key !== null) throw new YamlError(`line ${line}: ${badKey}`);
  if (key === null) faults.set(map ?? null, `line ${line}: ${badKey}`);
  else if (typeof key === "bigint" && key >= 2n ** 63n)
    faults.set(map ?? null, `line ${line}: map keys must fit into 64 bits with a sign`);
  if (typeof key === "number")
    return { "+Inf": ".inf", "-Inf": "-.inf", NaN: ".nan" }[formatFloat32(key)] ?? formatFloat32(key);
  return key === null ? "" : scalarText(key);
}
