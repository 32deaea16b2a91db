// What the step from stored values to files works on: a fetched object, and the files that are made of parts of its value.
import type { JmesPathEntry, SecretObject } from "../request/secret-object.ts";
import type { StoredValue } from "../store/store.ts";

/** A file that is made of a part of an object's value. */
export interface Extracted {
  readonly entry: Pick<JmesPathEntry, "objectAlias" | "mode" | "filePath">;
  readonly contents: Uint8Array;
  /** By expandKeys, not by a jmesPath entry. */
  readonly isKey?: true;
}

/** One object with its value, and what its jmesPath entries gave. */
export interface FetchedObject extends StoredValue {
  readonly object: SecretObject;
  readonly extracted: readonly Extracted[];
}
/** Memory of a file next to its contents and its name, bytes. */
export const fileBytes = 256;
