// FetchedObject[] -> the files of a mount and their versions: order, duplicates. Pure.
import { bounds, tooLarge } from "../../budget.ts";
import type { ObjectVersion } from "../../request/messages.ts";
import { hasOwnFile } from "../../request/object-features.ts";
import type { SecretObject } from "../../request/secret-object.ts";
import type { FetchedObject } from "../../values/extracted.ts";
import type { Work } from "../../work.ts";
import { emptyMarkFile } from "./empty-mark.ts";
import type { MountFile } from "./mount-file.ts";
import { cutBytes } from "../../text/cut.ts";

export interface FilePlan {
  readonly files: MountFile[];
  /** One for each file. */
  readonly versions: ObjectVersion[];
  readonly warnings: string[];
}

interface PlannedFile extends MountFile {
  readonly version: string;
  /** For warnings: what the file is made of. */
  readonly source: () => string;
}

/** Of a name in a warning. */
const shownBytesMax = 200;

/** Collisions that are named; of the others the number is reported. */
const clashesMax = 5;

/**
 * Lays out the files in the order of `fetched` (spec order), an object before its own jmesPath entries; of two on one path the later wins.
 * A mode is the entry's, else the object's, else the nine low bits of `defaultMode`. Where all of `objects` are optional and not there, the volume
 * gets a mark: the driver needs a version (driver 1.6.0, provider_client.go), and later ones a file (empty-mark.ts).
 * @throws ProviderError TooLarge for more files than bounds allow
 */
export function* planFiles(
  fetched: readonly FetchedObject[],
  defaultMode: number,
  objects: readonly SecretObject[] = [],
): Work<FilePlan> {
  const files = new Map<string, PlannedFile>();
  const warnings: string[] = [];
  let clashes = 0;
  /** Overwritten ones too. */
  let placed = 0;
  const place = (file: PlannedFile): void => {
    const earlier = files.get(file.path);
    if (earlier !== undefined && ++clashes <= clashesMax) {
      warnings.push(
        `${earlier.source()} and ${file.source()} have the same file name ${shown(file.path)}: the later one in objects, ${file.source()}, is mounted`,
      );
    }
    files.delete(file.path); // so that the winner stands where it was written
    files.set(file.path, file);
    if (++placed > bounds.files)
      throw tooLarge(`the mount has more than ${bounds.files} files`, "Split the class into several.");
  };
  for (const { object, value, version, extracted } of fetched) {
    yield;
    const mode = object.mode ?? defaultMode & 0o777;
    const { objectName, objectAlias } = object;
    const source = (): string =>
      objectAlias === "" ? `object ${shown(objectName)}` : `object ${shown(objectName)} (alias ${shown(objectAlias)})`;
    if (hasOwnFile(object)) place({ path: object.filePath, mode, contents: value, version, source });
    for (const { entry, contents, isKey } of extracted) {
      yield;
      const kind = isKey === true ? "key" : "jmesPath entry";
      const entrySource = (): string => `${kind} ${shown(entry.objectAlias)} of ${shown(objectName)}`;
      place({ path: entry.filePath, mode: entry.mode ?? mode, contents, version, source: entrySource });
    }
  }
  if (files.size === 0 && objects.length > 0) place({ ...emptyMarkFile, version: "", source: () => "the mark" });
  if (clashes > clashesMax) warnings.push(`${clashes - clashesMax} more files have the name of a later one`);
  yield;
  return {
    files: [...files.values()].map(({ path, mode, contents }) => ({ path, mode, contents })),
    versions: [...files.values()].map(({ path, version }) => ({ id: path, version })),
    warnings,
  };
}

/** A name in a warning. */
function shown(name: string): string {
  return cutBytes(name, shownBytesMax);
}
