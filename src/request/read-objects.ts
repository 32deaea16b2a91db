// The parsed `objects` of the classes that are mounted again and again: rotation and rollouts bring the same text each time. What is kept depends on the
// text and the regions alone and is never changed, a refusal neither.
import { LRUCache } from "lru-cache";
import { ProviderError } from "../errors.ts";
import { byteLength, cutBytes, joinSentences } from "../text/cut.ts";
import type { Budget } from "../budget.ts";
import type { Work } from "../work.ts";
import { faultError } from "./fault.ts";
import { checkObjects, faultsMax } from "./objects.ts";
import type { ObjectsContext } from "./objects.ts";
import type { SecretObject } from "./secret-object.ts";
import { lengthFault } from "./text-fault.ts";

/** What the work runs under. */
export interface ReadContext {
  readonly budget: Budget;
  readonly run: <T>(work: Work<T>) => Promise<T>;
}

export type ReadObjects = (
  text: string,
  context: ReadContext,
  within: ObjectsContext,
) => Promise<readonly SecretObject[]>;

/** A node runs the pods of some tens of classes. */
const textsMax = 64;
/** UTF-16 units of all texts together. Their objects take some ten times as many bytes. */
const charactersMax = 256 << 10;
/** What a refused text is counted as: nothing but one error is kept of it. */
const refusalCharacters = 1 << 10;
/** What an object takes, bytes. */
const objectBytes = 1 << 10;

/** Bytes of the faults after the first. */
const othersBytesMax = 400;

type Kept = { readonly objects: readonly SecretObject[] } | { readonly fault: ProviderError };

/**
 * Makes `parseObjects` with a memory: of refused texts too, since kubelet brings them again and again. `hash` is one without collisions.
 * @throws ProviderError as parseObjects does, the faults of other entries named after the first
 */
export function createReadObjects(hash: (text: string) => string): ReadObjects {
  const kept = new LRUCache<string, Kept>({ max: textsMax, maxSize: charactersMax });
  return async (text, { budget, run }, within) => {
    const key = hash(JSON.stringify([within.region, within.failoverRegion, within.pathTranslation, text]));
    const have = kept.get(key) ?? (await readNew(text, within, { budget, run }));
    const size = "fault" in have ? refusalCharacters : text.length + 1;
    if (size <= charactersMax) kept.set(key, have, { size });
    if ("fault" in have) throw have.fault;
    budget.hold(have.objects.length * objectBytes);
    return have.objects;
  };
}

/** What reading takes for each character of the text, bytes: measured with lists of empty lists and maps, 54 to 92. */
const readingBytes = 64;
async function readNew(text: string, within: ObjectsContext, { budget, run }: ReadContext): Promise<Kept> {
  const tooLong = lengthFault(text);
  if (tooLong !== undefined) return { fault: faultError(tooLong) };
  const bytes = text.length * readingBytes;
  budget.hold(bytes);
  try {
    return await run(read(text, within));
  } finally {
    budget.release(bytes);
  }
}

function* read(text: string, within: ObjectsContext): Work<Kept> {
  try {
    const { objects, faults } = yield* checkObjects(text, within);
    const [first, ...others] = faults;
    return first === undefined ? { objects } : { fault: allFaults(first, others) };
  } catch (error) {
    if (error instanceof ProviderError) return { fault: error };
    throw error;
  }
}

/** The first fault, and what else is wrong as far as there is room. */
function allFaults(first: ProviderError, others: readonly ProviderError[]): ProviderError {
  const [second, ...more] = others;
  const isCut = others.length + 1 === faultsMax; // the entries after the tenth fault were not looked at
  if (second === undefined) return first;
  let text = `Also wrong: ${cutBytes(second.message, othersBytesMax)}`;
  for (const [i, { message }] of more.entries()) {
    const next = `${text}; ${message}`;
    if (byteLength(next) > othersBytesMax) {
      text += `; and ${isCut ? "at least " : ""}${more.length - i} more`;
      break;
    }
    text = next;
  }
  if (isCut && !text.endsWith(" more")) text += "; and perhaps more";
  const { reason, message, fix, at } = first;
  return new ProviderError({ reason, message: joinSentences(message, text), fix, at });
}
