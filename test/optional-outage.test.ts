// An optional object that one region has not got, while the other is down: left out of a volume that does not have it, kept by one that has.
import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parameter, secret } from "./binary-lab.ts";
import type { MountRequestOptions } from "./build.ts";
import type { FaultAction } from "./fakes/faults.ts";
import { startLab } from "./inprocess.ts";
import type { Lab, LabOptions } from "./inprocess.ts";

const primary = "eu-west-1";
const failover = "us-east-1";
const parameters = { region: primary, failoverRegion: failover };
const unavailable: FaultAction = { kind: "answer", status: 503, code: "ServiceUnavailable", message: "not today" };
const optional = { optional: true };

/** Every region has the secret `s` and the parameter `/p`, and one of them is down. */
async function startDown(down: string, options: LabOptions = {}): Promise<Lab> {
  const lab = await startLab({ ...options, env: { AWS_MAX_ATTEMPTS: "1" } });
  for (const region of [primary, failover]) {
    lab.world.cloud.putSecret(region, "s", `s of ${region}`);
    lab.world.cloud.putParameter(region, "/p", `p of ${region}`);
  }
  for (const service of ["secrets-manager", "ssm"] as const)
    lab.world.faults.inject({ service, region: down }, unavailable);
  return lab;
}

const classes: readonly [string, object, string][] = [
  ["a secret", secret("gone", optional), "gone"],
  ["a parameter", parameter("/gone", optional), "_gone"],
  ["a jmesPath entry", secret("gone", { ...optional, jmesPath: [{ path: "a", objectAlias: "part" }] }), "part"],
  ["listed keys", secret("gone", { ...optional, expandKeys: true, keys: ["k"], keyPrefix: "x-" }), "x-k"],
  ["keys", secret("gone", { ...optional, expandKeys: true, keyPrefix: "x-" }), "x-any"],
  [
    "a selector",
    { objectType: "ssmparameter", objectSelector: { path: "/gone" }, keyPrefix: "x-", ...optional },
    "x-any",
  ],
];
const both = [primary, failover].flatMap((down) => classes.map((one) => [down, ...one] as const));

describe.each(both)("%s is down, %s", (down, _what, object, file) => {
  const up = down === primary ? failover : primary;
  const objects = [secret("s"), parameter("/p"), object];
  const wanted = { s: `s of ${up}`, _p: `p of ${up}` };

  test("a new volume is mounted without it, and the log says so", async () => {
    await using lab = await startDown(down);
    expect((await lab.run({ objects, parameters })).contents).toEqual(wanted);
    expect(lab.logged()).toMatch(new RegExp(`W.* ${down}: .*not today; mounting without .*gone: not in ${up}`));
  });

  test("a volume that has it fails, and keeps it; one that has others is mounted", async () => {
    await using lab = await startDown(down);
    const targetPath = lab.newTarget();
    writeFileSync(join(targetPath, file), "as it was");
    const { details } = await lab.failure({ objects, parameters, targetPath });
    expect(details).toContain(`${down}: `);
    expect(details).toContain("not today");
    rmSync(join(targetPath, file));
    writeFileSync(join(targetPath, "s"), "as it was");
    expect((await lab.run({ objects, parameters, targetPath })).contents).toEqual(wanted);
  });
});

describe("what a volume has", () => {
  const objects = [secret("s"), secret("a/b", optional)];
  const options: LabOptions = { args: ["--driver-writes-secrets"] };
  const off: MountRequestOptions = { objects, parameters: { ...parameters, pathTranslation: "False" } };

  test("as the driver's writer lays it out, behind links", async () => {
    await using lab = await startDown(primary, options);
    const targetPath = lab.newTarget();
    mkdirSync(join(targetPath, "..2026/a"), { recursive: true });
    symlinkSync("..2026", join(targetPath, "..data"));
    symlinkSync("..data/a", join(targetPath, "a"));
    expect((await lab.run({ ...off, targetPath })).contents).toEqual({ s: `s of ${failover}` });
    writeFileSync(join(targetPath, "..2026/a/b"), "as it was");
    expect((await lab.failure({ ...off, targetPath })).details).toContain("not today");
  });

  test("a link that leads out of it is not followed", async () => {
    await using lab = await startDown(primary);
    const [targetPath, outside] = [lab.newTarget(), lab.newTarget()];
    mkdirSync(join(outside, "a"));
    writeFileSync(join(outside, "a/b"), "not the pod's");
    symlinkSync(outside, join(targetPath, "..data"));
    expect((await lab.run({ ...off, targetPath })).contents).toMatchObject({ s: `s of ${failover}` });
  });

  test("by the versions of an older driver", async () => {
    await using lab = await startDown(primary, options);
    const currentObjectVersions = [{ id: "a/b", version: "v" }];
    expect((await lab.failure({ ...off, currentObjectVersions })).details).toContain("not today");
  });

  test("where it can't be seen it may have the file", async () => {
    await using lab = await startDown(primary, options);
    const targetPath = lab.newTarget();
    rmSync(targetPath, { recursive: true });
    expect((await lab.failure({ ...off, targetPath })).details).toContain("not today");
  });
});

test("a batch of parameters: what the failover region has is mounted, what it has not is left out", async () => {
  await using lab = await startDown(primary);
  const objects = [parameter("/p"), parameter("/gone", optional), parameter("/lost", optional)];
  const request = { objects, parameters, targetPath: lab.newTarget() };
  expect((await lab.run(request)).contents).toEqual({ _p: `p of ${failover}` });
  writeFileSync(join(request.targetPath, "_lost"), "as it was");
  expect((await lab.failure(request)).details).toContain("invalid parameters: /lost");
});

test.each([
  ["AccessDeniedException", 400],
  ["ThrottlingException", 400],
])("%s is no outage: a new volume fails as ever", async (code, status) => {
  await using lab = await startLab({ env: { AWS_MAX_ATTEMPTS: "1" } });
  lab.world.faults.inject(
    { service: "secrets-manager", region: primary },
    { kind: "answer", status, code, message: "x" },
  );
  expect((await lab.failure({ objects: [secret("gone", optional)], parameters })).details).toContain(code);
});
