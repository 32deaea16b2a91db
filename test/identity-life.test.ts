// Identities that change: pods and accounts made again under their names, roles that move, trust that ends; and fifty of them at once over the
// shared SDK clients, where no call may be signed for somebody else.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { secret } from "./binary-lab.ts";
import { serviceAccountTokens } from "./fakes/tokens.ts";
import type { MountRequestOptions } from "./build.ts";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const one = { objects: [secret("s")] };
const byAgent = { ...one, parameters: { usePodIdentity: "true" } };
const roleAnnotation = "eks.amazonaws.com/role-arn";

async function startOne(args: readonly string[] = []): Promise<Lab> {
  const lab = await startLab({ args, env: { AWS_REGION: region } });
  lab.world.cloud.putSecret(region, "s", "v");
  return lab;
}

/** Mounts again and again until a mount is as wanted; the test's own limit is the bound. */
async function mountUntil(lab: Lab, request: MountRequestOptions, holds: (outcome: unknown) => boolean): Promise<void> {
  for (;;) {
    const outcome = await lab.run(request).then(
      ({ contents }) => contents,
      (error: unknown) => error,
    );
    if (holds(outcome)) return;
    await Bun.sleep(100);
  }
}

describe("made again under the same name", () => {
  test("a pod gets a Pod Identity session of its own; IRSA's is the account's", async () => {
    await using lab = await startOne();
    const podUid = "22222222-2222-4222-a222-222222222222";
    const attributes = { "csi.storage.k8s.io/pod.uid": podUid };
    const again = { tokens: serviceAccountTokens({ podUid }), attributes };
    for (const given of [{}, again, {}, again]) {
      await lab.run({ ...byAgent, ...given });
      await lab.run({ ...one, ...given });
    }
    expect([lab.world.count("pod-identity"), lab.world.count("sts")]).toEqual([2, 1]);
  });

  test("a service account inherits nothing: not the credentials, not the trust", async () => {
    await using lab = await startOne();
    await lab.run(one);
    lab.world.cloud.distrust("app", "default/app");
    lab.world.kubernetes.remove("serviceaccounts", "default", "app");
    lab.world.kubernetes.putServiceAccount("default", "app", { [roleAnnotation]: lab.world.cloud.roleArn("app") });
    const tokens = serviceAccountTokens({ serviceAccountUid: "33333333-3333-4333-a333-333333333333" });
    const { details } = await lab.failure({ ...one, tokens });
    expect(details).toContain("AccessDenied");
    expect(details).toContain("Not authorized to perform sts:AssumeRoleWithWebIdentity");
    lab.world.cloud.trust("app", "default/app");
    expect((await lab.run({ ...one, tokens })).contents).toEqual({ s: "v" });
    const asked = lab.world.calls("sts").map(({ status }) => status);
    expect([asked[0], asked.at(-1), new Set(asked.slice(1, -1))]).toEqual([200, 200, new Set([403])]);
  });
});

describe("a change counts within the age of the caches", () => {
  test("an annotation that names another role or is gone, after ten seconds at most", async () => {
    await using lab = await startOne();
    const { cloud, kubernetes, addWorkload } = lab.world;
    const second = { namespace: "default", serviceAccount: "second", pod: "second-0" };
    addWorkload({ ...second, role: "second" });
    await lab.run(one);
    await lab.run({ ...one, ...second });
    cloud.trust("next", "default/app");
    kubernetes.putServiceAccount("default", "app", { [roleAnnotation]: cloud.roleArn("next") });
    kubernetes.putServiceAccount("default", "second", {});
    const roles = (): string[] => lab.world.calls("secrets-manager").map(({ role }) => role);
    const gone = "An IAM role must be associated";
    await Promise.all([
      mountUntil(lab, one, () => roles().includes("next")),
      mountUntil(lab, { ...one, ...second }, (outcome) => outcome instanceof Error && outcome.message.includes(gone)),
    ]);
    lab.world.resetCalls();
    await lab.run(one);
    expect((await lab.failure({ ...one, ...second })).details).toContain(gone);
    expect(roles()).toEqual(["next"]);
  });

  test("a trust that was revoked, after --credential-cache-max-age", async () => {
    await using lab = await startOne(["--credential-cache-max-age=400ms"]);
    await lab.run(one);
    lab.world.cloud.distrust("app", "default/app");
    await mountUntil(lab, one, (outcome) => outcome instanceof Error && outcome.message.includes("AccessDenied"));
    const calls = lab.world.count("secrets-manager");
    for (let mounts = 0; mounts < 3; mounts += 1) expect((await lab.failure(one)).details).toContain("AccessDenied");
    expect(lab.world.count("secrets-manager")).toBe(calls); // nothing was read any more
  });

  test("a revoked association of Pod Identity, too", async () => {
    await using lab = await startOne(["--credential-cache-max-age=400ms"]);
    await lab.run(byAgent);
    lab.world.podIdentity.dissociate("default/app");
    await mountUntil(lab, byAgent, (outcome) => outcome instanceof Error);
    expect((await lab.failure(byAgent)).details).toContain("Failed fetching secret s");
  });
});

describe("fifty identities, five hundred mounts, delays and throttling", () => {
  const bits = [0, 1, 2, 3, 4, 5];
  const identities = Array.from({ length: 50 }, (_, at) => at);
  /** `b0=1/b1=0/...`: each bit can be denied by a glob of its own, so that a role may read its own secret alone. */
  const secretOf = (at: number): string => `id/${bits.map((bit) => `b${bit}=${(at >> bit) & 1}`).join("/")}/`;
  /** The same numbers in every run. */
  function createRandom(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  }

  test("nobody signs with another's credentials", async () => {
    const random = createRandom(1);
    await using lab = await startLab({
      args: ["--credential-cache-max-age=150ms", "--qps=-1"],
      env: { AWS_REGION: region, AWS_MAX_ATTEMPTS: "6" },
    });
    const { cloud, faults, addWorkload } = lab.world;
    for (const at of identities) {
      cloud.putSecret(region, secretOf(at), `value ${at}`);
      addWorkload({ namespace: `n${at % 7}`, serviceAccount: `sa${at}`, pod: `p${at}`, role: `role${at}` });
      for (const bit of bits) cloud.deny({ role: `role${at}`, id: `*b${bit}=${1 - ((at >> bit) & 1)}*` });
    }
    const throttled = { kind: "answer", status: 400, code: "ThrottlingException", message: "Rate exceeded" } as const;
    const planted = new Set<string>();
    for (let count = 0; count < 60; count += 1) {
      const service = (["secrets-manager", "secrets-manager", "sts", "pod-identity"] as const)[random(4)] ?? "sts";
      const action =
        random(3) > 0
          ? ({ kind: "delay", delayMs: random(60) } as const)
          : service === "pod-identity"
            ? { ...throttled, status: 429 }
            : throttled;
      const role = `role${random(50)}`;
      // Two throttled answers in a row at most: no call may meet more of them than it is tried.
      const times = planted.has(`${service} ${role}`) ? 0 : 1 + random(2);
      planted.add(`${service} ${role}`);
      if (times > 0) faults.inject({ service, skip: random(8), times, role }, action);
      faults.inject(
        { service: "secrets-manager", skip: random(400), times: 1 },
        action.kind === "answer" ? throttled : action,
      );
    }
    // The last ones come when the cache has run out, whatever the first are served from.
    const mounts = [...Array.from({ length: 450 }, () => random(50)), ...identities];
    const early = Array.from({ length: 450 }, () => Promise.withResolvers<void>());
    const allEarly = Promise.all(early.map(({ promise }) => promise));
    const mounted = await Promise.all(
      mounts.map(async (at, n) => {
        await (n < 450 ? Bun.sleep(random(1_500)) : allEarly.then(() => Bun.sleep(200)));
        const pod = { namespace: `n${at % 7}`, serviceAccount: `sa${at}`, pod: `p${at}` };
        const { contents } = await lab.run({
          ...pod,
          objects: [secret(secretOf(at), { objectAlias: "own" })],
          parameters: { usePodIdentity: String(n < 450 && random(2) === 1) },
        });
        early[n]?.resolve();
        return [at, contents["own"]];
      }),
    );
    expect(mounted).toEqual(mounts.map((at) => [at, `value ${at}`]));
    const foreign = lab.world
      .calls("secrets-manager")
      .filter(({ ids, role }) => ids[0] !== secretOf(Number(role.replace("role", ""))));
    expect(foreign).toEqual([]);
    expect(lab.world.count("sts")).toBeGreaterThan(50); // the cache did run out in between
    expect(new Set(lab.world.calls("secrets-manager").map(({ role }) => role)).size).toBe(50);
  });
});
