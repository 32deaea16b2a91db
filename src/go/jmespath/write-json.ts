// Writes a value as Go's encoding/json does: keys sorted by byte, `<`, `>`, `&`, U+2028 and U+2029 escaped, -0 as -0.
import { compareStrings } from "../json.ts";
import type { Work } from "../../work.ts";
import { chunksOf } from "./chunks.ts";
import { JmesPathError } from "./lexer.ts";
import { BudgetError, Reference, charge, isList, isObject, sorted, spend } from "./value.ts";
import type { Charged, Value } from "./value.ts";

/**
 * The JSON text of a value, at most `lengthMax` characters long. Charged for each value inside, for the order of keys and for the text.
 * @throws JmesPathError for NaN and infinities, BudgetError when the text becomes too long.
 */
export function* writeJson(value: Value, run: Charged, lengthMax: number): Work<string> {
  const parts: string[] = [];
  let length = 0;
  function* put(text: string): Work<void> {
    length += text.length;
    if (length > lengthMax) throw new BudgetError("the expression makes too long a text");
    parts.push(text);
    if (charge(run, 1 + (text.length >> 4))) yield;
  }
  /** In pieces, of which a long text has no second one before the first is charged: escaped, it may be six times as long. */
  function* putText(text: string, before = "", after = ""): Work<void> {
    if (length + text.length > lengthMax) throw new BudgetError("the expression makes too long a text");
    const [first, ...others] = chunksOf(text);
    const end = `"${after}`;
    yield* put(`${before}"${escaped(first ?? "")}${others.length === 0 ? end : ""}`);
    for (const [i, piece] of others.entries()) {
      yield;
      yield* put(`${escaped(piece)}${i === others.length - 1 ? end : ""}`);
    }
  }
  function* write(inner: Value): Work<void> {
    if (typeof inner === "string") return yield* putText(inner);
    if (!isList(inner) && !isObject(inner)) return yield* put(writeScalar(inner));
    run.depth += 1;
    if (isList(inner)) {
      for (const [i, item] of inner.entries()) {
        yield* put(i === 0 ? "[" : ",");
        yield* write(item);
      }
      yield* put(inner.length === 0 ? "[]" : "]");
    } else {
      const names = yield* sorted([...inner.keys()], run, orderOf(run));
      for (const [i, name] of names.entries()) {
        yield* putText(name, i === 0 ? "{" : ",", ":");
        yield* write(inner.get(name) ?? null);
      }
      yield* put(names.length === 0 ? "{}" : "}");
    }
    run.depth -= 1;
  }
  yield* write(value);
  run.budget.hold?.(length * 2);
  return parts.join("");
}

/** By byte of UTF-8; a comparison is charged by what it may have to look at. */
export function orderOf(run: Charged): (a: string, b: string) => number {
  return (a, b) => {
    spend(run, Math.min(a.length, b.length) >> 4);
    return compareStrings(a, b);
  };
}

/** What stands between the quotes. */
function escaped(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function writeScalar(value: null | boolean | number | Reference): string {
  if (value instanceof Reference) return "{}"; // Go sees a struct without visible fields
  if (typeof value === "number" && !Number.isFinite(value))
    throw new JmesPathError("there is no JSON for a number that is not finite");
  return Object.is(value, -0) ? "-0" : String(value);
}
