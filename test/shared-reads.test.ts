// Reads that mounts share: those under way at the same moment, always; those of a moment ago, with --secret-cache-ttl. And with whom they are not shared.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { parameter, secret } from "./binary-lab.ts";
import type { MountRequestOptions } from "./build.ts";
import { serviceAccountTokens } from "./fakes/tokens.ts";
import { startLab } from "./inprocess.ts";
import type { Lab, LabOptions } from "./inprocess.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const second = "us-east-1";
const account = "eks.amazonaws.com/role-arn";
const objects = [secret("s"), secret("t"), parameter("/p"), parameter("/q")];

async function startFilled(options: LabOptions = {}): Promise<Lab> {
  const lab = await startLab({ ...options, env: { AWS_REGION: region, ...options.env } });
  for (const place of [region, second]) {
    for (const name of ["s", "t", "u"]) lab.world.cloud.putSecret(place, name, `${name} in ${place}`);
    for (const name of ["/p", "/q", "/r"]) lab.world.cloud.putParameter(place, name, `${name} in ${place}`);
  }
  return lab;
}

/** The values are slow to come: mounts that start together wait together. */
function slow(lab: Lab, delayMs = 100): void {
  for (const service of ["secrets-manager", "ssm"] as const)
    lab.world.faults.inject({ service }, { kind: "delay", delayMs });
}

const reads = (lab: Lab): number[] => [lab.world.count("secrets-manager"), lab.world.count("ssm")];
const pods = (count: number, request: MountRequestOptions = {}): MountRequestOptions[] =>
  Array.from({ length: count }, (_, n) => ({ objects, ...request, pod: `app-${n}` }));
const all = <T>(requests: readonly MountRequestOptions[], each: (request: MountRequestOptions) => Promise<T>) =>
  Promise.all(requests.map(each));

describe("at the same moment", () => {
  test.each([
    ["secrets and parameters", {}, [2, 1]],
    ["batches of secrets", { batch: "true" }, [1, 1]],
    ["two regions", { failoverRegion: second }, [4, 2]],
  ] as const)(
    "16 pods of one deployment, as many as have their turn at once, read once: %s",
    async (_what, more, expected) => {
      await using lab = await startFilled();
      slow(lab);
      const mounted = await all(pods(16, { parameters: more }), (pod) => lab.run(pod));
      expect(reads(lab)).toEqual([...expected]);
      for (const { contents } of mounted)
        expect(contents).toEqual({
          s: `s in ${region}`,
          t: `t in ${region}`,
          _p: `/p in ${region}`,
          _q: `/q in ${region}`,
        });
    },
  );

  test("selectors are shared too, if they are the same", async () => {
    await using lab = await startFilled();
    slow(lab);
    const select = (path: string): object => ({ objectType: "ssmparameter", objectSelector: { path } });
    await all(
      [...pods(5, { objects: [select("/")] }), ...pods(5, { objects: [{ ...select("/"), keyPrefix: "x" }] })],
      (pod) => lab.run(pod),
    );
    expect(lab.world.count("ssm")).toBe(1);
  });

  test("200 pods of one deployment: those that wait for their turn are served by reads that began after they had arrived", async () => {
    await using lab = await startFilled();
    slow(lab, 20);
    const mounted = await all(pods(200), (pod) => lab.run(pod));
    // Twenty mounts have their turn at once: without this it would be ten times as many.
    expect(reads(lab)).toEqual([2, 1]);
    for (const { contents } of mounted) expect(contents["t"]).toBe(`t in ${region}`);
  });

  test("one that arrives after a read began reads anew, though older ones still wait", async () => {
    await using lab = await startFilled();
    lab.world.faults.inject({ service: "ssm" }, { kind: "hang" });
    const one = { objects: [secret("s")] };
    const held = lab.failure({ objects: [secret("s"), parameter("/p")], pod: "app-0" }, { deadlineMs: 3_000 });
    while (lab.world.count("ssm") === 0 || lab.world.inFlight("secrets-manager") > 0) await Bun.sleep(5);
    lab.world.cloud.putSecret(region, "s", "rotated");
    expect((await lab.run({ ...one, pod: "app-1" })).contents).toEqual({ s: "rotated" });
    expect((await lab.run({ ...one, pod: "app-2" })).contents).toEqual({ s: "rotated" });
    expect(lab.world.count("secrets-manager")).toBe(3);
    await held;
  });

  test("one after the other each reads for itself", async () => {
    await using lab = await startFilled();
    for (const pod of pods(3)) await lab.run(pod);
    expect(reads(lab)).toEqual([6, 3]);
  });

  test("not with another service account, another role, another pod by Pod Identity, or a token that does not say whose it is", async () => {
    await using lab = await startFilled();
    const { cloud, addWorkload } = lab.world;
    slow(lab);
    addWorkload({ namespace: "default", serviceAccount: "second", pod: "second-0", role: "app" });
    cloud.trustRole("central", "app");
    const chained = { parameters: { assumeRoleArn: cloud.roleArn("central") } };
    const one = { objects: [secret("s")] };
    await all([one, { ...one, serviceAccount: "second", pod: "second-0" }, { ...one, ...chained }], (pod) =>
      lab.run(pod),
    );
    expect(lab.world.count("secrets-manager")).toBe(3);
    lab.world.resetCalls();
    await all(pods(4, { ...one, parameters: { usePodIdentity: "true" } }), (pod) => lab.run(pod));
    expect(lab.world.count("secrets-manager")).toBe(4);
  });

  test("a failure is everybody's, in words about their own objects; nothing of it is kept", async () => {
    await using lab = await startFilled();
    slow(lab);
    const denial = lab.world.cloud.deny({ id: "*p" });
    const failures = await all(pods(6), (pod) => lab.failure(pod));
    for (const { details } of failures) expect(details).toContain("AccessDeniedException");
    expect(lab.world.count("ssm")).toBeLessThanOrEqual(2); // once more with fresh credentials
    denial.remove();
    const { contents } = await lab.run({ objects });
    expect(contents["_p"]).toBe(`/p in ${region}`);
    const missing = ["first", "second"].map((objectAlias) => ({ objects: [secret("nowhere", { objectAlias })] }));
    lab.world.resetCalls();
    for (const { details } of await all(missing, (pod) => lab.failure(pod)))
      expect(details).toContain("Failed fetching secret nowhere");
    expect(lab.world.count("secrets-manager")).toBe(1);
  });

  test("invalid parameters of one class are no matter of another that shares some of them", async () => {
    await using lab = await startFilled();
    slow(lab);
    const [bad, good] = await Promise.all([
      lab.failure({ objects: [parameter("/p"), parameter("/nowhere")] }),
      lab.run({ objects: [parameter("/p")] }),
    ]);
    expect(bad.details).toContain("invalid parameters: /nowhere");
    expect(good.contents).toEqual({ _p: `/p in ${region}` });
  });

  test("optional or not is a matter of each class", async () => {
    await using lab = await startFilled();
    slow(lab);
    const [must, may] = await Promise.all([
      lab.failure({ objects: [secret("nowhere")] }),
      lab.run({ objects: [secret("nowhere", { optional: true }), secret("s")] }),
    ]);
    expect(must.details).toContain("ResourceNotFoundException");
    expect(may.contents).toEqual({ s: `s in ${region}` });
  });

  test("a mount that is given up takes nobody along: another one reads in its place", async () => {
    await using lab = await startFilled();
    lab.world.faults.inject({ service: "secrets-manager", times: 1 }, { kind: "hang" });
    const leaving = new AbortController();
    const first = lab.failure({ objects: [secret("s")] }, { signal: leaving.signal });
    while (lab.world.count("secrets-manager") === 0) await Bun.sleep(5);
    const others = pods(4, { objects: [secret("s")] }).map((pod) => lab.run(pod));
    await Bun.sleep(50);
    leaving.abort();
    expect((await first).code).toBe(1);
    for (const { contents } of await Promise.all(others)) expect(contents).toEqual({ s: `s in ${region}` });
    expect(lab.world.count("secrets-manager")).toBe(2);
  });

  test("one that waits for another's read has a deadline of its own", async () => {
    await using lab = await startFilled();
    lab.world.faults.inject({ service: "secrets-manager", times: 1 }, { kind: "delay", delayMs: 2_500 });
    const first = lab.run({ objects: [secret("s")] });
    while (lab.world.count("secrets-manager") === 0) await Bun.sleep(5);
    const { details } = await lab.failure({ objects: [secret("s")], pod: "app-1" }, { deadlineMs: 1_000 });
    expect(details).toContain(
      "no answer yet to what another pod's mount asked for, too: the mount was given up shortly before its caller's deadline",
    );
    expect((await first).contents).toEqual({ s: `s in ${region}` });
  });

  test("a volume whose version the driver has sent is looked at by itself", async () => {
    await using lab = await startFilled();
    const first = await lab.run({ objects: [secret("s")] });
    slow(lab);
    const currentObjectVersions = [{ id: "s", version: first.versions["s"] ?? "" }];
    const again = { objects: [secret("s")], targetPath: first.targetPath, currentObjectVersions };
    lab.world.resetCalls();
    await Promise.all([lab.run(again), lab.run({ objects: [secret("s")], pod: "app-1" })]);
    expect(
      lab.world
        .calls("secrets-manager")
        .map(({ operation }) => operation)
        .toSorted(),
    ).toEqual(["DescribeSecret", "GetSecretValue"]);
  });
});

describe("within --secret-cache-ttl", () => {
  const args = ["--secret-cache-ttl=1h"];

  test.each([true, false])(
    "further pods of the deployment read nothing, nor does a remount; driver writes %p",
    async (driverWrites) => {
      await using lab = await startFilled({ args: [...args, `--driver-writes-secrets=${driverWrites}`] });
      const request = { objects, parameters: { failoverRegion: second } };
      const first = await lab.run(request);
      expect(reads(lab)).toEqual([4, 2]);
      for (const pod of pods(3, request)) {
        const { contents, versions } = await lab.run(pod);
        expect([contents, versions]).toEqual([first.contents, first.versions]);
      }
      await lab.run({ ...request, targetPath: first.targetPath });
      expect(reads(lab)).toEqual([4, 2]);
      expect(lab.logged()).toMatch(/Mounted .* awsCalls="0" cacheHits="[1-9]/);
    },
  );

  test("what is new in a class is asked for, and only that: by name, by version, by label, by region", async () => {
    await using lab = await startFilled({ args });
    const { cloud } = lab.world;
    await lab.run({ objects });
    lab.world.resetCalls();
    await lab.run({ objects: [...objects, secret("u"), parameter("/r")] });
    expect(lab.world.calls("secrets-manager").map(({ ids }) => ids)).toEqual([["u"]]);
    expect(lab.world.calls("ssm").map(({ ids }) => ids)).toEqual([["/r"]]);
    cloud.putSecret(region, "s", "rotated");
    cloud.putParameter(region, "/p", "rotated");
    expect((await lab.run({ objects })).contents).toMatchObject({ s: `s in ${region}`, _p: `/p in ${region}` });
    const pinned = [secret("s", { objectVersionLabel: "AWSCURRENT" }), parameter("/p", { objectVersion: "2" })];
    expect((await lab.run({ objects: pinned })).contents).toEqual({ s: "rotated", _p: "rotated" });
    expect((await lab.run({ objects: [secret("s")], parameters: { region: second } })).contents).toEqual({
      s: `s in ${second}`,
    });
  });

  test("a rotated value shows up when the time is over", async () => {
    await using lab = await startFilled({ args: ["--secret-cache-ttl=300ms"] });
    const one = { objects: [secret("s"), parameter("/p")] };
    await lab.run(one);
    lab.world.cloud.putSecret(region, "s", "rotated");
    while ((await lab.run(one)).contents["s"] !== "rotated") await Bun.sleep(50);
    expect(lab.world.count("secrets-manager")).toBe(2);
  });

  test("never across identities: service accounts, roles, accounts made again, pods by Pod Identity", async () => {
    await using lab = await startFilled({ args: [...args, "--credential-cache-max-age=0"] });
    const { cloud, kubernetes, addWorkload } = lab.world;
    const one = { objects: [secret("s")] };
    await lab.run(one);
    addWorkload({ namespace: "default", serviceAccount: "second", pod: "second-0", role: "second" });
    cloud.deny({ role: "second" });
    expect((await lab.failure({ ...one, serviceAccount: "second", pod: "second-0" })).details).toContain(
      "AccessDenied",
    );
    cloud.distrust("app", "default/app");
    const tokens = serviceAccountTokens({ serviceAccountUid: "33333333-3333-4333-a333-333333333333" });
    expect((await lab.failure({ ...one, tokens })).details).toContain("AccessDenied");
    cloud.trust("app", "default/app");
    const byAgent = { ...one, parameters: { usePodIdentity: "true" } };
    await lab.run(byAgent);
    lab.world.podIdentity.dissociate("default/app");
    expect((await lab.run(byAgent)).contents).toEqual({ s: `s in ${region}` });
    await lab.failure({ ...byAgent, tokens: serviceAccountTokens({ podUid: "22222222-2222-4222-a222-222222222222" }) });
    cloud.trust("next", "default/app");
    cloud.deny({ role: "next" });
    kubernetes.putServiceAccount("default", "app", { [account]: cloud.roleArn("next") });
    for (;;) {
      const outcome = await lab.run(one).catch((error: unknown) => error);
      if (outcome instanceof Error) break;
      await Bun.sleep(200); // the annotation is up to ten seconds old
    }
  });

  test.each([
    ["AccessDenied for another object", (lab: Lab) => void lab.world.cloud.deny({ id: "u" })],
    [
      "a session that AWS does not take, and no other to be had",
      (lab: Lab) => {
        lab.world.cloud.expireSessions();
        lab.world.cloud.distrust("app", "default/app");
      },
    ],
  ])("a denial ends all of that identity: %s", async (_what, deny) => {
    await using lab = await startFilled({ args });
    const one = { objects: [secret("s")] };
    await lab.run(one);
    await lab.run(one);
    expect(lab.world.count("secrets-manager")).toBe(1);
    deny(lab);
    expect((await lab.failure({ objects: [secret("u")] })).details).toContain("AccessDenied");
    lab.world.cloud.trust("app", "default/app");
    lab.world.resetCalls();
    await lab.run(one);
    expect(lab.world.count("secrets-manager")).toBe(1);
  });

  test("the matches of a selector, as one", async () => {
    await using lab = await startFilled({ args });
    const select = { objectType: "ssmparameter", objectSelector: { path: "/" } };
    const first = await lab.run({ objects: [select, secret("s")] });
    const again = await lab.run({ objects: [{ ...select, keyPrefix: "x-" }, secret("s")] });
    expect(lab.world.count("ssm")).toBe(1);
    expect(Object.values(again.contents).toSorted()).toEqual(Object.values(first.contents).toSorted());
    expect(Object.keys(again.contents).toSorted()).toEqual(["s", "x-p", "x-q", "x-r"]);
    await lab.run({ objects: [{ ...select, objectSelector: { path: "/", recursive: true } }] });
    expect(lab.world.count("ssm")).toBe(2);
  });

  test("failures and objects that are not there are not kept", async () => {
    await using lab = await startFilled({ args });
    const may = { objects: [secret("later", { optional: true }), secret("s")] };
    expect((await lab.run(may)).contents).toEqual({ s: `s in ${region}` });
    lab.world.cloud.putSecret(region, "later", "now");
    expect((await lab.run(may)).contents).toEqual({ s: `s in ${region}`, later: "now" });
  });

  test("more than 8 MiB are not kept: the least recently used go", async () => {
    await using lab = await startFilled({ args });
    const names = Array.from({ length: 200 }, (_, n) => `big-${n}`);
    for (const name of names) lab.world.cloud.putSecret(region, name, "x".repeat(60_000));
    for (const name of names) await lab.run({ objects: [secret(name)] });
    lab.world.resetCalls();
    for (const name of [names.at(-1) ?? "", names[0] ?? ""]) await lab.run({ objects: [secret(name)] });
    expect(lab.world.calls("secrets-manager").map(({ ids }) => ids)).toEqual([["big-0"]]);
  });

  test("off by default", async () => {
    await using lab = await startFilled();
    await lab.run({ objects });
    await lab.run({ objects });
    expect(reads(lab)).toEqual([4, 2]);
  });
});
