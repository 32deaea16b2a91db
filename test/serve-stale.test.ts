// --serve-stale-for: what a pod had, while AWS does not answer. When, for how long, for whom; and what ends it.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parameter, secret } from "./binary-lab.ts";
import type { MountRequestOptions } from "./build.ts";
import type { Service } from "./fakes/calls.ts";
import type { FaultAction } from "./fakes/faults.ts";
import { serviceAccountTokens } from "./fakes/tokens.ts";
import { startLab } from "./inprocess.ts";
import type { Lab, LabOptions } from "./inprocess.ts";
import { finish } from "../src/work.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const second = "us-east-1";
const args = ["--serve-stale-for=1h"];
const objects = [
  secret("s", { jmesPath: [{ path: "key", objectAlias: "key" }] }),
  parameter("/p"),
  secret("gone", { optional: true }),
  { objectType: "ssmparameter", objectSelector: { path: "/tree" } },
];
const wanted = { s: '{"key":"1"}', key: "1", _p: "parameter", leaf: "leaf" };
const unavailable: FaultAction = { kind: "answer", status: 503, code: "ServiceUnavailable", message: "x" };
const throttled: FaultAction = { kind: "answer", status: 400, code: "ThrottlingException", message: "Rate exceeded" };

async function startFilled(options: LabOptions = {}): Promise<Lab> {
  const lab = await startLab({ args, ...options, env: { AWS_REGION: region, AWS_MAX_ATTEMPTS: "1", ...options.env } });
  for (const place of [region, second]) {
    lab.world.cloud.putSecret(place, "s", '{"key":"1"}');
    lab.world.cloud.putParameter(place, "/p", "parameter");
    lab.world.cloud.putParameter(place, "/tree/leaf", "leaf");
  }
  return lab;
}

/** From now on none of these answers but with this. */
function fail(lab: Lab, services: readonly Service[], action: FaultAction, more: { region?: string } = {}): void {
  for (const service of services) lab.world.faults.inject({ service, ...more }, action);
}

const stores: readonly Service[] = ["secrets-manager", "ssm"];
const everything: readonly Service[] = [...stores, "sts", "pod-identity"];

/** A pod that was mounted, to be mounted again. */
async function mounted(lab: Lab, request: MountRequestOptions = { objects }): Promise<MountRequestOptions> {
  const { targetPath } = await lab.run(request);
  return { ...request, targetPath };
}

describe("an outage", () => {
  test.each([
    ["5xx, the driver writes", unavailable, true],
    ["5xx, the provider writes", unavailable, false],
    ["connections that break", { kind: "reset" }, true],
    ["connections that hang", { kind: "hang" }, true],
  ] as const)(
    "%s: the pod's remount gets its last values and versions, with a warning",
    async (_what, action, driverWrites) => {
      await using lab = await startFilled({ args: [...args, `--driver-writes-secrets=${driverWrites}`] });
      const first = await lab.run({ objects });
      expect(first.contents).toEqual(wanted);
      fail(lab, stores, action);
      const again = await lab.run({ objects, targetPath: first.targetPath });
      expect([again.contents, again.versions]).toEqual([first.contents, first.versions]);
      expect(lab.logged()).toMatch(/W.* AWS does not answer \(eu-west-1: .*\); mounting the values of \d+ s ago of s /);
      lab.world.faults.clear();
      lab.world.cloud.putSecret(region, "s", '{"key":"2"}');
      expect((await lab.run({ objects, targetPath: first.targetPath })).contents).toMatchObject({ key: "2" });
    },
  );

  test.each(["false", "true"])(
    "of STS or the agent, too, when there are no credentials any more; Pod Identity %s",
    async (usePodIdentity) => {
      await using lab = await startFilled({ args: [...args, "--credential-cache-max-age=0"] });
      const request = await mounted(lab, { objects, parameters: { usePodIdentity } });
      fail(lab, ["sts", "pod-identity"], unavailable);
      expect((await lab.run(request)).contents).toEqual(wanted);
    },
  );

  test("what AWS still gives is fresh, the rest is as it was", async () => {
    await using lab = await startFilled();
    const request = await mounted(lab);
    lab.world.cloud.putParameter(region, "/p", "rotated");
    lab.world.cloud.putSecret(region, "s", '{"key":"2"}');
    fail(lab, ["secrets-manager"], unavailable);
    expect((await lab.run(request)).contents).toEqual({ ...wanted, _p: "rotated" });
    expect((await lab.run(request)).contents).toEqual({ ...wanted, _p: "rotated" });
    lab.world.faults.clear();
    fail(lab, ["ssm"], unavailable);
    expect((await lab.run(request)).contents).toEqual({ ...wanted, _p: "rotated", s: '{"key":"2"}', key: "2" });
  });

  test("with a failover region: that one serves; only when both are down the last values do", async () => {
    await using lab = await startFilled();
    // Without the optional object: that one is absent only by the word of both regions (docs/features.md).
    const named = objects.slice(0, 2);
    const request = await mounted(lab, { objects: named, parameters: { failoverRegion: second } });
    for (const place of [region, second]) lab.world.cloud.putSecret(place, "s", '{"key":"2"}');
    fail(lab, everything, unavailable, { region });
    expect((await lab.run(request)).contents).toMatchObject({ key: "2" });
    lab.world.cloud.putSecret(second, "s", '{"key":"3"}');
    fail(lab, everything, unavailable, { region: second });
    expect((await lab.run(request)).contents).toMatchObject({ key: "2" });
  });

  test("serving makes nothing younger: the time counts from the last answer of AWS", async () => {
    await using lab = await startFilled({ args: ["--serve-stale-for=2s"] });
    const request = await mounted(lab);
    fail(lab, everything, unavailable);
    let served = 0;
    for (;;) {
      const outcome = await lab.run(request).catch((error: unknown) => error);
      if (outcome instanceof Error) break;
      served += 1;
      await Bun.sleep(100);
    }
    expect(served).toBeGreaterThan(0);
  });

  test("off by default", async () => {
    await using lab = await startFilled({ args: [] });
    const request = await mounted(lab);
    fail(lab, stores, unavailable);
    expect((await lab.failure(request)).details).toContain("ServiceUnavailable");
  });
});

describe("what is no outage fails as ever", () => {
  test.each([
    ["throttling", throttled],
    ["an answer that can't be read", { kind: "malformed" }],
    ["another error", { kind: "answer", status: 400, code: "InvalidSignatureException", message: "x" }],
  ] as const)("%s", async (_what, action) => {
    await using lab = await startFilled();
    const request = await mounted(lab);
    fail(lab, ["secrets-manager"], action);
    await lab.failure(request);
    lab.world.faults.clear();
    fail(lab, ["secrets-manager"], unavailable);
    expect((await lab.run(request)).contents).toEqual(wanted);
  });

  const slowDown: FaultAction = { kind: "answer", status: 400, code: "ThrottlingException", message: "x" };
  const tooMany: FaultAction = { kind: "answer", status: 429, code: "TooManyRequestsException", message: "x" };
  test.each<[string, Service, FaultAction, MountRequestOptions]>([
    ["Secrets Manager", "secrets-manager", slowDown, { objects: [secret("s")] }],
    ["Parameter Store", "ssm", slowDown, { objects: [parameter("/p")] }],
    ["STS", "sts", { ...slowDown, code: "Throttling" }, { objects: [secret("s")] }],
    ["the agent", "pod-identity", tooMany, { objects: [secret("s")], parameters: { usePodIdentity: "true" } }],
  ])("throttled first, a 5xx at the last attempt: %s has answered", async (_what, service, action, request) => {
    await using lab = await startFilled({
      args: [...args, "--credential-cache-max-age=0"],
      env: { AWS_MAX_ATTEMPTS: "3" },
    });
    const again = await mounted(lab, request);
    const first = lab.world.faults.inject({ service, times: 2 }, action);
    const last = lab.world.faults.inject({ service }, unavailable);
    await lab.failure(again);
    expect([first.hits(), last.hits()]).toEqual(service === "pod-identity" ? [2, 2] : [2, 1]);
    await lab.run(again); // nothing but 5xx
  });

  test("a batch that is throttled, and single calls that have no answer", async () => {
    await using lab = await startFilled({ args: [...args, "--batch-secrets"] });
    lab.world.cloud.putSecret(region, "t", "t");
    const again = await mounted(lab, { objects: [secret("s"), secret("t")] });
    lab.world.faults.inject({ operation: "BatchGetSecretValue" }, throttled);
    lab.world.faults.inject({ operation: "GetSecretValue" }, unavailable);
    expect((await lab.failure(again)).details).toContain("ServiceUnavailable");
  });

  test("denied with credentials of a cache, no answer with fresh ones: the denial stands", async () => {
    await using lab = await startFilled();
    const again = await mounted(lab, { objects: [secret("s")] });
    lab.world.faults.inject(
      { service: "secrets-manager", times: 1 },
      { kind: "answer", status: 400, code: "AccessDeniedException", message: "no" },
    );
    fail(lab, ["secrets-manager"], unavailable);
    expect((await lab.failure(again)).details).toContain("AccessDeniedException");
    expect((await lab.failure(again)).details).toContain("ServiceUnavailable");
  });

  test("one region down, the other throttled, or without the object", async () => {
    await using lab = await startFilled();
    const request = await mounted(lab, { objects, parameters: { failoverRegion: second } });
    fail(lab, stores, unavailable, { region });
    fail(lab, stores, throttled, { region: second });
    expect((await lab.failure(request)).details).toContain("ThrottlingException");
    lab.world.faults.clear();
    fail(lab, stores, unavailable, { region });
    lab.world.cloud.deleteSecret(second, "s", { purge: true });
    expect((await lab.failure(request)).details).toContain("ResourceNotFoundException");
  });
});

describe("a denial ends it, of any object and of any pod of the identity", () => {
  test.each<[string, (lab: Lab) => void, (lab: Lab) => MountRequestOptions]>([
    [
      "the same pod",
      ({ world }) => void world.cloud.deny({ operation: "GetParameters" }),
      () => ({ objects: [parameter("/p")] }),
    ],
    [
      "another pod of the account",
      ({ world }) => void world.cloud.deny({ id: "x" }),
      () => ({ objects: [secret("x")], pod: "app-1" }),
    ],
    [
      "the role's trust",
      ({ world }) => {
        world.cloud.distrust("app", "default/app");
        world.cloud.expireSessions();
      },
      () => ({ objects }),
    ],
    [
      "a role that was to be assumed",
      () => undefined,
      ({ world }) => ({ objects, parameters: { assumeRoleArn: world.cloud.roleArn("no") } }),
    ],
  ])("%s", async (_what, deny, denied) => {
    await using lab = await startFilled();
    const request = await mounted(lab);
    deny(lab);
    expect((await lab.failure(denied(lab))).details).toContain("AccessDenied");
    fail(lab, everything, unavailable);
    expect((await lab.failure(request)).details).toContain("ServiceUnavailable");
  });
});

describe("nobody else gets them", () => {
  const stranger = "22222222-2222-4222-a222-222222222222";
  test.each<[string, MountRequestOptions]>([
    ["another pod", { pod: "app-1" }],
    ["the pod made again under its name", { attributes: { "csi.storage.k8s.io/pod.uid": stranger } }],
    ["another service account", { serviceAccount: "second" }],
    ["the service account made again", { tokens: serviceAccountTokens({ serviceAccountUid: stranger }) }],
    ["another class", { objects: [...objects, secret("t")] }],
    ["fewer objects", { objects: [parameter("/p")] }],
    ["another region", { parameters: { region: second } }],
    ["another way to credentials", { parameters: { usePodIdentity: "true" } }],
    ["another mode", { permission: "256" }],
    ["a token that does not say whose it is", { tokens: JSON.stringify({ "sts.amazonaws.com": { token: "opaque" } }) }],
  ])("%s", async (_what, changes) => {
    await using lab = await startFilled();
    lab.world.addWorkload({ namespace: "default", serviceAccount: "second", pod: "second-0", role: "second" });
    const request = await mounted(lab);
    fail(lab, everything, unavailable);
    expect((await lab.failure({ ...request, ...changes })).details).toContain("ServiceUnavailable");
  });

  test("another target of the same pod", async () => {
    await using lab = await startFilled();
    await mounted(lab);
    fail(lab, everything, unavailable);
    expect((await lab.failure({ objects })).details).toContain("ServiceUnavailable");
  });
});

test("a pod whose directory is gone is forgotten; the memory has a bound", async () => {
  const { createLastValues } = await import("../src/store/last-values.ts");
  const { parseMountRequest } = await import("../src/request/mount-request.ts");
  const { parseObjects } = await import("../src/request/objects.ts");
  const { aMountRequest } = await import("./build.ts");
  const folder = mkdtempSync(join(tmpdir(), "stale-"));
  let nowMs = 1_000_000;
  const asked: string[] = [];
  const gone = new Set<string>();
  const exists = async (path: string): Promise<boolean> => {
    asked.push(path);
    return !gone.has(path);
  };
  const last = createLastValues({ maxAgeMs: 3_600_000, exists, now: () => nowMs });
  const podFolder = (uid: string): string => join(folder, "pods", uid);
  const open = (uid: string) => {
    const targetPath = join(podFolder(uid), "volumes/x/mount");
    const attributes = { "csi.storage.k8s.io/pod.uid": uid };
    const request = parseMountRequest(aMountRequest({ objects: [secret("s")], attributes, targetPath }));
    const parsed = finish(
      parseObjects(request.parameters.objects, { pathTranslation: "", region, failoverRegion: "" }),
    );
    const memory = last.open(request, parsed, { workload: "somebody" });
    if (memory === undefined || parsed[0] === undefined) throw new Error("no memory");
    return { memory, object: parsed[0] };
  };
  const put = async (uid: string, sizeBytes: number): Promise<void> => {
    const { memory, object } = open(uid);
    memory.keep(object, { value: new Uint8Array(sizeBytes), version: "1" });
    memory.commit();
    await Bun.sleep(0);
  };
  const has = (uid: string): boolean => {
    const { memory, object } = open(uid);
    return memory.recall([object]) !== undefined;
  };
  mkdirSync(podFolder("a"), { recursive: true });
  await put("a", 10);
  await put("b", 10);
  expect([has("a"), has("b")]).toEqual([true, true]);
  gone.add(podFolder("a"));
  nowMs += 61_000;
  await put("b", 10);
  expect([has("a"), has("b")]).toEqual([false, true]);
  expect(asked).toContain(podFolder("a"));
  const large = Array.from({ length: 9 }, (_, n) => `large-${n}`);
  for (const uid of large) await put(uid, 1_000_000);
  expect([has("b"), has("large-0"), has("large-8")]).toEqual([false, false, true]);
  rmSync(folder, { recursive: true });
});
