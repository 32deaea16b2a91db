import { describe, expect, test } from "bun:test";
import { parseAddressType, parsePathTranslation, parseUsePodIdentity } from "./parameters.ts";

describe("usePodIdentity", () => {
  test.each(["1", "t", "T", "TRUE", "true", "True"])("%s is true", (text) => {
    expect(parseUsePodIdentity(text)).toBe(true);
  });
  test.each(["", "0", "f", "F", "FALSE", "false", "False"])("%p is false", (text) => {
    expect(parseUsePodIdentity(text)).toBe(false);
  });
  test.each(["yes", "tRUE", " true", "on", "2", "constructor", "__proto__"])("%p is refused", (text) => {
    const message = `failed to parse usePodIdentity value, error: strconv.ParseBool: parsing "${text}": invalid syntax`;
    expect(() => parseUsePodIdentity(text)).toThrow(message);
  });
  test("a long value is cut in the message", () => {
    expect(() => parseUsePodIdentity("y".repeat(1_000))).toThrow(`parsing "${"y".repeat(100)}...": invalid syntax`);
  });
});

test.each([
  ["ipv4", "ipv4"],
  ["IPv6", "ipv6"],
  ["AUTO", "auto"],
  ["", "auto"],
  ["ipv5", "auto"],
] as const)("preferredAddressType %p means %s", (text, expected) => {
  expect(parseAddressType(text)).toBe(expected);
});

describe("pathTranslation", () => {
  test.each(["False", "false", "FALSE"])("%s is off", (text) => {
    expect(parsePathTranslation(text)).toBe("off");
  });
  test.each([
    ["", "_"],
    ["-", "-"],
    ["/", "/"],
    ["\n", "\n"],
  ])("%p replaces with %p", (text, character) => {
    expect(parsePathTranslation(text)).toEqual({ character });
  });
  test.each(["é", "__", "True", " False", "😀"])("%p is refused", (text) => {
    const message = "pathTranslation must be either 'False' or a single character string";
    expect(() => parsePathTranslation(text)).toThrow(message);
  });
});
