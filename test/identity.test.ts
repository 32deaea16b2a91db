// Who may read: IRSA, Pod Identity, caches by workload, and what happens when AWS or Kubernetes takes a right away.
import { describe, expect, test } from "bun:test";
import { startLab } from "./inprocess.ts";

const region = "eu-west-1";
const one = { objects: [{ objectName: "s", objectType: "secretsmanager" }] };
const podIdentity = (type = ""): { objects: typeof one.objects; parameters: Record<string, string> } => ({
  ...one,
  parameters: { usePodIdentity: "true", ...(type === "" ? {} : { preferredAddressType: type }) },
});

describe("IRSA", () => {
  test("exchanges the request's token at the region's STS and asks no TokenRequest", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    expect((await lab.run(one)).contents).toEqual({ s: "v" });
    expect(
      lab.world
        .calls("kubernetes")
        .map(({ operation }) => operation)
        .toSorted(),
    ).toEqual(["nodes", "pods", "serviceaccounts"]);
    expect(lab.world.calls("sts").map(({ ids }) => ids)).toEqual([[lab.world.cloud.roleArn("app")]]);
    expect(new URLSearchParams(lab.world.calls("sts")[0]?.body).get("RoleSessionName")).toBe("default.app");
  });

  test.each([
    ["no annotation", {}, "An IAM role must be associated with service account bare (namespace: default)"],
    [
      "an empty one",
      { "eks.amazonaws.com/role-arn": "" },
      "An IAM role must be associated with service account bare (namespace: default)",
    ],
  ])("%s", async (_name, annotations, text) => {
    await using lab = await startLab();
    lab.world.kubernetes.putServiceAccount("default", "bare", annotations);
    const { code, details } = await lab.failure({ ...one, serviceAccount: "bare" });
    expect([code, details]).toEqual([2, expect.stringContaining(text)]);
  });

  test("a service account that does not exist", async () => {
    await using lab = await startLab();
    const { details } = await lab.failure({ ...one, serviceAccount: "gone" });
    expect(details).toContain('failed to get service account default/gone: serviceaccounts "gone" not found');
  });

  test.each(["a/b", "..", "%2f", "a%2fb", "", "."])(
    "service account name %p reaches no other Kubernetes path",
    async (serviceAccount) => {
      await using lab = await startLab({ env: { AWS_REGION: region } });
      const { code } = await lab.failure({ ...one, serviceAccount });
      expect(code).toBe(2);
      expect(lab.world.count("kubernetes")).toBe(0);
    },
  );

  test("a bearer token that was rotated and revoked is read anew, and the cluster's private CA is trusted for Kubernetes alone", async () => {
    await using lab = await startLab({ tls: true });
    lab.world.cloud.putSecret(region, "s", "v");
    await lab.run(one);
    lab.world.kubernetes.rotateToken(true);
    lab.world.addWorkload({ namespace: "default", serviceAccount: "second", pod: "second-0", role: "second" });
    expect((await lab.run({ ...one, serviceAccount: "second", pod: "second-0" })).contents).toEqual({ s: "v" });
    const statuses = lab.world.calls("kubernetes", "serviceaccounts").map(({ status }) => status);
    expect(statuses).toEqual([200, 401, 200]);
  });

  test("AWS behind a CA that nobody named is refused, although the cluster's CA is known", async () => {
    await using lab = await startLab({ tls: true, env: { AWS_CA_BUNDLE: "" } });
    lab.world.cloud.putSecret(region, "s", "v");
    expect((await lab.failure(one)).details).toContain("unknown authority");
  });
});

describe("Pod Identity", () => {
  test.each(["", "ipv4", "ipv6", "IPv4", "auto", "typo"])("preferredAddressType %p", async (type) => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    expect((await lab.run(podIdentity(type))).contents).toEqual({ s: "v" });
    const [call] = lab.world.calls("pod-identity");
    expect(call?.listener).toBe(type === "ipv6" ? "::1" : "127.0.0.1");
    expect(call?.headers["authorization"]).toMatch(/^eyJ/);
    expect([
      lab.world.count("pod-identity"),
      lab.world.count("kubernetes", "serviceaccounts"),
      lab.world.count("sts"),
    ]).toEqual([1, 0, 0]);
  });

  test.each([
    ["refuses", undefined],
    ["answers 500", { kind: "answer", status: 500, code: "InternalError", message: "broken" }],
    ["hangs", { kind: "hang" }],
  ] as const)("parity 12.1 row 3: auto falls back to IPv6 when IPv4 %s", async (_name, fault) => {
    await using lab = await startLab({ args: ["--pod-identity-http-timeout=300ms"] });
    lab.world.cloud.putSecret(region, "s", "v");
    if (fault === undefined) await lab.world.podIdentity.ipv4.down();
    else lab.world.faults.inject({ service: "pod-identity", listener: "127.0.0.1" }, fault);
    expect((await lab.run(podIdentity())).contents).toEqual({ s: "v" });
    // The family that worked is remembered: the next pod goes there at once.
    lab.world.resetCalls();
    lab.world.addWorkload({ namespace: "default", serviceAccount: "app", pod: "app-1", role: "app" });
    await lab.run({ ...podIdentity(), pod: "app-1" });
    expect(lab.world.calls("pod-identity").map(({ listener }) => listener)).toEqual(["::1"]);
  });

  test("a forced family does not fall back", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    await lab.world.podIdentity.ipv4.down();
    expect((await lab.failure(podIdentity("ipv4"))).details).toContain("connection refused");
    expect(lab.world.count("pod-identity")).toBe(0);
  });

  test("both fail: both endpoints and both causes are named", async () => {
    await using lab = await startLab();
    lab.world.faults.inject(
      { service: "pod-identity", listener: "127.0.0.1" },
      { kind: "answer", status: 500, code: "Broken", message: "four" },
    );
    await lab.world.podIdentity.ipv6.down();
    const { code, details } = await lab.failure(podIdentity());
    expect(code).toBe(2);
    expect(details).toContain(`${new URL(lab.world.podIdentity.ipv4.url).host}: Broken: four`);
    expect(details).toContain(`${new URL(lab.world.podIdentity.ipv6.url).host}: connection refused`);
  });

  test("a 4xx of the agent is final: no other endpoint, no retry, its own words", async () => {
    await using lab = await startLab();
    lab.world.faults.inject(
      { service: "pod-identity" },
      { kind: "answer", status: 400, code: "InvalidTokenException", message: "no association" },
    );
    const { details } = await lab.failure(podIdentity());
    expect(details).toStartWith(
      `${region}: Failed fetching secret s: operation error Secrets Manager: GetSecretValue, get identity: get credentials: failed to refresh cached credentials, failed to load credentials, InvalidTokenException: no association`,
    );
    expect(lab.world.count("pod-identity")).toBe(1);
  });

  test.each(["ipv4", ""])(
    "429 is asked again at the same address, and final after that (preferredAddressType %p)",
    async (type) => {
      await using lab = await startLab();
      lab.world.faults.inject(
        { service: "pod-identity" },
        { kind: "answer", status: 429, code: "TooManyRequests", message: "later" },
      );
      const { details } = await lab.failure(podIdentity(type));
      expect(details).toStartWith(
        `${region}: Failed fetching secret s: operation error Secrets Manager: GetSecretValue, get identity: `,
      );
      expect(details).toContain("TooManyRequests: later");
      expect(lab.world.calls("pod-identity").map(({ listener }) => listener)).toEqual([
        "127.0.0.1",
        "127.0.0.1",
        "127.0.0.1",
      ]);
    },
  );

  test("a token with a line break is refused before any request", async () => {
    await using lab = await startLab();
    const tokens = JSON.stringify({ "pods.eks.amazonaws.com": { token: "abc\ndef" } });
    expect((await lab.failure({ ...podIdentity(), tokens })).details).toContain(
      "authorization token contains invalid newline sequence",
    );
    expect(lab.world.count("pod-identity")).toBe(0);
  });
});

describe("caches", () => {
  test("parity 12.1 row 17: mounts of one workload share one exchange, at once and later", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    await Promise.all(Array.from({ length: 12 }, () => lab.run(one)));
    await lab.run(one);
    expect([lab.world.count("sts"), lab.world.count("kubernetes", "serviceaccounts")]).toEqual([1, 1]);
  });

  test("the age 0 turns the cache between mounts off; one mount still exchanges once", async () => {
    await using lab = await startLab({ args: ["--credential-cache-max-age=0"] });
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.cloud.putParameter(region, "p", "v");
    const both = { objects: [...one.objects, { objectName: "p", objectType: "ssmparameter" }] };
    await lab.run(both);
    await lab.run(both);
    expect(lab.world.count("sts")).toBe(2);
  });

  test("tokens whose claims can't be read are never cached for", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    const tokens = JSON.stringify({ "sts.amazonaws.com": { token: "opaque" } });
    await lab.failure({ ...one, tokens });
    await lab.failure({ ...one, tokens });
    expect(lab.world.count("sts")).toBeGreaterThanOrEqual(2);
  });

  test("two service accounts of one name, one role of two accounts: an exchange each", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    const workloads = [
      { namespace: "default", serviceAccount: "app", pod: "app-0", role: "app" },
      { namespace: "other", serviceAccount: "app", pod: "app-0", role: "other" },
      { namespace: "default", serviceAccount: "twin", pod: "twin-0", role: "app" },
    ];
    workloads.forEach(lab.world.addWorkload);
    for (const workload of [...workloads, ...workloads]) await lab.run({ ...one, ...workload });
    expect(lab.world.count("sts")).toBe(3);
    expect(lab.world.calls("secrets-manager").map(({ role }) => role)).toEqual([
      "app",
      "other",
      "app",
      "app",
      "other",
      "app",
    ]);
  });

  test("Pod Identity sessions are the pod's own", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.addWorkload({ namespace: "default", serviceAccount: "app", pod: "app-1", role: "app" });
    for (const pod of ["app-0", "app-1", "app-0", "app-1"]) await lab.run({ ...podIdentity(), pod });
    expect(lab.world.count("pod-identity")).toBe(2);
  });

  test.each(["expireSessions", "forgetSessions"] as const)(
    "%s: AWS refuses the cached credentials, they are dropped and fetched once",
    async (end) => {
      await using lab = await startLab();
      lab.world.cloud.putSecret(region, "s", "v");
      lab.world.cloud.putParameter(region, "p", "w");
      const both = { objects: [...one.objects, { objectName: "p", objectType: "ssmparameter" }] };
      await lab.run(both);
      lab.world.cloud[end]();
      expect((await lab.run(both)).contents).toEqual({ s: "v", p: "w" });
      expect(lab.world.count("sts")).toBe(2);
    },
  );

  test("AccessDenied with cached credentials is asked once more with fresh ones, with fresh ones it is final", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    await lab.run(one);
    const denial = lab.world.cloud.deny({ role: "app" });
    lab.world.resetCalls();
    expect((await lab.failure(one)).details).toContain("AccessDeniedException");
    expect([lab.world.count("sts"), lab.world.count("secrets-manager")]).toEqual([1, 2]);
    denial.remove();
    expect((await lab.run(one)).contents).toEqual({ s: "v" });
  });

  test("an annotation that was changed to another role counts at once when STS refuses the old one", async () => {
    await using lab = await startLab({ args: ["--credential-cache-max-age=0"] });
    lab.world.cloud.putSecret(region, "s", "v");
    await lab.run(one);
    lab.world.cloud.distrust("app", "default/app");
    lab.world.cloud.trust("next", "default/app");
    lab.world.kubernetes.putServiceAccount("default", "app", {
      "eks.amazonaws.com/role-arn": lab.world.cloud.roleArn("next"),
    });
    expect((await lab.run(one)).contents).toEqual({ s: "v" });
    expect(lab.world.calls("secrets-manager").map(({ role }) => role)).toEqual(["app", "next"]);
  });

  test.each(["0", "5m"])(
    "a role that AWS denies is read anew within the mount: a changed annotation counts at once (cache %s)",
    async (age) => {
      await using lab = await startLab({ args: [`--credential-cache-max-age=${age}`] });
      const { cloud, kubernetes } = lab.world;
      cloud.putSecret(region, "s", "v");
      await lab.run(one);
      cloud.deny({ role: "app" });
      cloud.trust("next", "default/app");
      kubernetes.putServiceAccount("default", "app", { "eks.amazonaws.com/role-arn": cloud.roleArn("next") });
      expect((await lab.run(one)).contents).toEqual({ s: "v" });
      expect(lab.world.calls("secrets-manager").map(({ role }) => role)).toEqual(["app", "app", "next"]);
    },
  );

  test("several objects that are denied at once share that one reading", async () => {
    await using lab = await startLab();
    const { cloud, kubernetes } = lab.world;
    const objects = ["s", "t", "u"].map((objectName) => ({ objectName, objectType: "secretsmanager" }));
    for (const { objectName } of objects) cloud.putSecret(region, objectName, "v");
    await lab.run({ objects });
    cloud.deny({ role: "app" });
    cloud.trust("next", "default/app");
    kubernetes.putServiceAccount("default", "app", { "eks.amazonaws.com/role-arn": cloud.roleArn("next") });
    lab.world.resetCalls();
    expect(Object.keys((await lab.run({ objects })).contents).toSorted()).toEqual(["s", "t", "u"]);
    expect([lab.world.count("kubernetes", "serviceaccounts"), lab.world.count("sts")]).toEqual([1, 1]);
  });
});

describe("--qps and --burst", () => {
  test("a wait that would outlast the mount fails at once and says what to raise", async () => {
    await using lab = await startLab({ args: ["--qps=1", "--burst=1"], env: { AWS_REGION: region } });
    lab.world.cloud.putSecret(region, "s", "v");
    const mounts = Array.from({ length: 12 }, (_, n) => {
      const workload = { namespace: "default", serviceAccount: `sa${n}`, pod: `pod${n}`, role: "app" };
      lab.world.addWorkload(workload);
      return lab.run({ ...one, ...workload }, { deadlineMs: 5_000 }).then(
        () => "mounted",
        (error: unknown) => (error as { details: string }).details,
      );
    });
    const outcomes = await Promise.all(mounts);
    expect(outcomes.filter((outcome) => outcome === "mounted").length).toBeGreaterThan(0);
    expect(outcomes.find((outcome) => outcome !== "mounted")).toMatch(
      /client rate limiter Wait returned an error: rate: Wait\(n=1\) would exceed context deadline\. Start fewer pods of this namespace at once, or raise --qps and --burst\.$/,
    );
  });
});
