// Long texts are worked on in pieces: what comes of it, and how often others may go between.
import { describe, expect, test } from "bun:test";
import type { JsonValue } from "../json.ts";
import { writeOutput } from "../../values/output.ts";
import { chunksOf } from "./chunks.ts";
import { search } from "./evaluate.ts";
import { parseJmesPath } from "./parser.ts";
import { tokenize } from "./lexer.ts";
import { finish } from "../../work.ts";
import type { Work } from "../../work.ts";

const units = 4096;

/** What a computation gives, and how often it yields. */
function counted<T>(work: Work<T>): { readonly value: T; readonly yields: number } {
  for (let yields = 0; ; yields++) {
    const step = work.next();
    if (step.done === true) return { value: step.value, yields };
  }
}

const searched = (expression: string, document: JsonValue): ReturnType<typeof counted> =>
  counted(search(finish(parseJmesPath(expression)), document, { steps: 2 ** 24 }));

describe("pieces", () => {
  test.each([
    ["", [0]],
    ["a".repeat(units), [units]],
    ["a".repeat(units + 1), [units, 1]],
    [`${"a".repeat(units - 1)}😀b`, [units + 1, 1]],
    [`${"a".repeat(units - 2)}😀b`, [units, 1]],
  ] as const)("of a text %#", (text, lengths) => {
    const pieces = [...chunksOf(text)];
    expect(pieces.map(({ length }) => length)).toEqual([...lengths]);
    expect(pieces.join("")).toBe(text);
  });
});

describe("functions over long texts", () => {
  const pairs = `a${"😀".repeat(20_000)}b`;
  test.each([
    ["length(@)", pairs, 20_002],
    ["reverse(@)", pairs, `b${"😀".repeat(20_000)}a`],
    ["to_string([@])", pairs, `["${pairs}"]`],
    ["to_string([@])", `<${"&".repeat(20_000)}\n`, `["\\u003c${"\\u0026".repeat(20_000)}\\n"]`],
    ["to_number(@)", "1".repeat(1000), null],
    ["to_number(@)", `0.${"0".repeat(998)}`, 0],
    ["to_number(@)", `0.${"0".repeat(999)}`, null],
  ])("%s is as of a short one %#", (expression, text, expected) => {
    const { value, yields } = searched(expression, text);
    expect(value).toEqual(expected);
    expect(yields).toBeGreaterThanOrEqual(Math.floor(text.length / units));
  });

  test("to_string stops before it writes what is too long", () => {
    // 15 * 65,536 units fit; escaped they do not: it ends within the first of them that pass the bound
    const text = "<".repeat(15 * 65_536);
    let yields = 0;
    const work = search(finish(parseJmesPath("to_string([@])")), text, { steps: 2 ** 24 });
    expect(() => {
      for (; work.next().done !== true; yields++);
    }).toThrow("too long a text");
    expect(yields).toBeGreaterThan(40);
    expect(yields).toBeLessThan(200);
    const tooLong = search(finish(parseJmesPath("to_string([@])")), "<".repeat(2 ** 20 + 1), { steps: 2 ** 24 });
    expect(() => finish(tooLong)).toThrow("too long a text");
  });
});

test.each(["\n", "\r"])("output lines refuses an item with %j at its end", (end) => {
  expect(() => finish(writeOutput(["a", `b${end}`], "lines", { steps: 1000 }))).toThrow("line break");
  expect(finish(writeOutput(["a", "b"], "lines", { steps: 1000 }))).toBe("a\nb\n");
});

test("an expression has at most 8192 characters", () => {
  expect(finish(tokenize(`'${"a".repeat(8190)}'`))).toHaveLength(2);
  expect(() => finish(tokenize(`'${"a".repeat(8191)}'`))).toThrow("longer than 8192 characters");
});
