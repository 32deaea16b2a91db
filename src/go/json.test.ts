import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compareStrings, decodeUtf8, JsonError, parseJson } from "./json.ts";
import type { JsonValue } from "./json.ts";

/** Back to plain JavaScript, for comparisons. */
function plain(value: JsonValue): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...(value as Map<string, JsonValue>)].map(([key, inner]) => [key, plain(inner)]));
  }
  return Array.isArray(value) ? (value as JsonValue[]).map(plain) : value;
}

describe("parseJson", () => {
  test.each([
    ["null", null],
    [" \t\r\n[1, true, null] \n", [1, true, null]],
    ['{"a":1,"a":2}', { a: 2 }],
    ['"\\u0000"', "\0"],
    ['"\\ud800"', "\uFFFD"],
    ['"\\ud800\\ud800\\udc00"', "\uFFFD\u{10000}"],
    ['{"\\ud800":1}', { "\uFFFD": 1 }],
    ["1e-400", 0],
    ["12345678901234567890", 12345678901234567000],
  ])("%s", (text, expected) => {
    expect(plain(parseJson(text))).toEqual(expected);
  });

  test.each([
    ["nothing", ""],
    ["blanks alone", " \n"],
    ["a byte order mark", "\uFEFF{}"],
    ["text after the value", '{"a":1} x'],
    ["two values", "1 2"],
    ["a trailing comma", "[1,]"],
    ["single quotes", "{'a':1}"],
    ["a comment", "[1] // x"],
    ["NaN", "NaN"],
    ["a raw control character", '"\u0001"'],
    ["a number beyond float64", "[1e400]"],
    ["a leading zero", "01"],
    ["another kind of blank", "\u00A01"],
    ["a truncated text", '{"a":'],
  ])("refuses %s without quoting it", (_, text) => {
    expect(() => parseJson(text)).toThrow(JsonError);
  });

  test("no message holds anything of the text", () => {
    for (const text of ['{"token":"hunter2"', '"hunter2" "hunter2"', '{"hunter2": hunter2}', "hunter2"]) {
      expect(() => parseJson(text)).toThrow(/^(?!.*hunter2)/);
    }
  });

  test("__proto__ and constructor are keys like any other", () => {
    const value = parseJson('{"__proto__":{"polluted":true},"constructor":1}') as ReadonlyMap<string, JsonValue>;
    expect([...value.keys()]).toEqual(["__proto__", "constructor"]);
    expect(value.get("toString")).toBeUndefined();
    expect("polluted" in {}).toBe(false);
  });

  test.each(["[", "{", '{"a":', "[{"])("a megabyte of %s is an error, at once", (opening) => {
    const started = performance.now();
    expect(() => parseJson(opening.repeat(2 ** 20))).toThrow("nested deeper than 10000");
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test("nests 10000 deep and no deeper; brackets in texts do not count", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(() => parseJson(nested(10_000))).not.toThrow();
    expect(() => parseJson(nested(10_001))).toThrow(JsonError);
    expect(parseJson(`"${"[".repeat(20_000)}\\"["`)).toHaveLength(20_002);
  });

  test("reads what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(plain(parseJson(text)))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });
});

test.each([
  [[0xe2, 0x82], "\uFFFD\uFFFD"],
  [[0xff, 0x41], "\uFFFDA"],
  [[0xed, 0xa0, 0x80], "\uFFFD\uFFFD\uFFFD"],
  [[0xf4, 0x90, 0x80, 0x80], "\uFFFD\uFFFD\uFFFD\uFFFD"],
  [[0x41, 0xe2, 0x82, 0xac, 0x80], "A€\uFFFD"],
  [[0xef, 0xbb, 0xbf, 0x41], "\uFEFFA"],
])("decodeUtf8 %p as Go does", (bytes, expected) => {
  expect(decodeUtf8(Uint8Array.from(bytes))).toBe(expected);
});

test("compareStrings orders by code point, not by UTF-16 unit", () => {
  expect(["😀", "\uFFFF", "b", "ab", "a", ""].toSorted(compareStrings)).toEqual(["", "a", "ab", "b", "\uFFFF", "😀"]);
});
