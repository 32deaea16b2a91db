// What a store gave for one entry of `objects` -> fetched objects: matches get names of their own, values are decoded, keys and jmesPath entries
// taken out. Pure. A value that does not fit is a fault of the region that gave it: the other one may serve.
import type { Budget } from "../budget.ts";
import type { SecretObject } from "../request/secret-object.ts";
import type { Match, StoredValue } from "../store/store.ts";
import type { Work } from "../work.ts";
import { decodeText, encodingRules } from "./decode.ts";
import { expandKeys, foundPath, shownName, unusable } from "./expand.ts";
import { extract } from "./extract.ts";
import { fileBytes } from "./extracted.ts";
import type { FetchedObject } from "./extracted.ts";

/**
 * The objects, or the computation that makes them: a value that is mounted as it is takes none.
 * @throws ProviderError JmesPathFailed, ValueUnusable, TooLarge
 */
export type Unfold = (
  object: SecretObject,
  found: StoredValue | readonly Match[],
) => readonly FetchedObject[] | Work<readonly FetchedObject[]>;

/** Makes the step for one mount; what comes of it is held. */
export function createUnfold(budget: Budget): Unfold {
  function* unfoldOne(object: SecretObject, stored: StoredValue): Work<FetchedObject> {
    budget.hold(stored.value.length + fileBytes);
    const value = object.encoding === undefined ? stored.value : decode(object, stored.value);
    const extracted = yield* extract(object, value, budget);
    const keys =
      object.expandKeys === undefined ? [] : yield* expandKeys(object.objectName, value, object.expandKeys, budget);
    return {
      object,
      value,
      version: stored.version,
      extracted: keys.length === 0 ? extracted : [...keys, ...extracted],
    };
  }
  function* unfoldMatches(object: SecretObject, matches: readonly Match[]): Work<readonly FetchedObject[]> {
    const fetched: FetchedObject[] = [];
    for (const one of matches) {
      yield;
      fetched.push(yield* unfoldOne(named(object, one), one));
    }
    return fetched;
  }

  function* unfoldAlone(object: SecretObject, stored: StoredValue): Work<readonly FetchedObject[]> {
    return [yield* unfoldOne(object, stored)];
  }

  return (object, found) => {
    if (!("version" in found)) return unfoldMatches(object, found);
    if (object.encoding !== undefined || object.expandKeys !== undefined || object.jmesPath.length > 0)
      return unfoldAlone(object, found);
    budget.hold(found.value.length + fileBytes);
    return [{ object, value: found.value, version: found.version, extracted: [] }];
  };
}

function decode({ objectName, encoding = "hex" }: SecretObject, value: Uint8Array): Uint8Array {
  const decoded = decodeText(new TextDecoder("utf-8", { ignoreBOM: true }).decode(value), encoding);
  if (decoded !== undefined) return decoded;
  throw unusable(`objectEncoding: ${objectName} is not ${encoding}`, encodingRules[encoding]);
}

/** A match of a selector as an object of its own: its file is named after what follows the path or prefix. */
function named(object: SecretObject, { name }: Match): SecretObject {
  const { selector, ...rest } = object;
  if (selector === undefined) return object;
  const start = selector.path === "" || selector.path.endsWith("/") ? selector.path : `${selector.path}/`;
  const shown = shownName(name);
  return {
    ...rest,
    objectName: shown,
    filePath: foundPath(name.slice(start.length + selector.namePrefix.length), selector, shown),
  };
}
