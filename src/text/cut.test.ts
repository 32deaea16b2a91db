import { heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { byteLength, cutBytes, cutText, joinSentences, startOf } from "./cut.ts";

describe("cutBytes", () => {
  test.each([
    ["abc", 3, "abc"],
    ["abcd", 3, "..."],
    ["abcdef", 5, "ab..."],
    ["\u00e4\u00e4\u00e4", 6, "\u00e4\u00e4\u00e4"],
    ["\u00e4\u00e4\u00e4", 5, "\u00e4..."],
    ["\u{1f600}\u{1f600}", 7, "\u{1f600}..."],
    ["\u{1f600}\u{1f600}", 6, "..."],
    ["\ufeffabcdef", 7, "\ufeffa..."],
    ["", 0, ""],
  ])("%j in %i bytes", (text, max, wanted) => {
    expect(cutBytes(text, max)).toBe(wanted);
  });

  test("never takes more bytes than it may, and a text that fits stays", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 3, max: 40 }), (text, max) => {
        const cut = cutBytes(text, max);
        expect(byteLength(cut)).toBeLessThanOrEqual(max);
        if (byteLength(text) <= max) expect(cut).toBe(text);
      }),
    );
  });
});

test.each([
  ["abc", 3, "abc", "abc"],
  ["abcd", 3, "abc...", "abc"],
  ["a\u{1f600}b", 2, "a\ufffd...", "a\ufffd"],
])("cutText and startOf: %j in %i characters", (text, max, cut, start) => {
  expect(cutText(text, max)).toBe(cut);
  expect(startOf(text, max)).toBe(start);
});

test.each([
  ["", "b", "b"],
  ["a", "", "a"],
  ["a", "b", "a. b"],
  ["a.", "b", "a. b"],
  ["a...", "b", "a... b"],
  ["a..", "b", "a... b"],
])("joinSentences: %j and %j", (first, second, wanted) => {
  expect(joinSentences(first, second)).toBe(wanted);
});

const cuts: Readonly<Record<string, (text: string) => string>> = {
  cutBytes: (text) => cutBytes(text, 100),
  cutText: (text) => cutText(text, 100),
  startOf: (text) => startOf(text, 100),
};

test.each(Object.keys(cuts))("%s: what is cut does not keep the whole text in memory", (name) => {
  const cut = cuts[name] ?? String;
  Bun.gc(true);
  const before = heapStats().heapSize;
  const kept = Array.from({ length: 20 }, (_, i) => cut(JSON.parse(JSON.stringify(`${"x".repeat(1 << 20)}${i}`))));
  Bun.gc(true);
  expect(heapStats().heapSize - before).toBeLessThan(4 << 20); // 20 MiB with slices
  expect(kept).toHaveLength(20);
});
