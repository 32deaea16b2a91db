import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { DurationError, formatDuration, parseDuration } from "./duration.ts";

const golden = JSON.parse(readFileSync(join(import.meta.dir, "../../test/parity/go-duration.json"), "utf8")) as {
  readonly cases: readonly (readonly [text: string, nanoseconds: string, printed: string, error: string])[];
};

describe("parseDuration answers as Go", () => {
  test.each(golden.cases)("%j", (text, nanoseconds, printed, error) => {
    if (error === "") {
      expect(String(parseDuration(text))).toBe(nanoseconds);
      expect(formatDuration(parseDuration(text))).toBe(printed);
    } else expect(() => parseDuration(text)).toThrow(new Error(error));
  });
});

test("every duration that is printed is read back as itself", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (nanoseconds) => {
      expect(parseDuration(formatDuration(nanoseconds))).toBe(nanoseconds);
    }),
  );
});

test("any text gives a duration in 64 bits or a DurationError", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[-+]?([0-9.]{0,30}(ns|us|ms|s|m|h)){0,4}$/));
  fc.assert(
    fc.property(text, (input) => {
      try {
        const nanoseconds = parseDuration(input);
        expect(BigInt.asIntN(64, nanoseconds)).toBe(nanoseconds);
      } catch (error) {
        expect(error).toBeInstanceOf(DurationError);
      }
    }),
    { numRuns: 2000 },
  );
});
