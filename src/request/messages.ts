// The v1alpha1 messages (proto/service.proto) as this program sees them; codec.ts turns them into bytes and back.

export interface VersionRequest {
  readonly version: string;
}

export interface VersionResponse {
  readonly version: string;
  readonly runtimeName: string;
  readonly runtimeVersion: string;
}

/** What a file of a volume is: id = file name, version = Secrets Manager UUID or Parameter Store number. */
export interface ObjectVersion {
  readonly id: string;
  readonly version: string;
}

/** `attributes` and `secrets` carry service account tokens: never log, quote or keep them. */
export interface MountRequest {
  readonly attributes: string;
  readonly secrets: string;
  readonly targetPath: string;
  /** JSON text of the default mode, "420". */
  readonly permission: string;
  readonly currentObjectVersions: readonly ObjectVersion[];
}

/** A file for the driver to write. */
export interface ResponseFile {
  readonly path: string;
  readonly mode: number;
  readonly contents: Uint8Array;
}

/** `error` of the wire message is never set: the driver would drop the text and show its code alone (driver 1.6.0). */
export interface MountResponse {
  readonly objectVersions: readonly ObjectVersion[];
  readonly files: readonly ResponseFile[];
}
