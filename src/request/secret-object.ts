// One valid entry of `objects`, and its parts.
import type { EntryFeatures, Naming, ObjectFeatures } from "./object-features.ts";

export type ObjectType = "secretsmanager" | "ssmparameter";

export interface JmesPathEntry extends EntryFeatures {
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

/** Which objects to mount. What belongs to the other type is empty. */
export interface ObjectSelector extends Naming {
  /** Parameter Store: the hierarchy, which starts with a slash. */
  readonly path: string;
  /** Parameter Store: what lies deeper than one level too. */
  readonly recursive: boolean;
  /** Secrets Manager: how the names start. */
  readonly namePrefix: string;
  /** Secrets Manager: tags that a secret must all have. */
  readonly tags: ReadonlyMap<string, string>;
  /** More matches are an error, 1..1000. */
  readonly max: number;
}

/** One valid entry of `objects`. */
export interface SecretObject extends ObjectFeatures {
  readonly type: ObjectType;
  /** As written: the name errors speak of, in both regions. */
  readonly objectName: string;
  readonly objectAlias: string;
  readonly primary: ObjectRef;
  /** What to ask the failover region for: each field of failoverObject, or the primary's where it is empty. */
  readonly failover: ObjectRef;
  readonly mode: number | undefined;
  /** File name after path translation; also the id of its version. Empty for a selector. */
  readonly filePath: string;
  readonly jmesPath: readonly JmesPathEntry[];
  /** Stands for all objects that it finds: then there is no name, and the files are named after theirs. */
  readonly selector?: ObjectSelector;
}
