// No character that acts on a terminal or can't be seen leaves in an event, a log or a report: each of them, in all of these.
import { describe, expect, test } from "bun:test";
import { githubReport, jsonReport } from "../cli/check/report-machine.ts";
import { sarifReport } from "../cli/check/report-sarif.ts";
import { textReport } from "../cli/check/report-text.ts";
import type { Checked } from "../cli/check/summary.ts";
import { errorText, eventBytesMax, ProviderError } from "../errors.ts";
import { createLog } from "../telemetry/log.ts";
import { statusOf } from "../server/status.ts";
import { oneLine, visible, visibleJson } from "./visible.ts";

/** Written down again, by ranges, so that the test does not believe the code's own expression. */
const ranges: readonly (readonly [string, number, number])[] = [
  ["C0", 0x00, 0x1f],
  ["DEL and C1", 0x7f, 0x9f],
  ["soft hyphen", 0xad, 0xad],
  ["grapheme joiner", 0x34f, 0x34f],
  ["Arabic letter mark", 0x61c, 0x61c],
  ["Hangul fillers", 0x115f, 0x1160],
  ["Mongolian selectors", 0x180b, 0x180f],
  ["zero width and marks of direction", 0x200b, 0x200f],
  ["separators, embeddings and overrides", 0x2028, 0x202e],
  ["word joiner, isolates and the like", 0x2060, 0x206f],
  ["Hangul filler", 0x3164, 0x3164],
  ["variation selectors", 0xfe00, 0xfe0f],
  ["BOM", 0xfeff, 0xfeff],
  ["half-width filler", 0xffa0, 0xffa0],
  ["interlinear annotation", 0xfff9, 0xfffb],
  ["shorthand and music", 0x1bca0, 0x1bca3],
  ["tags and what may follow them", 0xe0000, 0xe0fff],
];
const charactersOf = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i));
const all = ranges.flatMap(([, first, last]) => charactersOf(first, last));
const raw = new Set(all);
const rawIn = (text: string, allowed = ""): string[] =>
  [...text].filter((character) => raw.has(character) && !allowed.includes(character));
/** In pieces that fit into an event. */
const pieces = Array.from({ length: Math.ceil(all.length / 40) }, (_, i) => all.slice(i * 40, i * 40 + 40).join("x"));

test.each(ranges)("%s: shown as an escape, as JSON the same value", (_name, first, last) => {
  for (const character of charactersOf(first, last)) {
    expect(visible(`a${character}b`)).toMatch(/^a\\(?:[nrt]|u[0-9a-f]{4}|u\{[0-9a-f]{5}\})b$/);
    expect(oneLine(`a${character}${character}b`)).toBe("a b");
    const json = visibleJson(JSON.stringify({ [character]: character }, null, 2));
    expect([rawIn(json, "\n"), JSON.parse(json)]).toEqual([[], { [character]: character }]);
  }
});

test("what people read stays", () => {
  const texts = ["", "käse-Ж-日本語-😀", "a b\u00a0c", "it\\n's"];
  expect(texts.map(visible)).toEqual(texts);
  expect(visible("a\n\u202eb\u{e0041}")).toBe("a\\n\\u202eb\\u{e0041}");
});

describe("events", () => {
  test("no such character leaves, and the escapes count", () => {
    for (const text of pieces) {
      const error = new ProviderError({ reason: "ObjectsInvalid", message: text, fix: text });
      for (const shown of [errorText(error), statusOf(error).details]) {
        expect(rawIn(shown)).toEqual([]);
        expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(eventBytesMax);
      }
    }
    const long = new ProviderError({ reason: "ObjectsInvalid", message: "\u202e".repeat(1 << 20), fix: "Do it." });
    expect(errorText(long)).toMatch(/^(?:\\u202e)+\S{0,5}\.\.\. Do it\.$/);
    expect(Buffer.byteLength(errorText(long))).toBeWithin(eventBytesMax - 1, eventBytesMax + 1);
  });
});

describe("logs", () => {
  test.each(["text", "json"] as const)("%s", (format) => {
    for (const text of pieces) {
      let line = "";
      createLog({ format, level: "info", write: (one) => (line = one) }).info(text, { pod: text });
      expect(rawIn(line.slice(0, -1))).toEqual([]);
      if (format === "json") expect(JSON.parse(line)).toMatchObject({ message: text.toWellFormed(), pod: text });
    }
  });
});

describe("reports of check", () => {
  const reportOf = (text: string): Checked => ({
    findings: [
      {
        file: `${text}.yaml`,
        line: 1,
        column: 1,
        rule: "not-yaml",
        severity: "error",
        message: text,
        fix: text,
        subject: text,
      },
    ],
    counts: { error: 1, warning: 0, info: 0 },
    left: 0,
    classes: 1,
    files: 1,
  });
  test.each([
    ["text", (checked: Checked) => textReport(checked, false)],
    ["github", githubReport],
    ["json", jsonReport],
    ["sarif", sarifReport],
  ] as const)("%s", (name, report) => {
    for (const text of pieces) {
      const printed = report(reportOf(text));
      expect(rawIn(printed, "\n")).toEqual([]);
      if (name === "json") expect(JSON.parse(printed)).toMatchObject({ findings: [{ message: text, subject: text }] });
      if (name === "sarif") expect(JSON.parse(printed)).toMatchObject({ version: "2.1.0" });
      if (name === "github") expect(printed.split("\n")).toHaveLength(3);
    }
  });
});
