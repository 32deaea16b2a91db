// What a JMESPath function takes, and the check of its arguments, which go-jmespath does before the call.
import type { Work } from "../../work.ts";
import { JmesPathError } from "./lexer.ts";
import { Reference, isList, isObject, pass } from "./value.ts";
import type { Run, Value } from "./value.ts";

export type Type = "number" | "string" | "array" | "object" | "reference" | "numbers" | "strings" | "any";

export interface Definition {
  /** The types of each argument; with `variadic` the last one repeats. */
  readonly args: readonly (readonly Type[])[];
  readonly variadic?: boolean;
  readonly call: (args: readonly Value[], run: Run) => Work<Value>;
}

/** @throws JmesPathError for a wrong number of arguments or a wrong type. */
export function* checkArguments(
  { args: types, variadic = false }: Definition,
  args: readonly Value[],
  run: Run,
): Work<void> {
  if (variadic ? args.length < types.length : args.length !== types.length) {
    throw new JmesPathError("a function has the wrong number of arguments");
  }
  for (const [i, arg] of args.entries()) {
    const allowed = types[Math.min(i, types.length - 1)] ?? [];
    if (isList(arg) && (allowed.includes("numbers") || allowed.includes("strings"))) yield* pass(run, arg.length);
    if (allowed.some((type) => isOfType(arg, type))) continue;
    throw new JmesPathError("a function has an argument of the wrong type");
  }
}

function isOfType(value: Value, type: Type): boolean {
  switch (type) {
    case "any":
      return true;
    case "array":
      return isList(value);
    case "object":
      return isObject(value);
    case "reference":
      return value instanceof Reference;
    case "numbers":
    case "strings":
      if (!isList(value)) return false;
      return value.every((item) => typeof item === (type === "numbers" ? "number" : "string"));
    default:
      return typeof value === type;
  }
}
