// Hands the files of a mount over: to the driver in the answer, or into the target directory by this program.
import type { ResponseFile } from "../server/messages.ts";
import type { MountFile } from "./plan.ts";
import { renewIfUnchanged } from "./rotation-interval.ts";
import { writeFiles } from "./write.ts";

export type Deliver = (files: readonly MountFile[], targetPath: string) => Promise<readonly ResponseFile[]>;

/**
 * Makes the last step of a mount. The result goes into the answer: empty when the provider wrote. With `restoreRotationInterval`
 * a volume of the driver's that would not change gets a new directory time. @throws ProviderError WriteFailed
 */
export function createDeliver(driverWrites: boolean, restoreRotationInterval: boolean): Deliver {
  if (driverWrites) {
    return async (files, targetPath) => {
      if (restoreRotationInterval) await renewIfUnchanged(files, targetPath);
      return files;
    };
  }
  return async (files, targetPath) => {
    await writeFiles(targetPath, files);
    return [];
  };
}
