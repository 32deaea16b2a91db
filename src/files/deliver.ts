// Hands the files of a mount over: to the driver in the answer, or into the target directory by this program.
import type { ResponseFile } from "../server/messages.ts";
import type { MountFile } from "./plan.ts";
import { writeFiles } from "./write.ts";

export type Deliver = (files: readonly MountFile[], targetPath: string) => Promise<readonly ResponseFile[]>;

/** Makes the last step of a mount. The result goes into the answer: empty when the provider wrote. @throws ProviderError WriteFailed */
export function createDeliver(driverWrites: boolean): Deliver {
  if (driverWrites) return async (files) => files;
  return async (files, targetPath) => {
    await writeFiles(targetPath, files);
    return [];
  };
}
