import { expect, test } from "bun:test";
import { booleanSpellings, parseBoolean } from "./boolean.ts";

test.each(["1", "t", "T", "true", "True", "TRUE"])("%s is true", (text) => expect(parseBoolean(text)).toBe(true));
test.each(["0", "f", "F", "false", "False", "FALSE"])("%s is false", (text) => expect(parseBoolean(text)).toBe(false));
test.each(["", " true", "true ", "tRUE", "yes", "on", "00", "01", "-1", "null", "__proto__"])(
  "%j is rejected",
  (text) => {
    expect(parseBoolean(text)).toBeUndefined();
  },
);
test("there are twelve spellings", () => expect(new Set(booleanSpellings).size).toBe(12));
