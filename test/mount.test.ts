// A mount from request to files: fetching, order of checks, what errors say, counts of calls. Rows are those of the contract's list of defects.
import { describe, expect, test } from "bun:test";
import { lstatSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "./inprocess.ts";

const region = "eu-west-1";
const secret = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "secretsmanager",
  ...more,
});
const parameter = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "ssmparameter",
  ...more,
});

describe.each([false, true])("driver writes %p", (driverWrites) => {
  const options = { args: [`--driver-writes-secrets=${driverWrites}`] };

  test("secrets, binary, parameters, jmesPath: contents, modes, versions in spec order", async () => {
    await using lab = await startLab(options);
    const { cloud } = lab.world;
    const id = cloud.putSecret(region, "db/password", '{"user":"u","pass":"p"}');
    const binary = cloud.putSecret(region, "cert", new Uint8Array([65, 0, 66]));
    cloud.putParameter(region, "/app/level", "debug");
    const mounted = await lab.run({
      objects: [
        parameter("/app/level"),
        secret("db/password", {
          filePermission: "0400",
          jmesPath: [
            { path: "pass", objectAlias: "pw", filePermission: "0440" },
            { path: "user", objectAlias: "u" },
          ],
        }),
        secret("cert"),
      ],
    });
    expect(mounted.contents).toEqual({
      _app_level: "debug",
      db_password: '{"user":"u","pass":"p"}',
      pw: "p",
      u: "u",
      cert: "A\0B",
    });
    expect(mounted.modes).toEqual({ _app_level: 0o644, db_password: 0o400, pw: 0o440, u: 0o400, cert: 0o644 });
    expect(mounted.objectVersions).toEqual([
      { id: "_app_level", version: "1" },
      { id: "db_password", version: id },
      { id: "pw", version: id },
      { id: "u", version: id },
      { id: "cert", version: binary },
    ]);
    expect(mounted.files).toHaveLength(driverWrites ? 5 : 0);
  });

  test("an empty objects list is no error here", async () => {
    await using lab = await startLab(options);
    expect((await lab.run({ objects: "" })).objectVersions).toEqual([]);
    expect(lab.world.count("sts")).toBe(0);
  });

  test("pathTranslation False with an inner slash", async () => {
    await using lab = await startLab(options);
    lab.world.cloud.putSecret(region, "a/b/c", "deep");
    const mounted = await lab.run({ objects: [secret("a/b/c")], parameters: { pathTranslation: "False" } });
    expect(mounted.contents).toEqual({ "a/b/c": "deep" });
    expect(Object.keys(mounted.versions)).toEqual(["a/b/c"]);
  });

  test("parity 12.1 row 2: the default mode belongs to the request", async () => {
    await using lab = await startLab(options);
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "delay", delayMs: 30 });
    const permissions = ["420", "256", "288", "511", "0"];
    const mounted = await Promise.all(permissions.map((permission) => lab.run({ objects: [secret("s")], permission })));
    expect(mounted.map(({ modes }) => modes["s"])).toEqual(permissions.map(Number));
  });
});

describe("fetch", () => {
  test("VersionId and VersionStage go with the call", async () => {
    await using lab = await startLab();
    const { cloud } = lab.world;
    const old = cloud.putSecret(region, "s", "old");
    cloud.putSecret(region, "s", "new");
    const mounted = await lab.run({
      objects: [
        secret("s", { objectAlias: "now" }),
        secret("s", { objectAlias: "before", objectVersionLabel: "AWSPREVIOUS" }),
        secret("s", { objectAlias: "pinned", objectVersion: old }),
      ],
    });
    expect(mounted.contents).toEqual({ now: "new", before: "old", pinned: "old" });
  });

  test("parity 12.1 row 5: one parameter in several aliases, versions and labels gives every file", async () => {
    await using lab = await startLab();
    const { cloud } = lab.world;
    cloud.putParameter(region, "/p", "one", { labels: ["blue"] });
    cloud.putParameter(region, "/p", "two");
    const arn = cloud.parameterArn(region, "/p");
    const mounted = await lab.run({
      objects: [
        parameter("/p", { objectAlias: "a" }),
        parameter("/p", { objectAlias: "b" }),
        parameter("/p", { objectAlias: "v1", objectVersion: "1" }),
        parameter("/p", { objectAlias: "blue", objectVersionLabel: "blue" }),
        parameter(arn, { objectAlias: "arn" }),
      ],
    });
    expect(mounted.contents).toEqual({ a: "two", b: "two", v1: "one", blue: "one", arn: "two" });
    expect(mounted.versions).toEqual({ a: "2", b: "2", v1: "1", blue: "1", arn: "2" });
    expect(lab.world.count("ssm")).toBe(1);
  });

  test("parameters go in batches of ten", async () => {
    await using lab = await startLab();
    const names = Array.from({ length: 23 }, (_, n) => `/p/${n}`);
    names.forEach((name) => lab.world.cloud.putParameter(region, name, `value of ${name}`));
    const mounted = await lab.run({ objects: names.map((name) => parameter(name)) });
    expect(Object.keys(mounted.contents)).toHaveLength(23);
    expect(
      lab.world
        .calls("ssm")
        .map(({ ids }) => ids.length)
        .toSorted((a, b) => a - b),
    ).toEqual([3, 10, 10]);
  });

  test("invalid parameters are named as they were sent", async () => {
    await using lab = await startLab();
    lab.world.cloud.putParameter(region, "/p", "v");
    const { details } = await lab.failure({
      objects: [parameter("/p"), parameter("/gone"), parameter("/p", { objectAlias: "x", objectVersion: "9" })],
    });
    expect(details).toStartWith(`400: ${region}: invalid parameters: `);
    expect(details).toContain("/gone");
    expect(details).toContain("/p:9");
  });

  test("parity 12.1 row 9: a parameter that the answer leaves out is an error that names it", async () => {
    await using lab = await startLab();
    lab.world.faults.inject(
      { service: "ssm" },
      {
        kind: "raw",
        contentType: "application/x-amz-json-1.1",
        body: JSON.stringify({ Parameters: [{ Name: "/a", Version: 1, Value: "v" }], InvalidParameters: [] }),
      },
    );
    const { code, details } = await lab.failure({ objects: [parameter("/a"), parameter("/b")] });
    expect(code).toBe(2);
    expect(details).toContain("the answer holds no usable value for: /b");
  });

  test.each([
    ["SSM: another name", "ssm", '{"Parameters":[{"Name":"/other","Version":1,"Value":"v"}]}'],
    ["SSM: an empty body", "ssm", ""],
    ["SSM: no version", "ssm", '{"Parameters":[{"Name":"/a","Value":"v"}]}'],
    ["Secrets Manager: no VersionId", "secrets-manager", '{"SecretString":"v"}'],
    ["Secrets Manager: an empty body", "secrets-manager", ""],
    [
      "STS: no credentials",
      "sts",
      "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult/></AssumeRoleWithWebIdentityResponse>",
    ],
    ["STS: an empty body", "sts", ""],
  ] as const)("parity 12.1 row 1: %s fails that mount alone", async (_name, service, body) => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.cloud.putParameter(region, "/a", "v");
    const objects = service === "ssm" ? [parameter("/a")] : [secret("s")];
    const fault = lab.world.faults.inject(
      { service },
      { kind: "raw", contentType: service === "sts" ? "text/xml" : "application/x-amz-json-1.1", body },
    );
    const { code, details } = await lab.failure({ objects });
    expect([code, details]).toEqual([
      2,
      expect.stringMatching(/^Failed to fetch (secret|parameters) from all regions\..*operation error/),
    ]);
    fault.remove();
    expect(Object.values((await lab.run({ objects })).contents)).toEqual(["v"]);
  });

  test("parity 12.1 row 16: secrets are fetched side by side within a bound, and the first error is the first in the spec", async () => {
    await using lab = await startLab();
    const names = Array.from({ length: 40 }, (_, n) => `s${n}`);
    names.forEach((name) => lab.world.cloud.putSecret(region, name, name));
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "delay", delayMs: 20 });
    await lab.run({ objects: names.map((name) => secret(name)) });
    expect(lab.world.maxInFlight("secrets-manager")).toBeGreaterThan(4);
    expect(lab.world.maxInFlight("secrets-manager")).toBeLessThanOrEqual(32);
    lab.world.faults.clear();
    lab.world.faults.inject({ service: "secrets-manager", id: "s3" }, { kind: "delay", delayMs: 60 });
    for (const name of ["s3", "s7"]) lab.world.cloud.deleteSecret(region, name, { purge: true });
    expect((await lab.failure({ objects: names.map((name) => secret(name)) })).details).toStartWith(
      `${region}: Failed fetching secret s3: `,
    );
  });

  test("throttling and 5xx are retried in one layer", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    const slow = lab.world.faults.inject(
      { service: "secrets-manager", times: 1 },
      { kind: "answer", status: 400, code: "ThrottlingException", message: "slow" },
    );
    const broken = lab.world.faults.inject(
      { service: "sts", times: 1 },
      { kind: "answer", status: 500, code: "InternalFailure", message: "broken" },
    );
    await lab.run({ objects: [secret("s")] });
    expect([slow.hits(), broken.hits(), lab.world.count("secrets-manager"), lab.world.count("sts")]).toEqual([
      1, 1, 2, 2,
    ]);
    lab.world.resetCalls();
    lab.world.faults.inject(
      { service: "secrets-manager" },
      { kind: "answer", status: 500, code: "InternalServiceError", message: "broken" },
    );
    await lab.failure({ objects: [secret("s")] });
    expect(lab.world.count("secrets-manager")).toBe(3);
  });

  test("one pod's failing calls leave the retries of the others alone", async () => {
    await using lab = await startLab({ args: ["--qps=-1"] });
    lab.world.cloud.putSecret(region, "good", "v");
    lab.world.addWorkload({ namespace: "bad", serviceAccount: "app", pod: "bad-0", role: "bad" });
    const broken = { kind: "answer", status: 500, code: "InternalServiceError", message: "broken" } as const;
    const fault = lab.world.faults.inject({ service: "secrets-manager", id: "bad*" }, broken);
    const objects = Array.from({ length: 60 }, (_, n) => secret(`bad${n}`));
    for (let n = 0; n < 3; n += 1) await lab.failure({ namespace: "bad", pod: "bad-0", objects });
    expect(fault.hits()).toBeGreaterThan(150);
    lab.world.faults.inject({ service: "secrets-manager", id: "good", times: 2 }, broken);
    expect((await lab.run({ objects: [secret("good")] })).contents).toEqual({ good: "v" });
  });

  test("AWS_MAX_ATTEMPTS bounds the attempts, STS included (parity 12.1 row 8)", async () => {
    await using lab = await startLab({ env: { AWS_MAX_ATTEMPTS: "1" } });
    lab.world.cloud.putSecret(region, "s", "v");
    const broken = lab.world.faults.inject(
      { service: "sts" },
      { kind: "answer", status: 500, code: "InternalFailure", message: "broken" },
    );
    await lab.failure({ objects: [secret("s")] });
    expect(broken.hits()).toBe(1);
  });

  test("the User-Agent names the provider, on STS too (parity 12.1 row 8)", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    lab.world.cloud.putParameter(region, "/p", "v");
    await lab.run({ objects: [secret("s"), parameter("/p")] });
    for (const service of ["sts", "secrets-manager", "ssm"] as const) {
      expect(lab.world.calls(service)[0]?.userAgent).toContain("app/secrets-store-csi-driver-provider-aws-4.0.0");
    }
  });

  test("an add-on version replaces the product version in the User-Agent, whole", async () => {
    await using lab = await startLab({ args: ["--eks-addon-version=v3.1.1-eksbuild.1 (x)"] });
    lab.world.cloud.putSecret(region, "s", "v");
    await lab.run({ objects: [secret("s")] });
    expect(lab.world.calls("secrets-manager")[0]?.userAgent).toContain(
      "app/secrets-store-csi-driver-provider-aws-v3.1.1-eksbuild.1--x-",
    );
    expect((await lab.version()).runtimeVersion).toBe("4.0.0");
  });
});

describe("the current-version shortcut of older drivers", () => {
  test("a version that is still current keeps the mounted value: one DescribeSecret, no GetSecretValue", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    const first = await lab.run({ objects: [secret("s")] });
    lab.world.resetCalls();
    const again = await lab.run({
      objects: [secret("s")],
      targetPath: first.targetPath,
      currentObjectVersions: first.objectVersions,
    });
    expect([again.contents, again.objectVersions]).toEqual([{ s: "v" }, first.objectVersions]);
    expect(lab.world.calls("secrets-manager").map(({ operation }) => operation)).toEqual(["DescribeSecret"]);
  });

  test("a pinned version that is mounted needs no call; a file that is gone is fetched; ids out of the spec are dropped", async () => {
    await using lab = await startLab();
    const version = lab.world.cloud.putSecret(region, "s", "v");
    const objects = [secret("s", { objectVersion: version })];
    const first = await lab.run({ objects });
    lab.world.resetCalls();
    const current = [...first.objectVersions, { id: "left", version: "1" }];
    const again = await lab.run({ objects, targetPath: first.targetPath, currentObjectVersions: current });
    expect([lab.world.count("secrets-manager"), again.objectVersions]).toEqual([0, first.objectVersions]);
    expect((await lab.run({ objects, currentObjectVersions: current })).contents).toEqual({ s: "v" });
    expect(lab.world.calls("secrets-manager").map(({ operation }) => operation)).toEqual(["GetSecretValue"]);
  });

  test("a link that leads out of the mount is never read", async () => {
    await using lab = await startLab();
    const version = lab.world.cloud.putSecret(region, "s", "v");
    const targetPath = lab.newTarget();
    const outside = join(lab.world.folder, "outside");
    writeFileSync(outside, "not for the pod");
    symlinkSync(outside, join(targetPath, "s"));
    const mounted = await lab.run({
      objects: [secret("s")],
      targetPath,
      currentObjectVersions: [{ id: "s", version }],
    });
    expect(mounted.contents).toEqual({ s: "v" });
  });
});

describe("errors", () => {
  test.each([
    [
      "AccessDenied",
      { kind: "answer", status: 400, code: "AccessDeniedException", message: "User: x is not authorized" },
      "AccessDeniedException: User: x is not authorized",
    ],
    [
      "throttling",
      { kind: "answer", status: 400, code: "ThrottlingException", message: "Rate exceeded" },
      "ThrottlingException: Rate exceeded",
    ],
    ["network", { kind: "reset" }, "connection closed before the answer was complete (ECONNRESET)"],
    ["malformed", { kind: "malformed" }, "the answer could not be read"],
  ] as const)(
    "parity 12.1 row 4: the cause of %s is in the text, after the sentence that runbooks grep",
    async (_name, fault, cause) => {
      await using lab = await startLab();
      lab.world.cloud.putSecret(region, "app/db", "v");
      lab.world.faults.inject({ service: "secrets-manager" }, fault);
      const { code, details } = await lab.failure({ objects: [secret("app/db")] });
      expect(code).toBe(2);
      expect(details).toStartWith(
        `Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: app/db: ${region}: operation error Secrets Manager: GetSecretValue, `,
      );
      expect(details).toContain(cause);
    },
  );

  test("parity 12.1 row 4: jmesPath and disk", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "no json");
    expect(
      (await lab.failure({ objects: [secret("s", { jmesPath: [{ path: "a", objectAlias: "a" }] })] })).details,
    ).toContain("Invalid JSON used with jmesPath in secret: s.");
    expect((await lab.failure({ objects: [secret("s")], targetPath: "/proc/none" })).details).toContain("/proc/none");
  });

  test("nothing that is mounted is lost when a mount fails", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "a", "old a");
    lab.world.cloud.putSecret(region, "b", "old b");
    const { targetPath } = await lab.run({ objects: [secret("a"), secret("b")] });
    lab.world.cloud.putSecret(region, "a", "new a");
    lab.world.cloud.deleteSecret(region, "b");
    await lab.failure({ objects: [secret("a"), secret("b")], targetPath });
    lab.world.cloud.putSecret(region, "b", "old b");
    const { contents } = await lab.run({ objects: [], targetPath });
    expect(contents).toEqual({ a: "old a", b: "old b" });
  });

  test("the order of checks: the first failure wins, and no AWS call before the whole spec is valid", async () => {
    await using lab = await startLab();
    const bad = {
      objects: "{",
      permission: "x",
      tokens: null,
      targetPath: "",
      parameters: { usePodIdentity: "yes", failoverRegion: region },
    };
    const at = async (mended: object): Promise<string> => (await lab.failure({ ...bad, ...mended })).details;
    const targetPath = lab.newTarget();
    const tokens = undefined;
    expect(await at({})).toContain("Missing mount path");
    expect(await at({ targetPath, rawAttributes: "[" })).toContain("failed to unmarshal attributes, error: ");
    expect(await at({ targetPath })).toContain("CSI token error: serviceAccount.tokens not provided");
    expect(await at({ targetPath, tokens })).toContain("failed to unmarshal file permission, error: ");
    expect(await at({ targetPath, tokens, permission: "420" })).toContain("failover region cannot be the same");
    const pod = { targetPath, tokens, permission: "420", serviceAccount: "gone" };
    expect(await at({ ...pod, parameters: { usePodIdentity: "yes" } })).toContain(
      'failed to parse usePodIdentity value, error: strconv.ParseBool: parsing "yes": invalid syntax',
    );
    expect(await at({ ...pod, tokens: "{}", parameters: {} })).toContain(
      'IRSA token extraction failed: token for audience "sts.amazonaws.com" not found',
    );
    expect(await at({ ...pod, parameters: { pathTranslation: "xx" } })).toContain(
      "failed to get service account default/gone",
    );
    expect(await at({ ...pod, serviceAccount: "app", parameters: { pathTranslation: "xx" } })).toContain(
      "pathTranslation must be either 'False' or a single character string",
    );
    expect(await at({ ...pod, serviceAccount: "app", parameters: {} })).toContain(
      "Failed to load SecretProviderClass: error converting YAML to JSON: yaml: ",
    );
    expect([lab.world.count("sts"), lab.world.count("secrets-manager")]).toEqual([0, 0]);
  });

  test("what went wrong is logged with the pod, without token or value", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "marker-of-a-value");
    lab.world.cloud.deleteSecret(region, "s");
    await lab.failure({ objects: [secret("s")] });
    expect(lab.logged()).toContain(
      "Servicing mount request for pod app-0 in namespace default using service account app with region(s) eu-west-1",
    );
    expect(lab.logged()).toContain("Provider is configured to write secrets");
    expect(lab.logged()).toContain(`Role ARN for default:app is ${lab.world.cloud.roleArn("app")}`);
    expect(lab.logged()).toMatch(/Failure getting secret values from provider type secretsmanager: /);
    expect(lab.logged()).not.toContain("eyJ");
    expect(lab.logged()).not.toContain("marker-of-a-value");
  });
});

describe("remounts", () => {
  test("unchanged files stay as they are, but the time of the directory moves", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "v");
    const { targetPath } = await lab.run({ objects: [secret("s")] });
    utimesSync(targetPath, 1, 1);
    const before = lstatSync(join(targetPath, "s"));
    await lab.run({ objects: [secret("s")], targetPath });
    const after = lstatSync(join(targetPath, "s"));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
    expect(lstatSync(targetPath).mtimeMs).toBeGreaterThan(1_000);
  });
});
