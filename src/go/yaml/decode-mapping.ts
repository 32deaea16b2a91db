// Mappings of the decoder: keys, values, and merges in order of writing (a merge after a local key overwrites it, as go-yaml does).
import { formatFloat32 } from "../number.ts";
import { count, endFrame } from "./decode-state.ts";
import type { Decoder, Frame, YamlValue } from "./decode-state.ts";
import { YamlError } from "./error.ts";
import type { YamlCollection, YamlNode } from "./node.ts";
import { decodeScalar, scalarText } from "./scalar.ts";
import type { YamlScalar } from "./scalar.ts";

/** Pairs read, or copied, in one step. */
const stretch = 16;
const badKey = "map keys must be text, numbers or booleans";

/** One step of a mapping: takes in the value of its last node, if there is one, and says which is next. Its value when it is done. @throws YamlError */
export function stepMapping(
  decoder: Decoder,
  frame: Frame,
  { items }: YamlCollection,
  value: YamlValue | undefined,
): YamlValue | undefined {
  const map = frame.map as Map<string, YamlValue>;
  if (value !== undefined) takeIn(decoder, frame, map, { value, node: items[frame.at - 1] as YamlNode });
  if (frame.merging !== undefined && isMerging(decoder, frame, map)) return undefined;
  for (let pairs = 0; pairs < stretch; pairs++) {
    const key = items[frame.at];
    if (frame.key === undefined) {
      if (key === undefined) return endFrame(decoder, map);
      frame.at++;
      if (isMerge(key)) return beginMerge(frame, items[frame.at++] as YamlNode);
      if (key.kind !== "scalar") return begin(decoder, frame, key);
      count(decoder, 1, key.text.length);
      frame.key = keyOf(decoder, map, decodeScalar(key), key);
    }
    const inner = items[frame.at++] as YamlNode;
    if (inner.kind !== "scalar") return begin(decoder, frame, inner);
    count(decoder, 1, inner.text.length);
    map.set(frame.key, decodeScalar(inner));
    frame.key = undefined;
  }
  return undefined;
}

function begin(decoder: Decoder, frame: Frame, node: YamlNode): undefined {
  decoder.next = node;
  decoder.nextDepth = frame.depth + 1;
}

/** Takes in a value: of a mapping that is merged, of a key that is an alias, or of a key. */
function takeIn(
  decoder: Decoder,
  frame: Frame,
  map: Map<string, YamlValue>,
  { value, node }: { value: YamlValue; node: YamlNode },
): void {
  if (frame.merging !== undefined) {
    const fault = decoder.faults.get(value);
    if (fault !== undefined) decoder.faults.set(map, fault);
    frame.copying = (value as ReadonlyMap<string, YamlValue>).entries();
  } else if (frame.key === undefined) {
    if (typeof value === "object" && value !== null) throw new YamlError(badKey, node.line);
    frame.key = keyOf(decoder, map, value, node);
  } else {
    map.set(frame.key, value);
    frame.key = undefined;
  }
}

function isMerge(key: YamlNode): boolean {
  return key.kind === "scalar" && key.text === "<<" && (key.isPlain || key.tag === "tag:yaml.org,2002:merge");
}

function beginMerge(frame: Frame, merged: YamlNode): undefined {
  frame.merging = merged.kind === "sequence" ? merged.items : [merged];
  frame.mergesLeft = frame.merging.length;
}

/** Copies some of a mapping that is merged, or begins the next one; false when all are merged. */
function isMerging(decoder: Decoder, frame: Frame, map: Map<string, YamlValue>): boolean {
  for (let pairs = 0; frame.copying !== undefined && pairs < stretch; pairs++) {
    const pair = frame.copying.next();
    if (pair.done === true) frame.copying = undefined;
    else map.set(pair.value[0], pair.value[1]);
  }
  if (frame.copying !== undefined) return true;
  const next = frame.merging?.[--frame.mergesLeft]; // from the end: the first in the list wins
  if (next === undefined) {
    frame.merging = undefined;
    return false;
  }
  const target = next.kind === "alias" ? next.target : next;
  if (target.kind !== "mapping")
    throw new YamlError("map merge requires map or sequence of maps as the value", next.line);
  decoder.next = next;
  decoder.nextDepth = frame.depth;
  return true;
}

/** sigs.k8s.io/yaml's names for keys that are not text. */
function keyOf({ faults }: Decoder, map: YamlValue, key: YamlScalar, { line }: YamlNode): string {
  if (typeof key === "string") return key;
  if (key === null) {
    faults.set(map, { problem: badKey, line });
    return "";
  }
  if (typeof key === "bigint" && key >= 2n ** 63n)
    faults.set(map, { problem: "map keys must fit into 64 bits with a sign", line });
  if (typeof key === "number")
    return { "+Inf": ".inf", "-Inf": "-.inf", NaN: ".nan" }[formatFloat32(key)] ?? formatFloat32(key);
  return scalarText(key);
}
