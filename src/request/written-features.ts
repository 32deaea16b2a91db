// The fields that 3.x ignores, as written and before any check. They are left out of an object altogether unless they are written.

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
