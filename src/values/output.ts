// `output` of a jmesPath entry: results that are no string, as text. Pure. Nothing of a value reaches an error.
import type { Output } from "../request/object-features.ts";
import type { Work } from "../work.ts";
import { Reference, charge, isList, isObject } from "../go/jmespath/value.ts";
import type { Budget, Charged, Value } from "../go/jmespath/value.ts";

/** Why a result has no such text. `message` says nothing of it. */
export class OutputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OutputError";
  }
}

/**
 * `json`: compact, keys in the order of the document or of the expression. `lines`: the strings, numbers and booleans of a list, each ended by a
 * line feed. @throws OutputError; BudgetError when there is too much to write; RangeError when it is nested too deep for the stack
 */
export function* writeOutput(value: Value, output: Output, budget: Budget): Work<string> {
  const run: Charged = { budget, depth: 0, stretch: 0 };
  const parts: string[] = [];
  function* put(text: string): Work<void> {
    budget.hold?.(text.length * 2);
    parts.push(text);
    if (charge(run, 1 + (text.length >> 4))) yield;
  }
  function* write(inner: Value): Work<void> {
    if (!isList(inner) && !isObject(inner)) return yield* put(writeScalar(inner));
    run.depth += 1;
    let between = "";
    yield* put(isList(inner) ? "[" : "{");
    for (const [key, item] of inner.entries()) {
      yield* put(isList(inner) ? between : `${between}${writeScalar(key)}:`);
      yield* write(item);
      between = ",";
    }
    yield* put(isList(inner) ? "]" : "}");
    run.depth -= 1;
  }
  if (output === "json") yield* write(value);
  else {
    if (!isList(value)) throw new OutputError("output lines needs a list of strings, numbers or booleans");
    for (const item of value) yield* put(`${line(itemText(item))}\n`);
  }
  return parts.join("");
}

function itemText(item: Value): string {
  if (typeof item === "string") return item;
  if (typeof item === "number" || typeof item === "boolean") return writeScalar(item);
  throw new OutputError("output lines needs a list of strings, numbers or booleans");
}

function line(text: string): string {
  if (text.includes("\n") || text.includes("\r"))
    throw new OutputError("an item holds a line break, so that it would be more than one line");
  return text;
}

function writeScalar(value: null | boolean | number | string | Reference): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Reference) throw new OutputError("the result is an expression, not a value");
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) throw new OutputError("the result holds a number that is not finite");
  // Past this, float64 has not every whole number: what would be written need not be what the secret says.
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw new OutputError("the result holds a number beyond 2^53, which can not be passed on exactly");
  return Object.is(value, -0) ? "-0" : String(value);
}
