// Hands the files of a mount over: to the driver in the answer, or into the target directory by this program.
import { unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Pace } from "../sharing/pace.ts";
import type { ResponseFile } from "../request/messages.ts";
import { emptyMark } from "./plan/empty-mark.ts";
import type { MountFile } from "./plan/mount-file.ts";
import { renewIfUnchanged } from "./rotation-interval.ts";
import type { Volumes } from "./volumes.ts";
import { writeFiles } from "./write.ts";

/** Whose files, and where to. */
export interface Delivery {
  readonly files: readonly MountFile[];
  readonly targetPath: string;
  readonly namespace: string;
  /** Runs a computation to its end, whatever becomes of the mount. */
  readonly complete: Pace["complete"];
}

export type Deliver = (delivery: Delivery) => Promise<readonly ResponseFile[]>;

export interface DeliverOptions {
  readonly driverWrites: boolean;
  /** A volume of the driver's that would not change gets a new directory time. */
  readonly restoreRotationInterval: boolean;
  /** Where targets are volumes of the driver's: the memory that they take. undefined = they are somebody else's, see WriteOptions. */
  readonly volumes: Volumes | undefined;
}

/**
 * Makes the last step of a mount. The result goes into the answer: empty when the provider wrote. @throws ProviderError WriteFailed
 */
export function createDeliver({ driverWrites, restoreRotationInterval, volumes }: DeliverOptions): Deliver {
  if (driverWrites) {
    return async ({ files, targetPath, complete }) => {
      if (restoreRotationInterval) await renewIfUnchanged(files, targetPath, complete);
      return files;
    };
  }
  return async ({ files, targetPath, namespace, complete }) => {
    await volumes?.claim(
      namespace,
      targetPath,
      files.reduce((sum, { contents }) => sum + pagesOf(contents), 0),
    );
    await writeFiles(targetPath, files, { complete, ownsTarget: volumes !== undefined });
    await volumes?.written(targetPath);
    if (files.every(({ path }) => path !== emptyMark)) removeEmptyMark(targetPath);
    return [];
  };
}

/** Removes the mark from a volume that has files now. It may be missing, or be something that the pod made. */
function removeEmptyMark(targetPath: string): void {
  try {
    unlinkSync(join(targetPath, emptyMark)); // synchronous: a thread takes ten times the CPU
  } catch {
    // As above.
  }
}

const pageBytes = 4096;

/** What a file takes in a tmpfs. */
function pagesOf({ length }: Uint8Array): number {
  return Math.ceil(length / pageBytes) * pageBytes;
}
