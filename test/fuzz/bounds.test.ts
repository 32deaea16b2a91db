// Inputs that asked for the square of their length, or for any amount of work: each is so long that it would never have ended. No clock is read;
// a parser that falls back into the square does not come back within the runner's limit.
import { describe, expect, test } from "bun:test";
import { ProviderError, errorText } from "../../src/errors.ts";
import { extract } from "../../src/files/extract.ts";
import { parseFloat64 } from "../../src/request/go-number.ts";
import { parseObjects } from "../../src/request/objects.ts";
import type { SecretObject } from "../../src/request/objects.ts";
import { parseYaml } from "../../src/request/yaml.ts";

const mebibyte = 1 << 20;

/** The error of a jmesPath entry that must fail. */
function failureOf(path: string, value: unknown): ProviderError {
  const jmesPath = [{ path, objectAlias: "x", mode: undefined, filePath: "x" }];
  const object = { objectName: "s", jmesPath } as unknown as SecretObject;
  try {
    extract(object, Buffer.from(JSON.stringify(value)));
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error("the entry was taken");
}

describe("a megabyte is read in one go", () => {
  test("a run of full stops before the end of an error", () => {
    const message = `${".".repeat(mebibyte)}x`;
    expect(errorText(new ProviderError({ reason: "Internal", message, fix: "Do." }))).toBe(`${message}. Do.`);
    expect(errorText(new ProviderError({ reason: "Internal", message: "a. .\n", fix: "Do." }))).toBe("a. Do.");
  });

  test("digits that are no number in the end", () => {
    expect(parseFloat64(`${"1".repeat(mebibyte)}x`)).toBeUndefined();
    expect(parseFloat64(`${"1_".repeat(mebibyte)}x`)).toBeUndefined();
    expect(["1", "1.", "1.5", ".5", "1_0.0_1e1_0"].map(parseFloat64)).toEqual([1, 1, 1.5, 0.5, 10.01e10]);
  });

  test("a jmesPath of one name, where a hint about hyphens is looked for", () => {
    expect(failureOf("a".repeat(mebibyte), {}).fix).toBe("The expression is longer than 65536 characters.");
    expect(failureOf("foo-bar", {}).fix).toContain(`'"foo-bar"'`);
  });

  test("YAML blocks whose text looks like list items with tabs", () => {
    expect(parseYaml("- |\n  -\tx\n".repeat(mebibyte / 10))).toHaveLength(Math.floor(mebibyte / 10));
    expect(() => parseYaml(`${"- |\n  -\tx\n".repeat(1000)}-\ty\n`)).toThrow("line 2001: found character");
  });

  test("an objectName in the error about it", () => {
    const context = { pathTranslation: "", region: "eu-west-1", failoverRegion: "" };
    expect(() => parseObjects(`- objectName: "${". ".repeat(mebibyte / 2)}x"`, context)).toThrow("Must use objectType");
  });
});
