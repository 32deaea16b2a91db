// Invents values for the demo, and says which files a mount must make of them: text for a plain object, a JSON document where keys or jmesPath entries
// are taken out, encoded text where it is decoded, three matches for a selector.
import type { Encoding, Naming } from "../src/request/object-features.ts";
import { filePath } from "../src/request/file-path.ts";
import type { JmesPathEntry, SecretObject } from "../src/request/secret-object.ts";

/** A value under the name that AWS knows it by, and the files it becomes. */
export interface Invented {
  readonly name: string;
  readonly value: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly files: readonly ExpectedFile[];
}

export interface ExpectedFile {
  readonly path: string;
  /** undefined = not for this program to say: its jmesPath is more than names joined by dots. */
  readonly contents: Buffer | undefined;
  readonly mode: number;
}

const usualMode = 0o644;

/** What an object finds at AWS. `generation` 2 is what has become of it after a rotation: other values, for a selector a match more. */
export function invent(object: SecretObject, generation: number): readonly Invented[] {
  const { selector, objectName } = object;
  if (selector === undefined) return [inventOne(object, objectName, object.filePath, generation)];
  const { path, namePrefix, recursive, tags } = selector;
  const start = path === "" || path.endsWith("/") ? path : `${path}/`;
  const rests = ["log-level", "token", ...(recursive ? ["db/host"] : []), ...(generation > 1 ? ["new-one"] : [])];
  return rests.map((rest) => {
    const name = start + namePrefix + rest;
    return { ...inventOne(object, name, fileOf(rest, selector), generation), tags: Object.fromEntries(tags) };
  });
}

function inventOne(object: SecretObject, name: string, path: string, generation: number): Invented {
  const { jmesPath, expandKeys, encoding, objectAlias } = object;
  const mode = object.mode ?? usualMode;
  const files: ExpectedFile[] = [];
  let text = `${name.split(/[/:]/).at(-1)}-value-${generation}`;
  if (jmesPath.length > 0 || expandKeys !== undefined) {
    const document: Record<string, unknown> = {};
    for (const key of expandKeys === undefined ? [] : (expandKeys.keys ?? ["username", "password", "hosts"])) {
      const value = key === "hosts" ? [`${key}-${generation}`] : `${key}-${generation}`;
      define(document, key, value);
      const contents = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
      if (expandKeys !== undefined) files.push({ path: fileOf(key, expandKeys), contents, mode });
    }
    for (const entry of jmesPath) {
      const contents = inventEntry(document, entry, generation);
      files.push({ path: entry.filePath, contents, mode: entry.mode ?? mode });
    }
    text = JSON.stringify(document);
  }
  if (expandKeys === undefined || objectAlias !== "") files.unshift({ path, contents: Buffer.from(text), mode });
  return { name, value: encoded(text, encoding), tags: {}, files };
}

/** Puts what a path asks for into the document; gives the file's contents, undefined when the path is more than names joined by dots. */
function inventEntry(document: Record<string, unknown>, entry: JmesPathEntry, generation: number): Buffer | undefined {
  const { path, output, encoding } = entry;
  const [, inside] = /^to_string\((.*)\)$/.exec(path) ?? [];
  const keys = keysOf(inside ?? path);
  if (keys === undefined) {
    console.log(`  (no value can be invented for the jmesPath ${JSON.stringify(path)}: only names joined by dots)`);
    return undefined;
  }
  let at = document;
  for (const key of keys.slice(0, -1)) {
    const inner = Object.hasOwn(at, key) ? at[key] : undefined;
    const next = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : {};
    define(at, key, next);
    at = next;
  }
  const last = keys.at(-1) ?? "";
  const text = `${last}-${generation}`;
  if (output === "lines") {
    define(at, last, [text, "and-another"]);
    return Buffer.from(`${text}\nand-another\n`);
  }
  if (output === "json") {
    define(at, last, { name: text, port: 5432 });
    return Buffer.from(JSON.stringify({ name: text, port: 5432 }));
  }
  if (inside !== undefined) {
    define(at, last, generation);
    return Buffer.from(String(generation));
  }
  define(at, last, encoded(text, encoding));
  return Buffer.from(text);
}

function fileOf(rest: string, { keyPrefix, translation }: Naming): string {
  return filePath(keyPrefix + rest, translation);
}

function encoded(text: string, encoding: Encoding | undefined): string {
  return encoding === undefined ? text : Buffer.from(text).toString(encoding);
}

function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** `a."b-c".d` -> its keys, undefined for anything else. */
function keysOf(path: string): string[] | undefined {
  const parts = path.match(/"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*/g) ?? [];
  if (parts.length === 0 || parts.join(".") !== path.trim()) return undefined;
  return parts.map((part) => (part.startsWith('"') ? (JSON.parse(part) as string) : part));
}
