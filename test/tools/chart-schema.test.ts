// What the chart renders (the golden files), the raw manifests and the examples against the API schemas of Kubernetes, in strict mode: an unknown
// field is a fault. The schemas come with the PyPI package kubernetes-validate, from 1.25 on.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goldenFolder, root } from "../chart/chart.ts";

/** The oldest schemas there are, and two of versions in service. */
const versions = ["1.25", "1.33", "1.35"];
/** Kinds of other projects, whose schemas are not in the package. */
const foreign = ["podmonitor", "prometheusrule", "secretproviderclass"];

const folders = [goldenFolder, join(root, "deployment"), join(root, "deployment/examples")];
const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".yaml") && name !== "rotation-values.yaml")
    .map((name) => join(folder, name)),
);

function validate(version: string, ...paths: readonly string[]): { exitCode: number; lines: readonly string[] } {
  const { exitCode, stdout } = Bun.spawnSync([
    process.env["KUBERNETES_VALIDATE"] ?? "kubernetes-validate",
    "--strict",
    `--kubernetes-version=${version}`,
    ...paths,
  ]);
  return { exitCode, lines: stdout.toString().split("\n").filter(Boolean) };
}

describe("Kubernetes accepts every field", () => {
  for (const version of versions) {
    test(`of ${version}`, () => {
      const { exitCode, lines } = validate(version, ...files);
      const unknown = lines.filter((line) => !line.startsWith("INFO ") || !line.includes(" passed for resource "));
      expect(unknown.filter((line) => !foreign.some((kind) => line.toLowerCase().includes(`kind ${kind} `)))).toEqual(
        [],
      );
      expect(exitCode).toBe(0);
      expect(lines.filter((line) => line.includes("daemonset/")).length).toBe(7 + 2);
    });
  }

  test("and a wrong one is seen", () => {
    const folder = mkdtempSync(join(tmpdir(), "schema-"));
    const path = join(folder, "wrong.yaml");
    writeFileSync(path, "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  anotations: {}\n");
    const { exitCode, lines } = validate("1.35", path);
    rmSync(folder, { recursive: true });
    expect(exitCode).not.toBe(0);
    expect(lines.join("\n")).toContain("anotations");
  });
});
