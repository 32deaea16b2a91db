// The fields of an object that provider 3.x ignores: expandKeys, keys, keyPrefix, objectEncoding, optional, and output of a jmesPath entry.
// What is not written is not in the result either: a class without them pays nothing for them.
import { isRoleArn, roleArnFix } from "./assume-role.ts";
import { reportIn } from "./entry-scope.ts";
import type { EntryScope } from "./entry-scope.ts";
import { checkFolders, fileNameFault, filePath } from "./file-path.ts";
import type { WrittenJmesPath, WrittenObject } from "./written-object.ts";
import { goBoolean } from "./parameters.ts";
import type { PathTranslation } from "./parameters.ts";

/** How the text of a value stands for its bytes. */
export type Encoding = "base64" | "hex";

/** How a jmesPath result that is no string is written. */
export type Output = "json" | "lines";

/** How files are named after what is found at AWS: keys of a secret, matches of a selector. */
export interface Naming {
  readonly keyPrefix: string;
  readonly translation: PathTranslation;
}

/** One file for each top-level key of a JSON value. */
export interface KeyExpansion extends Naming {
  /** undefined = all keys, in the order of the document. */
  readonly keys: readonly string[] | undefined;
}

/** The parts of a SecretObject that are there only when they are written. */
export interface ObjectFeatures {
  readonly expandKeys?: KeyExpansion;
  /** Of the whole value: jmesPath entries see it decoded. */
  readonly encoding?: Encoding;
  /** An object that is not there is no fault. */
  readonly optional?: true;
  /** The role to read it with, in place of the class's. */
  readonly assumeRoleArn?: string;
}

/** The same of a jmesPath entry. */
export interface EntryFeatures {
  readonly output?: Output;
  readonly encoding?: Encoding;
}

/** Files that one object may become. A secret holds at most 64 KiB. */
export const filesPerObjectMax = 1000;

/** Whether the whole value has a file: with expandKeys only if an alias names it. */
export function hasOwnFile({ expandKeys, objectAlias }: ObjectFeatures & { readonly objectAlias: string }): boolean {
  return expandKeys === undefined || objectAlias !== "";
}

const nothing: ObjectFeatures & EntryFeatures = {};

/** Reads the fields of an object. Reports what is wrong with each, naming what to change. */
export function readFeatures(written: WrittenObject, scope: EntryScope): ObjectFeatures {
  const { keys, keyPrefix = "", objectEncoding = "", optional = "", expandKeys = "" } = written;
  const { assumeRoleArn = "" } = written;
  if (keys === undefined && keyPrefix + objectEncoding + optional + expandKeys + assumeRoleArn === "") return nothing;
  const { owner } = scope;
  const expands = readBoolean("expandKeys", expandKeys, scope);
  if (expands === false) checkWithoutExpansion(written, scope);
  const isEncodingAlone = objectEncoding === "" || expands !== true;
  if (!isEncodingAlone) {
    const message = `objectEncoding can not be used with expandKeys: ${owner}`;
    const fix = "To decode single keys, list them under jmesPath, each with its own objectEncoding.";
    reportIn(scope, "fields-together", "objectEncoding", { message, fix });
  }
  if (keys !== undefined) checkKeys(keys, scope);
  if (assumeRoleArn !== "" && !isRoleArn(assumeRoleArn)) {
    const message = `Invalid assumeRoleArn: ${assumeRoleArn} (${owner})`;
    reportIn(scope, "assume-role", "assumeRoleArn", { message, fix: roleArnFix });
  }
  const encoding = isEncodingAlone ? readEncoding(objectEncoding, scope) : undefined;
  return {
    ...(expands === true ? { expandKeys: { keys, ...readNaming(keyPrefix, scope) } } : undefined),
    ...(encoding === undefined ? undefined : { encoding }),
    ...(readBoolean("optional", optional, scope) === true ? { optional: true } : undefined),
    ...(assumeRoleArn === "" ? undefined : { assumeRoleArn }),
  };
}

/** Reports fields that mean nothing without expandKeys. */
function checkWithoutExpansion({ keys, keyPrefix = "", objectSelector }: WrittenObject, scope: EntryScope): void {
  const needs = (field: string, what: string): void =>
    reportIn(scope, "fields-together", field, {
      message: `${field} needs ${what}: ${scope.owner}`,
      fix: `Set expandKeys to "true", or remove ${field}.`,
    });
  if (keys !== undefined) needs("keys", "expandKeys");
  if (keyPrefix !== "" && objectSelector === undefined) needs("keyPrefix", "expandKeys or objectSelector");
}

/** Reads the fields of a jmesPath entry. Reports what is wrong with each. */
export function readEntryFeatures(
  { output = "", objectEncoding = "" }: WrittenJmesPath,
  scope: EntryScope,
): EntryFeatures {
  if (output + objectEncoding === "") return nothing;
  const { owner } = scope;
  const encoding = readEncoding(objectEncoding, scope);
  if (output === "") return encoding === undefined ? nothing : { encoding };
  if (output !== "json" && output !== "lines") {
    const message = `Invalid output: ${output} (jmesPath entry ${owner})`;
    reportIn(scope, "field-value", "output", { message, fix: "Use json or lines, or leave it out." });
    return nothing;
  }
  if (encoding !== undefined) {
    const fix = "objectEncoding decodes a result that is one string: remove one of the two.";
    const message = `objectEncoding can not be used with output: ${owner}`;
    reportIn(scope, "fields-together", "objectEncoding", { message, fix });
  }
  return { output };
}

/** Reports a keyPrefix that makes each file be outside of the mount, or have an invalid name. */
export function readNaming(keyPrefix: string, scope: EntryScope): Naming {
  const { owner, at, translation, report } = scope;
  const path = filePath(`${keyPrefix}x`, translation);
  const fault = fileNameFault(path);
  if (fault === undefined) checkFolders(path, owner, [...at, "keyPrefix"], report);
  else {
    const message = `Invalid keyPrefix for object: ${owner}: ${fault}`;
    reportIn(scope, "field-value", "keyPrefix", { message, fix: "Choose another keyPrefix." });
  }
  return { keyPrefix, translation };
}

/** Go's booleans; empty is false. Undefined for anything else, which is reported. */
export function readBoolean(
  name: "expandKeys" | "optional" | "recursive",
  text: string,
  scope: EntryScope,
): boolean | undefined {
  const value = goBoolean(text);
  if (value === undefined) {
    const rule = name === "recursive" ? "selector" : "field-value";
    const message = `Invalid ${name}: ${text} (${scope.owner})`;
    reportIn(scope, rule, name, { message, fix: `Set ${name} to "true" or "false".` });
  }
  return value;
}

function readEncoding(text: string, scope: EntryScope): Encoding | undefined {
  if (text === "") return undefined;
  if (text === "base64" || text === "hex") return text;
  const message = `Invalid objectEncoding: ${text} (${scope.owner})`;
  reportIn(scope, "field-value", "objectEncoding", { message, fix: "Use base64 or hex, or leave it out." });
  return undefined;
}

function checkKeys(keys: readonly string[], scope: EntryScope): void {
  const wrong = (what: string): void =>
    reportIn(scope, "field-value", "keys", {
      message: `${what}: ${scope.owner}`,
      fix: "List the keys to mount, or leave keys out to mount all.",
    });
  if (keys.length === 0) return wrong("keys is empty");
  if (keys.length > filesPerObjectMax) return wrong(`keys has more than ${filesPerObjectMax} entries`);
  const given = keys.filter((key) => key !== "");
  if (given.length < keys.length) wrong("keys has an empty entry");
  if (new Set(given).size < given.length) wrong("keys has an entry twice");
}
