// Provider-writes: the files of a mount into its target directory. All are staged before the first rename: no half-written file under a final name.
// A step starts at an open directory (/proc/self/fd/N/name, wherever that directory is by now) and takes one name, following no link: openat(2)
// in effect. What remains: a directory put under a final name after the last look makes that rename fail, with earlier ones done.
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { resolve } from "node:path";
import type { MountFile } from "./plan.ts";
import { attempt, checkedNames, quietly } from "./write-checks.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = fs.constants;
const temporaryPattern = /^\.aws-[0-9a-f]{8}\.tmp$/;
const folderMode = 0o755;
const chunkBytes = 256 << 10;
/** Longest time that the event loop is held, about; other mounts go on in between. */
const sliceMs = 5;

/** The end of the last write to each target, for the next to wait for. */
const turns = new Map<string, Promise<unknown>>();

/**
 * Writes `files` into an existing directory: each is new, complete and of its exact mode, or was equal already and stays. The directory's time
 * moves in any case, since the driver's rotation goes by it. What fails before the first rename changes nothing. Writes into one target follow
 * one another. @throws ProviderError WriteFailed, with path and system error
 */
export async function writeFiles(targetPath: string, files: readonly MountFile[]): Promise<void> {
  const key = resolve(targetPath);
  const before = turns.get(key) ?? Promise.resolve();
  const own = before.catch(() => undefined).then(() => writeNow(targetPath, files));
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

async function writeNow(targetPath: string, files: readonly MountFile[]): Promise<void> {
  const wanted = checkedNames(targetPath, files);
  const target = attempt(targetPath, () => fs.openSync(targetPath, O_RDONLY | O_DIRECTORY));
  const staged: Staged[] = [];
  const made: (readonly string[])[] = [];
  try {
    removeLeftovers(target, wanted);
    const pause = createPause();
    for (const [relative, { file, names }] of wanted) {
      const path = `${targetPath}/${relative}`;
      if (attempt(path, () => inFolder(target, names, made, (place) => isThere(place, file)))) continue;
      const temporaryName = freeName(wanted);
      staged.push({ path, names, temporaryName });
      await stage(at(target, temporaryName), path, file, pause);
    }
    while (staged[0] !== undefined) {
      const { path, names, temporaryName } = staged[0];
      attempt(path, () => inFolder(target, names, made, (place) => fs.renameSync(at(target, temporaryName), place)));
      staged.shift();
    }
    const now = new Date();
    attempt(targetPath, () => fs.futimesSync(target, now, now));
  } catch (error) {
    for (const { temporaryName } of staged) quietly(() => fs.unlinkSync(at(target, temporaryName)));
    for (const names of made.toReversed()) quietly(() => inFolder(target, names, [], (place) => fs.rmdirSync(place)));
    throw error;
  } finally {
    fs.closeSync(target);
  }
}

function at(folder: number, name: string): string {
  return `/proc/self/fd/${folder}/${name}`;
}

/**
 * Gives `use` the place of the last name, inside the directory of the others, which is made where missing (0755) and noted in `made`.
 * A link on the way is an error (ENOTDIR).
 */
function inFolder<T>(
  target: number,
  names: readonly string[],
  made: (readonly string[])[],
  use: (place: string) => T,
): T {
  let folder = target;
  try {
    for (const [depth, name] of names.slice(0, -1).entries()) {
      const inner = openFolder(folder, name, () => made.push(names.slice(0, depth + 1)));
      if (folder !== target) fs.closeSync(folder);
      folder = inner;
    }
    return use(at(folder, names.at(-1) ?? ""));
  } finally {
    if (folder !== target) fs.closeSync(folder);
  }
}

function openFolder(parent: number, name: string, onMade: () => void): number {
  const place = at(parent, name);
  const isNew = fs.lstatSync(place, { throwIfNoEntry: false }) === undefined;
  if (isNew) {
    fs.mkdirSync(place, folderMode);
    onMade();
  }
  const folder = fs.openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (isNew) fs.fchmodSync(folder, folderMode); // whatever the umask
  return folder;
}

/** Whether the file stands already as it should. A directory in its place is an error; anything else will be replaced. */
function isThere(place: string, { mode, contents }: MountFile): boolean {
  const seen = fs.lstatSync(place, { throwIfNoEntry: false });
  if (seen?.isDirectory() === true) throw new Error("EISDIR: a directory is in its place");
  // What somebody else owns, or has another name for, can be changed behind our back.
  const isEqual = (stat: fs.Stats): boolean =>
    stat.isFile() &&
    stat.nlink === 1 &&
    stat.uid === process.geteuid?.() &&
    (stat.mode & 0o7777) === (mode & 0o777) &&
    stat.size === contents.length;
  if (seen === undefined || !isEqual(seen)) return false;
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
async function stage(
  place: string,
  path: string,
  { mode, contents }: MountFile,
  pause: () => Promise<void>,
): Promise<void> {
  const file = attempt(path, () => fs.openSync(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
  try {
    attempt(path, () => fs.fchmodSync(file, mode & 0o777));
    for (let done = 0; done < contents.length; await pause()) {
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

/** Temporary files of a mount that never ended: the process was killed. Writes to a target take turns, so none is in use. */
function removeLeftovers(target: number, wanted: ReadonlyMap<string, unknown>): void {
  quietly(() => {
    for (const name of fs.readdirSync(at(target, "."))) {
      if (temporaryPattern.test(name) && !wanted.has(name)) quietly(() => fs.unlinkSync(at(target, name)));
    }
  });
}

function createPause(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < sliceMs) return;
    await new Promise((resolved) => setImmediate(resolved));
    since = performance.now();
  };
}
