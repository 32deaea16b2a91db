// Provider-writes: the files of a mount into its target directory. All are staged before the first rename: no half-written file under a final name.
// How a step inside the target goes: folders.ts. What remains: a directory put under a final name after the last look makes that rename fail, with
// earlier ones done.
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { resolve } from "node:path";
import { finish } from "../work.ts";
import type { Work } from "../work.ts";
import { at, createFolders, isOwnFile, isOwnFolder, makeFolder, openFolder, removeTree } from "./folders.ts";
import type { Folders } from "./folders.ts";
import type { MountFile } from "./plan/mount-file.ts";
import { attempt, checkedNames, failure, quietly } from "./write-checks.ts";
import type { CheckedFile } from "./write-checks.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants;
const temporaryPattern = /^\.aws-[0-9a-f]{8}\.tmp$/;
const chunkBytes = 256 << 10;

/** The end of the last write to each target, for the next to wait for. */
const turns = new Map<string, Promise<unknown>>();

export interface WriteOptions {
  /** Runs the write to its end, in stretches between which other mounts go on. */
  readonly complete: <T>(work: Work<T>) => Promise<T>;
  /**
   * The target is a volume of the driver's, in which this program alone writes: where a key path has become a folder, or a folder a file, what an earlier
   * mount wrote there is replaced. Else both are errors, as is what this program has not written.
   */
  readonly ownsTarget: boolean;
}

const inOneGo: WriteOptions = { complete: async (work) => finish(work), ownsTarget: false };

/**
 * Writes `files` into an existing directory: each is new, complete and of its exact mode, or was equal already and stays. The directory's time
 * moves in any case, since the driver's rotation goes by it. What fails before the first rename changes nothing. Writes into one target follow
 * one another. @throws ProviderError WriteFailed, with path and system error
 */
export async function writeFiles(
  targetPath: string,
  files: readonly MountFile[],
  { complete, ownsTarget }: WriteOptions = inOneGo,
): Promise<void> {
  const key = resolve(targetPath);
  const before = turns.get(key) ?? Promise.resolve();
  const own = before.catch(() => undefined).then(() => complete(writeNow(targetPath, files, ownsTarget)));
  turns.set(key, own);
  try {
    await own;
  } finally {
    if (turns.get(key) === own) turns.delete(key);
  }
}

interface Staged {
  /** Path for error texts. */
  readonly path: string;
  readonly names: readonly string[];
  readonly temporaryName: string;
}

/** One write. */
interface Writing {
  readonly targetPath: string;
  readonly target: number;
  readonly ownsTarget: boolean;
  readonly wanted: ReadonlyMap<string, CheckedFile>;
  readonly folders: Folders;
  /** Not yet under their final names. */
  readonly staged: Staged[];
  /** Directories that were not there before. */
  readonly made: (readonly string[])[];
}

function* writeNow(targetPath: string, files: readonly MountFile[], ownsTarget: boolean): Work<void> {
  const wanted = yield* checkedNames(targetPath, files);
  const target = attempt(targetPath, () => fs.openSync(targetPath, O_RDONLY | O_DIRECTORY));
  const folders = createFolders(target);
  const writing: Writing = { targetPath, target, ownsTarget, wanted, folders, staged: [], made: [] };
  try {
    yield* removeLeftovers(writing);
    yield* stageAll(writing);
    yield* renameAll(writing);
    const now = new Date();
    attempt(targetPath, () => fs.futimesSync(target, now, now));
  } catch (error) {
    yield* undo(writing);
    throw error;
  } finally {
    folders.close();
    fs.closeSync(target);
  }
}

/** Removes what is staged, and the directories that were made. Many files take a while: other mounts go between. */
function* undo(writing: Writing): Work<void> {
  for (const [i, { temporaryName }] of writing.staged.entries()) {
    if (i % 8 === 0) yield;
    quietly(() => fs.unlinkSync(at(writing.target, temporaryName)));
  }
  for (const [i, names] of writing.made.toReversed().entries()) {
    if (i % 8 === 0) yield;
    quietly(() => removeFolder(writing, names));
  }
}

/** Writes what is not there already as it should be under temporary names, and makes the directories that are missing. */
function* stageAll(writing: Writing): Work<void> {
  const { targetPath, target, wanted, folders, staged, made, ownsTarget } = writing;
  for (const [relative, { file, names }] of wanted) {
    yield;
    const path = `${targetPath}/${relative}`;
    const inside = names.slice(0, -1);
    const name = names.at(-1) ?? "";
    const inPlace = attempt(path, () => {
      const folder = folders.enter(inside, (parent, one, depth) => {
        const seen = fs.lstatSync(at(parent, one), { throwIfNoEntry: false });
        if (seen !== undefined) return ownsTarget && isOwnFile(seen) ? undefined : openFolder(parent, one);
        const opened = makeFolder(parent, one);
        made.push(names.slice(0, depth + 1));
        return opened;
      });
      return folder === undefined ? "nothing" : look(at(folder, name), file);
    });
    if (inPlace === "equal") continue;
    if (inPlace === "directory" && !(ownsTarget && (yield* isOwnFolder(folders.innermost(), name)))) {
      throw failure(path, { code: "EISDIR", words: "EISDIR: a directory is in its place" });
    }
    const temporaryName = freeName(wanted);
    staged.push({ path, names, temporaryName });
    yield* stage(at(target, temporaryName), path, file);
  }
}

/** Puts the staged files under their final names. What stands in their way in a volume of our own goes. */
function* renameAll(writing: Writing): Work<void> {
  const { target, wanted, folders, staged, ownsTarget } = writing;
  const replaced: string[] = [];
  const putAside = (place: string): void => {
    const name = freeName(wanted);
    fs.renameSync(place, at(target, name));
    replaced.push(name);
  };
  for (let done = 0; staged[0] !== undefined; done++) {
    if (done % 8 === 0) yield;
    const { path, names, temporaryName } = staged[0];
    attempt(path, () => {
      const folder = folders.enter(names.slice(0, -1), (parent, one) => {
        const seen = fs.lstatSync(at(parent, one), { throwIfNoEntry: false });
        if (seen !== undefined && !(ownsTarget && isOwnFile(seen))) return openFolder(parent, one);
        if (seen !== undefined) fs.unlinkSync(at(parent, one));
        return makeFolder(parent, one);
      });
      const place = at(folder ?? target, names.at(-1) ?? "");
      try {
        fs.renameSync(at(target, temporaryName), place);
      } catch (error) {
        if (!ownsTarget || (error as NodeJS.ErrnoException).code !== "EISDIR") throw error;
        putAside(place);
        fs.renameSync(at(target, temporaryName), place);
      }
    });
    staged.shift();
  }
  for (const name of replaced) yield* removeTree(target, name);
}

function removeFolder({ folders }: Writing, names: readonly string[]): void {
  const parent = folders.enter(names.slice(0, -1), openFolder);
  if (parent !== undefined) fs.rmdirSync(at(parent, names.at(-1) ?? ""));
}

/** What is in a file's place: the file as it should be, a directory, or something that a rename replaces. */
function look(place: string, file: MountFile): "equal" | "directory" | "nothing" {
  const seen = fs.lstatSync(place, { throwIfNoEntry: false });
  if (seen?.isDirectory() === true) return "directory";
  return seen !== undefined && isThere(place, seen, file) ? "equal" : "nothing";
}

function isThere(place: string, seen: fs.Stats, { mode, contents }: MountFile): boolean {
  // What somebody else owns, or has another name for, can be changed behind our back.
  const isEqual = (stat: fs.Stats): boolean =>
    isOwnFile(stat) && (stat.mode & 0o7777) === (mode & 0o777) && stat.size === contents.length;
  if (!isEqual(seen)) return false;
  const file = openReadable(place);
  if (file === undefined) return false;
  try {
    return isEqual(fs.fstatSync(file)) && fs.readFileSync(file).equals(contents);
  } finally {
    fs.closeSync(file);
  }
}

/** Undefined for a file that its owner may not read (a mode such as 0040): then root may not either, unless it has DAC_OVERRIDE. */
function openReadable(place: string): number | undefined {
  try {
    return fs.openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") return undefined;
    throw error;
  }
}

/** Writes a new file at `place`: mode whatever the umask, contents, fsync. */
function* stage(place: string, path: string, { mode, contents }: MountFile): Work<void> {
  const file = attempt(path, () => fs.openSync(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
  try {
    attempt(path, () => fs.fchmodSync(file, mode & 0o777));
    for (let done = 0; done < contents.length;) {
      if (done > 0) yield;
      done += attempt(path, () => fs.writeSync(file, contents, done, Math.min(chunkBytes, contents.length - done)));
    }
    attempt(path, () => fs.fsyncSync(file));
  } finally {
    fs.closeSync(file);
  }
}

/** A temporary name: short, so that names of up to 255 bytes can be staged, and none of this mount's own. */
function freeName(wanted: ReadonlyMap<string, unknown>): string {
  for (;;) {
    const name = `.aws-${randomBytes(4).toString("hex")}.tmp`;
    if (!wanted.has(name)) return name;
  }
}

/** Temporary files and directories of a mount that never ended: the process was killed. Writes to a target take turns, so none is in use. */
function* removeLeftovers({ target, wanted, ownsTarget }: Writing): Work<void> {
  let names: readonly string[] = [];
  quietly(() => (names = fs.readdirSync(at(target, "."))));
  for (const [i, name] of names.entries()) {
    if (i % 64 === 0) yield;
    if (!temporaryPattern.test(name) || wanted.has(name)) continue;
    if (ownsTarget) yield* removeTree(target, name);
    quietly(() => fs.unlinkSync(at(target, name)));
  }
}
