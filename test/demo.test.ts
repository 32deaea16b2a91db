// What the demo says of files that it can't mount: one line each, before anything is built.
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { accountOf, readDemoFile } from "../scripts/demo-classes.ts";
import type { DemoClass } from "../scripts/demo-classes.ts";
import { startLab } from "./inprocess.ts";

const root = dirname(import.meta.dir);

function newFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "demo-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

const named = "kind: SecretProviderClass\nmetadata: {name: n}\n";

test.each([
  ["another provider", `${named}spec: {provider: azure, parameters: {}}`, 'SecretProviderClass n: provider "azure"'],
  ["no provider", `${named}spec: {parameters: {}}`, "SecretProviderClass n: provider undefined"],
  ["no spec", named, "SecretProviderClass n: no spec"],
  ["no parameters", `${named}spec: {provider: aws}`, "SecretProviderClass n: no spec.parameters"],
  ["no name", "kind: SecretProviderClass\nspec: {provider: aws, parameters: {}}", "no metadata.name"],
  ["no class", "kind: Pod", "no SecretProviderClass is in it"],
  ["nothing", "", "no SecretProviderClass is in it"],
  ["no YAML", "a: [", "is no YAML: "],
])("%s", (_what, text, why) => {
  using folder = newFolder();
  const file = join(folder.path, "class.yaml");
  writeFileSync(file, text);
  let said = "";
  try {
    readDemoFile(file);
  } catch (error) {
    said = (error as Error).message;
  }
  expect(said).toStartWith(`${file}: `);
  expect(said).toContain(why);
  expect(said).not.toContain("\n");
});

const head = "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: shop}\n";

function told(parameters: string): string {
  using folder = newFolder();
  const file = join(folder.path, "class.yaml");
  writeFileSync(file, `${head}spec:\n  provider: aws\n  parameters:\n${parameters.replace(/^/gm, "    ")}\n`);
  try {
    readDemoFile(file);
  } catch (error) {
    return (error as Error).message.replaceAll(file, "FILE");
  }
  return "";
}

describe("a faulty class: the findings of check, with what to do", () => {
  test.each([
    [
      "objects as a list",
      "region: eu-west-1\nobjects:\n  - objectName: a\n    objectType: secretsmanager",
      ["FILE:8:5: error: spec.parameters.objects is not text", "Write `objects: |` and the list below it, indented"],
    ],
    [
      "a switch",
      "usePodIdentity: true\nobjects: '[]'",
      ["FILE:7:21: error: ", 'Put it in quotes: usePodIdentity: "true".'],
    ],
    [
      "two faults",
      "region: eu-west-1\nobjects: |\n  - {objectName: a, objectType: ssm}\n  - {objectName: b, objectType: secretsmanager, filePermission: '644'}",
      ["Invalid objectType: ssm", "Use ssmparameter.", "Invalid File Permission: 644", '"0644"', "2 errors"],
    ],
  ])("%s", (_what, parameters, texts) => {
    const text = told(parameters);
    for (const part of texts) expect(text).toContain(part);
  });
});

test("the region of a class: its own, else that of its ARNs, else none", () => {
  const arn = "arn:aws:secretsmanager:ap-south-1:111122223333:secret:shop-a1b2c3";
  const regionOf = (parameters: string): string | undefined => {
    using folder = newFolder();
    const file = join(folder.path, "class.yaml");
    writeFileSync(file, `${head}spec:\n  provider: aws\n  parameters:\n${parameters.replace(/^/gm, "    ")}\n`);
    return readDemoFile(file).classes[0].region;
  };
  expect(regionOf(`objects: |\n  - objectName: ${arn}`)).toBe("ap-south-1");
  expect(regionOf("region: us-west-2\nobjects: '[{objectName: a, objectType: secretsmanager}]'")).toBe("us-west-2");
  expect(regionOf("objects: '[{objectName: a, objectType: secretsmanager}]'")).toBe("");
});

test("a missing file and a directory: a line each, exit code 2, nothing is built", () => {
  using folder = newFolder();
  mkdirSync(join(folder.path, "d"));
  const [missing, directory] = [join(folder.path, "missing.yaml"), join(folder.path, "d")];
  const { exitCode, stdout, stderr } = Bun.spawnSync([
    process.execPath,
    join(root, "scripts/demo.ts"),
    missing,
    join(root, "deployment/examples/irsa.yaml"),
    directory,
  ]);
  expect([exitCode, stdout.toString()]).toEqual([2, ""]);
  expect(stderr.toString()).toBe(`${missing}: can't be read: ENOENT\n${directory}: is a directory: name its files\n`);
});

test("what an example wants of the provider", () => {
  const { classes, flags } = readDemoFile(join(root, "deployment/examples/serve-stale.yaml"));
  expect(flags).toEqual(["--serve-stale-for=1h"]);
  expect(classes).not.toHaveLength(0);
});

test("the fake account is that of the first ARN", async () => {
  const classOf = (objects: string): DemoClass => ({
    metadata: { name: "n" },
    spec: { parameters: { objects } },
    region: "",
  });
  const arn = (service: string, account: string): string => `- objectName: "arn:aws:${service}:eu-west-1:${account}:x"`;
  expect(accountOf([classOf("- objectName: s")])).toBeUndefined();
  const given = [arn("iam", "222233334444"), arn("ssm", "999988887777"), arn("secretsmanager", "111111111111")];
  const accountId = accountOf([classOf("- objectName: s"), classOf(given.join("\n"))]);
  expect(accountId).toBe("999988887777");
  await using lab = await startLab({ accountId: accountId ?? "" });
  const objectName = `arn:aws:ssm:eu-west-1:${accountId}:parameter/shop/url`;
  lab.world.cloud.putParameter("eu-west-1", "/shop/url", "v");
  const objects = [{ objectName, objectAlias: "url", objectType: "ssmparameter" }];
  expect((await lab.run({ objects })).contents).toEqual({ url: "v" });
});
