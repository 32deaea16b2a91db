// `objects` of a SecretProviderClass -> SecretObject[]: types, ARNs, versions, failover entries, duplicates. Pure.

export type ObjectType = "secretsmanager" | "ssmparameter";

export interface JmesPathEntry {
  readonly path: string;
  readonly objectAlias: string;
  /** Permission bits (0..0o777) or undefined: the object's, else the request's default. */
  readonly mode: number | undefined;
  /** File name after path translation. */
  readonly filePath: string;
}

/** Which value to read in one region. Empty string = not given. */
export interface ObjectRef {
  readonly objectName: string;
  readonly objectVersion: string;
  readonly objectVersionLabel: string;
}

/** One valid entry of `objects`. */
export interface SecretObject {
  readonly type: ObjectType;
  /** As written: the name errors speak of, in both regions. */
  readonly objectName: string;
  readonly objectAlias: string;
  readonly primary: ObjectRef;
  /** What to ask the failover region for: each field of failoverObject, or the primary's where it is empty. */
  readonly failover: ObjectRef;
  readonly mode: number | undefined;
  /** File name after path translation; also the id of its version. */
  readonly filePath: string;
  readonly jmesPath: readonly JmesPathEntry[];
}

export interface ObjectsContext {
  /** `pathTranslation` as written in the parameters. */
  readonly pathTranslation: string;
  readonly region: string;
  /** Empty = none. */
  readonly failoverRegion: string;
}
