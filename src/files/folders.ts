// Directories inside a target, step by step: each is opened from its open parent (/proc/self/fd/N/name, wherever that is by now) and no link is followed,
// openat(2) in effect. The way to one file stays open for the next: files of one folder open it once.
import * as fs from "node:fs";
import type { Work } from "../work.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = fs.constants;
const folderMode = 0o755;

/** A name inside an open directory. */
export function at(folder: number, name: string): string {
  return `/proc/self/fd/${folder}/${name}`;
}

/** Opens one directory; undefined = the way ends here. @throws the system's error */
export type OpenFolder = (parent: number, name: string, depth: number) => number | undefined;

export interface Folders {
  /** The innermost of these directories, undefined when `open` gave none for one on the way. Open until the next call. */
  readonly enter: (names: readonly string[], open: OpenFolder) => number | undefined;
  /** The directory that was entered last. */
  readonly innermost: () => number;
  readonly close: () => void;
}

/** Begins at an open directory, which stays open. */
export function createFolders(target: number): Folders {
  const way: { readonly name: string; readonly folder: number }[] = [];
  const leaveTo = (depth: number): void => {
    for (const { folder } of way.splice(depth)) fs.closeSync(folder);
  };
  return {
    enter: (names, open) => {
      let shared = 0;
      while (shared < way.length && way[shared]?.name === names[shared]) shared += 1;
      leaveTo(shared);
      for (const [depth, name] of names.entries()) {
        if (depth < shared) continue;
        const folder = open(way.at(-1)?.folder ?? target, name, depth);
        if (folder === undefined) return undefined;
        way.push({ name, folder });
      }
      return way.at(-1)?.folder ?? target;
    },
    innermost: () => way.at(-1)?.folder ?? target,
    close: () => leaveTo(0),
  };
}

/** Opens a directory that is there. @throws ENOENT, ENOTDIR, also for a link */
export function openFolder(parent: number, name: string): number {
  return fs.openSync(at(parent, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

/** Makes a directory, 0755 whatever the umask, and opens it. */
export function makeFolder(parent: number, name: string): number {
  fs.mkdirSync(at(parent, name), folderMode);
  const folder = openFolder(parent, name);
  fs.fchmodSync(folder, folderMode);
  return folder;
}

/** Whether a file is one that this program has written, as far as can be seen: regular, under one name, of our own user. */
export function isOwnFile(stat: fs.Stats | undefined): boolean {
  return stat?.isFile() === true && stat.nlink === 1 && stat.uid === process.geteuid?.();
}

/** Whether a directory is one that this program has made: it holds files of our own, in directories too, and nothing else. */
export function* isOwnFolder(parent: number, name: string): Work<boolean> {
  const folder = openFolder(parent, name);
  try {
    const entries = fs.readdirSync(at(folder, "."));
    for (const entry of entries) {
      yield;
      const seen = fs.lstatSync(at(folder, entry));
      if (!(seen.isDirectory() ? yield* isOwnFolder(folder, entry) : isOwnFile(seen))) return false;
    }
    return entries.length > 0;
  } finally {
    fs.closeSync(folder);
  }
}

/** Removes a directory with all that is in it, following no link. What can't be removed stays. */
export function* removeTree(parent: number, name: string): Work<void> {
  let folder: number;
  try {
    folder = openFolder(parent, name);
  } catch {
    return;
  }
  try {
    for (const entry of fs.readdirSync(at(folder, "."), { withFileTypes: true })) {
      yield;
      try {
        if (entry.isDirectory()) yield* removeTree(folder, entry.name);
        else fs.unlinkSync(at(folder, entry.name));
      } catch {
        // Then the directory can't be removed either: the next mount of this target tries again.
      }
    }
  } finally {
    fs.closeSync(folder);
  }
  try {
    fs.rmdirSync(at(parent, name));
  } catch {
    // As above.
  }
}
