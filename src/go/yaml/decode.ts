// The tree of a document -> its value, as go-yaml v2.4's decode.go makes it for sigs.k8s.io/yaml: tags that it does not know ignored, aliases bounded by
// their share of the work. With a stack of its own: neither nesting nor aliases reach the runtime's.
import type { Work } from "../../work.ts";
import { stepMapping } from "./decode-mapping.ts";
import { count, createDecoder, endFrame, pushFrame, raise } from "./decode-state.ts";
import type { Decoder, Frame, YamlValue } from "./decode-state.ts";
import { YamlError } from "./error.ts";
import type { YamlAlias, YamlCollection, YamlNode } from "./node.ts";
import { decodeScalar } from "./scalar.ts";

/** encoding/json's limit, which the value meets on its way. */
const depthMax = 10_000;
/** Steps before others may go first; in one of them, 16 pairs or items at most. */
const stretch = 4;
const itemsMax = 16;

/** What a tree means. @throws YamlError */
export function* decodeWork(root: YamlNode): Work<YamlValue> {
  const decoder = createDecoder(root);
  let value: YamlValue | undefined;
  for (let steps = 1; ; steps++) {
    const { next } = decoder;
    const frame = decoder.frames.at(-1);
    if (next !== undefined) {
      decoder.next = undefined;
      value = begin(decoder, next, decoder.nextDepth);
    } else if (frame === undefined) break;
    else value = step(decoder, frame, value);
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
    if (depth > depthMax) throw new YamlError(`exceeded max depth of ${depthMax}`);
    const fault = faults.get(value);
    if (fault !== undefined) throw new YamlError(fault.problem, fault.line);
    for (const inner of value.values()) {
      waiting.push({ value: inner, depth: depth + 1 });
      if (++steps % itemsMax === 0) yield;
    }
  }
}

/** The value of a node that has no others inside, or undefined: then it has become the innermost frame. */
function begin(decoder: Decoder, node: YamlNode, depth: number): YamlValue | undefined {
  count(decoder, 1, node.kind === "scalar" ? node.text.length : 0);
  if (node.kind === "scalar") return decodeScalar(node);
  if (node.kind === "alias") return beginAlias(decoder, node, depth);
  decoder.isDeep ||= depth > depthMax;
  pushFrame(decoder, node, depth);
  return undefined;
}

function beginAlias(decoder: Decoder, node: YamlAlias, depth: number): YamlValue | undefined {
  const { name, target, line } = node;
  if (decoder.open.has(target)) throw new YamlError(`anchor '${name.slice(0, 100)}' value contains itself`, line);
  const known = decoder.shared.get(target);
  decoder.open.add(target);
  if (known === undefined) {
    pushFrame(decoder, node, depth);
    decoder.next = target;
    decoder.nextDepth = depth;
    return undefined;
  }
  count(decoder, known.nodes, known.characters);
  decoder.open.delete(target);
  decoder.isDeep ||= depth - 1 + known.height > depthMax;
  raise(decoder.frames.at(-1), known.height);
  return known.value;
}

/** One step of the innermost frame: takes in the value of its last node, if there is one, and goes on. Its value when it is done. */
function step(decoder: Decoder, frame: Frame, value: YamlValue | undefined): YamlValue | undefined {
  const { node } = frame;
  if (node.kind === "mapping") return stepMapping(decoder, frame, node, value);
  return node.kind === "sequence" ? stepSequence(decoder, frame, node, value) : endAlias(decoder, frame, value ?? null);
}

function stepSequence(
  decoder: Decoder,
  frame: Frame,
  { items }: YamlCollection,
  value: YamlValue | undefined,
): YamlValue | undefined {
  const list = frame.list as YamlValue[];
  if (value !== undefined) list.push(value);
  for (let left = itemsMax; left > 0; left--) {
    const item = items[frame.at];
    if (item === undefined) return endFrame(decoder, list);
    frame.at++;
    if (item.kind !== "scalar") {
      decoder.next = item;
      decoder.nextDepth = frame.depth + 1;
      return undefined;
    }
    count(decoder, 1, item.text.length);
    list.push(decodeScalar(item));
  }
  return undefined;
}

function endAlias(decoder: Decoder, frame: Frame, value: YamlValue): YamlValue {
  const { target } = frame.node as YamlAlias;
  const nodes = decoder.nodes - frame.nodesBefore;
  const characters = decoder.characters - frame.charactersBefore;
  decoder.shared.set(target, { value, height: frame.height, nodes, characters });
  decoder.open.delete(target);
  return endFrame(decoder, value);
}
