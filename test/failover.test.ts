// Regions and failover: the outcome table of the contract (which combinations succeed, whose value, whose version), for both stores.
import { describe, expect, test } from "bun:test";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

const primary = "eu-west-1";
const failover = "us-east-1";
const stores = [
  {
    type: "secretsmanager",
    service: "secrets-manager",
    operation: "GetSecretValue",
    lead: "Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: app/db",
    put: ({ world }: Lab, region: string, value: string) => world.cloud.putSecret(region, "app/db", value),
  },
  {
    type: "ssmparameter",
    service: "ssm",
    operation: "GetParameters",
    lead: "Failed to fetch parameters from all regions.",
    put: ({ world }: Lab, region: string, value: string) => {
      for (let n = 0; n < (region === failover ? 2 : 0); n += 1) world.cloud.putParameter(region, "app/db", "older");
      return String(world.cloud.putParameter(region, "app/db", value));
    },
  },
] as const;

const faults = {
  ok: undefined,
  "not fatal": { kind: "answer", status: 400, code: "AccessDeniedException", message: "not for you" },
  fatal: { kind: "answer", status: 400, code: "InvalidKeyId", message: "bad key" },
} as const;
const fatalOf = (type: string): (typeof faults)["fatal"] =>
  type === "secretsmanager" ? { ...faults.fatal, code: "DecryptionFailure" as "InvalidKeyId" } : faults.fatal;
const outcomes = ["ok", "not fatal", "fatal"] as const;

describe.each(stores)("$type", ({ type, service, operation, lead, put }) => {
  const cases = outcomes.flatMap((first) => outcomes.map((second) => [first, second] as const));

  test.each(cases)("primary %s, failover %s", async (first, second) => {
    await using lab = await startLab();
    const versions = { [primary]: put(lab, primary, "from primary"), [failover]: put(lab, failover, "from failover") };
    for (const [region, outcome] of [
      [primary, first],
      [failover, second],
    ] as const) {
      const action = outcome === "fatal" ? fatalOf(type) : faults[outcome];
      if (action !== undefined) lab.world.faults.inject({ service, operation, region }, action);
    }
    const request = {
      objects: [{ objectName: "app/db", objectType: type, objectAlias: "db" }],
      parameters: { region: primary, failoverRegion: failover },
    };
    const winner =
      first === "fatal" || second === "fatal"
        ? undefined
        : first === "ok"
          ? primary
          : second === "ok"
            ? failover
            : undefined;
    if (winner !== undefined) {
      const mounted = await lab.run(request);
      expect(mounted.contents).toEqual({ db: winner === primary ? "from primary" : "from failover" });
      expect(mounted.versions).toEqual({ db: versions[winner] ?? "" });
      return;
    }
    const { code, details } = await lab.failure(request);
    expect(code).toBe(2);
    if (first === "fatal") expect(details).toStartWith(`${primary}: Failed fetching`);
    else if (second === "fatal") expect(details).toStartWith(`${failover}: Failed fetching`);
    else {
      expect(details).toStartWith(lead);
      for (const region of [primary, failover]) expect(details).toContain(`${region}: operation error`);
      expect(details).toContain("AccessDeniedException: not for you");
    }
  });

  test("parity 12.1 row 6: the version is that of the mounted value, one id each", async () => {
    await using lab = await startLab();
    const version = put(lab, primary, "from primary");
    put(lab, failover, "from failover");
    const mounted = await lab.run({
      objects: [{ objectName: "app/db", objectType: type, objectAlias: "db" }],
      parameters: { failoverRegion: failover },
    });
    expect(mounted.objectVersions).toEqual([{ id: "db", version }]);
  });

  test("parity 12.1 row 7: one call in each region, none to describe or read what is not there", async () => {
    await using lab = await startLab();
    put(lab, primary, "same");
    put(lab, failover, "same");
    await lab.run({
      objects: [{ objectName: "app/db", objectType: type, objectAlias: "db" }],
      parameters: { failoverRegion: failover },
    });
    expect(
      lab.world
        .calls(service)
        .map((call) => `${call.operation} ${call.region}`)
        .toSorted(),
    ).toEqual([`${operation} ${primary}`, `${operation} ${failover}`]);
  });
});

describe("each region has its own exchange", () => {
  test("STS is asked once in each region", async () => {
    await using lab = await startLab();
    for (const region of [primary, failover]) lab.world.cloud.putSecret(region, "s", "v");
    await lab.run({
      objects: [{ objectName: "s", objectType: "secretsmanager", objectAlias: "s" }],
      parameters: { failoverRegion: failover },
    });
    expect(lab.world.count("sts")).toBe(2);
  });

  test("a role that STS refuses in one region is served from the other", async () => {
    await using lab = await startLab();
    for (const region of [primary, failover]) lab.world.cloud.putSecret(region, "s", `from ${region}`);
    lab.world.faults.inject(
      { service: "sts", times: 2 },
      { kind: "answer", status: 403, code: "AccessDenied", message: "no" },
    );
    const { code, details } = await lab.failure({ objects: [{ objectName: "s", objectType: "secretsmanager" }] });
    expect([code, details]).toEqual([
      2,
      expect.stringContaining("operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403"),
    ]);
  });

  test.each([
    ["ExpiredTokenException", 1],
    ["InvalidIdentityToken", 3],
    ["IDPRejectedClaim", 1],
    ["IDPCommunicationError", undefined], // retrying it is fine
    ["MalformedPolicyDocument", 1],
    ["PackedPolicyTooLarge", 1],
    ["RegionDisabledException", 1],
  ])("STS's %s is fatal in the primary and in the failover region", async (code, attempts) => {
    await using lab = await startLab({ args: ["--credential-cache-max-age=0"] });
    for (const region of [primary, failover]) lab.world.cloud.putSecret(region, "s", "v");
    const parameters = { failoverRegion: failover };
    const objects = [{ objectName: "s", objectType: "secretsmanager", objectAlias: "s" }];
    const fault = lab.world.faults.inject({ service: "sts" }, { kind: "answer", status: 400, code, message: "no" });
    expect((await lab.failure({ objects })).details).toStartWith(
      `${primary}: Failed fetching secret s: operation error`,
    );
    if (attempts !== undefined) expect(fault.hits()).toBe(attempts);
    const { details } = await lab.failure({ objects, parameters });
    expect(details).toContain(`, ${code}: no`);
    expect(details).toStartWith(`${primary}: Failed fetching secret s: `);
  });

  test("an expired service account token is fatal, with STS's own words", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(primary, "s", "v");
    lab.world.faults.inject(
      { service: "sts" },
      { kind: "answer", status: 400, code: "ExpiredTokenException", message: "Token expired" },
    );
    const { details } = await lab.failure({ objects: [{ objectName: "s", objectType: "secretsmanager" }] });
    expect(details).toStartWith(
      `${primary}: Failed fetching secret s: operation error Secrets Manager: GetSecretValue, get identity: get credentials`,
    );
    expect(details).toContain("ExpiredTokenException: Token expired");
  });
});

describe("failoverObject", () => {
  test("is asked for in the failover region by its own name, version and label", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(failover, "other", "from failover", { stages: ["AWSCURRENT", "blue"] });
    lab.world.faults.inject({ service: "secrets-manager", region: primary }, faults["not fatal"]);
    const mounted = await lab.run({
      objects: [
        {
          objectName: "app/db",
          objectType: "secretsmanager",
          objectAlias: "db",
          failoverObject: { objectName: "other", objectVersionLabel: "blue" },
        },
      ],
      parameters: { failoverRegion: failover },
    });
    expect(mounted.contents).toEqual({ db: "from failover" });
    expect(
      JSON.parse(lab.world.calls("secrets-manager").find(({ region }) => region === failover)?.body ?? "{}"),
    ).toEqual({
      SecretId: "other",
      VersionStage: "blue",
    });
  });

  test("errors speak of the primary's name", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(primary, "app/db", "v");
    const { details } = await lab.failure({
      objects: [
        {
          objectName: "app/db",
          objectType: "secretsmanager",
          objectAlias: "db",
          failoverObject: { objectName: "absent" },
        },
      ],
      parameters: { failoverRegion: failover },
    });
    expect(details).toStartWith(`${failover}: Failed fetching secret app/db: `);
    expect(details).toContain("ResourceNotFoundException");
  });
});

describe("regions", () => {
  test.each([
    [
      "same region twice",
      { region: primary, failoverRegion: primary },
      `${primary}: failover region cannot be the same as the primary region`,
    ],
    ["a host instead of a region", { region: "evil.example/x" }, 'invalid input region "evil.example/x"'],
    ["a failover that is no host label", { failoverRegion: "-x" }, 'invalid input region "-x"'],
  ])("%s", async (_name, parameters, text) => {
    await using lab = await startLab();
    const { code, details } = await lab.failure({ parameters });
    expect([code, details]).toEqual([2, expect.stringContaining(text)]);
    expect(lab.world.count("sts")).toBe(0);
  });

  test("the node's region is looked up once; AWS_REGION makes it needless", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(primary, "s", "v");
    const request = { objects: [{ objectName: "s", objectType: "secretsmanager" }] };
    await Promise.all([lab.run(request), lab.run(request), lab.run(request)]);
    expect([lab.world.count("kubernetes", "pods"), lab.world.count("kubernetes", "nodes")]).toEqual([1, 1]);
    await using given = await startLab({ env: { AWS_REGION: primary } });
    given.world.cloud.putSecret(primary, "s", "v");
    await given.run(request);
    expect([given.world.count("kubernetes", "pods"), given.world.count("kubernetes", "nodes")]).toEqual([0, 0]);
  });

  test("a pod that was made again elsewhere under its name decides for its own mount alone", async () => {
    await using lab = await startLab();
    for (const one of [primary, failover]) lab.world.cloud.putSecret(one, "s", `of ${one}`);
    lab.world.kubernetes.putNode("far", { "topology.kubernetes.io/region": failover });
    lab.world.addWorkload({ namespace: "default", serviceAccount: "app", pod: "app-9", role: "app" });
    lab.world.kubernetes.putPod("default", "app-9", { serviceAccount: "app", node: "far" });
    const request = { objects: [{ objectName: "s", objectType: "secretsmanager" }] };
    const uids = ["00000000-0000-4000-a000-000000000000", ""].map((uid) => ({ "csi.storage.k8s.io/pod.uid": uid }));
    for (const attributes of uids)
      expect((await lab.run({ ...request, pod: "app-9", attributes })).contents).toEqual({ s: `of ${failover}` });
    lab.world.faults.inject({ service: "kubernetes", operation: "pods", times: 1 }, { kind: "delay", delayMs: 200 });
    const gone = lab.run({ ...request, pod: "app-9", attributes: uids[0] ?? {} });
    while (lab.world.inFlight("kubernetes") === 0) await Bun.sleep(1);
    const joined = lab.run(request); // waits for the same look-up, and makes one of its own then
    expect((await gone).contents).toEqual({ s: `of ${failover}` });
    expect((await joined).contents).toEqual({ s: `of ${primary}` });
    await lab.run(request);
    const before = lab.world.count("kubernetes", "pods");
    expect((await lab.run({ ...request, pod: "app-9", attributes: uids[0] ?? {} })).contents).toEqual({
      s: `of ${primary}`, // by now the node is known
    });
    expect(lab.world.count("kubernetes", "pods")).toBe(before);
  });

  test("two pods that were made again, and are on one node, settle the region", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(primary, "s", "v");
    const request = { objects: [{ objectName: "s", objectType: "secretsmanager" }] };
    const attributes = { "csi.storage.k8s.io/pod.uid": "00000000-0000-4000-a000-000000000000" };
    for (const pod of ["app-8", "app-9"])
      lab.world.addWorkload({ namespace: "default", serviceAccount: "app", pod, role: "app" });
    const looks: number[] = [];
    for (const pod of ["app-8", "app-8", "app-9", "app-8", "app-9"]) {
      await lab.run({ ...request, pod, attributes });
      looks.push(lab.world.count("kubernetes", "pods"));
    }
    expect(looks).toEqual([1, 2, 3, 3, 3]);
  });

  test("an AWS_REGION that can't be one fails the mounts that need it, before any call", async () => {
    await using lab = await startLab({ env: { AWS_REGION: "bad region!" } });
    lab.world.cloud.putSecret(primary, "s", "v");
    const objects = [{ objectName: "s", objectType: "secretsmanager" }];
    const { code, details } = await lab.failure({ objects });
    expect([code, details]).toEqual([2, expect.stringContaining('invalid input region "bad region!"')]);
    expect([lab.world.count("sts"), lab.world.count("secrets-manager")]).toEqual([0, 0]);
    await lab.run({ objects, parameters: { region: primary } });
  });

  test("a label that is no region is not kept", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(primary, "s", "v");
    const objects = [{ objectName: "s", objectType: "secretsmanager" }];
    lab.world.kubernetes.putNode("node-1", { "topology.kubernetes.io/region": "bad region!" });
    expect((await lab.failure({ objects })).details).toContain('invalid input region "bad region!"');
    lab.world.kubernetes.putNode("node-1", { "topology.kubernetes.io/region": primary });
    expect((await lab.run({ objects })).contents).toEqual({ s: "v" });
  });

  test("a look-up that hangs is given up with its mount, and holds up no later one", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(primary, "s", "v");
    const objects = [{ objectName: "s", objectType: "secretsmanager" }];
    lab.world.faults.inject({ service: "kubernetes", operation: "pods", times: 1 }, { kind: "hang" });
    expect((await lab.failure({ objects }, { deadlineMs: 1_000 })).details).toContain(
      "error no answer yet: the mount was given up",
    );
    expect((await lab.run({ objects })).contents).toEqual({ s: "v" });
    expect(lab.world.count("kubernetes", "pods")).toBe(2);
  });

  test("a pod that is not scheduled, a node without the label", async () => {
    await using lab = await startLab();
    lab.world.kubernetes.putPod("default", "lost", { serviceAccount: "app", node: "" });
    expect((await lab.failure({ pod: "lost" })).details).toContain(
      "failed to retrieve region from node. error resource name may not be empty",
    );
    lab.world.kubernetes.putNode("bare", {});
    lab.world.kubernetes.putPod("default", "bare", { serviceAccount: "app", node: "bare" });
    expect((await lab.failure({ pod: "bare" })).details).toContain(
      "failed to retrieve region from node. error Region not found",
    );
    lab.world.cloud.putSecret(primary, "s", "v");
    expect((await lab.run({ objects: [{ objectName: "s", objectType: "secretsmanager" }] })).contents).toEqual({
      s: "v",
    });
  });
});

describe("jmesPath", () => {
  test.each(["secretsmanager", "ssmparameter"])(
    "a %s whose value does not fit in one region is served from the other",
    async (objectType) => {
      await using lab = await startLab();
      const { cloud } = lab.world;
      const put = (region: string, value: string): void => {
        cloud.putSecret(region, "j", value);
        cloud.putParameter(region, "j", value);
      };
      put(primary, "no json");
      put(failover, '{"a":"A"}');
      const objects = [{ objectName: "j", objectType, objectAlias: "j", jmesPath: [{ path: "a", objectAlias: "ja" }] }];
      const { details } = await lab.failure({ objects });
      expect(details).toMatch(
        /^Failed to fetch (secret|parameters) from all regions\..*eu-west-1: Invalid JSON used with jmesPath in secret: j\./,
      );
      const parameters = { failoverRegion: failover };
      expect((await lab.run({ objects, parameters })).contents).toEqual({ j: '{"a":"A"}', ja: "A" });
      put(primary, '{"a":"P"}');
      put(failover, "no json");
      expect((await lab.run({ objects, parameters })).contents).toEqual({ j: '{"a":"P"}', ja: "P" });
      put(primary, "{}");
      const both = (await lab.failure({ objects, parameters })).details;
      expect(both).toContain("eu-west-1: JMES Path - a for object alias - ja does not point to a valid object.");
      expect(both).toContain("us-east-1: Invalid JSON used with jmesPath in secret: j.");
    },
  );
});
