// Every YAML text of yaml.json, objects-yaml.json and objects-found.json is read as sigs.k8s.io/yaml 1.6 read it: the files hold what the Go library
// answered. test/tools/yaml-differential.test.ts asks it anew.
import { describe, expect, test } from "bun:test";
import { JmesPathError } from "../../src/go/jmespath/lexer.ts";
import { writeJson } from "../../src/go/jmespath/write-json.ts";
import type { Fault } from "../../src/request/fault.ts";
import type { WrittenObject } from "../../src/request/written-object.ts";
import { readObjects } from "../../src/request/objects.ts";
import { parseYaml } from "../../src/go/yaml.ts";
import type { YamlValue } from "../../src/go/yaml.ts";
import { YamlError } from "../../src/go/yaml/error.ts";
import { oursOf } from "../yaml/differential.ts";
import foundData from "./objects-found.json";
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
  test.each(yamlData.cases.map((one) => [JSON.stringify(one.input).slice(0, 80), one] as const))("%s", (_, one) => {
    expect(answer(one.input)).toBe(expected(one));
  });
});

describe("objects-yaml.json", () => {
  test.each(objectsData.cases.map((one) => [JSON.stringify(one.input), one] as const))("%s", (_, one) => {
    const faults: Fault[] = [];
    const read = finish(readObjects(one.input, (fault) => faults.push(fault)));
    if (one.error === undefined) {
      const objects: unknown = one.objects;
      expect(faults).toEqual([]);
      expect(read.map((object) => object && { ...seen(object) })).toEqual(objects as ReturnType<typeof seen>[]);
    } else {
      const isShape = one.error.startsWith("error unmarshaling JSON");
      expect(faults[0]?.rule).toBe(isShape ? "objects-shape" : "objects-yaml");
    }
  });
});

describe("objects-found.json", () => {
  test.each(foundData.cases.map((one) => [JSON.stringify(one.input).slice(0, 80), one] as const))("%s", (_, one) => {
    expect(oursOf(one.input).value).toBe(one.answer);
  });
});

/** The fields that the file shows. */
function seen(object: WrittenObject) {
  const { objectName, objectAlias, objectVersion, objectType, filePermission, jmesPath } = object;
  const entries = jmesPath.map(({ path, objectAlias: alias }) => ({ path, objectAlias: alias }));
  const fields = { objectName, objectAlias, objectVersion, objectType, filePermission };
  return { ...fields, jmesPath: entries.length === 0 ? null : entries };
}
