// What may be written: names that stay inside the target, checked for all files before anything happens; and how a failure reads.
import { ProviderError } from "../errors.ts";
import { faultOfPath } from "../request/file-path.ts";
import type { Work } from "../work.ts";
import type { MountFile } from "./plan/mount-file.ts";

export interface CheckedFile {
  readonly file: MountFile;
  /** Directories inside the target, then the file's own name; never empty. */
  readonly names: readonly string[];
}

/**
 * The files by path, the last of each path alone. @throws ProviderError WriteFailed for a path that no file can have (request/file-path.ts), or
 * that runs through another file of the same mount
 */
export function* checkedNames(targetPath: string, files: readonly MountFile[]): Work<ReadonlyMap<string, CheckedFile>> {
  const checked = new Map<string, CheckedFile>();
  let seen = 0;
  for (const file of files) {
    if (++seen % 16 === 0) yield;
    checked.set(file.path, { file, names: file.path.split("/") });
  }
  const refuse = (path: string, why: string): ProviderError =>
    failure(`${targetPath}/${path}`, why, "Change objectAlias or pathTranslation in the SecretProviderClass.");
  for (const path of checked.keys()) {
    if (++seen % 16 === 0) yield;
    const why = faultOfTarget(path, (folder) => checked.has(folder));
    if (why !== undefined) throw refuse(path, why);
  }
  return checked;
}

/** Why a file can't be written, by its path alone; undefined when it can. `isFile`: whether a path is a file of the same mount. */
export function faultOfTarget(path: string, isFile: (path: string) => boolean): string | undefined {
  const why = faultOfPath(path);
  if (why !== undefined) return `invalid argument: ${why}`;
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
    const folder = path.slice(0, slash);
    if (isFile(folder)) return `ENOTDIR: ${folder} is a file of the same mount`;
  }
  return undefined;
}

const fixes: Readonly<Record<string, string>> = {
  ENOENT: "The driver makes the mount directory before it calls the provider: see kubelet and the driver on this node.",
  ENOSPC: "The volume or the memory of this container is full.",
  ENOMEM: "The memory of this container is full.",
  EDQUOT: "The quota of the volume is used up.",
  EROFS: "The volume is mounted read-only on the node; the provider must be able to write to it.",
  EACCES: "The provider must be able to write to the volume: let it run as root, or set driver-writes-secrets.",
  EPERM: "The provider must be able to write to the volume: let it run as root, or set driver-writes-secrets.",
  EISDIR: "Remove the directory from the volume, or change objectAlias.",
  ENOTDIR: "A file or a link is where a directory is needed: remove it from the volume, or change objectAlias.",
};

/** A system call that failed; the code is empty for an error that has none. */
interface SystemFault {
  readonly code: string;
  /** `ENOSPC: no space left on device`. */
  readonly words: string;
}

/** A failed write: the path and the system's words, never what was to be written. */
export function failure(path: string, why: string | SystemFault, fix?: string): ProviderError {
  const { code, words } = typeof why === "string" ? { code: "", words: why } : why;
  return new ProviderError({
    reason: "WriteFailed",
    message: `failed to write ${path}: ${words}`,
    fix: fix ?? fixes[code] ?? "",
    systemCode: code,
  });
}

/** Does a step on the file system. @throws ProviderError WriteFailed naming the path instead of the system's error */
export function attempt<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    throw failure(path, faultOf(error));
  }
}

function faultOf(error: unknown): SystemFault {
  const message = error instanceof Error ? error.message : "";
  // `ENOSPC: no space left on device, write`; what follows the comma names our own detour to the file.
  const [, words = "unknown error"] = /^([A-Z0-9]+: [^,']+)/.exec(message) ?? [];
  return { code: error instanceof Error && "code" in error ? String(error.code) : "", words };
}

/** Does a step of tidying up that may fail. */
export function quietly(step: () => unknown): void {
  try {
    step();
  } catch {
    // What is left is removed at the next mount of this target.
  }
}
