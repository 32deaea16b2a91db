// BatchGetSecretValue, opt-in: counts of calls, errors as of single calls, the way back when the role may not.
import { describe, expect, test } from "bun:test";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

const region = "eu-west-1";
const args = ["--batch-secrets"];
const secret = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "secretsmanager",
  ...more,
});
const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `s${n}`);
const put = (lab: Lab, count: number, where = region): void =>
  names(count).forEach((name) => lab.world.cloud.putSecret(where, name, `value of ${name}`));
const operations = (lab: Lab): Record<string, number> =>
  Object.fromEntries(
    Map.groupBy(lab.world.calls("secrets-manager"), ({ operation }) => operation)
      .entries()
      .map(([name, calls]) => [name, calls.length]),
  );

describe("BatchGetSecretValue", () => {
  test.each([
    [1, { GetSecretValue: 1 }],
    [2, { BatchGetSecretValue: 1 }],
    [20, { BatchGetSecretValue: 1 }],
    [21, { BatchGetSecretValue: 2 }],
    [50, { BatchGetSecretValue: 3 }],
  ])("%i secrets", async (count, expected) => {
    await using lab = await startLab({ args });
    put(lab, count);
    const mounted = await lab.run({ objects: names(count).map((name) => secret(name)) });
    expect(mounted.contents).toEqual(Object.fromEntries(names(count).map((name) => [name, `value of ${name}`])));
    expect(Object.keys(mounted.versions)).toHaveLength(count);
    expect(operations(lab)).toEqual(expected);
  });

  test("is off by default; the class may turn it on and off; anything but a boolean is refused", async () => {
    await using off = await startLab();
    put(off, 3);
    const objects = names(3).map((name) => secret(name));
    await off.run({ objects });
    expect(operations(off)).toEqual({ GetSecretValue: 3 });
    off.world.resetCalls();
    await off.run({ objects, parameters: { batch: "true" } });
    expect(operations(off)).toEqual({ BatchGetSecretValue: 1 });
    expect((await off.failure({ objects, parameters: { batch: "yes" } })).details).toContain(
      'failed to parse batch value, error: strconv.ParseBool: parsing "yes": invalid syntax',
    );
    await using on = await startLab({ args });
    put(on, 3);
    await on.run({ objects, parameters: { batch: "false" } });
    expect(operations(on)).toEqual({ GetSecretValue: 3 });
  });

  test("a batch that is too long is read one by one", async () => {
    await using lab = await startLab({ args });
    // JSON writes each of these characters in six bytes: 20 x 64 KiB are 7.5 MiB, over the bound of 2 MiB.
    names(20).forEach((name) => lab.world.cloud.putSecret(region, name, "\u0001".repeat(65_536)));
    const mounted = await lab.run({ objects: names(20).map((name) => secret(name)) });
    expect(Object.values(mounted.contents).map((value) => value.length)).toEqual(Array(20).fill(65_536));
    expect(operations(lab)).toEqual({ BatchGetSecretValue: 1, GetSecretValue: 20 });
  });

  test("at most nine of one namespace at once, since each answer may be long", async () => {
    await using lab = await startLab({ args });
    put(lab, 400);
    lab.world.faults.inject({ operation: "BatchGetSecretValue" }, { kind: "delay", delayMs: 100 });
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, lab.world.inFlight())), 5);
    const mounts = Array.from({ length: 10 }, (_, n) => names(400).slice(n * 40, n * 40 + 40));
    const mounted = await Promise.all(mounts.map((own) => lab.run({ objects: own.map((name) => secret(name)) })));
    clearInterval(watch);
    expect([mounted.map(({ contents }) => Object.keys(contents).length), most]).toEqual([Array(10).fill(40), 9]);
  });

  test("pinned secrets go by themselves; ARNs, with and without their random characters, and binary values go along", async () => {
    await using lab = await startLab({ args });
    put(lab, 3);
    const version = lab.world.cloud.putSecret(region, "pinned", "old");
    lab.world.cloud.putSecret(region, "pinned", "new");
    lab.world.cloud.putSecret(region, "binary", new Uint8Array([66, 0, 67]));
    const arn = lab.world.cloud.secretArn(region, "s1");
    const mounted = await lab.run({
      objects: [
        secret("s0"),
        secret(arn, { objectAlias: "arn" }),
        secret(lab.world.cloud.secretArn(region, "s2").slice(0, -7), { objectAlias: "short" }),
        secret("binary"),
        secret("pinned", { objectVersion: version }),
      ],
    });
    expect(mounted.contents).toEqual({
      s0: "value of s0",
      arn: "value of s1",
      short: "value of s2",
      binary: "B\0C",
      pinned: "old",
    });
    expect(operations(lab)).toEqual({ BatchGetSecretValue: 1, GetSecretValue: 1 });
  });

  test("one secret's error has the single call's text; the first in the spec wins", async () => {
    await using lab = await startLab({ args });
    put(lab, 5);
    lab.world.cloud.deleteSecret(region, "s3", { purge: true });
    lab.world.cloud.deleteSecret(region, "s1");
    const objects = names(5).map((name) => secret(name));
    const batched = (await lab.failure({ objects })).details;
    const single = (await lab.failure({ objects, parameters: { batch: "false" } })).details;
    expect(batched).toBe(single);
    expect(batched).toStartWith(
      `${region}: Failed fetching secret s1: operation error Secrets Manager: GetSecretValue, `,
    );
  });

  test("a role without the right: single calls, remembered per identity, said once", async () => {
    await using lab = await startLab({ args });
    put(lab, 3);
    lab.world.cloud.deny({ role: "app", operation: "BatchGetSecretValue" });
    const objects = names(3).map((name) => secret(name));
    for (let n = 0; n < 3; n += 1) await lab.run({ objects });
    expect(operations(lab)).toEqual({ BatchGetSecretValue: 1, GetSecretValue: 9 });
    expect(lab.logged().match(/fetching the secrets one by one/g)).toHaveLength(1);
    lab.world.addWorkload({ namespace: "default", serviceAccount: "other", pod: "other-0", role: "other" });
    lab.world.resetCalls();
    await lab.run({ objects, serviceAccount: "other", pod: "other-0" });
    expect(operations(lab)).toEqual({ BatchGetSecretValue: 1 });
  });

  test("a fault of the network fails the mount with the leading sentence, without single calls on top", async () => {
    await using lab = await startLab({ args, env: { AWS_MAX_ATTEMPTS: "1" } });
    put(lab, 3);
    lab.world.faults.inject(
      { service: "secrets-manager", operation: "BatchGetSecretValue" },
      { kind: "answer", status: 500, code: "InternalServiceError", message: "broken" },
    );
    const { details } = await lab.failure({ objects: names(3).map((name) => secret(name)) });
    expect(details).toStartWith(
      "Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: s0: ",
    );
    expect(operations(lab)).toEqual({ BatchGetSecretValue: 1 });
  });

  test("a throttled batch is done by single calls, which have a larger quota", async () => {
    await using lab = await startLab({ args, env: { AWS_MAX_ATTEMPTS: "1" } });
    put(lab, 3);
    lab.world.faults.inject(
      { service: "secrets-manager", operation: "BatchGetSecretValue" },
      { kind: "answer", status: 400, code: "ThrottlingException", message: "Rate exceeded" },
    );
    for (let n = 0; n < 2; n += 1) await lab.run({ objects: names(3).map((name) => secret(name)) });
    expect(operations(lab)).toEqual({ BatchGetSecretValue: 1, GetSecretValue: 6 });
  });

  test("each region has its batch, and the outcome table holds for each secret", async () => {
    await using lab = await startLab({ args });
    put(lab, 3);
    put(lab, 3, "us-east-1");
    lab.world.cloud.deny({ role: "app", region, id: "*s1*" });
    const parameters = { region, failoverRegion: "us-east-1" };
    const mounted = await lab.run({ objects: names(3).map((name) => secret(name)), parameters });
    expect(Object.keys(mounted.contents).toSorted()).toEqual(["s0", "s1", "s2"]);
    expect(operations(lab)).toMatchObject({ BatchGetSecretValue: 2 });
  });

  test("STS's refusal is the answer for all, and no reason to give batches up", async () => {
    await using lab = await startLab({ args });
    put(lab, 3);
    lab.world.cloud.distrust("app", "default/app");
    const objects = names(3).map((name) => secret(name));
    expect((await lab.failure({ objects })).details).toContain("operation error STS: AssumeRoleWithWebIdentity");
    expect(lab.world.count("secrets-manager")).toBe(0);
    lab.world.cloud.trust("app", "default/app");
    await lab.run({ objects });
    expect(operations(lab)).toEqual({ BatchGetSecretValue: 1 });
  });
});
