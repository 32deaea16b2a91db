// A YAML value -> the fields of `objects` as written, the way encoding/json fills the reference's structs: names match in any letter case, of two
// spellings the greatest in byte order wins, scalars become text, null leaves a field alone, unknown fields are ignored.
import type { FieldPath } from "../errors.ts";
import { compareStrings } from "./go-json.ts";
import { scalarText } from "./yaml/scalar.ts";
import type { YamlValue } from "./yaml.ts";

/** One entry of `objects` before any check. Empty = not given. */
export interface WrittenObject {
  objectName: string;
  objectAlias: string;
  objectType: string;
  objectVersion: string;
  objectVersionLabel: string;
  filePermission: string;
  readonly jmesPath: WrittenJmesPath[];
  readonly failoverObject: WrittenFailover;
}

export interface WrittenJmesPath {
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
  const texts = [
    "objectName",
    "objectAlias",
    "objectType",
    "objectVersion",
    "objectVersionLabel",
    "filePermission",
  ] as const;
  fill(object, texts, value, at, {
    jmesPath: (list) => readJmesPaths(object.jmesPath, list, [...at, "jmesPath"]),
    failoverObject: (fields) => {
      if (fields === null) return;
      fill(object.failoverObject, ["objectName", "objectVersion", "objectVersionLabel"], fields, [
        ...at,
        "failoverObject",
      ]);
    },
  });
  return object;
}

/** A second spelling of the field fills the entries that the first one made: Go does not empty them. */
function readJmesPaths(entries: WrittenJmesPath[], value: YamlValue, at: FieldPath): void {
  const items = listOf(value, at);
  entries.length = Math.min(entries.length, items.length);
  for (const [i, item] of items.entries()) {
    const entry = (entries[i] ??= { path: "", objectAlias: "", filePermission: "" });
    if (item !== null) fill(entry, ["path", "objectAlias", "filePermission"], item, [...at, i]);
  }
}

function fill<K extends string>(
  target: Record<K, string>,
  texts: readonly K[],
  value: YamlValue,
  at: FieldPath,
  others: Readonly<Record<string, (value: YamlValue) => void>> = {},
): void {
  if (!isFields(value)) throw new ShapeError(at, `expected fields, found ${nameOf(value)}`);
  for (const key of [...value.keys()].toSorted(compareStrings)) {
    const field = value.get(key) ?? null;
    const folded = fold(key);
    const text = texts.find((name) => fold(name) === folded);
    const other = Object.keys(others).find((name) => fold(name) === folded);
    if (text !== undefined) target[text] = readText(field, [...at, text]) ?? target[text];
    else if (other !== undefined) others[other]?.(field);
    else requireJson(field, [...at, key]);
  }
}

/** Go's unicode.SimpleFold as far as it reaches the letters of our fields. */
function fold(name: string): string {
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
