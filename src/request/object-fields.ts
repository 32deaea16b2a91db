// A YAML value -> the fields of `objects` as written, the way encoding/json fills the reference's structs: names match in any letter case, of two
// spellings the greatest in byte order wins, scalars become text, null leaves a field alone, unknown fields are ignored.
import { bounds } from "../budget.ts";
import type { FieldPath } from "../errors.ts";
import type { Report } from "./fault.ts";
import { compareStrings } from "../go/json.ts";
import { wrongShape } from "./shape.ts";
import type { Shape, ShapeProblem } from "./shape.ts";
import { shapeFault, tooManyEntries } from "./text-fault.ts";
import type { ObjectsText } from "./text-fault.ts";
import type { WrittenJmesPath, WrittenObject, WrittenSelector } from "./written-object.ts";
import type { Work } from "../work.ts";
import { scalarText } from "../go/yaml/scalar.ts";
import type { YamlValue } from "../go/yaml.ts";

/** Fields that are read between two places where the work can be cut. */
const stretchFields = 32;
/** Spellings of one list or mapping in one entry, such as `jmesPath` and `JMESPATH`. Ours: Go reads on. */
const spellingsMax = 16;

/** The items of `objects`, not looked at; none for what is no list, or a longer list than a mount may have files: both are reported. */
export function listItems(value: YamlValue, text: ObjectsText): readonly YamlValue[] {
  const items = listOf(value, { at: ["objects"], ...text });
  if (items === undefined) return [];
  if (items.length <= bounds.files) return items;
  text.report(tooManyEntries());
  return [];
}

/**
 * One item of `objects`; null for an empty one. A field whose value has not its shape is reported and counts as not given; undefined where the entry
 * would be another one without it.
 */
export function* readEntry(item: YamlValue, i: number, text: ObjectsText): Work<WrittenObject | null | undefined> {
  if (item === null) return null;
  let isKnown = true;
  const report: Report = (fault) => {
    isKnown &&= fault.at[2] !== undefined && !essential.has(foldName(String(fault.at[2])));
    text.report(fault);
  };
  const entry = yield* readObject(item, { at: ["objects", i], text: text.text, report });
  return isKnown ? entry : undefined;
}

/** Fields of one kind of entry, by the form in which spellings are compared: texts, and what has fields or items of its own. */
interface Names<K extends string, O extends string> {
  readonly texts: ReadonlyMap<string, K>;
  readonly others: ReadonlyMap<string, O>;
}

const objectNames = foldedNames(
  [
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
  ],
  ["jmesPath", "failoverObject", "objectSelector", "keys"],
);
const entryNames = foldedNames(["path", "objectAlias", "filePermission", "output", "objectEncoding"], []);
const failoverNames = foldedNames(["objectName", "objectVersion", "objectVersionLabel"], []);
const selectorNames = foldedNames(["path", "recursive", "namePrefix", "max"], ["tags"]);

/** Fields that say which entry it is: without one of them, what is said of the rest may be wrong. */
const essential: ReadonlySet<string> = new Set(
  ["objectName", "objectType", "objectAlias", "objectSelector", "expandKeys"].map(foldName),
);

/** A value's place, and the text that it is of. */
interface Place extends ObjectsText {
  readonly at: FieldPath;
}

function inside(place: Place, name: string | number): Place {
  return { ...place, at: [...place.at, name] };
}

function wrong({ at, text, report }: Place, problem: ShapeProblem): void {
  report(shapeFault(at, problem, text));
}

function* readObject(value: YamlValue, place: Place): Work<WrittenObject> {
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
  for (const [name, field] of yield* fill(object, objectNames, value, place)) {
    let isFine = true;
    const report: Report = (fault) => {
      isFine = false;
      place.report(fault);
    };
    const own = inside({ ...place, report }, name);
    if (name === "jmesPath") yield* readJmesPaths(object.jmesPath, field, own);
    else if (field === null) continue;
    else if (name === "failoverObject") yield* fill(object.failoverObject, failoverNames, field, own);
    else if (name === "keys") object.keys = yield* readKeys(field, own);
    else yield* readSelector((object.objectSelector ??= {}), field, own);
    if (!isFine) withdraw(object, name);
  }
  return object;
}

/** A field with a fault inside counts as not given. */
function withdraw(object: WrittenObject, name: "jmesPath" | "failoverObject" | "objectSelector" | "keys"): void {
  if (name === "jmesPath") object.jmesPath.length = 0;
  else if (name === "keys") delete object.keys;
  else if (name === "failoverObject")
    Object.assign(object.failoverObject, { objectName: "", objectVersion: "", objectVersionLabel: "" });
}

/** A second spelling of the field fills the entries that the first one made: Go does not empty them. */
function* readJmesPaths(entries: WrittenJmesPath[], value: YamlValue, place: Place): Work<void> {
  const items = listOf(value, place) ?? [];
  if (items.length > bounds.files) return place.report(tooManyEntries());
  entries.length = Math.min(entries.length, items.length);
  for (const [i, item] of items.entries()) {
    if (i % stretchFields === 0) yield;
    const entry = (entries[i] ??= { path: "", objectAlias: "", filePermission: "" });
    if (item !== null) yield* fill(entry, entryNames, item, inside(place, i));
  }
}

function* readKeys(value: YamlValue, place: Place): Work<string[]> {
  const keys: string[] = [];
  for (const [i, item] of (listOf(value, place) ?? []).entries()) {
    if (i % stretchFields === 0) yield;
    keys.push(readText(item, place, i) ?? "");
  }
  return keys;
}

function* readSelector(selector: WrittenSelector, value: YamlValue, place: Place): Work<void> {
  for (const [name, field] of yield* fill(selector, selectorNames, value, place)) {
    if (field === null) continue;
    const own = inside(place, name);
    if (!isFields(field)) {
      wrong(own, wrongShape("fields", shapeOf(field)));
      continue;
    }
    const tags = new Map<string, string>();
    for (const [key, text] of field) {
      if (tags.size % stretchFields === 0) yield;
      tags.set(key, readText(text, own, key) ?? "");
    }
    selector.tags = tags;
  }
}

function foldedNames<K extends string, O extends string>(texts: readonly K[], others: readonly O[]): Names<K, O> {
  const folded = <N extends string>(names: readonly N[]): Map<string, N> =>
    new Map(names.map((name) => [foldName(name), name]));
  return { texts: folded(texts), others: folded(others) };
}

/** Fills the texts; gives back what else belongs to the entry, in the order in which Go would read it. */
function* fill<K extends string, O extends string>(
  target: Partial<Record<K, string>>,
  { texts, others }: Names<K, O>,
  value: YamlValue,
  place: Place,
): Work<readonly (readonly [O, YamlValue])[]> {
  if (!isFields(value)) {
    wrong(place, wrongShape("fields", shapeOf(value)));
    return [];
  }
  const takenFrom = new Map<K, string>();
  const rest: [key: string, name: O, field: YamlValue][] = [];
  let seen = 0;
  for (const [key, field] of value) {
    if (++seen % stretchFields === 0) yield;
    const folded = foldName(key);
    const text = texts.get(folded);
    const other = others.get(folded);
    if (text !== undefined) {
      const read = readText(field, place, text);
      const earlier = takenFrom.get(text);
      if (read === undefined || (earlier !== undefined && compareStrings(earlier, key) > 0)) continue;
      takenFrom.set(text, key);
      target[text] = read;
    } else if (other !== undefined) rest.push([key, other, field]);
    else yield* requireJson(field, place, key);
  }
  if (rest.length > spellingsMax) {
    const words = `more than ${spellingsMax} spellings of its fields`;
    wrong(place, { expected: "fields", found: "fields", words });
    return [];
  }
  return rest.toSorted(([a], [b]) => compareStrings(a, b)).map(([, name, field]) => [name, field]);
}

/** Go's unicode.SimpleFold as far as it reaches the letters of our fields. */
export function foldName(name: string): string {
  return name.replaceAll("\u017F", "s").replaceAll("\u212A", "k").toLowerCase();
}

function readText(value: YamlValue, place: Place, name: string | number): string | undefined {
  if (value === null) return undefined;
  if (typeof value !== "object") return scalarText(value);
  wrong(inside(place, name), wrongShape("text", shapeOf(value)));
  return undefined;
}

function listOf(value: YamlValue, place: Place): readonly YamlValue[] | undefined {
  if (value === null) return [];
  if (isItems(value)) return value;
  wrong(place, wrongShape("a list", shapeOf(value)));
  return undefined;
}

/** What is ignored must still be JSON: it may not hold `.inf` or `.nan`. */
function* requireJson(value: YamlValue, place: Place, name: string): Work<void> {
  const pending: YamlValue[] = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === "number" && !Number.isFinite(next)) {
      const words = `${scalarText(next)} is not allowed outside text fields`;
      return wrong(inside(place, name), { expected: "JSON", found: "none", words });
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

function shapeOf(value: YamlValue): Shape {
  if (isFields(value)) return "fields";
  return isItems(value) ? "a list" : "one value";
}
