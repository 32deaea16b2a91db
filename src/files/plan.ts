// FetchedObject[] -> the files of a mount and their versions: order, duplicates. Pure.

/** A file of the mount: path relative to the target, permission bits 0..0o777. */
export interface MountFile {
  readonly path: string;
  readonly mode: number;
  readonly contents: Uint8Array;
}
