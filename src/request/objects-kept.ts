// The parsed `objects` of the classes that are mounted again and again: rotation and rollouts bring the same text each time. What is kept depends on the
// text and the regions alone and is never changed; a text that is refused is read again each time.
import { LRUCache } from "lru-cache";
import { ProviderError, byteLength, cutBytes, joinSentences } from "../errors.ts";
import { checkObjects } from "./objects.ts";
import type { ObjectsContext, SecretObject } from "./objects.ts";

export type ReadObjects = (text: string, context: ObjectsContext) => readonly SecretObject[];

/** A node runs the pods of some tens of classes. */
const textsMax = 64;
/** UTF-16 units of all texts together. Their objects take some ten times as many bytes. */
const charactersMax = 256 << 10;

/** Bytes of the faults after the first. */
const othersBytesMax = 400;

/** Makes `parseObjects` with a memory. @throws ProviderError as parseObjects does, the faults of other entries named after the first */
export function createReadObjects(): ReadObjects {
  const kept = new LRUCache<string, readonly SecretObject[]>({ max: textsMax, maxSize: charactersMax });
  return (text, context) => {
    const key = JSON.stringify([context.region, context.failoverRegion, context.pathTranslation, text]);
    const have = kept.get(key);
    if (have !== undefined) return have;
    const { objects, faults } = checkObjects(text, context);
    const [first, ...others] = faults;
    if (first !== undefined) throw allFaults(first, others);
    kept.set(key, objects, { size: key.length });
    return objects;
  };
}

/** The first fault, and what else is wrong as far as there is room. */
function allFaults(first: ProviderError, [second, ...more]: readonly ProviderError[]): ProviderError {
  if (second === undefined) return first;
  let text = `Also wrong: ${cutBytes(second.message, othersBytesMax)}`;
  for (const [i, { message }] of more.entries()) {
    const next = `${text}; ${message}`;
    if (byteLength(next) > othersBytesMax) {
      text += `; and ${more.length - i} more`;
      break;
    }
    text = next;
  }
  const { reason, message, fix, at } = first;
  return new ProviderError({ reason, message: joinSentences(message, text), fix, at });
}
