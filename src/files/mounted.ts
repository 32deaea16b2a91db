// Reads a file that is mounted already, for the current-version shortcut. What lies in the volume may be the pod's doing: never follow it outside.
import { constants } from "node:fs";
import { open, readlink, realpath } from "node:fs/promises";
import { join, sep } from "node:path";

/** A secret has at most 64 KiB; what is larger was not written from one. */
const bytesMax = 1 << 20;

export interface MountedFile {
  readonly contents: Uint8Array;
  readonly mode: number;
}

/**
 * A regular file inside the target, undefined when it can't be had: absent, no regular file, or outside of the target once
 * links are resolved (the driver's own `..data` links stay inside).
 */
export async function readMounted(targetPath: string, filePath: string): Promise<MountedFile | undefined> {
  try {
    const target = await realpath(targetPath);
    const file = await open(
      await realpath(join(target, filePath)),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    try {
      // Asked of the open file, so that a link that is swapped in between changes nothing.
      const opened = await readlink(`/proc/self/fd/${file.fd}`);
      const stat = await file.stat();
      if (!opened.startsWith(target + sep) || !stat.isFile() || stat.nlink !== 1 || stat.size > bytesMax)
        return undefined;
      return { contents: await file.readFile(), mode: stat.mode & 0o7777 };
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
