// The chart's README, values and schema name the same values.
import { expect, test } from "bun:test";
import Ajv from "ajv";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chartFolder, readYaml } from "./chart.ts";

type Table = Readonly<Record<string, unknown>>;
const values = readYaml(join(chartFolder, "values.yaml")) as Table;
const isTable = (value: unknown): value is Table =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
/** Sections whose keys are the chart's own; below others they are those of the Kubernetes API. */
const sections = [
  "image",
  "k8sThrottlingParams",
  "caBundle",
  "rbac",
  "serviceAccount",
  "http",
  "networkPolicy",
  "podMonitor",
  "prometheusRule",
  "dashboard",
];

test("the README has every value", () => {
  const readme = readFileSync(join(chartFolder, "README.md"), "utf8");
  const paths = Object.entries(values).flatMap(([key, value]) =>
    sections.includes(key) && isTable(value) ? Object.keys(value).map((inner) => `${key}.${inner}`) : [key],
  );
  for (const path of paths) {
    if (path === "secrets-store-csi-driver") expect(readme).toContain("`secrets-store-csi-driver.install`");
    else expect(readme).toContain(`\`${path}\``);
  }
});

test("the schema knows every value, and no other", async () => {
  type Schema = { readonly properties: Readonly<Record<string, { readonly properties?: Table }>> };
  const { properties } = (await Bun.file(join(chartFolder, "values.schema.json")).json()) as Schema;
  expect(Object.keys(properties).toSorted()).toEqual(Object.keys(values).toSorted());
  for (const section of sections) {
    expect(Object.keys(properties[section]?.properties ?? {}).toSorted()).toEqual(
      Object.keys({ ...(values[section] as Table) }).toSorted(),
    );
  }
});

test("NOTES know every value, what Helm adds, and no other", () => {
  const template = readFileSync(join(chartFolder, "templates/_unknown.tpl"), "utf8");
  const [, known = ""] = /define "provider-aws.knownKeys" -}}([^{]*)/.exec(template) ?? [];
  expect(known.trim().split(/\s+/).toSorted()).toEqual(["global", ...Object.keys(values)].toSorted());
});

test.each([
  [{ extraEnv: [{ name: "NODE_OPTIONS", value: "--inspect" }] }, false],
  [{ extraEnv: [{ name: "BUN_OPTIONS", value: "--smol" }] }, false],
  [{ extraEnv: [{ name: "HTTPS_PROXY", value: "http://proxy:3128" }] }, true],
  [{ k8sThrottlingParams: { burst: -1 } }, false],
  [{ k8sThrottlingParams: { qps: null, burst: -1 } }, false],
  [{ k8sThrottlingParams: { qps: 1_000_000, burst: -1 } }, false],
  [{ k8sThrottlingParams: { qps: -1, burst: -1 } }, true],
  [{ k8sThrottlingParams: { qps: "-1", burst: -1 } }, true],
  [{ k8sThrottlingParams: { qps: 5, burst: 10 } }, true],
  [{ k8sThrottlingParams: { qps: 5 } }, true],
  [{ k8sThrottlingParams: null }, true],
])("%j: the schema takes it: %p", async (given, isTaken) => {
  const schema = (await Bun.file(join(chartFolder, "values.schema.json")).json()) as object;
  expect(new Ajv({ strict: false }).validate(schema, given)).toBe(isTaken);
});
