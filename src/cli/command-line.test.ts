import { describe, expect, test } from "bun:test";
import { boolFlag, choiceFlag, stringFlag } from "../go/flag.ts";
import type { FlagValues } from "../go/flag.ts";
import { helpText, readCommandLine } from "./command-line.ts";

const table = {
  strict: boolFlag(false, "Exit code 1 for warnings too."),
  output: choiceFlag(["text", "json"], "text", "How findings are written: text or json."),
  region: stringFlag("", "Region."),
};

type Values = FlagValues<typeof table>;

describe("options stand before, between and after the files", () => {
  const off: Values = { strict: false, output: "text", region: "" };
  test.each<[string[], Values, string[]]>([
    [["a.yaml"], off, ["a.yaml"]],
    [["--strict", "a.yaml", "b.yaml"], { ...off, strict: true }, ["a.yaml", "b.yaml"]],
    [
      ["a.yaml", "--output=json", "-", "--region", "eu-west-1"],
      { ...off, output: "json", region: "eu-west-1" },
      ["a.yaml", "-"],
    ],
    [["-strict", "--", "--output=json", "-"], { ...off, strict: true }, ["--output=json", "-"]],
    [["", "x"], off, ["", "x"]],
  ])("%j", (args, values, words) => {
    expect(readCommandLine(table, args)).toEqual({ kind: "run", values, words });
  });

  test.each([
    [["a", "--nope"], "flag provided but not defined: -nope"],
    [["--output", "xml"], 'invalid value "xml" for flag -output: must be one of text, json'],
    [["a", "--region"], "flag needs an argument: -region"],
    [["--constructor"], "flag provided but not defined: -constructor"],
  ])("%j is misuse", (args, why) => {
    expect(readCommandLine(table, args)).toEqual({ kind: "misuse", why });
  });

  test.each([[["--help"]], [["a", "-h"]], [["--strict", "-help", "--nope"]]])("%j asks for help", (args) => {
    expect(readCommandLine(table, args)).toEqual({ kind: "help" });
  });
});

test("the help has each option of the table, its default, and lines that fit", () => {
  const meaning = "word ".repeat(60).trim();
  const text = helpText("prog", {
    synopsis: "check FILE...",
    about: "About.",
    options: { ...table, long: boolFlag(false, meaning) },
  });
  expect(text).toStartWith("Usage: prog check FILE...\n\nAbout.\n\nOptions:\n  --strict ");
  expect(text).toContain("How findings are written: text or json. (default text)");
  expect(text.split("\n").every((line) => line.length <= 100)).toBe(true);
  expect(text.replace(/\s+/g, " ")).toContain(meaning);
  expect(text).toEndWith("This text.\n");
});
