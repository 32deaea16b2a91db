// What hostile text does to the YAML reader. That it reads as the Go library does is test/parity/yaml.test.ts.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseYaml } from "./yaml.ts";
import { YamlError } from "./yaml/error.ts";

describe("bounds", () => {
  const megabyte = 2 ** 20;
  const bomb = "abcdefghi".split("").map((name, i) => `${name}: &${name} [${`*${"xabcdefghi"[i]},`.repeat(10)}]`);
  test.each([
    ["brackets that never close", "[".repeat(megabyte)],
    ["brackets", "[".repeat(megabyte / 2) + "]".repeat(megabyte / 2)],
    ["braces", "{".repeat(megabyte)],
    ["dashes", "- ".repeat(megabyte / 2)],
    ["question marks", "? ".repeat(megabyte / 2)],
    ["an alias bomb", `x: &x [1]\n${bomb.join("\n")}`],
    [
      "a merge bomb",
      `a: &a {${Array.from({ length: 2000 }, (_, i) => `k${i}: 1`).join(",")}}\nb:\n${"- {<<: *a}\n".repeat(2000)}`,
    ],
    ["an alias inside itself", "&a [*a]"],
    ["an alias inside its own mapping", "a: &a {b: *a}"],
    ["quoted lines at the margin without an end", `- a: "${"\nx".repeat(100_000)}`],
  ])("%s are an error, soon", (_, text) => {
    const started = performance.now();
    expect(() => parseYaml(text)).toThrow(YamlError);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test.each([
    ["digits", `a: ${"1".repeat(megabyte)}`],
    ["hexadecimal digits", `a: 0x${"1".repeat(megabyte)}`],
    ["underscores", `a: 1${"_".repeat(megabyte)}`],
    ["escapes", `a: "${"\\n".repeat(megabyte / 2)}"`],
    ["line breaks", `a: b${"\n".repeat(megabyte)}`],
    ["comments", "#\n".repeat(megabyte / 2)],
  ])("a megabyte of %s is read", (_, text) => {
    expect(() => parseYaml(text)).not.toThrow();
  });

  test("an anchor may be used often, in proportion to the text", () => {
    const value = parseYaml(`a: &a {b: c}\nd: [${"*a,".repeat(300)}]`);
    expect((value as ReadonlyMap<string, unknown[]>).get("d")).toHaveLength(300);
  });
});

test("__proto__ and constructor are keys, and change nothing", () => {
  const text =
    "__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}\n<<: {__proto__: {polluted: 1}}";
  const value = parseYaml(text) as ReadonlyMap<string, unknown>;
  expect([...value.keys()]).toEqual(["__proto__", "constructor"]);
  expect("polluted" in {}).toBe(false);
});

describe("only the first document", () => {
  test.each(["a: b\n---\n[", "---\na: b\n---\n\t@", "a: b\n...\n}{", "# c\n--- # d\na: b\n... # e\n: : :"])(
    "%p",
    (text) => {
      expect([...(parseYaml(text) as ReadonlyMap<string, string>)]).toEqual([["a", "b"]]);
    },
  );
});

describe("what goes on at its key's column", () => {
  const list = [new Map([["a", ["b", "c"]]])];
  test.each([
    "- a: [\n    b,\n    c,\n  ]\n",
    "- a: [b,\nc]\n",
    "- a: [ # comment\n  b, c\n  ] # comment\n",
    "- {\na:\n[b,c\n]}",
    '- a: ["b",\n"c"\n]',
  ])("%p", (text) => {
    expect(parseYaml(text)).toEqual(list);
  });
  test("the text of a block is not touched", () => {
    expect(parseYaml("- a: [\n  b\n  ]\n- |\n  [\n  ]\n")).toEqual([new Map([["a", ["b"]]]), "[\n]\n"]);
  });
  test("many of them are read at once", () => {
    expect(parseYaml("- a: [\n    b,\n    c,\n  ]\n".repeat(2000))).toHaveLength(2000);
  });
});

test("whatever the text, the answer is a value or a YamlError", () => {
  const parts = [
    "- ",
    "a",
    ": ",
    "\n",
    "\n  ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    '"',
    "|",
    ">",
    "&x ",
    "*x",
    "!",
    "!!int ",
    "#",
    "\t",
    "\\",
    "---",
    "%",
    "~",
    "<<: *x",
    "?",
    "é",
    "\0",
    "\u2028",
    "\uD800",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 20 }), (chosen) => {
      try {
        parseYaml(chosen.join(""));
      } catch (error) {
        expect(error).toBeInstanceOf(YamlError);
      }
    }),
    { numRuns: 3000 },
  );
});
