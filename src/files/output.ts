// `output` of a jmesPath entry: results that are no string, as text. Pure. Nothing of a value reaches an error.
import type { Output } from "../request/object-features.ts";
import { BudgetError, Reference, isList, isObject } from "./jmespath/value.ts";
import type { Budget, Value } from "./jmespath/value.ts";

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
export function writeOutput(value: Value, output: Output, budget: Budget): string {
  const write = (inner: Value): string => {
    budget.steps -= 1;
    if (isList(inner)) return `[${inner.map(write).join(",")}]`;
    if (isObject(inner)) {
      return `{${[...inner].map(([key, item]) => `${write(key)}:${write(item)}`).join(",")}}`;
    }
    const text = writeScalar(inner);
    budget.steps -= text.length >> 4; // as to_string is charged
    if (budget.steps < 0) throw new BudgetError("the expression asks for too much work");
    return text;
  };
  if (output === "json") return write(value);
  if (!isList(value)) throw new OutputError("output lines needs a list of strings, numbers or booleans");
  return value.map((item) => `${typeof item === "string" ? line(item) : line(writeItem(item, write))}\n`).join("");
}

function writeItem(item: Value, write: (value: Value) => string): string {
  if (typeof item === "number" || typeof item === "boolean") return write(item);
  throw new OutputError("output lines needs a list of strings, numbers or booleans");
}

function line(text: string): string {
  if (/[\r\n]/.test(text)) throw new OutputError("an item holds a line break, so that it would be more than one line");
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
