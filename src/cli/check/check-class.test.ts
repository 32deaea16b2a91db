// All faults of a class, each with its rule, its text and its line; a mount of the same class fails with the first.
import { describe, expect, test } from "bun:test";
import { ProviderError } from "../../errors.ts";
import { parseObjects } from "../../request/objects.ts";
import { finish } from "../../work.ts";
import { runCheck } from "./check-files.ts";

const region = "eu-west-1";

function manifest(parameters: string): string {
  return `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: a}
spec:
  provider: aws
  parameters:
${parameters}`;
}

/** `line rule` of each error, in the order of the text. */
function errorsOf(text: string): string[] {
  const { findings } = runCheck([{ name: "f", text }], { region, rotation: "unknown" });
  return findings.filter(({ severity }) => severity === "error").map(({ line, rule }) => `${line} ${rule}`);
}

/** The same of the entries of `objects`, with lines counted from the first of them. */
function faultsOf(objects: string): string[] {
  const lines = objects.trim().split("\n");
  const text = manifest(`    objects: |\n${lines.map((line) => `      ${line}\n`).join("")}`);
  return errorsOf(text).map((one) => one.replace(/^\d+/, (line) => String(Number(line) - 7)));
}

test("a class with faults in several parameters", () => {
  const parameters = `    region: eu_west_1
    failoverRegion: "-"
    pathTranslation: ab
    usePodIdentity: "yes"
    batch: "on"
    assumeRoleArn: reader
    assumeRoleExternalId: a b
    assumeRoleDurationSeconds: "60"
    assumeRoleSessionName: a b
    objects: |
      - objectName: app/db
`;
  expect(errorsOf(manifest(parameters))).toEqual([
    "7 region-name",
    "8 region-name",
    "9 path-translation",
    "10 boolean-parameter",
    "11 boolean-parameter",
    "12 assume-role",
    "13 assume-role",
    "14 assume-role",
    "15 assume-role",
    "17 type-missing",
  ]);
});

describe("an entry with several faults", () => {
  test("in its name, type, version, path, mode, jmesPath, failoverObject and fields of 4.0", () => {
    const objects = `
- objectName: arn:aws:ssm:us-east-1:111122223333:parameter/db
  objectType: secretsmanager
  objectVersion: "1"
  objectVersionLabel: live
  filePermission: "9999"
  objectAlias: ..
  expandKeys: "yes"
  optional: "no"
  objectEncoding: rot13
  assumeRoleArn: reader
  jmesPath:
    - path: ""
      objectAlias: .
      filePermission: abc
      output: xml
      objectEncoding: rot13
    - path: b
  failoverObject:
    objectName: arn:aws:ssm:us-east-1
    objectVersion: "2"
`;
    expect(faultsOf(objects)).toEqual([
      "1 arn-region",
      "2 type-mismatch",
      "4 version-and-label",
      "5 file-permission",
      "6 file-name",
      "7 field-value",
      "8 field-value",
      "9 field-value",
      "10 assume-role",
      "12 jmespath-path-missing",
      "13 file-name",
      "14 file-permission",
      "15 field-value",
      "16 field-value",
      "17 jmespath-alias-missing",
      "18 failover-region-missing",
      "20 failover-version",
    ]);
  });

  test("in fields that have not their shape: each is told, and the others are checked", () => {
    const objects = `
- objectName: app/db
  objectType: secretsmanager
  objectVersion: [a]
  filePermission: abc
  jmesPath: {path: a}
  keys: a
  optional: maybe
- objectName: [a]
  objectVersion: {b: c}
  filePermission: abc
`;
    expect(faultsOf(objects)).toEqual([
      "3 objects-shape",
      "4 file-permission",
      "5 objects-shape",
      "6 objects-shape",
      "7 field-value",
      "8 objects-shape",
      "9 objects-shape",
    ]);
  });

  test("in an objectSelector, beside fields of one object", () => {
    const objects = `
- objectType: ssmparameter
  objectSelector:
    path: app
    recursive: "yes"
    max: "0"
  objectName: a
  objectAlias: b
  expandKeys: "true"
  keys: [a]
  keyPrefix: ${"x".repeat(300)}
  filePermission: abc
`;
    expect(faultsOf(objects).toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))).toEqual([
      "2 selector",
      "4 selector",
      "5 selector",
      "6 fields-together",
      "7 fields-together",
      "8 fields-together",
      "9 fields-together",
      "10 field-value",
      "11 file-permission",
    ]);
  });

  test("of a type that nothing says: the failover object is not blamed too", () => {
    const objects = `
- objectName: app/db
  objectType: ssm
  objectAlias: db
  failoverObject: {objectName: app/db-copy}
`;
    expect(faultsOf(objects)).toEqual(["2 type-unknown", "4 failover-region-missing"]);
  });

  test("and a clash with an earlier one", () => {
    const objects = `
- {objectName: app/db, objectType: secretsmanager, filePermission: abc}
- {objectName: app/db, objectType: secretsmanager, filePermission: abc}
`;
    expect(faultsOf(objects)).toEqual(["1 file-permission", "2 duplicate-name", "2 file-permission"]);
  });
});

test("an empty name clashes with no other empty name", () => {
  expect(faultsOf("- {objectType: ssmparameter}\n- {objectType: ssmparameter}\n")).toEqual([
    "1 name-missing",
    "2 name-missing",
  ]);
});

test("a class whose objects a mount does not read because of their length", () => {
  const objects = `# ${"x".repeat(600_000)}\n- {objectName: a, objectType: ssmparameter}\n`;
  expect(errorsOf(manifest(`    objects: ${JSON.stringify(objects)}\n`)).map((one) => one.split(" ")[1])).toEqual([
    "too-large",
  ]);
});

test("a class of more files than a mount may have is told once, and the rest is checked", () => {
  const entry = (i: number): string =>
    `- {objectName: a${i}, objectType: ssmparameter, jmesPath: [${Array.from({ length: 3_000 }, (_, j) => `{path: a, objectAlias: f${i}x${j}}`).join(", ")}]}\n`;
  const objects = `${[0, 1, 2, 3].map(entry).join("")}- {objectName: b, objectType: ssm}\n`;
  const rules = errorsOf(manifest(`    objects: ${JSON.stringify(objects)}\n`)).map((one) => one.split(" ")[1]);
  expect(rules.toSorted((a = "", b = "") => a.localeCompare(b))).toEqual(["too-large", "type-unknown"]);
});

test.each([
  ["- {objectName: a, objectType: ssmparameter, filePermission: abc, optional: maybe}", "Invalid File Permission: abc"],
  ["- {objectName: a}\n- {objectName: a}", "Must use objectType when a full ARN is not specified: a"],
  [
    "- {objectName: [a], objectAlias: [b]}",
    "Failed to load SecretProviderClass: error unmarshaling JSON: objects[0].objectName: expected text, found a list",
  ],
])("a mount of %j fails with the first fault", (text, message) => {
  let first: unknown;
  try {
    finish(parseObjects(text, { pathTranslation: "", region, failoverRegion: "" }));
  } catch (error) {
    first = error;
  }
  expect(first).toBeInstanceOf(ProviderError);
  expect(first).toHaveProperty("message", message);
});
