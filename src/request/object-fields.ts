// A YAML value -> the fields of `objects` as written, the way encoding/json fills the reference's structs: names match in any letter case, of two
// spellings the greatest in byte order wins, scalars become text, null leaves a field alone, unknown fields are ignored.
import type { FieldPath } from "../errors.ts";
import { compareStrings } from "./go-json.ts";
import type { WrittenEntryFeatures, WrittenFeatures, WrittenSelector } from "./written-features.ts";
import { scalarText } from "./yaml/scalar.ts";
import type { YamlValue } from "./yaml.ts";

/** One entry of `objects` before any check. Empty = not given. */
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

/** The value has not the shape of `objects`. `message` says where. */
export class ShapeError extends Error {
  readonly at: FieldPath;
  constructor(at: FieldPath, problem: string) {
    super(
      `${at.map((part, i) => (typeof part === "number" ? `[${part}]` : `${i === 0 ? "" : "."}${part}`)).join("")}: ${problem}`,
    );
    this.name = "ShapeError";
    this.at = at;
  }
}

/** Null for an empty list item. @throws ShapeError */
export function readObjects(value: YamlValue): readonly (WrittenObject | null)[] {
  return listItems(value).map(readEntry);
}

/** The items of `objects`, not looked at. @throws ShapeError */
export function listItems(value: YamlValue): readonly YamlValue[] {
  return listOf(value, ["objects"]);
}

/** One item of `objects`; null for an empty one. @throws ShapeError */
export function readEntry(item: YamlValue, i: number): WrittenObject | null {
  return item === null ? null : readObject(item, ["objects", i]);
}

const objectTexts = foldedNames([
  "objectName",
  "objectAlias",
  "objectType",
  "objectVersion",
  "objectVersionLabel",
  "filePermission",
  "expandKeys",
  "keyPrefix",
  "objectEncoding",
  "optional",
  "assumeRoleArn",
]);
const objectOthers = foldedNames(["jmesPath", "failoverObject", "objectSelector", "keys"]);
const entryTexts = foldedNames(["path", "objectAlias", "filePermission", "output", "objectEncoding"]);
const failoverTexts = foldedNames(["objectName", "objectVersion", "objectVersionLabel"]);
const selectorTexts = foldedNames(["path", "recursive", "namePrefix", "max"]);
const selectorOthers = foldedNames(["tags"]);
const noOthers = new Map<string, never>();

function readObject(value: YamlValue, at: FieldPath): WrittenObject {
  const object: WrittenObject = {
    objectName: "",
    objectAlias: "",
    objectType: "",
    objectVersion: "",
    objectVersionLabel: "",
    filePermission: "",
    jmesPath: [],
    failoverObject: { objectName: "", objectVersion: "", objectVersionLabel: "" },
  };
  fill(object, objectTexts, value, at, objectOthers, (name, field) => {
    const inside = [...at, name];
    if (name === "jmesPath") readJmesPaths(object.jmesPath, field, inside);
    else if (field === null) return;
    else if (name === "failoverObject") fill(object.failoverObject, failoverTexts, field, inside);
    else if (name === "keys") object.keys = readKeys(field, inside);
    else readSelector((object.objectSelector ??= {}), field, inside);
  });
  return object;
}

/** A second spelling of the field fills the entries that the first one made: Go does not empty them. */
function readJmesPaths(entries: WrittenJmesPath[], value: YamlValue, at: FieldPath): void {
  const items = listOf(value, at);
  entries.length = Math.min(entries.length, items.length);
  for (const [i, item] of items.entries()) {
    const entry = (entries[i] ??= { path: "", objectAlias: "", filePermission: "" });
    if (item !== null) fill(entry, entryTexts, item, [...at, i]);
  }
}

function readKeys(value: YamlValue, at: FieldPath): string[] {
  return listOf(value, at).map((item, i) => readText(item, [...at, i]) ?? "");
}

function readSelector(selector: WrittenSelector, value: YamlValue, at: FieldPath): void {
  fill(selector, selectorTexts, value, at, selectorOthers, (name, field) => {
    if (field === null) return;
    const inside = [...at, name];
    if (!isFields(field)) throw new ShapeError(inside, `expected fields, found ${nameOf(field)}`);
    selector.tags = new Map([...field].map(([key, text]) => [key, readText(text, [...inside, key]) ?? ""]));
  });
}

/** Field names by the form in which spellings are compared. */
function foldedNames<K extends string>(names: readonly K[]): ReadonlyMap<string, K> {
  return new Map(names.map((name) => [foldName(name), name]));
}

function fill<K extends string, O extends string = never>(
  target: Partial<Record<K, string>>,
  texts: ReadonlyMap<string, K>,
  value: YamlValue,
  at: FieldPath,
  others: ReadonlyMap<string, O> = noOthers,
  readOther?: (name: O, value: YamlValue) => void,
): void {
  if (!isFields(value)) throw new ShapeError(at, `expected fields, found ${nameOf(value)}`);
  for (const key of [...value.keys()].toSorted(compareStrings)) {
    const field = value.get(key) ?? null;
    const folded = foldName(key);
    const text = texts.get(folded);
    const other = others.get(folded);
    if (text !== undefined) {
      const read = readText(field, [...at, text]);
      if (read !== undefined) target[text] = read;
    } else if (other !== undefined) readOther?.(other, field);
    else requireJson(field, [...at, key]);
  }
}

/** Go's unicode.SimpleFold as far as it reaches the letters of our fields. */
export function foldName(name: string): string {
  return name.replaceAll("\u017F", "s").replaceAll("\u212A", "k").toLowerCase();
}

function readText(value: YamlValue, at: FieldPath): string | undefined {
  if (value === null) return undefined;
  if (typeof value === "object") throw new ShapeError(at, `expected text, found ${nameOf(value)}`);
  return scalarText(value);
}

function listOf(value: YamlValue, at: FieldPath): readonly YamlValue[] {
  if (value === null) return [];
  if (isItems(value)) return value;
  throw new ShapeError(at, `expected a list, found ${nameOf(value)}`);
}

/** What is ignored must still be JSON: it may not hold `.inf` or `.nan`. */
function requireJson(value: YamlValue, at: FieldPath): void {
  const pending: YamlValue[] = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === "number" && !Number.isFinite(next)) {
      throw new ShapeError(at, `${scalarText(next)} is not allowed outside text fields`);
    }
    for (const inner of isFields(next) ? next.values() : isItems(next) ? next : []) pending.push(inner);
  }
}

function isFields(value: YamlValue): value is ReadonlyMap<string, YamlValue> {
  return value instanceof Map;
}

function isItems(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

function nameOf(value: YamlValue): string {
  if (isFields(value)) return "fields";
  return isItems(value) ? "a list" : "one value";
}
