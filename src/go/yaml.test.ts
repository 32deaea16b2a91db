// What hostile text does to the YAML reader. That it reads as the Go library does is test/parity/yaml.test.ts.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseYaml, parseYamlWork } from "./yaml.ts";
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

describe("the work can be cut", () => {
  const size = 2 ** 18;
  const repeat = (text: string): string => text.repeat(size / text.length);
  test.each([
    ["list entries", repeat("- a\n"), 32],
    ["entries between brackets", `[${repeat("a,")}]`, 16],
    ["keys between brackets", `{${repeat("a: b,")}}`, 16],
    ["keys that are lists", repeat("- [[[]]]: a\n").replace(/\[\[\[\]\]\]/g, "[a]"), 32],
    ["one word", `- ${repeat("a")}`, 8192],
    ["words", `- ${repeat("a ")}`, 64],
    ["lines of a text", `- ${repeat("a\n  ")}`, 64],
    ["a text between quotes", `- '${repeat("a")}'`, 8192],
    ["escapes", `- "${repeat("\\n")}"`, 64],
    ["lines between quotes", `- "${repeat("\na")}"`, 64],
    ["lines of a block", `- |\n${repeat(" a\n")}`, 32],
    ["empty lines of a block", `- >\n${repeat("\n")}`, 32],
    ["comments", repeat("#\n"), 64],
    ["one comment behind CR", `\r#${repeat("a")}`, 8192],
    ["blanks", repeat(" "), 8192],
    ["odd line breaks", repeat("\u2028"), 64],
    ["%TAG lines", `${Array.from({ length: size / 16 }, (_, i) => `%TAG !${i}! x\n`).join("")}---\n[]`, 64],
    ["one anchor", `- &${repeat("a")} x`, 8192],
    ["one tag", `- !${repeat("a")} x`, 8192],
    ["anchors", Array.from({ length: size / 16 }, (_, i) => `- &a${i} x\n`).join(""), 256],
    ["aliases", `- &a x\n${repeat("- *a\n")}`, 64],
    ["marks of byte order", repeat("- a\n# \uFEFF\n"), 256],
    ["a large merge", `- &a {${Array.from({ length: size / 16 }, (_, i) => `k${i}: 1`).join(",")}}\n- <<: *a\n`, 128],
  ])("%s", (_, text, perYield) => {
    const work = parseYamlWork(text);
    let yields = 0;
    try {
      while (work.next().done !== true) yields++;
    } catch (error) {
      expect(error).toBeInstanceOf(YamlError);
    }
    expect(yields).toBeGreaterThan(text.length / perYield);
  });
});

test("aliases give a bounded number of characters", () => {
  const text = (times: number): string => `- &a ${"x".repeat(2 ** 20)}\n${"- *a\n".repeat(times)}`;
  expect(parseYaml(text(16))).toHaveLength(17);
  expect(() => parseYaml(text(17))).toThrow("excessive aliasing");
});

test("an error says the line and why in plain words", () => {
  const lines: readonly (readonly [string, string])[] = [
    ["- a: b\n\tc: d", "line 2: a tab can't be used for indentation"],
    ["- a: b\n- c: @d", "line 2: a text can't begin with @ here: put it in quotes"],
    [
      "- a: b: c",
      "line 1: a key and ':' are not allowed here: correct the indentation, or put a text with ': ' in quotes",
    ],
    ["- a: b\n c: d", "line 2: a list entry (-) is expected here: correct the indentation"],
    ["- a: 'b", "line 1: the quote that begins here is never closed"],
    ['- a: "b\\/"', "line 1: \\/ is not an escape of YAML; between single quotes a backslash is a backslash"],
    ["- [a,\n- b]", "line 2: '- ' can't stand here: a value is expected"],
    ["- [a\n- b", "line 1: the [ that begins here is never closed"],
    ["- {a: b}\n- {c: d]", "line 2: ',' or '}' is expected here"],
    ["- a: *b", "line 1: unknown anchor 'b' referenced"],
    ["- a: |\n    b\n  \tc: d", "line 3: a tab can't be used for indentation"],
    ["- a\r\n- b\u2028\t- c", "line 3: a tab can't be used for indentation"],
    ["%YAML 1.2\n---\n[]", "line 1: YAML 1.2 is not known here: remove the %YAML line"],
    ["- a\n- \u0007", "line 2: control characters are not allowed"],
  ];
  for (const [text, message] of lines) expect(() => parseYaml(text)).toThrow(new YamlError(message));
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
