// Hands the files of a mount over: to the driver in the answer, or into the target directory by this program.
import type { Pace } from "../pace.ts";
import type { ResponseFile } from "../server/messages.ts";
import type { MountFile } from "./plan.ts";
import { renewIfUnchanged } from "./rotation-interval.ts";
import { writeFiles } from "./write.ts";

/** `complete` runs a computation to its end, whatever becomes of the mount. */
export type Deliver = (
  files: readonly MountFile[],
  targetPath: string,
  complete: Pace["complete"],
) => Promise<readonly ResponseFile[]>;

export interface DeliverOptions {
  readonly driverWrites: boolean;
  /** A volume of the driver's that would not change gets a new directory time. */
  readonly restoreRotationInterval: boolean;
  /** Targets are volumes of the driver's: see WriteOptions. */
  readonly ownsTarget: boolean;
}

/**
 * Makes the last step of a mount. The result goes into the answer: empty when the provider wrote. @throws ProviderError WriteFailed
 */
export function createDeliver({ driverWrites, restoreRotationInterval, ownsTarget }: DeliverOptions): Deliver {
  if (driverWrites) {
    return async (files, targetPath, complete) => {
      if (restoreRotationInterval) await renewIfUnchanged(files, targetPath, complete);
      return files;
    };
  }
  return async (files, targetPath, complete) => {
    await writeFiles(targetPath, files, { complete, ownsTarget });
    return [];
  };
}
