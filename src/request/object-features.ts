// The fields of an object that provider 3.x ignores: expandKeys, keys, keyPrefix, objectEncoding, optional, and output of a jmesPath entry.
// What is not written is not in the result either: a class without them pays nothing for them.
import type { FieldPath, ProviderError } from "../errors.ts";
import { isRoleArn, roleArnFix } from "./assume-role.ts";
import { checkFolders, fileNameFault, filePath } from "./file-path.ts";
import { invalid } from "./object-fault.ts";
import type { WrittenJmesPath, WrittenObject } from "./object-fields.ts";
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

/** Reads the fields of an object that errors call `owner`. @throws ProviderError ObjectsInvalid, naming what to change */
export function readFeatures(
  written: WrittenObject,
  translation: PathTranslation,
  owner: string,
  at: FieldPath,
): ObjectFeatures {
  const { keys, keyPrefix = "", objectEncoding = "", optional = "", expandKeys = "" } = written;
  const { assumeRoleArn = "" } = written;
  if (keys === undefined && keyPrefix + objectEncoding + optional + expandKeys + assumeRoleArn === "") return nothing;
  const expands = readBoolean("expandKeys", expandKeys, owner, at);
  const needs = (field: string, what: string): ProviderError =>
    invalid(`${field} needs ${what}: ${owner}`, `Set expandKeys to "true", or remove ${field}.`, [...at, field]);
  if (!expands && keys !== undefined) throw needs("keys", "expandKeys");
  if (!expands && keyPrefix !== "" && written.objectSelector === undefined) {
    throw needs("keyPrefix", "expandKeys or objectSelector");
  }
  if (expands && objectEncoding !== "") {
    throw invalid(
      `objectEncoding can not be used with expandKeys: ${owner}`,
      "To decode single keys, list them under jmesPath, each with its own objectEncoding.",
      [...at, "objectEncoding"],
    );
  }
  if (keys !== undefined) checkKeys(keys, owner, [...at, "keys"]);
  if (assumeRoleArn !== "" && !isRoleArn(assumeRoleArn)) {
    const message = `Invalid assumeRoleArn: ${assumeRoleArn} (${owner})`;
    throw invalid(message, roleArnFix, [...at, "assumeRoleArn"]);
  }
  const encoding = readEncoding(objectEncoding, owner, at);
  return {
    ...(expands ? { expandKeys: { keys, ...readNaming(keyPrefix, translation, owner, at) } } : undefined),
    ...(encoding === undefined ? undefined : { encoding }),
    ...(readBoolean("optional", optional, owner, at) ? { optional: true } : undefined),
    ...(assumeRoleArn === "" ? undefined : { assumeRoleArn }),
  };
}

/** Reads the fields of a jmesPath entry. @throws ProviderError ObjectsInvalid */
export function readEntryFeatures(
  { output = "", objectEncoding = "", objectAlias }: WrittenJmesPath,
  at: FieldPath,
): EntryFeatures {
  if (output + objectEncoding === "") return nothing;
  const encoding = readEncoding(objectEncoding, objectAlias, at);
  if (output === "") return encoding === undefined ? nothing : { encoding };
  if (output !== "json" && output !== "lines") {
    const message = `Invalid output: ${output} (jmesPath entry ${objectAlias})`;
    throw invalid(message, "Use json or lines, or leave it out.", [...at, "output"]);
  }
  if (encoding === undefined) return { output };
  throw invalid(
    `objectEncoding can not be used with output: ${objectAlias}`,
    "objectEncoding decodes a result that is one string: remove one of the two.",
    [...at, "objectEncoding"],
  );
}

/** @throws ProviderError ObjectsInvalid when every file of that prefix would be outside of the mount, or no file name at all */
export function readNaming(keyPrefix: string, translation: PathTranslation, owner: string, at: FieldPath): Naming {
  const fault = fileNameFault(filePath(`${keyPrefix}x`, translation));
  if (fault === undefined) {
    checkFolders(filePath(`${keyPrefix}x`, translation), owner, [...at, "keyPrefix"]);
    return { keyPrefix, translation };
  }
  throw invalid(`Invalid keyPrefix for object: ${owner}: ${fault}`, "Choose another keyPrefix.", [...at, "keyPrefix"]);
}

/** Empty is false. @throws ProviderError ObjectsInvalid for anything but Go's booleans */
export function readBoolean(name: string, text: string, owner: string, at: FieldPath): boolean {
  const value = goBoolean(text);
  if (value !== undefined) return value;
  throw invalid(`Invalid ${name}: ${text} (${owner})`, `Set ${name} to "true" or "false".`, [...at, name]);
}

function readEncoding(text: string, owner: string, at: FieldPath): Encoding | undefined {
  if (text === "") return undefined;
  if (text === "base64" || text === "hex") return text;
  throw invalid(`Invalid objectEncoding: ${text} (${owner})`, "Use base64 or hex, or leave it out.", [
    ...at,
    "objectEncoding",
  ]);
}

function checkKeys(keys: readonly string[], owner: string, at: FieldPath): void {
  const fault = (text: string): ProviderError =>
    invalid(`${text}: ${owner}`, "List the keys to mount, or leave keys out to mount all.", at);
  if (keys.length === 0) throw fault("keys is empty");
  if (keys.length > filesPerObjectMax) throw fault(`keys has more than ${filesPerObjectMax} entries`);
  if (keys.includes("")) throw fault("keys has an empty entry");
  if (new Set(keys).size < keys.length) throw fault("keys has an entry twice");
}
