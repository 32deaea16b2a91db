// FetchedObject[] -> the files of a mount and their versions: order, duplicates. Pure.
import type { ObjectVersion } from "../server/messages.ts";
import { hasOwnFile } from "../request/object-features.ts";
import type { SecretObject } from "../request/objects.ts";
import type { FetchedObject } from "../store/store.ts";

/** A file of the mount: path relative to the target, permission bits 0..0o777. */
export interface MountFile {
  readonly path: string;
  readonly mode: number;
  readonly contents: Uint8Array;
}

export interface FilePlan {
  readonly files: MountFile[];
  /** One for each file; without any file, one without a version for each object. */
  readonly versions: ObjectVersion[];
  readonly warnings: string[];
}

interface PlannedFile extends MountFile {
  readonly version: string;
  /** For warnings: what the file is made of. */
  readonly source: string;
}

/**
 * Lays out the files in the order of `fetched` (spec order), an object before its own jmesPath entries; of two on one path the later wins.
 * A mode is the entry's, else the object's, else the nine low bits of `defaultMode`. Where all of `objects` are optional and not there, the versions
 * name them nevertheless: the driver takes an answer without files, but not one without versions (driver 1.6.0, provider_client.go).
 */
export function planFiles(
  fetched: readonly FetchedObject[],
  defaultMode: number,
  objects: readonly SecretObject[] = [],
): FilePlan {
  const files = new Map<string, PlannedFile>();
  const warnings: string[] = [];
  const place = (file: PlannedFile): void => {
    const earlier = files.get(file.path);
    if (earlier !== undefined) {
      warnings.push(
        `${earlier.source} and ${file.source} have the same file name ${file.path}: the later one in objects, ${file.source}, is mounted`,
      );
    }
    files.delete(file.path); // so that the winner stands where it was written
    files.set(file.path, file);
  };
  for (const { object, value, version, extracted } of fetched) {
    const mode = object.mode ?? defaultMode & 0o777;
    const source =
      object.objectAlias === ""
        ? `object ${object.objectName}`
        : `object ${object.objectName} (alias ${object.objectAlias})`;
    if (hasOwnFile(object)) place({ path: object.filePath, mode, contents: value, version, source });
    for (const { entry, contents, isKey } of extracted) {
      const kind = isKey === true ? "key" : "jmesPath entry";
      const entrySource = `${kind} ${entry.objectAlias} of ${object.objectName}`;
      place({ path: entry.filePath, mode: entry.mode ?? mode, contents, version, source: entrySource });
    }
  }
  return {
    files: [...files.values()].map(({ path, mode, contents }) => ({ path, mode, contents })),
    versions:
      files.size > 0
        ? [...files.values()].map(({ path, version }) => ({ id: path, version }))
        : objects.map(({ filePath, objectName }) => ({ id: filePath || objectName, version: "" })),
    warnings,
  };
}
