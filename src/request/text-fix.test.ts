// What `objects` is taken for by people, and what they are told. Each text is one that the mount refuses.
import { expect, test } from "bun:test";
import { ProviderError } from "../errors.ts";
import { YamlError } from "../go/yaml/error.ts";
import { finish } from "../work.ts";
import { parseObjects } from "./objects.ts";
import { checkRegion } from "./regions.ts";
import { wrongShape } from "./shape.ts";
import { shapeFix, yamlFix } from "./text-fix.ts";

function fixOf(text: string, pathTranslation = ""): string {
  try {
    finish(parseObjects(text, { pathTranslation, region: "eu-west-1", failoverRegion: "us-east-1" }));
  } catch (error) {
    if (error instanceof ProviderError) return error.fix;
    throw error;
  }
  throw new Error("the text was taken");
}

const entry = (more: string): string => `- objectName: s\n  objectType: secretsmanager\n  objectAlias: a\n${more}`;

test.each([
  ["a tab as indentation", "- objectName: s\n\tobjectType: secretsmanager\n", "Indent with blanks: YAML takes no tab"],
  ["blanks and a tab", "- objectName: s\n  \tobjectType: secretsmanager\n", "Indent with blanks: YAML takes no tab"],
  ["@ at the start", "- objectName: @shop/db\n", "Put texts that begin with @ in quotes."],
  ["` at the start", "- objectName: `shop\n", "Put texts that begin with ` in quotes."],
  ["% at the start", "- objectName: %shop\n", "Put texts that begin with % in quotes."],
  ["* at the start", "- objectName: *shop\n", "Put texts that begin with * in quotes."],
  ["a template", "- objectName: {{ .Values.secret }}\n", "holds a template, {{ }}, that nothing has rendered"],
  ["an open quote behind an anchor", '- objectName: &x "a\n', "Close the quotes, each with the character"],
  ["an open quote", "- objectName: 'a\n", "Close the quotes, each with the character"],
  ["an unknown escape", '- objectName: "a\\d"\n', "Put the text in single quotes: there a backslash is a backslash."],
  ["a short escape", '- objectName: "a\\xq"\n', "Put the text in single quotes"],
  ["a version of YAML", "%YAML 2.0\n---\n- objectName: s\n", "Leave out the line that begins with %"],
  ["a closed quote with more behind it", '- objectName: "a" b\n', "Correct the YAML of objects."],
  ["the second line, behind CR", "- objectName: s\r  objectType: @a\r", "Put texts that begin with @ in quotes."],
  [
    "the second line, behind CR LF",
    "- objectName: s\r\n  objectType: @a\r\n",
    "Put texts that begin with @ in quotes.",
  ],
  ["a colon", "- objectName: a: b\n", "Put a text that holds a colon and a blank in quotes."],
  ["the Azure provider's form", "array:\n  - |\n    objectName: s\n", "array: is the form of the Azure provider"],
  ["one entry without its hyphen", "objectName: s\n", "objects is a list: - objectName: NAME"],
  ["a name alone", "s\n", "objects is a list: - objectName: NAME"],
  ["an entry that is text", "- |\n  objectName: s\n", "leave out the | or > behind its hyphen."],
  ["an entry that is folded text", "- >-\n  objectName: s\n", "leave out the | or > behind its hyphen."],
  ["an entry that is a name", "- s\n", "Each entry of objects is a map of fields: - objectName: NAME"],
  ["a list in the list", "- - objectName: s\n", "Each entry of objects is a map of fields: - objectName: NAME"],
  [
    "failoverObject as a list",
    entry("  failoverObject:\n    - objectName: t\n"),
    "failoverObject is one map, not a list:",
  ],
  ["failoverObject as a name", entry("  failoverObject: t\n"), "failoverObject is a map of fields:"],
  [
    "jmesPath as a map",
    entry("  jmesPath:\n    path: a\n    objectAlias: b\n"),
    "jmesPath is a list of entries with path",
  ],
  ["jmesPath as names", entry("  jmesPath:\n    - a\n"), "jmesPath is a list of entries with path and objectAlias"],
  ["jmesPath as one name", entry("  jmesPath: a\n"), "jmesPath is a list of entries with path and objectAlias"],
  ["a path that is a list", entry("  jmesPath:\n    - path: [a]\n"), "Give path as one text, not as a list."],
  ["keys as one name", entry("  expandKeys: true\n  keys: a\n"), "keys is a list of names, one behind each hyphen."],
  [
    "keys as a map",
    entry("  expandKeys: true\n  keys: [{a: b}]\n"),
    "keys is a list of names, one behind each hyphen.",
  ],
  ["objectName as a list", "- objectName: [s]\n", "Give objectName as one text, not as a list."],
  ["objectVersion as a map", entry("  objectVersion: {a: b}\n"), "Give objectVersion as one text, not as fields."],
  ["objectSelector as a list", "- objectSelector:\n    - path: /a\n", "objectSelector is one map, not a list:"],
  ["tags as a list", "- objectSelector: {tags: [a]}\n", "tags is a map: KEY: VALUE below it, indented."],
  [
    "the same secret for each key",
    "- objectName: s\n  objectType: secretsmanager\n".repeat(2),
    "Make one entry of the two",
  ],
  [
    "one alias for two",
    `${entry("")}${entry("").replace("objectName: s", "objectName: t")}`,
    "Give each a different objectAlias.",
  ],
  [
    "a name that leaves the mount",
    "- objectName: ../s\n  objectType: secretsmanager\n",
    "Set objectAlias: it names the file.",
  ],
] as const)("%s", (_what, text, advice) => {
  expect(fixOf(text, advice.startsWith("Set objectAlias") ? "False" : "")).toContain(advice);
});

test.each(["none", "true", "False ", "--", "\u00e9", "no"])("pathTranslation: %j", (value) => {
  const fix = fixOf("[]", value);
  expect(fix).toContain('"False"');
  expect(fix).toContain("one character of one byte (ASCII)");
});

test.each(["${REGION}", "$(REGION)", "{{ .Values.region }}"])("a region that is a placeholder: %s", (region) => {
  expect(() => checkRegion(region, "region")).toThrow(
    expect.objectContaining({ fix: expect.stringContaining("placeholder") }),
  );
});

// Quadratic in the breaks this took hours, which the test's own limit would end.
test.each(["\n", "\r", "\u2028", " ", "- ", "array ", "- \n", "\t"])("a text of a mebibyte of %j alone", (part) => {
  const text = part.repeat((1 << 20) / part.length);
  expect(shapeFix(["objects"], wrongShape("a list", "fields"), text)).toContain("objects is a list");
  expect(shapeFix(["objects", 0], wrongShape("fields", "one value"), text)).toContain(
    "Each entry of objects is a map of fields",
  );
  for (const line of [1, 2, 1 << 20, 1 << 21]) expect(yamlFix(new YamlError("odd", line), `${text}@`)).not.toBe("");
});

test("the last of a million lines is found", () => {
  expect(yamlFix(new YamlError("odd", 1_000_001), `${"\n".repeat(1_000_000)}@a`)).toBe(
    "Put texts that begin with @ in quotes.",
  );
});
