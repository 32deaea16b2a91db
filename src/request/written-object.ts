// One entry of `objects` as written, before any check: empty = not given. The fields that 3.x ignores are absent unless they are written.

/** One entry of `objects` before any check. */
export interface WrittenObject extends WrittenFeatures {
  objectName: string;
  objectAlias: string;
  objectType: string;
  objectVersion: string;
  objectVersionLabel: string;
  filePermission: string;
  readonly jmesPath: WrittenJmesPath[];
  readonly failoverObject: WrittenFailover;
}

export interface WrittenJmesPath extends WrittenEntryFeatures {
  path: string;
  objectAlias: string;
  filePermission: string;
}

export interface WrittenFailover {
  objectName: string;
  objectVersion: string;
  objectVersionLabel: string;
}

export interface WrittenFeatures {
  objectSelector?: WrittenSelector;
  keys?: readonly string[];
  expandKeys?: string;
  keyPrefix?: string;
  objectEncoding?: string;
  optional?: string;
  assumeRoleArn?: string;
}

/** Of a jmesPath entry. */
export interface WrittenEntryFeatures {
  output?: string;
  objectEncoding?: string;
}

/** Which objects to mount in place of one that is named. */
export interface WrittenSelector {
  path?: string;
  recursive?: string;
  namePrefix?: string;
  max?: string;
  tags?: ReadonlyMap<string, string>;
}
