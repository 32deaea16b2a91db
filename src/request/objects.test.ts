// Checks and texts of parity 7.3 to 7.5. How the YAML itself is read: yaml.test.ts and test/parity/yaml.test.ts.
import { describe, expect, test } from "bun:test";
import type { ProviderError } from "../errors.ts";
import { parseObjects } from "./objects.ts";
import type { ObjectsContext } from "./objects.ts";
import type { SecretObject } from "./secret-object.ts";
import { finish } from "../work.ts";

const alone: ObjectsContext = { pathTranslation: "", region: "eu-west-1", failoverRegion: "" };
const withFailover: ObjectsContext = { ...alone, failoverRegion: "us-east-1" };
const arn = (service: string, region = "eu-west-1"): string => `arn:aws:${service}:${region}:1:x`;

/** JSON is YAML. */
function parse(objects: readonly object[] | string, context = alone): SecretObject[] {
  return finish(parseObjects(typeof objects === "string" ? objects : JSON.stringify(objects), context));
}

function failureOf(objects: readonly object[] | string, context = alone): ProviderError {
  try {
    parse(objects, context);
  } catch (error) {
    return error as ProviderError;
  }
  throw new Error("the objects were taken");
}

const secret = (fields: object = {}): object => ({ objectName: "a", objectType: "secretsmanager", ...fields });
const parameter = (fields: object = {}): object => ({ objectName: "a", objectType: "ssmparameter", ...fields });

test("takes an entry apart", () => {
  const entry = {
    objectName: "app/db",
    objectType: "ssmparameter",
    objectAlias: "db",
    objectVersion: 7,
    filePermission: "1640",
    jmesPath: [
      { path: "user", objectAlias: "u/1" },
      { path: "pw", objectAlias: "p", filePermission: "0400" },
    ],
    failoverObject: { objectName: "app/db-2", objectVersion: "7" },
  };
  expect(parse([entry], withFailover)).toEqual([
    {
      type: "ssmparameter",
      objectName: "app/db",
      objectAlias: "db",
      mode: 0o640,
      filePath: "db",
      primary: { objectName: "app/db", objectVersion: "7", objectVersionLabel: "" },
      failover: { objectName: "app/db-2", objectVersion: "7", objectVersionLabel: "" },
      jmesPath: [
        { path: "user", objectAlias: "u/1", mode: undefined, filePath: "u_1" },
        { path: "pw", objectAlias: "p", mode: 0o400, filePath: "p" },
      ],
    },
  ]);
});

test.each(["", " \n", "# nothing", "null", "~", "[]", "---\n"])("%p is no object at all", (text) => {
  expect(parse(text)).toEqual([]);
});

describe("the name says the type", () => {
  test.each([
    [{ objectName: arn("secretsmanager") }, "secretsmanager"],
    [{ objectName: arn("ssm") }, "ssmparameter"],
    [{ objectName: "arn:aws-cn:ssm:eu-west-1:1:parameter/a:b" }, "ssmparameter"],
    [parameter({ objectName: arn("ssm") }), "ssmparameter"],
    [secret({ objectName: "ARN:x" }), "secretsmanager"],
  ] as const)("%p is %s", (entry, type) => {
    expect(parse([entry])[0]?.type).toBe(type);
  });
});

describe("failover falls back to the primary, field by field", () => {
  test("without failoverObject", () => {
    expect(parse([secret({ objectVersionLabel: "L" })])[0]?.failover).toEqual({
      objectName: "a",
      objectVersion: "",
      objectVersionLabel: "L",
    });
  });
  test("a label alone is used unchecked", () => {
    const entry = parameter({ objectVersion: "1", failoverObject: { objectVersionLabel: "F" } });
    expect(parse([entry])[0]?.failover).toEqual({ objectName: "a", objectVersion: "1", objectVersionLabel: "F" });
  });
});

const failover = (objectName: string, fields: object = {}): object => ({
  objectAlias: "x",
  failoverObject: { objectName, ...fields },
});

describe("faults", () => {
  test.each([
    ["Object name must be specified", [{}], alone],
    ["Object name must be specified", [secret({ objectName: null, objectType: "junk" })], alone],
    ["Empty descriptor entry in SecretProviderClass", "- ~", alone],
    ["Empty descriptor entry in SecretProviderClass", "-", alone],
    ["Invalid ARN format in object name: arn:aws:ssm:eu-west-1:1", [{ objectName: "arn:aws:ssm:eu-west-1:1" }], alone],
    [`ARN region must match region eu-west-1: ${arn("ssm", "r2")}`, [{ objectName: arn("ssm", "r2") }], alone],
    ["Must use objectType when a full ARN is not specified: a", [{ objectName: "a" }], alone],
    ["Invalid service in ARN: s3", [{ objectName: arn("s3") }], alone],
    ["Invalid objectType: ssm", [{ objectName: "a", objectType: "ssm" }], alone],
    ["Invalid objectType: SecretsManager", [{ objectName: "a", objectType: "SecretsManager" }], alone],
    ["Invalid objectType: constructor", [{ objectName: "a", objectType: "constructor" }], alone],
    [`objectType does not match ARN: ${arn("ssm")}`, [secret({ objectName: arn("ssm") })], alone],
    [
      "ssm parameters can not specify both objectVersion and objectVersionLabel: a",
      [parameter({ objectVersion: 1, objectVersionLabel: "l" })],
      alone,
    ],
    ["path can not contain ../: a/../b", [secret({ objectName: "a/../b" })], { ...alone, pathTranslation: "False" }],
    ["path can not contain ../: a", [secret({ objectAlias: "../b" })], { ...alone, pathTranslation: "false" }],
    ["Invalid File Permission: 420", "- {objectName: a, objectType: secretsmanager, filePermission: 0644}", alone],
    ["Invalid File Permission: 888", [secret({ filePermission: "888" })], alone],
    ["Invalid File Permission: 0644\n", [secret({ filePermission: "0644\n" })], alone],
    ["Path must be specified for JMES object", [secret({ jmesPath: [null] })], alone],
    ["Object alias must be specified for JMES object", [secret({ jmesPath: [{ path: "p" }] })], alone],
    [
      "Invalid File Permission: 9",
      [secret({ jmesPath: [{ path: "p", objectAlias: "q", filePermission: "9" }] })],
      alone,
    ],
    [
      "object alias must be specified for objects with failover entries: a",
      [secret({ failoverObject: { objectName: "b" } })],
      withFailover,
    ],
    ["failover object allowed only when failover region is defined: a", [secret(failover("b"))], alone],
    [`ARN region must match region us-east-1: ${arn("ssm")}`, [parameter(failover(arn("ssm")))], withFailover],
    [
      "Must use objectType when a full ARN is not specified: b",
      [{ objectName: arn("ssm"), ...failover("b") }],
      withFailover,
    ],
    [
      "ssm parameters can not specify both objectVersion and objectVersionLabel: a",
      [parameter(failover("b", { objectVersion: 1, objectVersionLabel: "l" }))],
      withFailover,
    ],
    [
      "object versions must match between primary and failover regions: a",
      [secret({ ...failover("b"), objectVersion: "1" })],
      withFailover,
    ],
    [
      "object versions must match between primary and failover regions: a",
      [secret(failover("b", { objectVersion: "1" }))],
      withFailover,
    ],
  ] as const)("%s", (message, objects, context) => {
    expect(failureOf(objects, context)).toMatchObject({ reason: "ObjectsInvalid", message });
  });

  test.each([
    ["a scalar on top", "a", "error unmarshaling JSON: objects: expected a list"],
    ["a mapping on top", "objectName: a", "error unmarshaling JSON: objects: expected a list"],
    ["a scalar as item", "- a", "error unmarshaling JSON: objects[0]: expected fields"],
    ["a list as text", "- objectName: [a]", "error unmarshaling JSON: objects[0].objectName: expected text"],
    ["a scalar as jmesPath", "- jmesPath: a", "error unmarshaling JSON: objects[0].jmesPath: expected a list"],
    [
      "a scalar as failoverObject",
      "- failoverObject: a",
      "error unmarshaling JSON: objects[0].failoverObject: expected fields",
    ],
    ["infinity in an unknown field", "- other: [{x: .inf}]", "error unmarshaling JSON: objects[0].other: +Inf"],
    ["a tab", "- objectName: a\n\tobjectAlias: b", "error converting YAML to JSON: yaml: line 2: "],
    ["an unknown alias", "- *a", "error converting YAML to JSON: yaml: "],
    ["a null key", "- ~: a", "error converting YAML to JSON: yaml: "],
  ])("%s", (_, text, why) => {
    expect(failureOf(text).message).toStartWith(`Failed to load SecretProviderClass: ${why}`);
  });

  test("the order: pathTranslation, YAML, then each object with its duplicates", () => {
    expect(failureOf("[", { ...alone, pathTranslation: "xx" }).reason).toBe("ParametersInvalid");
    expect(failureOf("- objectName: a\n- [").message).toStartWith("Failed to load SecretProviderClass");
    expect(failureOf([secret(), secret(), {}]).message).toStartWith("found descriptor with duplicate object name");
    expect(failureOf([{}, secret(), secret()]).message).toBe("Object name must be specified");
    const all = { objectVersion: "1", objectVersionLabel: "l", filePermission: "9", jmesPath: [{}] };
    expect(failureOf([parameter(all)]).message).toStartWith("ssm parameters can not");
    expect(failureOf([secret(all)]).message).toBe("Invalid File Permission: 9");
  });
});

describe("hints", () => {
  test.each([
    [
      "- {objectName: a, objectType: secretsmanager, filePermission: 0644}",
      '"0644", because an unquoted 0644 is the number 420',
    ],
    ["- {objectName: a, objectType: secretsmanager, filePermission: 0400}", '"0400", because an unquoted 0400 is'],
    ...["644", "600", "640", "777", "400", "440", "755"].map((mode) => [
      JSON.stringify([secret({ filePermission: mode })]),
      `Write four octal digits in quotes for a: "0${mode}".`,
    ]),
    ...["rw", "64", "9", "0", "888", "06444", "1e2"].map((mode) => [
      JSON.stringify([secret({ filePermission: mode })]),
      'Write four octal digits in quotes for a, such as "0644".',
    ]),
    [JSON.stringify([{ objectName: "a", objectType: "ssm" }]), "Use ssmparameter."],
    [JSON.stringify([{ objectName: "a", objectType: "SSMParameter" }]), "Use ssmparameter."],
    [JSON.stringify([secret(), {}]), "entry 2"],
  ])("%s", (text, fix) => {
    expect(failureOf(text).fix).toContain(fix);
  });
});

describe("duplicates", () => {
  const lead = "found descriptor with duplicate object name a, ";
  test.each([
    [
      `${lead}duplicate object alias x, and no version label`,
      [secret({ objectAlias: "x" }), secret({ objectAlias: "x" })],
    ],
    [
      `${lead}no object alias, and duplicate version label l`,
      [secret({ objectVersionLabel: "l" }), parameter({ objectVersionLabel: "l" })],
    ],
    [
      `${lead}duplicate object alias x, and duplicate version label l`,
      [1, 2].map(() => secret({ objectAlias: "x", objectVersionLabel: "l" })),
    ],
    [`${lead}no object alias, and no version label`, [secret(), parameter()]],
    ["found duplicate object alias x", [secret({ objectAlias: "x" }), secret({ objectName: "b", objectAlias: "x" })]],
    [
      "found duplicate object alias x",
      [secret({ jmesPath: [{ path: "p", objectAlias: "x" }] }), secret({ objectName: "b", objectAlias: "x" })],
    ],
    [
      "Name already in use for objectAlias: found duplicate object alias x in JMES path entry q",
      [
        secret({
          jmesPath: [
            { path: "p", objectAlias: "x" },
            { path: "q", objectAlias: "x" },
          ],
        }),
      ],
    ],
  ])("%s", (message, objects) => {
    expect(failureOf(objects)).toMatchObject({ reason: "ObjectsInvalid", message });
  });
  test.each([
    ["two labels", [secret({ objectVersionLabel: "l" }), secret({ objectVersionLabel: "m" })]],
    ["two aliases", [secret({ objectAlias: "x" }), secret({ objectAlias: "y" })]],
    ["an alias and none", [secret({ objectAlias: "x" }), secret()]],
    ["only the latest of the name counts", [secret(), secret({ objectAlias: "x" }), secret()]],
    ["an alias that is another's name", [secret({ objectAlias: "b" }), secret({ objectName: "b" })]],
    ["one file after translation", [secret({ objectName: "a/b" }), secret({ objectName: "a_b" })]],
  ])("%s are allowed", (_, objects) => {
    expect(() => parse(objects)).not.toThrow();
  });
});

test("__proto__ in objects is an unknown field", () => {
  const text =
    '- {objectName: a, objectType: secretsmanager, __proto__: {objectAlias: "x", mode: 1}, constructor: {prototype: {y: 1}}}';
  expect(parse(text)[0]).toMatchObject({ objectAlias: "", mode: undefined });
  expect("y" in {}).toBe(false);
});

test("parity 12.1 row 10: ssmparameter with the ARN of another service is refused", () => {
  const name = arn("s3");
  expect(failureOf([parameter({ objectName: name })]).message).toBe(`objectType does not match ARN: ${name}`);
  expect(failureOf([secret({ objectName: name })]).message).toBe(`objectType does not match ARN: ${name}`);
  const other = arn("s3", "us-east-1");
  expect(failureOf([parameter(failover(other))], withFailover).message).toBe(`objectType does not match ARN: ${other}`);
});

describe("parity 12.1 row 11: a jmesPath alias is held to the same path rule as an object", () => {
  test.each(["../x", "a/../b", "a/.."])("%s", (objectAlias) => {
    const objects = [secret({ jmesPath: [{ path: "p", objectAlias }] })];
    expect(failureOf(objects, { ...alone, pathTranslation: "False" }).message).toBe(
      `path can not contain ../: ${objectAlias}`,
    );
    expect(parse(objects)[0]?.jmesPath[0]?.filePath).toBe(objectAlias.replaceAll("/", "_"));
  });
  test.each(["..", ".", "/", "a//b", "a\0b"])("%p is no file name", (objectAlias) => {
    const objects = [secret({ jmesPath: [{ path: "p", objectAlias }] })];
    expect(failureOf(objects, { ...alone, pathTranslation: "False" }).message).toStartWith(
      "Invalid file name for object: ",
    );
  });
});
