// Every flag that the chart and the raw manifests render parses in the compiled binary, and means what the value said. By the golden files, so
// that it runs without helm.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { flags, parseFlags } from "../../src/config/flags.ts";
import { binary } from "../provider.ts";
import { argsOf, goldenCases, goldenObjects, objectsOf, root } from "./chart.ts";
import type { KubernetesObject } from "./chart.ts";

const nowhere = "/nonexistent-provider-volume";
const manifest = (name: string): readonly KubernetesObject[] =>
  objectsOf(readFileSync(join(root, "deployment", name), "utf8"));

const pods: readonly [string, readonly KubernetesObject[]][] = [
  ...Object.keys(goldenCases).map((name): [string, readonly KubernetesObject[]] => [name, goldenObjects(name)]),
  ["aws-provider-installer.yaml", manifest("aws-provider-installer.yaml")],
  ["private-installer.yaml", manifest("private-installer.yaml")],
];

/** The end of a start that got past its flags: there is no cluster and no directory for the socket (255); a flag that does not parse is 2. */
function start(args: readonly string[]): { readonly exitCode: number; readonly output: string } {
  const { exitCode, stderr } = Bun.spawnSync([binary, ...args, `--provider-volume=${nowhere}`], { env: {}, cwd: "/" });
  return { exitCode, output: stderr.toString() };
}

describe("the binary understands", () => {
  for (const [name, objects] of pods) {
    test(`the flags of ${name}`, () => {
      const args = argsOf(objects);
      for (const arg of args) expect(arg).toMatch(/^--[a-z-]+=./);
      const { exitCode, output } = start(args);
      expect(output).toMatch(/Can not get cluster config|nonexistent-provider-volume/);
      expect(output).not.toContain("flag");
      expect(exitCode).toBe(255);
    });
  }

  test("nothing else: a flag that it lacks ends the start with 2", () => {
    expect(start(["--http-addr-of-nothing=1"]).exitCode).toBe(2);
  });
});

test("every value set: the flags mean what the values say", () => {
  expect(parseFlags(argsOf(goldenObjects("every-value")))).toMatchObject({
    "provider-volume": "/var/run/csi-providers",
    "driver-writes-secrets": true,
    qps: 1_000_000,
    burst: 2_000_000,
    "eks-addon-version": "v4.0.0-eksbuild.1",
    "pod-identity-http-timeout": "1.5s",
    "credential-cache-max-age": 90_000,
    "batch-secrets": true,
    "secret-cache-ttl": 30_000,
    "serve-stale-for": 3_600_000,
    "restore-rotation-interval": true,
    "sts-fips": "required",
    "http-addr": { hostname: "", port: 9090 },
    "log-format": "json",
    "log-level": "debug",
  });
});

test("every flag has a value in the chart, but for the seams of tests and foreign clusters", () => {
  const rendered = argsOf(goldenObjects("every-value")).map((arg) => arg.slice(2).split("=")[0]);
  const left = Object.keys(flags).filter((name) => !rendered.includes(name));
  expect(left).toEqual(["pod-identity-endpoints", "kubeconfig"]);
});
