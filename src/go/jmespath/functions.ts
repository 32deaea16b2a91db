// The functions of JMESPath as go-jmespath 0.4.0 has them (functions.go): strings are counted, reversed and sorted by code point, to_string writes JSON
// as Go does. Where the reference panics (merge('x'), contains of an object) or changes the document (sort_by), this does not.
// Long because it is one table: 26 functions, each beside its signature.
import { parseFloat64 } from "../number.ts";
import type { Work } from "../../work.ts";
import { chunksOf } from "./chunks.ts";
import { checkArguments } from "./definition.ts";
import type { Definition } from "./definition.ts";
import { JmesPathError } from "./lexer.ts";
import { BudgetError, Reference, charge, forEach, isEqual, isList, isObject, making, pass, sorted } from "./value.ts";
import type { Run, Value } from "./value.ts";
import { orderOf, writeJson } from "./write-json.ts";

/** A text made by one call, in UTF-16 units: repeated joins double each time. A secret has at most 64 KiB, which to_string can make six times as long. */
const textMax = 1024 * 1024;

/** What a field of an object takes, bytes. */
const fieldBytes = 32;

/** @throws JmesPathError for an unknown name, a wrong number of arguments or a wrong type. */
export function* callFunction(name: string, args: readonly Value[], run: Run): Work<Value> {
  const definition = functions.get(name);
  if (definition === undefined) throw new JmesPathError("there is no such function");
  yield* checkArguments(definition, args, run);
  return yield* definition.call(args, run);
}

/** Why a call fails whatever its arguments hold; undefined when that depends on them. */
export function faultOfCall(name: string, count: number): string | undefined {
  const definition = functions.get(name);
  if (definition === undefined) return "there is no such function";
  const { args, variadic = false } = definition;
  if (variadic ? count >= args.length : count === args.length) return undefined;
  return `${name} takes ${args.length}${variadic ? " or more" : ""} argument${args.length === 1 ? "" : "s"}, not ${count}`;
}

/** Charges a text that is made, for its memory and the time it takes. */
function* made(text: string, run: Run): Work<string> {
  run.budget.hold?.(text.length * 2);
  if (charge(run, 1 + (text.length >> 4))) yield;
  return text;
}

/** Charges a text that is only looked at. */
function* read(text: string, run: Run): Work<string> {
  if (charge(run, text.length >> 6)) yield;
  return text;
}

const numeric = (call: (value: number) => number): Definition => ({
  args: [["number"]],
  // oxlint-disable-next-line require-yield -- nothing to cut
  *call([value]) {
    return call(value as number);
  },
});
const plain = (call: (value: Value) => Value): Definition => ({
  args: [["any"]],
  // oxlint-disable-next-line require-yield -- nothing to cut
  *call([value = null]) {
    return call(value);
  },
});
const textual = (call: (text: string, part: string) => boolean): Definition => ({
  args: [["string"], ["string"]],
  *call([text, part], run) {
    return call(text as string, yield* read(part as string, run));
  },
});

/** The item that comes out on top; the first of equals. */
const extreme = (sign: 1 | -1): Definition => ({
  args: [["numbers", "strings"]],
  *call([items], run) {
    const order = orderIn(run);
    let best: Value = null;
    yield* forEach(items as readonly Value[], run, (item) => {
      if (best === null || sign * order(item, best) > 0) best = item;
    });
    return best;
  },
});
const extremeBy = (sign: 1 | -1): Definition => ({
  args: [["array"], ["reference"]],
  *call([items, key], run) {
    const list = items as readonly Value[];
    if (list.length < 2) return list[0] ?? null;
    const keys = yield* keysOf(list, key as Reference, run);
    const order = orderIn(run);
    let best = 0;
    yield* forEach(keys, run, (value, i) => {
      if (sign * order(value, keys[best] ?? null) > 0) best = i;
    });
    return list[best] ?? null;
  },
});

/** Texts by byte, numbers by size. */
function orderIn(run: Run): (left: Value, right: Value) => number {
  const orderTexts = orderOf(run);
  return (left, right) => {
    if (typeof left === "string" && typeof right === "string") return orderTexts(left, right);
    return (left as number) > (right as number) ? 1 : (left as number) < (right as number) ? -1 : 0;
  };
}

/** What the reference makes of each item: all numbers or all texts. */
function* keysOf(items: readonly Value[], key: Reference, run: Run): Work<readonly Value[]> {
  const keys = yield* mapped(items, key, run);
  const type = typeof keys[0];
  yield* pass(run, keys.length);
  if ((type === "number" || type === "string") && keys.every((value) => typeof value === type)) return keys;
  throw new JmesPathError("an expression must give a number for each item, or a text for each");
}

function* mapped(items: readonly Value[], key: Reference, run: Run): Work<readonly Value[]> {
  run.budget.hold?.(items.length * 8);
  const results: Value[] = [];
  for (const item of items) results.push(yield* run.evaluate(key.of, item, run));
  return results;
}

function typeName(value: Value): string {
  if (value instanceof Reference) throw new JmesPathError("an expression has no type");
  if (value === null) return "null";
  return isList(value) ? "array" : isObject(value) ? "object" : typeof value;
}

function* join(separator: string, items: readonly string[], run: Run): Work<string> {
  let length = 0;
  yield* forEach(items, run, (item) => {
    length += item.length + separator.length;
    if (length > textMax) throw new BudgetError("the expression makes too long a text");
  });
  return yield* made(items.join(separator), run);
}

function* toText(value: Value, run: Run): Work<Value> {
  if (typeof value === "string") return value;
  return yield* writeJson(value, run, textMax);
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
  ["sum", { args: [["numbers"]], call: ([items], run) => sum(items as readonly number[], run) }],
  [
    "avg",
    {
      args: [["numbers"]],
      *call([items], run) {
        return (yield* sum(items as readonly number[], run)) / (items as readonly number[]).length;
      },
    },
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
      call: ([key, items], run) => mapped(items as readonly Value[], key as Reference, run),
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
  ["keys", { args: [["object"]], call: ([object], run) => listed(object as ReadonlyMap<string, Value>, "keys", run) }],
  [
    "values",
    { args: [["object"]], call: ([object], run) => listed(object as ReadonlyMap<string, Value>, "values", run) },
  ],
  ["type", plain(typeName)],
  [
    "sort",
    {
      args: [["strings", "numbers"]],
      call: ([items], run) => sorted(items as readonly Value[], run, orderIn(run)),
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
  ["to_array", plain((value) => (isList(value) ? value : [value]))],
  ["to_string", { args: [["any"]], call: ([value = null], run) => toText(value, run) }],
  ["to_number", { args: [["any"]], call: ([value = null], run) => toNumber(value, run) }],
  [
    "not_null",
    {
      args: [["any"]],
      variadic: true,
      *call(values, run) {
        yield* pass(run, values.length);
        return values.find((value) => value !== null) ?? null;
      },
    },
  ],
]);

function* sum(items: readonly number[], run: Run): Work<number> {
  let total = 0;
  yield* forEach(items, run, (item) => (total += item));
  return total;
}

function* lengthOf(value: Value, run: Run): Work<number> {
  if (isList(value)) return value.length;
  if (isObject(value)) return value.size;
  let length = 0;
  for (const piece of chunksOf(yield* made(value as string, run))) {
    yield;
    length += piece.length - (piece.match(/[\uDC00-\uDFFF]/g)?.length ?? 0); // texts are well-formed: one for each pair
  }
  return length;
}

function* contains(items: Value, item: Value, run: Run): Work<boolean> {
  if (isList(items)) {
    for (const other of items) if (yield* isEqual(other, item, run)) return true;
    return false;
  }
  if (typeof item !== "string") return false;
  const text = yield* read(items as string, run);
  if (charge(run, Math.ceil((Math.max(0, text.length - item.length) * item.length) / 16_384))) yield; // the search may compare at each place
  return text.includes(item);
}

function* merge(objects: readonly ReadonlyMap<string, Value>[], run: Run): Work<Value> {
  const merged = new Map<string, Value>();
  for (const object of objects) {
    run.budget.hold?.(object.size * fieldBytes);
    yield* forEach(object, run, ([name, value]) => merged.set(name, value));
  }
  return merged;
}

function* listed(object: ReadonlyMap<string, Value>, which: "keys" | "values", run: Run): Work<readonly Value[]> {
  yield* making(run, object.size);
  return [...object[which]()];
}

function* sortBy(items: readonly Value[], key: Reference, run: Run): Work<readonly Value[]> {
  if (items.length < 2) return items;
  const keys = yield* keysOf(items, key, run);
  const order = orderIn(run);
  const places = yield* sorted([...items.keys()], run, (a, b) => order(keys[a] ?? null, keys[b] ?? null));
  return places.map((place) => items[place] ?? null);
}

function* reverse(value: Value, run: Run): Work<Value> {
  if (!isList(value)) return yield* reverseText(yield* made(value as string, run));
  yield* making(run, value.length);
  return value.toReversed();
}

function* reverseText(text: string): Work<string> {
  const pieces: string[] = [];
  for (const piece of chunksOf(text)) {
    yield;
    pieces.push([...piece].toReversed().join(""));
  }
  return pieces.toReversed().join("");
}

function* toNumber(value: Value, run: Run): Work<Value> {
  if (value instanceof Reference) throw new JmesPathError("an expression has no number");
  if (typeof value === "number") return value;
  return typeof value === "string" ? (parseFloat64(yield* made(value, run)) ?? null) : null;
}
