// YAML text -> value, exactly as sigs.k8s.io/yaml 1.6 (go-yaml v2, then JSON) reads it: YAML 1.1, merges in order of writing, tags that it does
// not know ignored, aliases bounded by their share of the work. Field names are not known here.
import { formatFloat32 } from "./go-number.ts";
import { readDocument } from "./yaml/document.ts";
import type { YamlAlias, YamlNode, YamlText } from "./yaml/document.ts";
import { resolvePlain, resolveTagged, scalarText } from "./yaml/scalar.ts";
import type { YamlScalar } from "./yaml/scalar.ts";
import { YamlError } from "./yaml/error.ts";

export type YamlValue = YamlScalar | readonly YamlValue[] | ReadonlyMap<string, YamlValue>;

/** encoding/json's limit, which the value meets on its way. Where the stack ends earlier, that is the same error. */
const depthMax = 10_000;

/**
 * Reads the first document of a text; an empty one is null. Mappings become Maps from text to value: `__proto__` is a key like any other.
 * @throws YamlError
 */
export function parseYaml(text: string): YamlValue {
  const root = readDocument(text);
  if (root === undefined) return null;
  try {
    return decode(root, { decoded: 0, aliased: 0, open: new Set(), shared: new Map(), depth: 0 });
  } catch (error) {
    throw error instanceof RangeError ? new YamlError(`exceeded max depth of ${depthMax}`) : error;
  }
}

interface Work {
  /** Nodes decoded, and those among them that came from aliases, as go-yaml counts them: again for each alias. */
  decoded: number;
  aliased: number;
  /** Targets of the aliases being decoded now: one inside itself has no end. */
  readonly open: Set<YamlNode>;
  /** What aliases have given so far. Values never change, so that a target is decoded once for all its aliases. */
  readonly shared: Map<YamlNode, { readonly value: YamlValue; readonly nodes: number }>;
  depth: number;
}

function decode(node: YamlNode, work: Work): YamlValue {
  countNodes(work, 1);
  switch (node.kind) {
    case "alias":
      return decodeAlias(node, work);
    case "scalar":
      return decodeScalar(node);
    case "sequence":
      return nested(work, () => node.items.map((item) => decode(item, work)));
    case "mapping": {
      const map = new Map<string, YamlValue>();
      nested(work, () => decodeMapping(node.items, map, work));
      return map;
    }
  }
}

function nested<T>(work: Work, decodeItems: () => T): T {
  if (++work.depth > depthMax) throw new YamlError(`exceeded max depth of ${depthMax}`);
  const items = decodeItems();
  work.depth--;
  return items;
}

/** go-yaml v2.4 decode.go, allowedAliasRatio: 99 % of the first 400,000 nodes may come from aliases, 10 % of 4,000,000. */
function countNodes(work: Work, nodes: number): void {
  work.decoded += nodes;
  if (work.open.size > 0) work.aliased += nodes;
  const allowed = 0.99 - 0.89 * Math.min(1, Math.max(0, (work.decoded - 400_000) / 3_600_000));
  if (work.aliased > 100 && work.decoded > 1000 && work.aliased / work.decoded > allowed)
    throw new YamlError("document contains excessive aliasing");
}

function decodeAlias({ name, target }: YamlAlias, work: Work): YamlValue {
  if (work.open.has(target)) throw new YamlError(`anchor '${name}' value contains itself`);
  work.open.add(target);
  const known = work.shared.get(target);
  const before = work.decoded;
  if (known !== undefined) countNodes(work, known.nodes);
  const value = known === undefined ? decode(target, work) : known.value;
  work.shared.set(target, { value, nodes: work.decoded - before });
  work.open.delete(target);
  return value;
}

function decodeScalar({ text, tag, plain }: YamlText): YamlScalar {
  if (tag === "") return plain ? resolvePlain(text) : text;
  const value = resolveTagged(tag, text);
  if (value === undefined) throw new YamlError(`cannot decode the text as ${tag.replace("tag:yaml.org,2002:", "!!")}`);
  return value;
}

/** Pairs and merges in order of writing: a merge after a local key overwrites it, as go-yaml does. */
function decodeMapping(items: readonly YamlNode[], into: Map<string, YamlValue>, work: Work): void {
  for (let i = 0; i + 1 < items.length; i += 2) {
    const key = items[i] as YamlNode;
    const value = items[i + 1] as YamlNode;
    const isMerge = key.kind === "scalar" && key.text === "<<" && (key.plain || key.tag === "tag:yaml.org,2002:merge");
    if (isMerge) merge(value, into, work);
    else into.set(keyText(decode(key, work)), decode(value, work));
  }
}

function merge(node: YamlNode, into: Map<string, YamlValue>, work: Work): void {
  if (node.kind === "sequence") {
    for (const item of node.items.toReversed()) mergeOne(item, into, work); // the first in the list wins
  } else mergeOne(node, into, work);
}

function mergeOne(node: YamlNode, into: Map<string, YamlValue>, work: Work): void {
  const target = node.kind === "alias" ? node.target : node;
  if (target.kind !== "mapping") throw new YamlError("map merge requires map or sequence of maps as the value");
  for (const [key, value] of decode(node, work) as ReadonlyMap<string, YamlValue>) into.set(key, value);
}

/** sigs.k8s.io/yaml's names for keys that are not text. */
function keyText(key: YamlValue): string {
  if (typeof key === "string") return key;
  if (key === null || typeof key === "object") throw new YamlError("map keys must be text, numbers or booleans");
  if (typeof key === "bigint" && key >= 2n ** 63n) throw new YamlError("map keys must fit into 64 bits with a sign");
  if (typeof key === "number")
    return { "+Inf": ".inf", "-Inf": "-.inf", NaN: ".nan" }[formatFloat32(key)] ?? formatFloat32(key);
  return scalarText(key);
}
