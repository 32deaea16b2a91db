// Assumed roles, kept values and last values in the compiled binary, in both write modes; and what of them may be seen from outside: nothing.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { httpOf, newFolder, parameter, secret, startBinaryLab } from "./binary-lab.ts";
import type { BinaryLab } from "./binary-lab.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const failoverRegion = "us-east-1";
const marker = { secret: "MARKER-kept-secret", parameter: "MARKER-kept-parameter" };
const objects = [secret("s"), parameter("/p")];
const wanted = { s: marker.secret, _p: marker.parameter };
const down = { kind: "answer", status: 500, code: "InternalFailure", message: "down" } as const;

function fill({ world: { cloud } }: BinaryLab): void {
  for (const place of [region, failoverRegion]) {
    cloud.putSecret(place, "s", marker.secret);
    cloud.putParameter(place, "/p", marker.parameter, { type: "SecureString" });
  }
  cloud.deny({ role: "app", operation: "GetSecretValue" });
  cloud.deny({ role: "app", operation: "GetParameters" });
  cloud.trustRole("central", "app");
}

/** Tokens' ends, keys and values. */
function insideOf({ world }: BinaryLab): string[] {
  const keys = world.cloud.sessions().flatMap(({ sessionToken, secretAccessKey }) => [sessionToken, secretAccessKey]);
  return [...Object.values(marker), ...keys.map((key) => key.slice(0, 32))];
}

describe.each([false, true])("driver writes %p", (driverWrites) => {
  const args = [
    `--driver-writes-secrets=${driverWrites}`,
    "--log-level=debug",
    "--http-addr=127.0.0.1:0",
    "--secret-cache-ttl=500ms",
    "--serve-stale-for=1h",
  ];

  test("a role is assumed in each region, values are kept, and the last ones stay through an outage of both", async () => {
    await using lab = await startBinaryLab({ args, env: { AWS_REGION: region, AWS_MAX_ATTEMPTS: "1" } });
    using folder = newFolder();
    fill(lab);
    const { cloud, faults } = lab.world;
    const parameters = { assumeRoleArn: cloud.roleArn("central"), failoverRegion };
    const request = { objects, parameters };
    const targetPath = join(folder.path, "pods", "uid", "mount");
    mkdirSync(targetPath, { recursive: true });
    const first = await lab.run({ ...request, targetPath });
    expect(first.contents).toEqual(wanted);
    const assumed = lab.world.calls("sts").filter(({ operation }) => operation === "AssumeRole");
    expect(
      assumed.map((call) => [call.role, call.region]).toSorted((a, b) => (`${a[1]}` < `${b[1]}` ? -1 : 1)),
    ).toEqual([
      ["app", region],
      ["app", failoverRegion],
    ]);
    const others = lab.world.calls().length;
    expect((await lab.run({ ...request, pod: "app-1" })).contents).toEqual(wanted);
    expect(lab.world.calls().length).toBe(others);

    await Bun.sleep(600); // what is kept is too old now
    faults.inject({ region }, down);
    cloud.putSecret(failoverRegion, "s", marker.secret);
    expect((await lab.run({ ...request, targetPath })).contents).toEqual(wanted);
    await Bun.sleep(600);
    for (const service of ["secrets-manager", "ssm", "sts"] as const) faults.inject({ service }, down);
    const last = await lab.run({ ...request, targetPath });
    expect(last.contents).toEqual(wanted);
    expect(lab.output()).toContain("AWS does not answer");
    expect((await lab.failure({ ...request, pod: "app-2" })).details).toContain("InternalFailure");

    faults.clear();
    const denial = cloud.deny({ role: "central" });
    expect((await lab.failure({ ...request, targetPath })).details).toContain("AccessDenied");
    denial.remove();
    for (const service of ["secrets-manager", "ssm", "sts"] as const) faults.inject({ service }, down);
    expect((await lab.failure({ ...request, targetPath })).details).toContain("InternalFailure");

    const metrics = await (await fetch(`${await httpOf(lab)}/metrics`)).text();
    expect(metrics).toMatch(/stale_serves_total\{type="secretsmanager"\} [1-9]/);
    expect(metrics).toMatch(/cache_lookups_total\{cache="values",result="hit"\} [1-9]/);
    expect(metrics).toMatch(/credential_exchanges_total\{method="assume-role",outcome="ok"\} [1-9]/);
    for (const inside of insideOf(lab)) expect(`${lab.output()}${metrics}`).not.toContain(inside);
    expect(await lab.stop()).toBe(0);
  });
});
