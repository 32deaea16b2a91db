// Every YAML text of yaml.json and objects-yaml.json is read as sigs.k8s.io/yaml 1.6 read it: the files hold what the Go library answered.
import { describe, expect, test } from "bun:test";
import { JmesPathError } from "../../src/files/jmespath/lexer.ts";
import { writeJson } from "../../src/files/jmespath/write-json.ts";
import { readObjects, ShapeError } from "../../src/request/object-fields.ts";
import type { WrittenObject } from "../../src/request/object-fields.ts";
import { parseYaml } from "../../src/request/yaml.ts";
import type { YamlValue } from "../../src/request/yaml.ts";
import { YamlError } from "../../src/request/yaml/error.ts";
import objectsData from "./objects-yaml.json";
import yamlData from "./yaml.json";
import { finish } from "../../src/work.ts";

/** The value as Go writes it; whole numbers keep all their digits. */
function toJson(value: YamlValue): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${(value as YamlValue[]).map(toJson).join(",")}]`;
  if (!(value instanceof Map)) {
    const charged = { budget: { steps: 1e6 }, depth: 0, stretch: 0 };
    return finish(writeJson(value as number | string | boolean | null, charged, 1e6));
  }
  const fields = [...(value as Map<string, YamlValue>)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, inner]) => `${toJson(key)}:${toJson(inner)}`).join(",")}}`;
}

/** What js-yaml decides otherwise than go-yaml v2, and no manifest is known to hold: why, and the inputs. */
const different: Readonly<Record<string, readonly string[]>> = {
  "indicators inside brackets": ["[a?b]", "{a:,b}", "{a: :b}", "[-]", "[?a]", "[:a]", "[a:]"],
  "keys over two lines": ["{a\n : b}", '{"a"\n: b}', "a\n: b", '"a"\n: b'],
  "text after the root node": ["{a: b} c", "[a] b", "[]: a", "{}: a", "[]x: y", '"a":b', "'a':b", "...\na", "..."],
  "comments right after a value": ['"a"#c', 'a: "x"#c\nb: 1', "a: |# x"],
  "a tab that starts a block": ["a: |\n \tx"],
  "U+2028 as a line break": [
    "a: b\u2028c: d",
    "a: b\u2028 c",
    'a: "b \u2028 c"',
    "a: |\n b\u2028 c\n",
    "# x\u2028a: b",
  ],
  "taken, and refused by go-yaml": ["&a.b x", "a: &a: x", "%FOO bar\n---\na", 'a: "\\/"'],
};
const differs = new Set(Object.values(different).flat());

/** `error` where there is none. */
function answer(input: string): string {
  try {
    return toJson(parseYaml(input));
  } catch (error) {
    if (error instanceof YamlError || error instanceof JmesPathError) return "error"; // the latter for .inf and .nan, which JSON has not
    throw error;
  }
}

describe("yaml.json", () => {
  const expected = (one: { readonly json?: string }): string => one.json?.replaceAll("\\ufffd", "\uFFFD") ?? "error";
  const [same, other] = [false, true].map((known) =>
    yamlData.cases.filter(({ input }) => differs.has(input) === known),
  );
  const titled = (cases = yamlData.cases) => cases.map((one) => [JSON.stringify(one.input).slice(0, 80), one] as const);

  test.each(titled(same))("%s", (_, one) => {
    expect(answer(one.input)).toBe(expected(one));
  });
  test.each(titled(other))("known to differ: %s", (_, one) => {
    expect(answer(one.input)).not.toBe(expected(one));
  });
  test("the list of differences names cases of the file", () => {
    expect(other?.length).toBe(differs.size);
  });
});

describe("objects-yaml.json", () => {
  test.each(objectsData.cases.map((one) => [JSON.stringify(one.input), one] as const))("%s", (_, one) => {
    const read = (): readonly (WrittenObject | null)[] => finish(readObjects(parseYaml(one.input)));
    if (one.error === undefined) {
      const objects: unknown = one.objects;
      expect(read().map((object) => object && { ...seen(object) })).toEqual(objects as ReturnType<typeof seen>[]);
    } else {
      const isShape = one.error.startsWith("error unmarshaling JSON");
      expect(read).toThrow(isShape ? ShapeError : YamlError);
    }
  });
});

/** The fields that the file shows. */
function seen(object: WrittenObject) {
  const { objectName, objectAlias, objectVersion, objectType, filePermission, jmesPath } = object;
  const entries = jmesPath.map(({ path, objectAlias: alias }) => ({ path, objectAlias: alias }));
  const fields = { objectName, objectAlias, objectVersion, objectType, filePermission };
  return { ...fields, jmesPath: entries.length === 0 ? null : entries };
}
