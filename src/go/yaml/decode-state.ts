// What the decoder keeps while it goes through a tree, and what it counts.
import { YamlError } from "./error.ts";
import type { YamlNode } from "./node.ts";
import type { YamlScalar } from "./scalar.ts";

export type YamlValue = YamlScalar | readonly YamlValue[] | ReadonlyMap<string, YamlValue>;

/** A collection or an alias that is being read. */
export interface Frame {
  readonly node: YamlNode;
  /** What its items go into; undefined for an alias. */
  readonly list: YamlValue[] | undefined;
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
  /** What is left of the mapping that is being copied into it. */
  copying: Iterator<readonly [string, YamlValue]> | undefined;
  /** What was counted before it. */
  readonly nodesBefore: number;
  readonly charactersBefore: number;
}

/** What an alias has given. */
export interface Shared {
  readonly value: YamlValue;
  readonly height: number;
  readonly nodes: number;
  readonly characters: number;
}

export interface Decoder {
  readonly frames: Frame[];
  /** The node to go on with, inside the innermost frame, and its depth if it is a collection. */
  next: YamlNode | undefined;
  nextDepth: number;
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
  readonly faults: Map<YamlValue, Pick<YamlError, "problem" | "line">>;
  /** Whether something is nested too deep; an error in the same case. */
  isDeep: boolean;
}

/** Characters that aliases may give, all together: a long text under ten thousand aliases is as much to read as ten thousand texts. */
const aliasedCharactersMax = 16 << 20;

/** A decoder that begins with the root of a document. */
export function createDecoder(root: YamlNode): Decoder {
  return {
    frames: [],
    next: root,
    nextDepth: 1,
    nodes: 1,
    aliased: 0,
    characters: 0,
    aliasedCharacters: 0,
    open: new Set(),
    shared: new Map(),
    faults: new Map(),
    isDeep: false,
  };
}

/** Makes a collection or an alias the innermost frame. */
export function pushFrame(decoder: Decoder, node: YamlNode, depth: number): void {
  decoder.frames.push({
    node,
    list: node.kind === "sequence" ? [] : undefined,
    map: node.kind === "mapping" ? new Map<string, YamlValue>() : undefined,
    depth,
    at: 0,
    height: node.kind === "alias" ? 0 : 1,
    key: undefined,
    merging: undefined,
    mergesLeft: 0,
    copying: undefined,
    nodesBefore: decoder.nodes,
    charactersBefore: decoder.characters,
  });
}

/** The innermost frame is done: its value. */
export function endFrame({ frames }: Decoder, value: YamlValue): YamlValue {
  const ended = frames.pop();
  raise(frames.at(-1), ended?.height ?? 0);
  return value;
}

/** A frame holds something of a height. What is merged is no deeper than the mapping itself. */
export function raise(frame: Frame | undefined, inside: number): void {
  if (frame === undefined) return;
  const own = frame.node.kind === "alias" || frame.merging !== undefined ? 0 : 1;
  frame.height = Math.max(frame.height, inside + own);
}

/**
 * Counts nodes. go-yaml v2.4 decode.go, allowedAliasRatio: 99 % of the first 400,000 nodes may come from aliases, 10 % of 4,000,000.
 * @throws YamlError
 */
export function count(decoder: Decoder, nodes: number, characters: number): void {
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
