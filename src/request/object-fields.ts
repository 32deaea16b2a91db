// A YAML value -> the fields of `objects` as written, the way encoding/json fills the reference's structs: names match in any letter case, of two
// spellings the greatest in byte order wins, scalars become text, null leaves a field alone, unknown fields are ignored.
import { bounds, tooLarge } from "../budget.ts";
import { cutBytes } from "../errors.ts";
import type { FieldPath, ProviderError } from "../errors.ts";
import { compareStrings } from "../go/json.ts";
import type { WrittenEntryFeatures, WrittenFeatures, WrittenSelector } from "./written-features.ts";
import type { Work } from "../work.ts";
import { scalarText } from "../go/yaml/scalar.ts";
import type { YamlValue } from "../go/yaml.ts";

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

/** Of a field's name in an error. */
const shownBytesMax = 100;

/** The value has not the shape of `objects`. `message` says where. */
export class ShapeError extends Error {
  readonly at: FieldPath;
  constructor(whole: FieldPath, problem: string) {
    const at = whole.map((part) => (typeof part === "string" ? cutBytes(part, shownBytesMax) : part));
    super(
      `${at.map((part, i) => (typeof part === "number" ? `[${part}]` : `${i === 0 ? "" : "."}${part}`)).join("")}: ${problem}`,
    );
    this.name = "ShapeError";
    this.at = at;
  }
}

/** Fields that are read between two places where the work can be cut. */
const stretchFields = 32;
/** Spellings of one list or mapping in one entry, such as `jmesPath` and `JMESPATH`. Ours: Go reads on. */
const spellingsMax = 16;

/** Null for an empty list item. @throws ShapeError */
export function* readObjects(value: YamlValue): Work<readonly (WrittenObject | null)[]> {
  const objects: (WrittenObject | null)[] = [];
  const items = listItems(value);
  if (items.length > bounds.files) throw tooManyEntries();
  for (const [i, item] of items.entries()) {
    if (i % stretchFields === 0) yield;
    objects.push(yield* readEntry(item, i));
  }
  return objects;
}

/** The items of `objects`, not looked at. @throws ShapeError */
export function listItems(value: YamlValue): readonly YamlValue[] {
  return listOf(value, ["objects"]);
}

/** More entries than a mount may have files. */
export function tooManyEntries(): ProviderError {
  return tooLarge(
    `Failed to load SecretProviderClass: objects has more than ${bounds.files} entries`,
    "Split the class into several, or use objectSelector or expandKeys.",
  );
}

/** One item of `objects`; null for an empty one. @throws ShapeError */
export function* readEntry(item: YamlValue, i: number): Work<WrittenObject | null> {
  return item === null ? null : yield* readObject(item, ["objects", i]);
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

function* readObject(value: YamlValue, at: FieldPath): Work<WrittenObject> {
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
  const others = yield* fill(object, objectTexts, value, at, objectOthers);
  for (const [name, field] of others) {
    const inside = [...at, name];
    if (name === "jmesPath") yield* readJmesPaths(object.jmesPath, field, inside);
    else if (field === null) continue;
    else if (name === "failoverObject") yield* fill(object.failoverObject, failoverTexts, field, inside);
    else if (name === "keys") object.keys = yield* readKeys(field, inside);
    else yield* readSelector((object.objectSelector ??= {}), field, inside);
  }
  return object;
}

/** A second spelling of the field fills the entries that the first one made: Go does not empty them. */
function* readJmesPaths(entries: WrittenJmesPath[], value: YamlValue, at: FieldPath): Work<void> {
  const items = listOf(value, at);
  if (items.length > bounds.files) throw tooManyEntries();
  entries.length = Math.min(entries.length, items.length);
  for (const [i, item] of items.entries()) {
    if (i % stretchFields === 0) yield;
    const entry = (entries[i] ??= { path: "", objectAlias: "", filePermission: "" });
    if (item !== null) yield* fill(entry, entryTexts, item, [...at, i]);
  }
}

function* readKeys(value: YamlValue, at: FieldPath): Work<string[]> {
  const keys: string[] = [];
  for (const [i, item] of listOf(value, at).entries()) {
    if (i % stretchFields === 0) yield;
    keys.push(readText(item, [...at, i]) ?? "");
  }
  return keys;
}

function* readSelector(selector: WrittenSelector, value: YamlValue, at: FieldPath): Work<void> {
  for (const [name, field] of yield* fill(selector, selectorTexts, value, at, selectorOthers)) {
    if (field === null) continue;
    const inside = [...at, name];
    if (!isFields(field)) throw new ShapeError(inside, `expected fields, found ${nameOf(field)}`);
    const tags = new Map<string, string>();
    for (const [key, text] of field) {
      if (tags.size % stretchFields === 0) yield;
      tags.set(key, readText(text, [...inside, key]) ?? "");
    }
    selector.tags = tags;
  }
}

/** Field names by the form in which spellings are compared. */
function foldedNames<K extends string>(names: readonly K[]): ReadonlyMap<string, K> {
  return new Map(names.map((name) => [foldName(name), name]));
}

/** Fills the texts; gives back what else belongs to the entry, in the order in which Go would read it. */
function* fill<K extends string, O extends string = never>(
  target: Partial<Record<K, string>>,
  texts: ReadonlyMap<string, K>,
  value: YamlValue,
  at: FieldPath,
  others: ReadonlyMap<string, O> = noOthers,
): Work<readonly (readonly [O, YamlValue])[]> {
  if (!isFields(value)) throw new ShapeError(at, `expected fields, found ${nameOf(value)}`);
  const takenFrom = new Map<K, string>();
  const rest: [key: string, name: O, field: YamlValue][] = [];
  let seen = 0;
  for (const [key, field] of value) {
    if (++seen % stretchFields === 0) yield;
    const folded = foldName(key);
    const text = texts.get(folded);
    const other = others.get(folded);
    if (text !== undefined) {
      const read = readText(field, [...at, text]);
      const earlier = takenFrom.get(text);
      if (read === undefined || (earlier !== undefined && compareStrings(earlier, key) > 0)) continue;
      takenFrom.set(text, key);
      target[text] = read;
    } else if (other !== undefined) rest.push([key, other, field]);
    else yield* requireJson(field, [...at, key]);
  }
  if (rest.length > spellingsMax) throw new ShapeError(at, `more than ${spellingsMax} spellings of its fields`);
  return rest.toSorted(([a], [b]) => compareStrings(a, b)).map(([, name, field]) => [name, field]);
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
function* requireJson(value: YamlValue, at: FieldPath): Work<void> {
  const pending: YamlValue[] = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === "number" && !Number.isFinite(next)) {
      throw new ShapeError(at, `${scalarText(next)} is not allowed outside text fields`);
    }
    for (const inner of isFields(next) ? next.values() : isItems(next) ? next : []) {
      if (pending.push(inner) % stretchFields === 0) yield;
    }
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
