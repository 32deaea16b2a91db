// The functions of JMESPath as go-jmespath 0.4.0 has them (functions.go): strings are counted, reversed and sorted by code point, to_string writes JSON
// as Go does. Where the reference panics (merge('x'), contains of an object) or changes the document (sort_by), this does not.
// Long because it is one table: 26 functions, each beside its signature.
import { compareStrings } from "../../request/go-json.ts";
import { parseFloat64 } from "../../request/go-number.ts";
import { checkArguments } from "./definition.ts";
import type { Definition } from "./definition.ts";
import { JmesPathError } from "./lexer.ts";
import { BudgetError, Reference, charge, isEqual, isList, isObject } from "./value.ts";
import type { Run, Value } from "./value.ts";
import { writeJson } from "./write-json.ts";

/** A text made by one call, in UTF-16 units: repeated joins double each time. A secret has at most 64 KiB, which to_string can make six times as long. */
const textMax = 1024 * 1024;

/** @throws JmesPathError for an unknown name, a wrong number of arguments or a wrong type. */
export function callFunction(name: string, args: readonly Value[], run: Run): Value {
  const definition = functions.get(name);
  if (definition === undefined) throw new JmesPathError("there is no such function");
  checkArguments(definition, args, run);
  return definition.call(args, run);
}

/** Why a call fails whatever its arguments hold; undefined when that depends on them. */
export function faultOfCall(name: string, count: number): string | undefined {
  const definition = functions.get(name);
  if (definition === undefined) return "there is no such function";
  const { args, variadic = false } = definition;
  if (variadic ? count >= args.length : count === args.length) return undefined;
  return `${name} takes ${args.length}${variadic ? " or more" : ""} argument${args.length === 1 ? "" : "s"}, not ${count}`;
}

/** Texts that are made are charged for the memory they take, those that are only looked at for the time. */
function made(text: string, run: Run): string {
  charge(run, text.length >> 4);
  return text;
}

function read(text: string, run: Run): string {
  charge(run, text.length >> 6);
  return text;
}

const numeric = (call: (value: number) => number): Definition => ({
  args: [["number"]],
  call: ([value]) => call(value as number),
});
const textual = (call: (text: string, part: string) => boolean): Definition => ({
  args: [["string"], ["string"]],
  call: ([text, part], run) => call(text as string, read(part as string, run)),
});

/** The item that comes out on top; the first of equals. */
const extreme = (sign: 1 | -1): Definition => ({
  args: [["numbers", "strings"]],
  call: ([items], run) =>
    (items as readonly Value[]).reduce<Value>(
      (best, item) => (best === null || sign * order(item, best, run) > 0 ? item : best),
      null,
    ),
});
const extremeBy = (sign: 1 | -1): Definition => ({
  args: [["array"], ["reference"]],
  call: ([items, key], run) => {
    const list = items as readonly Value[];
    if (list.length < 2) return list[0] ?? null;
    const keys = keysOf(list, key as Reference, run);
    return (
      list[keys.reduce<number>((best, value, i) => (sign * order(value, keys[best] ?? null, run) > 0 ? i : best), 0)] ??
      null
    );
  },
});

function order(left: Value, right: Value, run: Run): number {
  if (typeof left === "string" && typeof right === "string") {
    charge(run, 1 + (Math.min(left.length, right.length) >> 4));
    return compareStrings(left, right);
  }
  return (left as number) > (right as number) ? 1 : (left as number) < (right as number) ? -1 : 0;
}

/** What the reference makes of each item: all numbers or all texts. */
function keysOf(items: readonly Value[], key: Reference, run: Run): readonly Value[] {
  const keys = items.map((item) => run.evaluate(key.of, item, run));
  const type = typeof keys[0];
  if ((type === "number" || type === "string") && keys.every((value) => typeof value === type)) return keys;
  throw new JmesPathError("an expression must give a number for each item, or a text for each");
}

function typeName(value: Value): string {
  if (value instanceof Reference) throw new JmesPathError("an expression has no type");
  if (value === null) return "null";
  return isList(value) ? "array" : isObject(value) ? "object" : typeof value;
}

function join(separator: string, items: readonly string[], run: Run): string {
  const length = items.reduce((sum, item) => sum + item.length + separator.length, 0);
  if (length > textMax) throw new BudgetError("the expression makes too long a text");
  return made(items.join(separator), run);
}

function toText(value: Value, run: Run): Value {
  if (typeof value === "string") return value;
  const json = writeJson(value, (steps) => charge(run, steps), textMax);
  return made(json, run);
}

const functions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ["abs", numeric(Math.abs)],
  ["ceil", numeric(Math.ceil)],
  ["floor", numeric(Math.floor)],
  ["starts_with", textual((text, part) => text.startsWith(part))],
  ["ends_with", textual((text, part) => text.endsWith(part))],
  ["max", extreme(1)],
  ["min", extreme(-1)],
  ["max_by", extremeBy(1)],
  ["min_by", extremeBy(-1)],
  ["sum", { args: [["numbers"]], call: ([items]) => sum(items as readonly number[]) }],
  [
    "avg",
    { args: [["numbers"]], call: ([items]) => sum(items as readonly number[]) / (items as readonly number[]).length },
  ],
  ["length", { args: [["string", "array", "object"]], call: ([value = null], run) => lengthOf(value, run) }],
  [
    "contains",
    { args: [["array", "string"], ["any"]], call: ([items = null, item = null], run) => contains(items, item, run) },
  ],
  [
    "map",
    {
      args: [["reference"], ["array"]],
      call: ([key, items], run) =>
        (items as readonly Value[]).map((item) => run.evaluate((key as Reference).of, item, run)),
    },
  ],
  [
    "merge",
    {
      args: [["object"]],
      variadic: true,
      call: (objects, run) => merge(objects as readonly ReadonlyMap<string, Value>[], run),
    },
  ],
  ["keys", { args: [["object"]], call: ([object], run) => listed((object as ReadonlyMap<string, Value>).keys(), run) }],
  [
    "values",
    { args: [["object"]], call: ([object], run) => listed((object as ReadonlyMap<string, Value>).values(), run) },
  ],
  ["type", { args: [["any"]], call: ([value = null]) => typeName(value) }],
  [
    "sort",
    {
      args: [["strings", "numbers"]],
      call: ([items], run) => (items as readonly Value[]).toSorted((a, b) => order(a, b, run)),
    },
  ],
  [
    "sort_by",
    {
      args: [["array"], ["reference"]],
      call: ([items, key], run) => sortBy(items as readonly Value[], key as Reference, run),
    },
  ],
  [
    "join",
    {
      args: [["string"], ["strings"]],
      call: ([separator, items], run) => join(separator as string, items as readonly string[], run),
    },
  ],
  ["reverse", { args: [["array", "string"]], call: ([value = null], run) => reverse(value, run) }],
  ["to_array", { args: [["any"]], call: ([value = null]) => (isList(value) ? value : [value]) }],
  ["to_string", { args: [["any"]], call: ([value = null], run) => toText(value, run) }],
  ["to_number", { args: [["any"]], call: ([value = null], run) => toNumber(value, run) }],
  ["not_null", { args: [["any"]], variadic: true, call: (values) => values.find((value) => value !== null) ?? null }],
]);

function sum(items: readonly number[]): number {
  return items.reduce((total, item) => total + item, 0);
}

function lengthOf(value: Value, run: Run): number {
  if (isList(value)) return value.length;
  if (isObject(value)) return value.size;
  const text = read(value as string, run);
  return text.length - (text.match(/[\uDC00-\uDFFF]/g)?.length ?? 0); // texts are well-formed: one for each pair
}

function contains(items: Value, item: Value, run: Run): boolean {
  if (isList(items)) return items.some((other) => isEqual(other, item, run));
  if (typeof item !== "string") return false;
  const text = read(items as string, run);
  charge(run, Math.ceil((Math.max(0, text.length - item.length) * item.length) / 16_384)); // the search may compare at each place
  return text.includes(item);
}

function merge(objects: readonly ReadonlyMap<string, Value>[], run: Run): Value {
  const merged = new Map<string, Value>();
  for (const object of objects) {
    charge(run, object.size);
    for (const [name, value] of object) merged.set(name, value);
  }
  return merged;
}

function listed(values: Iterable<Value>, run: Run): Value {
  const list = [...values];
  charge(run, list.length);
  return list;
}

function sortBy(items: readonly Value[], key: Reference, run: Run): Value {
  if (items.length < 2) return items;
  const keys = keysOf(items, key, run);
  const places = [...items.keys()].toSorted((a, b) => order(keys[a] ?? null, keys[b] ?? null, run));
  return places.map((place) => items[place] ?? null);
}

function reverse(value: Value, run: Run): Value {
  if (!isList(value)) return [...made(value as string, run)].toReversed().join("");
  charge(run, value.length);
  return value.toReversed();
}

function toNumber(value: Value, run: Run): Value {
  if (value instanceof Reference) throw new JmesPathError("an expression has no number");
  if (typeof value === "number") return value;
  return typeof value === "string" ? (parseFloat64(made(value, run)) ?? null) : null;
}
