// Writes a value as Go's encoding/json does: keys sorted by byte, `<`, `>`, `&`, U+2028 and U+2029 escaped, -0 as -0.
import { compareStrings } from "../../request/go-json.ts";
import { JmesPathError } from "./lexer.ts";
import { BudgetError, Reference, isList, isObject } from "./value.ts";
import type { Value } from "./value.ts";

/**
 * The JSON text of a value, at most `lengthMax` characters long. `charge` is called for each value inside.
 * @throws JmesPathError for NaN and infinities, BudgetError when the text becomes too long.
 */
export function writeJson(value: Value, charge: (steps: number) => void, lengthMax: number): string {
  let length = 0;
  const write = (inner: Value): string => {
    charge(1);
    if (isList(inner)) return `[${inner.map(write).join(",")}]`;
    if (isObject(inner)) {
      const names = [...inner.keys()].toSorted(compareStrings);
      return `{${names.map((name) => `${writeScalar(name)}:${write(inner.get(name) ?? null)}`).join(",")}}`;
    }
    const text = writeScalar(inner);
    length += text.length;
    if (length > lengthMax) throw new BudgetError("the expression makes too long a text");
    return text;
  };
  return write(value);
}

function writeScalar(value: null | boolean | number | string | Reference): string {
  if (typeof value === "string") {
    return JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  }
  if (value instanceof Reference) return "{}"; // Go sees a struct without visible fields
  if (typeof value === "number" && !Number.isFinite(value))
    throw new JmesPathError("there is no JSON for a number that is not finite");
  return Object.is(value, -0) ? "-0" : String(value);
}
