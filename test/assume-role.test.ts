// assumeRole*: objects that are read with a role which the pod's own role assumes. Who signs what, what is cached for whom, and what is said when it fails.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { secret } from "./binary-lab.ts";
import type { MountRequestOptions } from "./build.ts";
import { serviceAccountTokens } from "./fakes/tokens.ts";
import { startLab } from "./inprocess.ts";
import type { Lab, LabOptions } from "./inprocess.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const second = "us-east-1";
const parameter = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "ssmparameter",
  ...more,
});

/** The app's own role may read nothing; `central` trusts it, and may read all. */
async function startChained(options: LabOptions = {}): Promise<Lab> {
  const lab = await startLab({ ...options, env: { AWS_REGION: region, ...options.env } });
  const { cloud } = lab.world;
  for (const place of [region, second]) {
    cloud.putSecret(place, "s", `secret of ${place}`);
    cloud.putSecret(place, "t", "t");
    cloud.putParameter(place, "/p", `parameter of ${place}`);
  }
  cloud.deny({ role: "app", operation: "GetSecretValue" });
  cloud.deny({ role: "app", operation: "GetParameters" });
  cloud.trustRole("central", "app");
  return lab;
}

const roleArn = (lab: Lab, role: string): string => lab.world.cloud.roleArn(role);
const chained = (lab: Lab, more: Record<string, string> = {}): MountRequestOptions => ({
  objects: [secret("s"), parameter("/p")],
  parameters: { assumeRoleArn: roleArn(lab, "central"), ...more },
});
const assumed = (lab: Lab) => lab.world.calls("sts").filter(({ operation }) => operation === "AssumeRole");

describe.each(["driver", "provider"])("the %s writes", (writer) => {
  const args = [`--driver-writes-secrets=${writer === "driver"}`];
  test.each(["false", "true"])(
    "both stores are read with the assumed role; Pod Identity %s",
    async (usePodIdentity) => {
      await using lab = await startChained({ args });
      const request = chained(lab, { usePodIdentity });
      const { contents } = await lab.run(request);
      expect(contents).toEqual({ s: `secret of ${region}`, _p: `parameter of ${region}` });
      const readers = [...lab.world.calls("secrets-manager"), ...lab.world.calls("ssm")].map(({ role }) => role);
      expect(readers).toEqual(["central", "central"]);
      expect(assumed(lab).map(({ role, status }) => [role, status])).toEqual([["app", 200]]);
      await lab.run(request);
      expect(assumed(lab)).toHaveLength(1);
      expect(lab.world.count("sts") + lab.world.count("pod-identity")).toBe(2);
    },
  );
});

describe("who is who", () => {
  test("the session is named after namespace and service account, or as the class says; the rest goes along", async () => {
    await using lab = await startChained();
    const { cloud } = lab.world;
    cloud.requireExternalId("central", "shop-7");
    await lab.run(chained(lab, { assumeRoleExternalId: "shop-7", assumeRoleDurationSeconds: "900" }));
    const lives = (): number => Math.round(((cloud.sessions().at(-1)?.expiresAtMs ?? 0) - Date.now()) / 60_000);
    expect([cloud.sessions().at(-1)?.sessionName, lives()]).toEqual(["default.app", 15]);
    await lab.run(chained(lab, { assumeRoleExternalId: "shop-7", assumeRoleSessionName: "who@shop" }));
    expect([cloud.sessions().at(-1)?.sessionName, lives()]).toEqual(["who@shop", 60]);
  });

  test("where the names are long the session's ends in a hash, and still differs", async () => {
    await using lab = await startChained();
    const names: string[] = [];
    for (const end of ["x", "y"]) {
      const workload = { namespace: "n".repeat(63), serviceAccount: `${"s".repeat(60)}.${end}`, pod: "p" };
      lab.world.addWorkload({ ...workload, role: "app" });
      await lab.run({ ...chained(lab), ...workload });
      names.push(lab.world.cloud.sessions().at(-1)?.sessionName ?? "");
    }
    expect(names).toEqual([
      expect.stringMatching(/^n{47}-[0-9a-f]{16}$/),
      expect.stringMatching(/^n{47}-[0-9a-f]{16}$/),
    ]);
    expect(names[0]).not.toBe(names[1]);
  });

  test("one object names another role than the class, one without any keeps the pod's own", async () => {
    await using lab = await startChained({ args: ["--batch-secrets"] });
    const { cloud } = lab.world;
    cloud.trustRole("other", "app");
    for (const name of ["a", "b", "c", "d"]) cloud.putSecret(region, name, name);
    for (const role of ["central", "app"]) cloud.deny({ role, operation: "GetSecretValue", id: "*[cd]*" });
    const other = { assumeRoleArn: roleArn(lab, "other") };
    const { contents } = await lab.run({
      ...chained(lab),
      objects: [
        secret("a"),
        secret("c", other),
        secret("b"),
        secret("d", other),
        parameter("/p"),
        parameter("/p", { ...other, objectAlias: "q" }),
      ],
    });
    expect(contents).toEqual({
      a: "a",
      b: "b",
      c: "c",
      d: "d",
      _p: `parameter of ${region}`,
      q: `parameter of ${region}`,
    });
    const batches = lab.world.calls("secrets-manager").map(({ role, ids }) => [role, ids.toSorted()]);
    expect(new Map(batches as [string, string[]][])).toEqual(
      new Map([
        ["central", ["a", "b"]],
        ["other", ["c", "d"]],
      ]),
    );
    expect(
      lab.world
        .calls("ssm")
        .map(({ role }) => role)
        .toSorted(),
    ).toEqual(["central", "other"]);
    lab.world.resetCalls();
    const own = await lab.failure({ objects: [secret("s"), secret("c", other)] });
    expect(own.details).toContain("AccessDenied");
    expect(lab.world.calls("secrets-manager").find(({ ids }) => ids[0] === "s")?.role).toBe("app");
  });

  test("two service accounts, two roles of one account, a role that was assumed under another name: nobody gets another's session", async () => {
    await using lab = await startChained();
    const { cloud, addWorkload } = lab.world;
    addWorkload({ namespace: "default", serviceAccount: "second", pod: "second-0", role: "second" });
    const strange = { ...chained(lab), serviceAccount: "second", pod: "second-0" };
    await lab.run(chained(lab));
    const { details } = await lab.failure(strange);
    expect(details).toContain("not authorized to perform: sts:AssumeRole");
    expect(new Set(assumed(lab).map(({ role }) => role))).toEqual(new Set(["app", "second"]));
    cloud.trustRole("central", "second");
    await lab.run(strange);
    const count = assumed(lab).length;
    await lab.run(chained(lab));
    await lab.run({ ...chained(lab), pod: "app-1" });
    expect(assumed(lab)).toHaveLength(count);
    await lab.run(chained(lab, { assumeRoleSessionName: "elsewhere" }));
    await lab.run(chained(lab, { assumeRoleDurationSeconds: "1800" }));
    await lab.run(chained(lab, { assumeRoleExternalId: "elsewhere" }));
    await lab.run(chained(lab, { region: second }));
    expect(assumed(lab)).toHaveLength(count + 4);
    // Made again under its name: another uid.
    const tokens = serviceAccountTokens({ serviceAccountUid: "33333333-3333-4333-a333-333333333333" });
    await lab.run({ ...chained(lab), tokens });
    expect(assumed(lab)).toHaveLength(count + 5);
  });

  test("nothing is kept with --credential-cache-max-age=0, and one mount still assumes once", async () => {
    await using lab = await startChained({ args: ["--credential-cache-max-age=0"] });
    await lab.run(chained(lab));
    await lab.run(chained(lab));
    expect(assumed(lab)).toHaveLength(2);
  });
});

describe("sessions that end", () => {
  test("AWS no longer takes the assumed one, or the pod's own: both are had anew once, and the mount succeeds", async () => {
    await using lab = await startChained();
    await lab.run(chained(lab));
    lab.world.cloud.expireSessions();
    await lab.run(chained(lab));
    expect(assumed(lab).map(({ status }) => status)).toEqual([200, 403, 200]);
    lab.world.cloud.forgetSessions();
    await lab.run(chained(lab));
    expect(assumed(lab).map(({ status }) => status)).toEqual([200, 403, 200, 403, 200]);
  });

  test("the service account has another role by now: it assumes, not the old one", async () => {
    await using lab = await startChained();
    const { cloud, kubernetes } = lab.world;
    await lab.run(chained(lab));
    cloud.trust("next", "default/app");
    cloud.trustRole("central", "next");
    cloud.deny({ role: "app", operation: "sts:AssumeRole" });
    kubernetes.putServiceAccount("default", "app", { "eks.amazonaws.com/role-arn": cloud.roleArn("next") });
    await lab.run(chained(lab, { assumeRoleSessionName: "new" }));
    expect(assumed(lab).at(-1)).toMatchObject({ role: "next", status: 200 });
  });
});

describe("failures", () => {
  test("name both roles and what to allow", async () => {
    await using lab = await startChained();
    const { details } = await lab.failure(chained(lab, { assumeRoleArn: roleArn(lab, "stranger") }));
    expect(details).toContain("is not authorized to perform: sts:AssumeRole");
    expect(details).toContain(
      `Allow sts:AssumeRole on ${roleArn(lab, "stranger")} in the policy of ${roleArn(lab, "app")}; let the trust policy of the former allow it to the latter`,
    );
    expect(details).toContain("set assumeRoleExternalId");
    const agent = await lab.failure(chained(lab, { assumeRoleArn: roleArn(lab, "stranger"), usePodIdentity: "true" }));
    expect(agent.details).toContain("sts:AssumeRole and sts:TagSession on");
    expect(agent.details).toContain("the role of the Pod Identity association of default/app");
  });

  test("an external ID that is wrong or missing, and a session that is too long", async () => {
    await using lab = await startChained();
    lab.world.cloud.requireExternalId("central", "right");
    expect((await lab.failure(chained(lab))).details).toContain("set assumeRoleExternalId");
    const wrong = await lab.failure(chained(lab, { assumeRoleExternalId: "wrong" }));
    expect(wrong.details).toContain("with this sts:ExternalId");
    const long = await lab.failure(chained(lab, { assumeRoleDurationSeconds: "7200", assumeRoleExternalId: "right" }));
    expect(long.details).toContain("1 hour session limit");
    expect(long.details).toContain("Lower assumeRoleDurationSeconds: at most 3600");
  });

  test("each region assumes by itself: one that may not, or has no STS, leaves the object to the other", async () => {
    await using lab = await startChained();
    const { cloud, faults } = lab.world;
    const request = { ...chained(lab, { failoverRegion: second, region }), objects: [secret("s")] };
    await lab.run(request);
    expect(
      assumed(lab)
        .map((call) => call.region)
        .toSorted(),
    ).toEqual([region, second]);
    cloud.expireSessions();
    const denial = cloud.deny({ role: "app", operation: "sts:AssumeRole", region });
    expect((await lab.run(request)).contents).toEqual({ s: `secret of ${second}` });
    denial.remove();
    faults.inject(
      { service: "sts", region: second, operation: "AssumeRole" },
      { kind: "answer", status: 503, code: "ServiceUnavailable", message: "x" },
    );
    expect((await lab.run(request)).contents).toEqual({ s: `secret of ${region}` });
    cloud.deny({ role: "app", operation: "sts:AssumeRole", region });
    const { details } = await lab.failure({
      ...request,
      parameters: { ...request.parameters, assumeRoleSessionName: "xy" },
    });
    expect(details).toContain(region);
    expect(details).toContain(second);
  });
});

describe("what AWS would not take is refused before it is asked", () => {
  test.each([
    ["assumeRoleArn", "central"],
    ["assumeRoleArn", "arn:aws:iam::1:role/x"],
    ["assumeRoleArn", "arn:aws:iam::111122223333:user/x"],
    ["assumeRoleExternalId", "x"],
    ["assumeRoleExternalId", "two words"],
    ["assumeRoleSessionName", "a/b"],
    ["assumeRoleSessionName", "x".repeat(65)],
    ["assumeRoleDurationSeconds", "899"],
    ["assumeRoleDurationSeconds", "43201"],
    ["assumeRoleDurationSeconds", "1h"],
    ["assumeRoleDurationSeconds", "9e2"],
  ])("%s: %s", async (name, text) => {
    await using lab = await startChained();
    const { details } = await lab.failure(chained(lab, { [name]: text }));
    expect(details).toContain(`Invalid ${name}: ${JSON.stringify(text)}`);
    expect(lab.world.count("sts")).toBe(0);
  });

  test("the role of an object", async () => {
    await using lab = await startChained();
    const { details } = await lab.failure({ objects: [secret("s", { assumeRoleArn: "central" })] });
    expect(details).toContain("Invalid assumeRoleArn: central (s)");
  });
});
