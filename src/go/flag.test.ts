import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseFlags } from "../config/flags.ts";
import {
  boolFlag,
  choiceFlag,
  durationFlag,
  FlagError,
  intFlag,
  parseArguments,
  stringFlag,
  usageText,
} from "./flag.ts";

type Values = readonly (string | boolean | number)[];
const golden = JSON.parse(readFileSync(join(import.meta.dir, "../../test/parity/go-flag.json"), "utf8")) as {
  readonly cases: readonly (readonly [argv: readonly string[], error: string, values?: Values])[];
};

describe("a command line means what it means to Go", () => {
  test.each(golden.cases.map(([argv, error, values]) => [JSON.stringify(argv), argv, error, values ?? []] as const))(
    "%s",
    (_shown, argv, error, values) => {
      if (error !== "") {
        // Go calls a request for help an error of this name; here it has no words.
        expect(() => parseFlags(argv)).toThrow(new FlagError(error === "flag: help requested" ? "" : error));
        return;
      }
      const flags = parseFlags(argv);
      expect([
        flags["provider-volume"],
        flags["driver-writes-secrets"],
        flags.qps,
        flags.burst,
        flags["eks-addon-version"],
        flags["pod-identity-http-timeout"],
      ]).toEqual([...values]);
    },
  );
});

describe("flags beyond the reference", () => {
  const table = {
    word: choiceFlag(["a", "b"], "b", "A word."),
    age: durationFlag(1000, "1s", "An age."),
    on: boolFlag(true, "On."),
    count: intFlag(0, "A count."),
    text: stringFlag("", "A text."),
  };

  test("a choice takes its words only", () => {
    expect(parseArguments(table, ["--word=a"]).word).toBe("a");
    for (const word of ["A", "", "c", " a", "toString"]) {
      expect(() => parseArguments(table, [`--word=${word}`])).toThrow(
        new FlagError(`invalid value "${word}" for flag -word: must be one of a, b`),
      );
    }
  });

  test.each([
    ["0", 0],
    ["1ns", 1],
    ["1.5s", 1500],
    ["2562047h47m16.854775807s", 9223372036855],
  ])("a duration of %s is %d ms", (text, ms) => {
    expect(parseArguments(table, ["--age", text]).age).toBe(ms);
  });

  test.each([
    ["-1ns", "must not be negative"],
    ["5", "parse error"],
    ["", "parse error"],
  ])("a duration of %j is refused", (text, why) => {
    expect(() => parseArguments(table, ["--age", text])).toThrow(
      new FlagError(`invalid value "${text}" for flag -age: ${why}`),
    );
  });

  test("the usage text has Go's layout: alphabetical, defaults unless they are the zero value", () => {
    expect(usageText("program", table)).toBe(
      [
        "Usage of program:",
        "  -age duration",
        "    \tAn age. (default 1s)",
        "  -count int",
        "    \tA count.",
        "  -on",
        "    \tOn. (default true)",
        "  -text string",
        "    \tA text.",
        "  -word string",
        '    \tA word. (default "b")',
      ].join("\n"),
    );
  });
});
