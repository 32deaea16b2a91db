// The words after `check` -> texts of files: files, `-`, directories. Everything is bounded, links to directories are not followed, and what is no text
// is passed over in a directory and an error when it was named.
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

export interface InputFile {
  /** As findings name it. */
  readonly name: string;
  readonly text: string;
  /** Why a file of a directory could not be read: then its text is empty, and the others are checked all the same. */
  readonly fault?: string;
}

/** The command line names something that can't be read: exit code 2. */
export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InputError";
  }
}

export interface InputBounds {
  readonly fileBytesMax: number;
  readonly totalBytesMax: number;
  /** Entries of directories looked at below one directory that was named. */
  readonly entriesMax: number;
  readonly depthMax: number;
}

/** An object of Kubernetes has at most 1.5 MiB (etcd); a file may hold many. */
const usualBounds: InputBounds = {
  fileBytesMax: 32 * 1024 * 1024,
  totalBytesMax: 256 * 1024 * 1024,
  entriesMax: 200_000,
  depthMax: 64,
};
const extensions = /\.(?:ya?ml|json)$/i;
/** Folders that hold no manifests of their own. */
const passedOver: ReadonlySet<string> = new Set([".git", "node_modules"]);

/** Reads what the words name, each file when it is asked for. @throws InputError */
export function* readInput(words: readonly string[], bounds: InputBounds = usualBounds): Generator<InputFile> {
  const { fileBytesMax, totalBytesMax } = bounds;
  let bytesLeft = totalBytesMax;
  const take = (name: string, bytes: Buffer): InputFile => {
    bytesLeft -= bytes.length;
    if (bytesLeft < 0) throw new InputError(`the files have more than ${inMebibytes(totalBytesMax)}: name fewer`);
    return { name, text: bytes.toString("utf8") };
  };
  for (const word of words) {
    if (word === "-") {
      yield take("-", read(0, "-", fileBytesMax));
    } else if (isDirectory(word)) {
      for (const name of findFiles(word, bounds)) {
        const bytes = readOrFault(name, fileBytesMax);
        if (typeof bytes === "string") yield { name, text: "", fault: bytes };
        else if (!isBinary(bytes)) yield take(name, bytes);
      }
    } else {
      const bytes = readFile(word, fileBytesMax);
      if (isBinary(bytes)) throw new InputError(`${word} is not a text file`);
      yield take(word, bytes);
    }
  }
}

function isDirectory(name: string): boolean {
  try {
    return statSync(name).isDirectory();
  } catch (error) {
    throw new InputError(`${name}: ${reasonOf(error)}`);
  }
}

/** Manifests below a directory in the order of their names. */
function findFiles(folder: string, { entriesMax, depthMax }: InputBounds): string[] {
  const found: string[] = [];
  const waiting = [{ path: folder, depth: 0 }];
  let left = entriesMax;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { path, depth } = next;
    for (const entry of entriesOf(path)) {
      if (left-- === 0) throw new InputError(`${folder} holds more than ${entriesMax} files and folders: name fewer`);
      const inner = join(path, entry.name);
      if (entry.isDirectory()) {
        if (depth < depthMax && !passedOver.has(entry.name)) waiting.push({ path: inner, depth: depth + 1 });
      } else if (extensions.test(entry.name) && (entry.isFile() || (entry.isSymbolicLink() && isFile(inner)))) {
        found.push(inner);
      }
    }
  }
  return found.toSorted();
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    throw new InputError(`${path}: ${reasonOf(error)}`);
  }
}

function isFile(name: string): boolean {
  try {
    return statSync(name).isFile();
  } catch {
    return false; // a link to nothing, or to itself
  }
}

function readOrFault(name: string, bytesMax: number): Buffer | string {
  try {
    return readFile(name, bytesMax);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

function readFile(name: string, bytesMax: number): Buffer {
  let fd: number;
  try {
    fd = openSync(name, "r");
  } catch (error) {
    throw new InputError(`${name}: ${reasonOf(error)}`);
  }
  try {
    return read(fd, name, bytesMax);
  } finally {
    closeSync(fd);
  }
}

/** To the end or the bound: what is no regular file (a pipe, a device) may have no end. */
function read(fd: number, name: string, bytesMax: number): Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(Math.max(65_536, Math.min(bytesMax + 1, fstatSync(fd).size + 1 - length)));
      const count = readOnce(fd, chunk);
      if (count === 0) return Buffer.concat(chunks);
      length += count;
      if (length > bytesMax) throw new InputError(`${name} has more than ${inMebibytes(bytesMax)}`);
      chunks.push(chunk.subarray(0, count));
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${name}: ${reasonOf(error)}`);
  }
}

/** Standard input may be non-blocking: then there is nothing yet. */
function readOnce(fd: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, chunk);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      Bun.sleepSync(5);
    }
  }
}

function inMebibytes(bytes: number): string {
  return `${bytes / 2 ** 20} MiB`;
}

function isBinary(bytes: Buffer): boolean {
  return bytes.subarray(0, 8192).includes(0);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const words: Readonly<Record<string, string>> = {
    ENOENT: "no such file or directory",
    EACCES: "permission denied",
    EISDIR: "is a directory",
    ELOOP: "too many links",
    ENAMETOOLONG: "the name is too long",
  };
  return words[code] ?? (error instanceof Error ? error.message : "can not be read");
}
