// The file of a volume that is empty on purpose: all objects of its class are optional, and none is there. A release of the driver after 1.6.0 unmounts
// an empty volume at each republish and mounts a new one (kubernetes-sigs/secrets-store-csi-driver#2025), which running containers never see.
import type { MountFile } from "./mount-file.ts";

/** Hidden, and no name that the driver refuses (it takes no path that starts with two dots). */
export const emptyMark = ".secrets-store-aws-empty";

/** The mark: no bytes, readable by all. */
export const emptyMarkFile: MountFile = { path: emptyMark, mode: 0o444, contents: new Uint8Array() };
