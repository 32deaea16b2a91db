// The parsed `objects` of the classes that are mounted again and again: rotation and rollouts bring the same text each time. What is kept depends on the
// text and the regions alone and is never changed; a text that is refused is read again each time.
import { LRUCache } from "lru-cache";
import { parseObjects } from "./objects.ts";
import type { ObjectsContext, SecretObject } from "./objects.ts";

export type ReadObjects = (text: string, context: ObjectsContext) => readonly SecretObject[];

/** A node runs the pods of some tens of classes. */
const textsMax = 64;
/** UTF-16 units of all texts together. Their objects take some ten times as many bytes. */
const charactersMax = 256 << 10;

/** Makes `parseObjects` with a memory. @throws ProviderError as parseObjects does */
export function createReadObjects(): ReadObjects {
  const kept = new LRUCache<string, readonly SecretObject[]>({ max: textsMax, maxSize: charactersMax });
  return (text, context) => {
    const key = JSON.stringify([context.region, context.failoverRegion, context.pathTranslation, text]);
    const have = kept.get(key);
    if (have !== undefined) return have;
    const objects = parseObjects(text, context);
    kept.set(key, objects, { size: key.length });
    return objects;
  };
}
