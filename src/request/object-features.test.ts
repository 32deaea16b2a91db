// The fields that 3.x ignores: what they are read as, and which of them can't stand together.
import { describe, expect, test } from "bun:test";
import type { ProviderError } from "../errors.ts";
import { parseObjects } from "./objects.ts";
import type { ObjectsContext } from "./objects.ts";
import type { SecretObject } from "./secret-object.ts";
import { finish } from "../work.ts";

const alone: ObjectsContext = { pathTranslation: "", region: "eu-west-1", failoverRegion: "" };
const parse = (objects: readonly object[] | string, context = alone): SecretObject[] =>
  finish(parseObjects(typeof objects === "string" ? objects : JSON.stringify(objects), context));
const one = (fields: object, context = alone): SecretObject | undefined => parse([fields], context)[0];

function failureOf(objects: readonly object[] | string, context = alone): ProviderError {
  try {
    parse(objects, context);
  } catch (error) {
    return error as ProviderError;
  }
  throw new Error("the objects were taken");
}

const secret = (fields: object = {}): object => ({ objectName: "a", objectType: "secretsmanager", ...fields });
const secrets = (objectSelector: object | null, fields: object = {}): object => ({
  objectType: "secretsmanager",
  objectSelector,
  ...fields,
});
const parameters = (objectSelector: object, fields: object = {}): object => ({
  objectType: "ssmparameter",
  objectSelector,
  ...fields,
});
const naming = { keyPrefix: "", translation: { character: "_" } };
const entry = (fields: object): object => secret({ jmesPath: [{ path: "p", objectAlias: "x", ...fields }] });

test("an object without them has nothing of them, and neither has its entry", () => {
  const object = one(secret({ jmesPath: [{ path: "p", objectAlias: "x" }] }));
  expect(Object.keys(object ?? {}).toSorted()).toEqual([
    "failover",
    "filePath",
    "jmesPath",
    "mode",
    "objectAlias",
    "objectName",
    "primary",
    "type",
  ]);
  expect(Object.keys(object?.jmesPath[0] ?? {}).toSorted()).toEqual(["filePath", "mode", "objectAlias", "path"]);
});

describe("values", () => {
  test.each([
    [{ expandKeys: true }, { expandKeys: { keys: undefined, ...naming } }],
    [{ EXPANDKEYS: "T", keyprefix: "db-" }, { expandKeys: { keys: undefined, ...naming, keyPrefix: "db-" } }],
    [{ expandKeys: "1", Keys: ["b", 7, true] }, { expandKeys: { keys: ["b", "7", "true"], ...naming } }],
    [{ objectEncoding: "base64" }, { encoding: "base64" }],
    [{ objectencoding: "hex" }, { encoding: "hex" }],
    [{ optional: true }, { optional: true }],
    [{ Optional: "true" }, { optional: true }],
  ])("%j", (fields, expected) => {
    expect(one(secret(fields))).toMatchObject(expected);
  });

  test.each([
    { expandKeys: false },
    { optional: "F" },
    { optional: null, expandKeys: null, keys: null, keyPrefix: null, objectEncoding: null, objectSelector: null },
    { expandKeys: "", keyPrefix: "", objectEncoding: "", optional: "" },
  ])("%j is nothing", (fields) => {
    expect(one(secret(fields))).toEqual(one(secret()));
    expect(Object.keys(one(secret(fields)) ?? {})).not.toContain("expandKeys");
  });

  test("YAML's booleans and Go's order of spellings hold for them too", () => {
    const text = "- {objectName: a, objectType: secretsmanager, optional: yes, OPTIONAL: no}";
    expect(parse(text)[0]?.optional).toBe(true);
  });

  test.each([
    [{ output: "json" }, { output: "json" }],
    [{ Output: "lines" }, { output: "lines" }],
    [{ objectEncoding: "hex" }, { encoding: "hex" }],
  ])("a jmesPath entry with %j", (fields, expected) => {
    expect(one(entry(fields))?.jmesPath[0]).toMatchObject(expected);
  });

  test("a selector of parameters", () => {
    const fields = { keyPrefix: "p/", filePermission: "0400", optional: true, objectEncoding: "base64" };
    expect(one(parameters({ path: "/app/prod", recursive: true, max: 7 }, fields))).toEqual({
      type: "ssmparameter",
      objectName: "objectSelector path /app/prod",
      objectAlias: "",
      primary: { objectName: "objectSelector path /app/prod", objectVersion: "", objectVersionLabel: "" },
      failover: { objectName: "objectSelector path /app/prod", objectVersion: "", objectVersionLabel: "" },
      mode: 0o400,
      filePath: "",
      jmesPath: [],
      selector: {
        path: "/app/prod",
        recursive: true,
        namePrefix: "",
        tags: new Map(),
        max: 7,
        keyPrefix: "p/",
        translation: { character: "_" },
      },
      encoding: "base64",
      optional: true,
    });
  });

  test("a selector of secrets; names in any letter case; without max a hundred", () => {
    const written = { NamePrefix: "app/", TAGS: { env: "prod", team: 7 } };
    expect(one(secrets(written), { ...alone, pathTranslation: "False" })).toMatchObject({
      objectName: "objectSelector namePrefix app/, tags env=prod team=7",
      selector: {
        path: "",
        namePrefix: "app/",
        tags: new Map([
          ["env", "prod"],
          ["team", "7"],
        ]),
        max: 100,
        translation: "off",
      },
    });
  });

  test("two of the same selector may stand together", () => {
    expect(parse([parameters({ path: "/a" }), parameters({ path: "/a" })])).toHaveLength(2);
  });
});

describe("faults", () => {
  const path = { path: "/a" };
  const shown = "objectSelector path /a";
  test.each([
    ["keys needs expandKeys: a", secret({ keys: ["x"] })],
    ["keys needs expandKeys: a", secret({ keys: ["x"], expandKeys: "false" })],
    ["keyPrefix needs expandKeys or objectSelector: a", secret({ keyPrefix: "x" })],
    ["keys is empty: a", secret({ expandKeys: true, keys: [] })],
    ["keys has an empty entry: a", secret({ expandKeys: true, keys: ["x", null] })],
    ["keys has an entry twice: a", secret({ expandKeys: true, keys: ["x", "x"] })],
    [
      "keys has more than 1000 entries: a",
      secret({ expandKeys: true, keys: Array.from({ length: 1001 }, (_, n) => n) }),
    ],
    ["objectEncoding can not be used with expandKeys: a", secret({ expandKeys: true, objectEncoding: "hex" })],
    ["Invalid expandKeys: yes (a)", secret({ expandKeys: "yes" })],
    ["Invalid optional: maybe (a)", secret({ optional: "maybe" })],
    ["Invalid objectEncoding: Base64 (a)", secret({ objectEncoding: "Base64" })],
    ["Invalid objectEncoding: rot13 (x)", entry({ objectEncoding: "rot13" })],
    ["Invalid output: yaml (jmesPath entry x)", entry({ output: "yaml" })],
    ["objectEncoding can not be used with output: x", entry({ output: "json", objectEncoding: "hex" })],
    ["Object name must be specified", secrets(null)],
    [`objectName can not be used with objectSelector: ${shown}`, parameters(path, { objectName: "b" })],
    [`objectAlias can not be used with objectSelector: ${shown}`, parameters(path, { objectAlias: "b" })],
    [`objectVersion can not be used with objectSelector: ${shown}`, parameters(path, { objectVersion: 1 })],
    [`objectVersionLabel can not be used with objectSelector: ${shown}`, parameters(path, { objectVersionLabel: "l" })],
    [`jmesPath can not be used with objectSelector: ${shown}`, parameters(path, { jmesPath: [{ path: "p" }] })],
    [
      `failoverObject can not be used with objectSelector: ${shown}`,
      parameters(path, { failoverObject: { objectVersionLabel: "l" } }),
    ],
    [`expandKeys can not be used with objectSelector: ${shown}`, parameters(path, { expandKeys: true })],
    [`keys can not be used with objectSelector: ${shown}`, parameters(path, { keys: ["x"] })],
    [`Must use objectType when a full ARN is not specified: ${shown}`, { objectSelector: path }],
    [`Invalid objectType: ssm`, { objectSelector: path, objectType: "ssm" }],
    ["Invalid objectSelector: path is missing: objectSelector", parameters({})],
    ["Invalid objectSelector: path is missing: objectSelector", parameters({ recursive: true })],
    [
      "Invalid objectSelector: namePrefix and tags are for secretsmanager: objectSelector path /a, namePrefix b",
      parameters({ path: "/a", namePrefix: "b" }),
    ],
    [`Invalid objectSelector: namePrefix and tags are for secretsmanager: ${shown}`, parameters({ ...path, tags: {} })],
    [
      "Invalid objectSelector: path must start with / and hold letters, digits and ._-/ only: objectSelector path a",
      parameters({ path: "a" }),
    ],
    [
      "Invalid objectSelector: path must start with / and hold letters, digits and ._-/ only: objectSelector path /a:1",
      parameters({ path: "/a:1" }),
    ],
    [`Invalid objectSelector: path and recursive are for ssmparameter: ${shown}`, secrets(path)],
    ["Invalid objectSelector: namePrefix or tags is missing: objectSelector", secrets({})],
    ["Invalid objectSelector: namePrefix or tags is missing: objectSelector", secrets({ tags: {} })],
    ["Invalid objectSelector: tags has an empty key: objectSelector tags =x", secrets({ tags: { "": "x" } })],
    [
      "Invalid objectSelector: tags has more than 4 entries: objectSelector tags a=1 b=1 c=1 d=1 e=1",
      secrets({ tags: { a: 1, b: 1, c: 1, d: 1, e: 1 } }),
    ],
    [
      "Invalid objectSelector: AWS filters by letters, digits, blanks and :_@/+=.!- only, and not by what starts with !: objectSelector namePrefix !a",
      secrets({ namePrefix: "!a" }),
    ],
    [`Invalid max: 0 (${shown})`, parameters({ ...path, max: 0 })],
    [`Invalid max: 1001 (${shown})`, parameters({ ...path, max: 1001 })],
    [`Invalid max: -1 (${shown})`, parameters({ ...path, max: -1 })],
    [`Invalid recursive: deep (${shown})`, parameters({ ...path, recursive: "deep" })],
    [`Invalid File Permission: 9 `.trim(), parameters(path, { filePermission: "9" })],
  ] as const)("%s", (message, object) => {
    const { reason, message: told, fix } = failureOf([object]);
    expect({ reason, message: told }).toEqual({ reason: "ObjectsInvalid", message });
    expect(fix).not.toBe("");
  });

  test.each(["../", "/../", "a/../"])("keyPrefix %j leads nowhere outside", (keyPrefix) => {
    const off = { ...alone, pathTranslation: "False" };
    for (const object of [secret({ expandKeys: true, keyPrefix }), parameters({ path: "/a" }, { keyPrefix })]) {
      const shown = "objectName" in object ? "a" : "objectSelector path /a";
      expect(failureOf([object], off).message).toBe(`Invalid keyPrefix for object: ${shown}: path can not contain ../`);
      expect(() => parse([object])).not.toThrow();
    }
  });

  test.each([
    ["- objectSelector: x", "objects[0].objectSelector: expected fields, found one value"],
    ["- objectSelector: {tags: x}", "objects[0].objectSelector.tags: expected fields, found one value"],
    ["- objectSelector: {tags: {a: [b]}}", "objects[0].objectSelector.tags.a: expected text, found a list"],
    ["- keys: x", "objects[0].keys: expected a list, found one value"],
    ["- keys: [[x]]", "objects[0].keys[0]: expected text, found a list"],
    ["- optional: {}", "objects[0].optional: expected text, found fields"],
    ["- jmesPath: [{output: []}]", "objects[0].jmesPath[0].output: expected text, found a list"],
  ])("%s", (text, why) => {
    expect(failureOf(text).message).toBe(`Failed to load SecretProviderClass: error unmarshaling JSON: ${why}`);
  });
});

describe("a fault names the field to correct", () => {
  test.each([
    [secret({ keys: ["x"] }), ["keys"]],
    [secret({ keyPrefix: "x" }), ["keyPrefix"]],
    [secret({ expandKeys: "x" }), ["expandKeys"]],
    [secret({ expandKeys: true, objectEncoding: "hex" }), ["objectEncoding"]],
    [secret({ optional: "x" }), ["optional"]],
    [entry({ output: "x" }), ["jmesPath", 0, "output"]],
    [entry({ objectEncoding: "x" }), ["jmesPath", 0, "objectEncoding"]],
    [parameters({}), ["objectSelector"]],
    [parameters({ path: "/a", max: "x" }), ["objectSelector", "max"]],
    [parameters({ path: "/a", recursive: "x" }), ["objectSelector", "recursive"]],
    [parameters({ path: "/a" }, { objectName: "x" }), ["objectName"]],
    [{ objectSelector: { path: "/a" } }, ["objectType"]],
  ])("%j", (object, at) => {
    expect(failureOf([secret({ objectName: "first" }), object]).at).toEqual(["objects", 1, ...at]);
  });
});
