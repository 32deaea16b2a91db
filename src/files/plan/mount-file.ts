// The shape of a file of a mount, for what plans, delivers and writes it.

/** A file of the mount: path relative to the target, permission bits 0..0o777. */
export interface MountFile {
  readonly path: string;
  readonly mode: number;
  readonly contents: Uint8Array;
}
