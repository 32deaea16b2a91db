// What a mount costs in calls, connections and files: the counts of the performance table. Times are the benchmark's matter (bun run bench).
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import type { MountRequestOptions } from "./build.ts";
import type { Service } from "./fakes/calls.ts";
import { startLab } from "./inprocess.ts";
import type { Lab, LabOptions } from "./inprocess.ts";

const region = "eu-west-1";
const secretName = (n: number): string => `secret-${n}`;
const parameterName = (n: number): string => `/parameter/${n}`;
const secrets = (count: number): object[] =>
  Array.from({ length: count }, (_, n) => ({ objectName: secretName(n), objectType: "secretsmanager" }));
const parameters = (count: number): object[] =>
  Array.from({ length: count }, (_, n) => ({ objectName: parameterName(n), objectType: "ssmparameter" }));

/** A lab with 50 secrets and 50 parameters, and pods app-N of the first account. */
async function startFilledLab(options: LabOptions = {}): Promise<Lab> {
  const lab = await startLab(options);
  for (let n = 0; n < 50; n += 1) {
    lab.world.cloud.putSecret(region, secretName(n), `secret ${n}`);
    lab.world.cloud.putParameter(region, parameterName(n), `parameter ${n}`);
  }
  return lab;
}

/** The calls that reached the fakes during a step, `service:operation` -> times. */
async function callsOf(lab: Lab, step: () => Promise<unknown>): Promise<Record<string, number>> {
  lab.world.resetCalls();
  await step();
  const calls: Record<string, number> = {};
  for (const { service, operation } of lab.world.calls())
    calls[`${service}:${operation}`] = (calls[`${service}:${operation}`] ?? 0) + 1;
  return calls;
}

function addPods(lab: Lab, pods: number, accounts: number): MountRequestOptions[] {
  return Array.from({ length: pods }, (_, n) => {
    const serviceAccount = `sa-${n % accounts}`;
    lab.world.addWorkload({ namespace: "default", serviceAccount, pod: `pod-${n}`, role: `role-${n % accounts}` });
    return { serviceAccount, pod: `pod-${n}` };
  });
}

const exchange = "sts:AssumeRoleWithWebIdentity";
const get = "secrets-manager:GetSecretValue";
const getBatch = "secrets-manager:BatchGetSecretValue";
const getParameters = "ssm:GetParameters";
const account = "kubernetes:serviceaccounts";

describe("calls to AWS", () => {
  test.each<[what: string, objects: object[], calls: Record<string, number>, parameters?: Record<string, string>]>([
    ["1 secret", secrets(1), { [get]: 1 }],
    ["10 secrets", secrets(10), { [get]: 10 }],
    ["50 secrets", secrets(50), { [get]: 50 }],
    ["50 secrets with batch", secrets(50), { [getBatch]: 3 }, { batch: "true" }],
    ["1 parameter", parameters(1), { [getParameters]: 1 }],
    ["50 parameters", parameters(50), { [getParameters]: 5 }],
    ["2 secrets and 1 parameter", [...secrets(2), ...parameters(1)], { [get]: 2, [getParameters]: 1 }],
  ])("%s: the first mount exchanges a token, the next does not", async (_what, objects, calls, more = {}) => {
    await using lab = await startFilledLab();
    const request = { objects, parameters: { region, ...more } };
    expect(await callsOf(lab, () => lab.run(request))).toEqual({ ...calls, [exchange]: 1, [account]: 1 });
    expect(await callsOf(lab, () => lab.run({ ...request, pod: "app-1" }))).toEqual(calls);
  });

  test("ten entries of jmesPath are read out of one answer", async () => {
    await using lab = await startLab();
    const fields = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`field${n}`, `value ${n}`]));
    lab.world.cloud.putSecret(region, "json", JSON.stringify(fields));
    const jmesPath = Object.keys(fields).map((path) => ({ path, objectAlias: path }));
    const objects = [{ objectName: "json", objectType: "secretsmanager", jmesPath }];
    const calls = await callsOf(lab, () => lab.run({ objects, parameters: { region } }));
    expect(calls).toEqual({ [exchange]: 1, [account]: 1, [get]: 1 });
  });

  test("rotation: 24 pods of 4 accounts exchange 4 tokens, 8 pods at once or one by one, and none when mounted again; at once they share what they read", async () => {
    await using lab = await startFilledLab();
    const pods = addPods(lab, 24, 4);
    const objects = [...secrets(2), ...parameters(1)];
    const mountAll = (atOnce: number) => async (): Promise<void> => {
      for (let at = 0; at < pods.length; at += atOnce)
        await Promise.all(
          pods.slice(at, at + atOnce).map((pod) => lab.run({ ...pod, objects, parameters: { region } })),
        );
    };
    const oneByOne = { [get]: 48, [getParameters]: 24 };
    expect(await callsOf(lab, mountAll(1))).toEqual({ [exchange]: 4, [account]: 4, ...oneByOne });
    expect(await callsOf(lab, mountAll(1))).toEqual(oneByOne);
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "delay", delayMs: 50 });
    lab.world.faults.inject({ service: "ssm" }, { kind: "delay", delayMs: 50 });
    expect(await callsOf(lab, mountAll(8))).toEqual({ [get]: 24, [getParameters]: 12 });
  });

  test("20 pods of one deployment, mounted again: with --secret-cache-ttl a twentieth of the calls, within it none", async () => {
    await using lab = await startFilledLab({ args: ["--secret-cache-ttl=5s"] });
    const pods = addPods(lab, 20, 1);
    const objects = [...secrets(2), ...parameters(1)];
    const mountAll = async (): Promise<void> => {
      for (const pod of pods) await lab.run({ ...pod, objects, parameters: { region } });
    };
    const once = { [get]: 2, [getParameters]: 1 };
    expect(await callsOf(lab, mountAll)).toEqual({ [exchange]: 1, [account]: 1, ...once });
    expect(await callsOf(lab, () => lab.run({ ...pods[0], objects, parameters: { region } }))).toEqual({});
    await Bun.sleep(5_100);
    const calls = await callsOf(lab, mountAll);
    expect(calls).toEqual(once); // without the flag: 40 and 20, as above
  }, 60_000);

  test("Pod Identity: the agent is asked once for a pod, and once more for another pod of the same account", async () => {
    await using lab = await startFilledLab();
    const request = { objects: secrets(1), parameters: { region, usePodIdentity: "true" } };
    const withAgent = { "pod-identity:GetCredentials": 1, [get]: 1 };
    expect(await callsOf(lab, () => lab.run(request))).toEqual(withAgent);
    expect(await callsOf(lab, () => lab.run(request))).toEqual({ [get]: 1 });
    expect(await callsOf(lab, () => lab.run({ ...request, pod: "app-1" }))).toEqual(withAgent);
  });

  test("no more than 32 at once, whatever the mounts ask for", async () => {
    await using lab = await startFilledLab();
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "delay", delayMs: 10 });
    const pods = addPods(lab, 16, 16);
    await Promise.all(pods.map((pod) => lab.run({ ...pod, objects: secrets(20), parameters: { region } })));
    expect(lab.world.count("secrets-manager")).toBe(320);
    expect(lab.world.maxInFlight("secrets-manager")).toBeLessThanOrEqual(32);
    expect(lab.world.maxInFlight("secrets-manager")).toBeGreaterThan(16);
  });
});

describe("calls to Kubernetes", () => {
  test("the node's region is found out once for all pods; within ten seconds of the annotation a remount asks nothing", async () => {
    await using lab = await startFilledLab();
    const pods = addPods(lab, 6, 2);
    const mountAll = async (): Promise<void> => {
      for (const pod of pods) await lab.run({ ...pod, objects: secrets(1) });
    };
    expect(await callsOf(lab, mountAll)).toEqual({
      "kubernetes:pods": 1,
      "kubernetes:nodes": 1,
      [account]: 2,
      [exchange]: 2,
      [get]: 6,
    });
    expect(await callsOf(lab, mountAll)).toEqual({ [get]: 6 });
  });

  test("30 mounts in a row with default flags stay inside the burst of the token bucket", async () => {
    await using lab = await startFilledLab();
    await lab.run({ objects: secrets(1) });
    for (let n = 1; n < 30; n += 1) await lab.run({ objects: secrets(1), pod: `app-${n}` });
    expect(lab.world.count("kubernetes")).toBeLessThanOrEqual(10);
  });
});

describe("what is left behind", () => {
  test("connections: some to each service after 200 mounts, and kept alive", async () => {
    await using lab = await startFilledLab({ tls: true });
    const pods = addPods(lab, 50, 50);
    const objects = [...secrets(2), ...parameters(1)];
    const mountAll = (): Promise<unknown> =>
      Promise.all(pods.map((pod) => lab.run({ ...pod, objects, parameters: { region } })));
    for (let pass = 0; pass < 4; pass += 1) await mountAll();
    const services: Service[] = ["secrets-manager", "ssm", "sts", "kubernetes"];
    for (const service of services) expect(lab.world.connections(service), service).toBeLessThanOrEqual(32);
    expect(lab.world.count("secrets-manager")).toBe(400);

    const before = new Set(lab.world.calls().map(({ connection }) => connection));
    lab.world.resetCalls();
    await lab.run({ ...pods[0], objects, parameters: { region } });
    for (const { connection, service } of lab.world.calls()) expect(before.has(connection), service).toBe(true);
  });

  test("open files: as many after 300 mounts as after 100", async () => {
    await using lab = await startFilledLab();
    const pods = addPods(lab, 20, 4);
    const targets = pods.map(() => lab.newTarget());
    const mountMany = async (times: number): Promise<number> => {
      for (let n = 0; n < times; n += 4)
        await Promise.all(
          [0, 1, 2, 3].map((more) => {
            const at = (n + more) % pods.length;
            return lab.run({ ...pods[at], targetPath: targets[at] ?? "", objects: secrets(1), parameters: { region } });
          }),
        );
      return readdirSync("/proc/self/fd").length;
    };
    const early = await mountMany(100);
    expect(await mountMany(200)).toBeLessThanOrEqual(early + 8);
  });

  test("files: those of the mount and nothing else, mounted once or three times", async () => {
    await using lab = await startFilledLab();
    const targetPath = lab.newTarget();
    const objects = [...secrets(3), ...parameters(2)];
    for (let n = 0; n < 3; n += 1) {
      await lab.run({ targetPath, objects, parameters: { region } });
      expect(readdirSync(targetPath).toSorted()).toEqual(
        ["_parameter_0", "_parameter_1", "secret-0", "secret-1", "secret-2"].toSorted(),
      );
    }
  });
});
