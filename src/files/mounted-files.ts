// What a volume has already. Looked at where an outage leaves open whether an optional object is there: a running pod must not lose its file.
import { readdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { bounds } from "../budget.ts";
import { emptyMark } from "./plan/empty-mark.ts";
import { filesOf } from "../request/object-files.ts";
import type { ParsedRequest } from "../request/mount-request.ts";
import type { SecretObject } from "../request/secret-object.ts";

/** The volume of one mount. */
export interface MountedFiles {
  /** Whether it has a file of an object, or one that may be of it. In doubt it has: also where it can't be seen from here. */
  readonly has: (object: SecretObject) => Promise<boolean>;
}

/** Makes the view of a mount's volume. It is looked at once, when it is first asked for. */
export function openMountedFiles({
  targetPath,
  currentVersions,
}: Pick<ParsedRequest, "targetPath" | "currentVersions">): MountedFiles {
  const look = async (): Promise<Seen | undefined> => {
    const there = await listFiles(targetPath);
    if (there === undefined) return undefined;
    const all = new Set([...there, ...currentVersions.keys()]);
    return { all, sorted: [...all].toSorted() };
  };
  let looked: Promise<Seen | undefined> | undefined;
  return {
    has: async (object) => {
      const seen = await (looked ??= look());
      if (seen === undefined) return true;
      const { paths, start } = filesOf(object);
      return paths.some((path) => seen.all.has(path)) || (start !== undefined && hasStart(seen.sorted, start));
    },
  };
}

interface Seen {
  readonly all: ReadonlySet<string>;
  readonly sorted: readonly string[];
}

/** Whether one of the paths begins so: the first that is not before it, by bisection. */
function hasStart(sorted: readonly string[], start: string): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? "") < start) low = middle + 1;
    else high = middle;
  }
  return sorted[low]?.startsWith(start) === true;
}

/** The paths of the files in a volume; undefined when they can't be listed, or are more than a mount has. Links are not followed. */
async function listFiles(targetPath: string): Promise<readonly string[] | undefined> {
  try {
    const root = await rootOf(targetPath);
    const files: string[] = [];
    const folders = [""];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
        const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) folders.push(path);
        else if (path !== emptyMark) files.push(path);
        if (files.length + folders.length > bounds.files) return undefined;
      }
    }
    return files;
  } catch {
    return undefined;
  }
}

/** Where the files are: the driver's writer has them behind the link `..data`, inside the volume. */
async function rootOf(targetPath: string): Promise<string> {
  const target = await realpath(targetPath);
  const data = await realpath(join(target, "..data")).catch(() => target);
  return data.startsWith(target + sep) ? data : target;
}
