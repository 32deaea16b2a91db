// expandKeys: the top-level keys of a JSON value, a file each. Pure. Keys are in file names, so an error may have them; values never.
import { ProviderError } from "../errors.ts";
import { checkFolders, fileNameFault, filePath } from "../request/file-path.ts";
import { JsonError, checkJson, readUtf8 } from "../go/json.ts";
import type { Budget } from "../budget.ts";
import { filesPerObjectMax } from "../request/object-features.ts";
import type { KeyExpansion, Naming } from "../request/object-features.ts";
import { cutText } from "../text/cut.ts";
import type { Work } from "../work.ts";
import { fileBytes } from "./extracted.ts";
import type { Extracted } from "./extracted.ts";
import { readMembers } from "../go/json-tokens.ts";
import type { Member } from "../go/json-tokens.ts";

/** Of a name from AWS in an error. */
const shownMax = 100;

/**
 * The files of the keys, in the order of the document or of `keys`: strings as they are, other values as compact JSON.
 * @throws ProviderError ValueUnusable when the value is no JSON object, has no key, lacks one that is listed, has more than 1000, or one that can
 * be no file name
 */
export function* expandKeys(
  objectName: string,
  value: Uint8Array,
  expansion: KeyExpansion,
  budget: Budget,
): Work<Extracted[]> {
  const members = pick(objectName, yield* readObject(objectName, value), expansion.keys);
  if (members.length > filesPerObjectMax) {
    throw unusable(
      `expandKeys: ${objectName} has more than ${filesPerObjectMax} keys`,
      "List the keys to mount in keys, or mount the whole value.",
    );
  }
  const files: Extracted[] = [];
  for (const { key, text } of members) {
    yield;
    const filePath = foundPath(key, expansion, `key ${shownName(key)} of ${objectName}`);
    const contents = new TextEncoder().encode(text);
    budget.hold(contents.length + filePath.length * 2 + fileBytes);
    files.push({ entry: { objectAlias: key, mode: undefined, filePath }, contents, isKey: true });
  }
  return files;
}

function* readObject(objectName: string, value: Uint8Array): Work<readonly Member[]> {
  const message = `expandKeys needs a JSON object: ${objectName}`;
  try {
    const text = yield* readUtf8(value);
    yield* checkJson(text);
    const members = yield* readMembers(text);
    if (members === undefined) throw unusable(message, "The value is JSON, but not an object with keys.");
    if (members.length > 0) return members;
    throw unusable(`expandKeys: ${objectName} has no keys`, "Put a key into the secret, or mount the whole value.");
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw unusable(message, `The value is not JSON: ${error.message}.`);
  }
}

function pick(objectName: string, members: readonly Member[], keys: readonly string[] | undefined): readonly Member[] {
  if (keys === undefined) return members;
  const known = new Map(members.map((member) => [member.key, member]));
  return keys.map((key) => {
    const member = known.get(key);
    if (member !== undefined) return member;
    throw unusable(`expandKeys: ${objectName} has no key ${key}`, "Correct keys, or put the key into the secret.");
  });
}

/** The file path of something that AWS named. `what` stands for it in the error. @throws ProviderError ValueUnusable */
export function foundPath(name: string, { keyPrefix, translation }: Naming, what: string): string {
  const path = filePath(keyPrefix + name, translation);
  const fault = fileNameFault(path);
  if (fault === undefined) {
    checkFolders(path, what, []);
    return path;
  }
  throw unusable(
    `Invalid file name for ${what}: ${fault}`,
    "Choose another keyPrefix or pathTranslation, or mount it by an entry of its own with an alias.",
  );
}

/** A name from AWS, cut to what an event can take. */
export function shownName(name: string): string {
  return cutText(name, shownMax);
}

/** A value that is not what the class says it is. */
export function unusable(message: string, fix: string): ProviderError {
  return new ProviderError({ reason: "ValueUnusable", message, fix });
}
