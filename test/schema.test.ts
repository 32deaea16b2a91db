// docs/schema: generated from src/request/schema.ts, which names what the readers of a class read, no more and no less.
import { describe, expect, test } from "bun:test";
import Ajv from "ajv";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { refuse } from "../src/request/fault.ts";
import type {
  WrittenFailover,
  WrittenJmesPath,
  WrittenObject,
  WrittenSelector,
} from "../src/request/written-object.ts";
import { parseObjects, readObjects } from "../src/request/objects.ts";
import type { Parameters } from "../src/request/parameters.ts";
import { fieldNames, newNames } from "../src/request/schema.ts";
import type { SchemaNames } from "../src/request/schema.ts";
import { finish } from "../src/work.ts";

const root = dirname(import.meta.dir);
const schema = (name: string): object =>
  JSON.parse(readFileSync(join(root, "docs/schema", `${name}.json`), "utf8")) as object;
const ajv = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: true, unicodeRegExp: false });
const objects = ajv.compile(schema("objects"));
const whole = ajv.compile(schema("secretproviderclass"));
const parameters = ajv.compile(schema("parameters"));

type Same<A, B> = [A, B] extends [B, A] ? true : never;
/** The compiler refuses a name that is only in the schema, or only in a reader. */
const same: {
  readonly parameters: Same<SchemaNames["parameters"], keyof Parameters>;
  readonly object: Same<SchemaNames["object"], keyof WrittenObject>;
  readonly jmesPath: Same<SchemaNames["jmesPath"], keyof WrittenJmesPath>;
  readonly failoverObject: Same<SchemaNames["failoverObject"], keyof WrittenFailover>;
  readonly objectSelector: Same<SchemaNames["objectSelector"], keyof WrittenSelector>;
} = { parameters: true, object: true, jmesPath: true, failoverObject: true, objectSelector: true };

describe("a reader takes every name of the schema, in any letter case", () => {
  const sample = (name: string): unknown => {
    if (name === "jmesPath")
      return [Object.fromEntries(fieldNames.jmesPath.map((inner) => [inner.toUpperCase(), `v-${inner}`]))];
    if (name === "failoverObject" || name === "objectSelector")
      return Object.fromEntries(
        fieldNames[name].map((inner) => [inner.toUpperCase(), inner === "tags" ? { k: "v" } : `v-${inner}`]),
      );
    return name === "keys" ? ["k"] : `v-${name}`;
  };
  const text = JSON.stringify([
    Object.fromEntries(fieldNames.object.map((name) => [name.toUpperCase(), sample(name)])),
  ]);
  const [read] = finish(readObjects(text, refuse));
  test.each(Object.keys(same) as (keyof typeof same)[])("%s", (level) => {
    if (level === "parameters") return; // read by name in mount-request.ts, which the compiler holds to `Parameters`
    const part: Readonly<Record<string, unknown>> = {
      ...(level === "object" ? read : level === "jmesPath" ? read?.jmesPath[0] : read?.[level]),
    };
    for (const name of fieldNames[level]) {
      const value = part[name];
      if (typeof value === "string") expect(value).toBe(`v-${name}`);
      else expect(value, name).toBeObject();
    }
  });
});

describe("what the schema takes of objects, a mount takes; its typos and types are refused", () => {
  const context = { pathTranslation: "", region: "eu-west-1", failoverRegion: "eu-central-1" };
  test.each([
    [{ objectName: "a", objectType: "secretsmanager" }],
    [{ objectName: "a", objectType: "ssmparameter", objectVersion: 3, filePermission: "0400", failoverObject: null }],
    [
      {
        objectName: "arn:aws:ssm:eu-west-1:1:parameter/a",
        jmesPath: [{ path: "a", objectAlias: "b", output: "json" }],
      },
    ],
    [{ objectName: "a", objectType: "secretsmanager", expandKeys: true, keys: ["a"], keyPrefix: "p-", optional: "t" }],
    [{ objectType: "secretsmanager", objectSelector: { namePrefix: "a/", tags: { env: "prod" }, max: 5 } }],
    [{ objectType: "ssmparameter", objectSelector: { path: "/a", recursive: true }, objectEncoding: "base64" }],
  ])("taken: %j", (entry) => {
    expect(objects([entry])).toBe(true);
    expect(finish(parseObjects(JSON.stringify([entry]), context))).toHaveLength(1);
  });
  test.each([
    [{ objectname: "a" }],
    [{ objectName: "a", objectType: "ssm" }],
    [{ objectName: "a", filePermission: 420 }],
    [{ objectName: "a", filePermission: "0888" }],
    [{ objectName: "a", jmesPath: { path: "a" } }],
    [{ objectName: "a", jmesPath: [{ path: "a", alias: "b" }] }],
    [{ objectName: ["a"] }],
    [{ objectName: "a", output: "json" }],
  ])("refused: %j", (entry) => {
    expect(objects([entry])).toBe(false);
  });
});

describe("manifests", () => {
  const aClass = (given: object): object => ({
    kind: "SecretProviderClass",
    spec: { provider: "aws", parameters: given },
  });
  test.each([
    [aClass({ objects: "[]", region: "eu-west-1", usePodIdentity: "true" }), true],
    [aClass({ objects: "[]", usePodIdentity: true }), false],
    [aClass({ objects: "[]", usePodIdentity: "yes" }), false],
    [aClass({ objects: [] }), false],
    [aClass({ objects: "[]", Region: "eu-west-1" }), false],
    [aClass({}), false],
    [{ kind: "SecretProviderClass", spec: { provider: "vault", parameters: { objects: [] } } }, true],
    [{ kind: "Deployment", spec: {} }, true],
  ])("%j: %j", (manifest, taken) => {
    expect(whole(manifest)).toBe(taken);
  });

  test("the examples are taken, and their objects", () => {
    const files = [...new Bun.Glob("deployment/examples/*.yaml").scanSync(root)].map((file) =>
      readFileSync(join(root, file), "utf8"),
    );
    const documents = files.flatMap((text) => Bun.YAML.parse(text)) as {
      kind?: string;
      spec?: { parameters?: { objects: string } };
    }[];
    expect(documents.filter((document) => !whole(document))).toEqual([]);
    const classes = documents.filter(({ kind }) => kind === "SecretProviderClass");
    expect(classes.length).toBeGreaterThan(5);
    for (const { spec } of classes) {
      expect(parameters(spec?.parameters)).toBe(true);
      expect(objects(Bun.YAML.parse(spec?.parameters?.objects ?? ""))).toBe(true);
    }
  });
});

test("what is new in 4.0 is what 3.x has no word for", () => {
  expect(newNames).toEqual({
    parameters: [
      "batch",
      "assumeRoleArn",
      "assumeRoleExternalId",
      "assumeRoleDurationSeconds",
      "assumeRoleSessionName",
    ],
    object: ["objectSelector", "expandKeys", "keys", "keyPrefix", "objectEncoding", "optional", "assumeRoleArn"],
    jmesPath: ["output", "objectEncoding"],
  });
});
