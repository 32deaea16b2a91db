// The stored value of one entry of `objects` -> FetchedObject[]: matches of a selector get names of their own, values are decoded, keys and jmesPath
// entries extracted. Pure. An unusable value is a failure of the region that returned it: the other region may have a usable one.
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
export type ReadValue = (
  object: SecretObject,
  found: StoredValue | readonly Match[],
) => readonly FetchedObject[] | Work<readonly FetchedObject[]>;

/** Makes the step for one mount; what comes of it is held. */
export function createReadValue(budget: Budget): ReadValue {
  function* readOne(object: SecretObject, stored: StoredValue): Work<FetchedObject> {
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
  function* readMatches(object: SecretObject, matches: readonly Match[]): Work<readonly FetchedObject[]> {
    const fetched: FetchedObject[] = [];
    for (const one of matches) {
      yield;
      fetched.push(yield* readOne(named(object, one), one));
    }
    return fetched;
  }

  function* readAlone(object: SecretObject, stored: StoredValue): Work<readonly FetchedObject[]> {
    return [yield* readOne(object, stored)];
  }

  return (object, found) => {
    if (!("version" in found)) return readMatches(object, found);
    if (object.encoding !== undefined || object.expandKeys !== undefined || object.jmesPath.length > 0)
      return readAlone(object, found);
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
