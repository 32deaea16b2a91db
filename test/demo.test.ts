// What the demo says of files that it can't mount: one line each, before anything is built.
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readDemoFile } from "../scripts/demo-classes.ts";

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
  ["a switch", `${named}spec: {provider: aws, parameters: {usePodIdentity: true}}`, "usePodIdentity is no text"],
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
