// Inputs that asked for the square of their length, or for any amount of work: each is so long that it would never have ended. No clock is read;
// a parser that falls back into the square does not come back within the runner's limit.
import { describe, expect, test } from "bun:test";
import { ProviderError, errorText } from "../../src/errors.ts";
import { extract } from "../../src/values/extract.ts";
import { parseFloat64 } from "../../src/go/number.ts";
import { parseObjects } from "../../src/request/objects.ts";
import type { SecretObject } from "../../src/request/secret-object.ts";
import { parseYaml } from "../../src/go/yaml.ts";
import { createBudget } from "../../src/budget.ts";
import { finish } from "../../src/work.ts";
import { joinSentences } from "../../src/text/cut.ts";

const mebibyte = 1 << 20;

/** The error of a jmesPath entry that must fail. */
function failureOf(path: string, value: unknown): ProviderError {
  const jmesPath = [{ path, objectAlias: "x", mode: undefined, filePath: "x" }];
  const object = { objectName: "s", jmesPath } as unknown as SecretObject;
  try {
    finish(extract(object, Buffer.from(JSON.stringify(value)), createBudget()));
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error("the entry was taken");
}

describe("a megabyte is read in one go", () => {
  test("a run of full stops before the end of an error", () => {
    const message = `${".".repeat(mebibyte)}x`;
    expect(joinSentences(message, "Do.")).toBe(`${message}. Do.`);
    const text = errorText(new ProviderError({ reason: "Internal", message, fix: "Do." }));
    expect([text.length, text.endsWith(". Do.")]).toEqual([1_022, true]);
    // What a message quotes at its end stays as it is: blanks, line breaks, dots may be what is wrong.
    const quoted: [string, string][] = [
      ["a.", "a. Do."],
      ["a", "a. Do."],
      ["not ..", "not ... Do."],
      ["type: x \n", "type: x \\n. Do."], // which an event shows and does not do
    ];
    for (const [text, whole] of quoted) {
      expect(errorText(new ProviderError({ reason: "Internal", message: text, fix: "Do." }))).toBe(whole);
    }
  });

  test("digits that are no number in the end", () => {
    expect(parseFloat64(`${"1".repeat(mebibyte)}x`)).toBeUndefined();
    expect(parseFloat64(`${"1_".repeat(mebibyte)}x`)).toBeUndefined();
    expect(["1", "1.", "1.5", ".5", "1_0.0_1e1_0"].map(parseFloat64)).toEqual([1, 1, 1.5, 0.5, 10.01e10]);
  });

  test("a jmesPath of one name, where a hint about hyphens is looked for", () => {
    expect(failureOf("a".repeat(mebibyte), {}).fix).toBe("The expression is longer than 8192 characters.");
    expect(failureOf("foo-bar", {}).fix).toContain(`'"foo-bar"'`);
  });

  test("YAML blocks whose text looks like list items with tabs", () => {
    expect(parseYaml("- |\n  -\tx\n".repeat(mebibyte / 10))).toHaveLength(Math.floor(mebibyte / 10));
    expect(() => parseYaml(`${"- |\n  -\tx\n".repeat(1000)}-\ty\n`)).toThrow("line 2001: a tab");
  });

  test("an objectName in the error about it", () => {
    const context = { pathTranslation: "", region: "eu-west-1", failoverRegion: "" };
    expect(() => finish(parseObjects(`- objectName: "${". ".repeat(mebibyte / 2)}x"`, context))).toThrow(
      "Must use objectType",
    );
  });
});

describe("jmesPath over long texts is charged for their length", () => {
  const list = (count: number, text = "s"): string => `[${Array.from({ length: count }, () => text).join(",")}]`;
  /** The same in a short expression, hundreds at a time. */
  const many = (count: number, text?: string): string => `${list(100, text)} | ${list(count / 100, "@")}[]`;
  const twins = { s: `${"a".repeat(30_000)}x`, t: `${"a".repeat(30_000)}y` };
  test.each([
    ["to_number", `map(&to_number(@), ${many(5000)})`, { s: `${"1".repeat(30_000)}x` }],
    ["max", `max(${many(5000)})`, { s: "a".repeat(60_000) }],
    ["min_by", `min_by(${many(5000)}, &@)`, { s: "a".repeat(60_000) }],
    ["sort", `sort(${many(2500, "s,t")})`, twins],
    ["sort_by", `sort_by(${many(2500, "s,t")}, &@)`, twins],
    ["contains", list(100, "contains(s,n)"), { s: "a".repeat(40_000), n: `${"a".repeat(20_000)}b` }],
    ["starts_with", `map(&starts_with(@, @), ${many(5000)})`, { s: "a".repeat(60_000) }],
    ["reverse", `map(&reverse(@), ${many(1000)})`, { s: "a".repeat(60_000) }],
    ["length", `map(&length(@), ${many(5000)})`, { s: "a".repeat(60_000) }],
    ["join", `s${" | join('',[@,@])".repeat(7)} | reverse(@)`, { s: "a".repeat(60_000) }],
  ])("%s", (_name, path, value) => {
    expect(failureOf(path, value)).toMatchObject({
      reason: "TooLarge",
      message: expect.stringMatching(/asks for too much work|makes too long a text/i),
    });
  });

  test("and ordinary use is far inside the bound", () => {
    const users = Array.from({ length: 3000 }, (_, i) => ({ name: `user-${i}`, mail: `user-${i}@example.com` }));
    const paths = [
      "sort_by(users, &name)[0].mail",
      "users[?contains(mail, 'user-2999@')].name | [0]",
      "max(users[].name)",
    ];
    const jmesPath = paths.map((path) => ({ path, objectAlias: path, mode: undefined, filePath: path }));
    const object = { objectName: "s", jmesPath } as unknown as SecretObject;
    const texts = finish(extract(object, Buffer.from(JSON.stringify({ users })), createBudget())).map(({ contents }) =>
      Buffer.from(contents).toString(),
    );
    expect(texts).toEqual(["user-0@example.com", "user-2999", "user-999"]);
  });
});
