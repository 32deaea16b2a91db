// One pod's trouble is not its neighbours': hanging regions, bad tokens, answers that are not what the API promises.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { serviceAccountTokens } from "./fakes/tokens.ts";
import { startLab } from "./inprocess.ts";

setDefaultTimeout(60_000);

const region = "eu-west-1";
const parameters = { region };
const secret = (objectName: string): object => ({ objectName, objectType: "secretsmanager" });
const parameter = (objectName: string): object => ({ objectName, objectType: "ssmparameter" });

describe("what hangs holds nobody else up", () => {
  test("one mount of 200 objects that hang", async () => {
    await using lab = await startLab({ drainMs: 100 });
    lab.world.addWorkload({ namespace: "other", serviceAccount: "busy", pod: "busy-0", role: "busy" });
    lab.world.cloud.putSecret(region, "good", "v");
    lab.world.faults.inject({ service: "secrets-manager", id: "h*" }, { kind: "hang" });
    const objects = Array.from({ length: 200 }, (_, n) => secret(`h${n}`));
    const pod = { namespace: "other", serviceAccount: "busy", pod: "busy-0" };
    const hung = lab.failure({ ...pod, objects, parameters }, { deadlineMs: 30_000 });
    while (lab.world.count("secrets-manager") < 32) await Bun.sleep(5);
    const { contents } = await lab.run({ objects: [secret("good")], parameters }, { deadlineMs: 9_000 });
    expect(contents).toEqual({ good: "v" });
    await lab.stop();
    expect((await hung).code).toBe(2);
  });

  test("40 mounts that hang, of as many pods", async () => {
    await using lab = await startLab({ drainMs: 100 });
    lab.world.cloud.putSecret(region, "good", "v");
    lab.world.faults.inject({ service: "secrets-manager", id: "h" }, { kind: "hang" });
    const hung = Array.from({ length: 40 }, (_, n) => {
      const pod = { namespace: "other", serviceAccount: "busy", pod: `busy-${n}` };
      lab.world.addWorkload({ ...pod, role: "busy" });
      const objects = [{ ...secret("h"), objectAlias: `h-${n}` }, { ...secret(`x${n}`) }];
      lab.world.cloud.putSecret(region, `x${n}`, "x");
      return lab.failure({ ...pod, objects, parameters }, { deadlineMs: 50_000 });
    });
    while (lab.world.count("secrets-manager") < 8) await Bun.sleep(5);
    const { contents } = await lab.run({ objects: [secret("good")], parameters }, { deadlineMs: 25_000 });
    expect(contents).toEqual({ good: "v" });
    await lab.stop();
    expect((await Promise.all(hung)).every(({ code }) => code === 2)).toBe(true);
  });
});

/** Mounts of many pods of one namespace, each with a service account of its own, and every AWS answer delayed. */
async function startGreedy(pods: number, objects: readonly object[], delayMs: number) {
  // Ten Kubernetes calls, then one a second: in the order of arrival the last of the pods would wait for 40 s.
  const lab = await startLab({ drainMs: 100, args: ["--qps=1", "--burst=10"] });
  lab.world.cloud.putSecret(region, "good", "v");
  lab.world.addWorkload({ namespace: "calm", serviceAccount: "calm", pod: "calm-0", role: "calm" });
  for (const service of ["secrets-manager", "sts"] as const)
    lab.world.faults.inject({ service }, { kind: "delay", delayMs });
  const greedy = Array.from({ length: pods }, (_, n) => {
    const pod = { namespace: "greedy", serviceAccount: `busy-${n}`, pod: `busy-${n}` };
    lab.world.addWorkload({ ...pod, role: "busy" });
    return lab.run({ ...pod, objects, parameters }, { deadlineMs: 50_000 }).then(
      () => "ok" as const,
      (error: unknown) => (error as { code: number }).code,
    );
  });
  const calm = { namespace: "calm", serviceAccount: "calm", pod: "calm-0", objects: [secret("good")], parameters };
  return { lab, greedy, calm };
}

describe("48 pods of one namespace, each with 300 secrets", () => {
  const names = Array.from({ length: 300 }, (_, n) => `greedy-${n}`);
  const objects = names.map((name) => secret(name));

  test("a mount of another namespace waits for none of their turns, AWS calls and Kubernetes calls", async () => {
    const { lab, greedy, calm } = await startGreedy(48, objects, 200);
    await using _ = lab;
    for (const name of names) lab.world.cloud.putSecret(region, name, "v");
    while (lab.world.inFlight("secrets-manager") < 32) await Bun.sleep(5);
    const before = lab.world.count("secrets-manager");
    const { contents } = await lab.run(calm);
    expect(contents).toEqual({ good: "v" });
    // Its exchange and its read take 200 ms each, and the next token of the Kubernetes bucket comes within a second; meanwhile the 32 calls that a
    // namespace has under way at most are answered a few times.
    expect(lab.world.count("secrets-manager") - before).toBeLessThan(15 * 32);
    expect(lab.world.maxInFlight("secrets-manager")).toBeLessThanOrEqual(33);
    await lab.stop();
    expect((await Promise.all(greedy)).every((one) => one === 2 || one === "ok")).toBe(true);
  });
});

test("requests that wait are bounded by their bytes; the namespace with most of them is refused, and no other", async () => {
  const large = `- objectName: h\n  objectType: secretsmanager\n# ${"x".repeat(500_000)}\n`; // counted as two bytes a character
  await using lab = await startLab({ drainMs: 100 });
  lab.world.cloud.putSecret(region, "good", "v");
  lab.world.faults.inject({ service: "secrets-manager", id: "h" }, { kind: "hang" });
  const greedy = Array.from({ length: 40 }, (_, n) => {
    const pod = { namespace: "greedy", serviceAccount: "busy", pod: `busy-${n}` };
    lab.world.addWorkload({ ...pod, role: "busy" });
    return lab.failure({ ...pod, objects: large, parameters }, { deadlineMs: 50_000 });
  });
  const refused = await Promise.race(greedy);
  expect(refused.details).toMatch(
    /^\d+ mounts are waiting already with 1\d\.\d MiB of requests, \d+ of them of namespace greedy, which has the most\. /,
  );
  expect((await lab.run({ objects: [secret("good")], parameters })).contents).toEqual({ good: "v" });
  await lab.stop();
  const texts = (await Promise.all(greedy)).map(({ details }) => details);
  expect(texts.filter((text) => text.includes("MiB of requests")).length).toBeWithin(20, 30);
});

test("a mount that is given up while it waits says what held it up", async () => {
  await using lab = await startLab({ drainMs: 100 });
  lab.world.faults.inject({ service: "secrets-manager", id: "h" }, { kind: "hang" });
  lab.world.cloud.putSecret(region, "good", "v");
  const pods = Array.from({ length: 18 }, (_, n) => ({ serviceAccount: "busy", pod: `busy-${n}` }));
  for (const pod of pods) lab.world.addWorkload({ namespace: "greedy", ...pod, role: "busy" });
  const ask = (pod: object, deadlineMs: number) =>
    lab.failure({ namespace: "greedy", ...pod, objects: [secret("h")], parameters }, { deadlineMs });
  const hung = pods.slice(0, 17).map((pod) => ask(pod, 50_000));
  while (lab.world.inFlight("secrets-manager") === 0) await Bun.sleep(5);
  const { details } = await ask(pods[17] ?? {}, 1_000);
  expect(details).toMatch(
    /^the mount was given up shortly before its caller's deadline: it has waited for a turn among the node's mounts\. /,
  );
  // The figures are others at each try: they are in the log.
  expect(lab.logged()).toMatch(
    /\(waited: 0\.\d s for a turn among the node's mounts, 1 ahead from 1 namespace, 1 from/,
  );
  await lab.stop();
  await Promise.all(hung);
});

test("a refused token of one mount is not the end of another that waits for the same exchange", async () => {
  await using lab = await startLab();
  lab.world.cloud.putSecret(region, "good", "v");
  lab.world.faults.inject({ service: "sts" }, { kind: "delay", delayMs: 300 });
  const request = { objects: [secret("good")], parameters };
  const expired = lab.failure({ ...request, tokens: serviceAccountTokens({ ttlSeconds: -3600 }) });
  while (lab.world.count("sts") === 0) await Bun.sleep(5);
  const { contents } = await lab.run(request);
  expect(contents).toEqual({ good: "v" });
  expect((await expired).details).toContain("ExpiredTokenException");
});

describe("an answer that is not what the API promises is that region's failure, and the other one serves", () => {
  const bodies = ['{"Parameters":[null]}', '{"Parameters":{"a":1}}', '{"Parameters":"x"}', '{"InvalidParameters":"x"}'];
  test.each(bodies)("GetParameters: %s", async (body) => {
    await using lab = await startLab();
    for (const one of [region, "eu-central-1"]) lab.world.cloud.putParameter(one, "/p", `of ${one}`);
    const fault = lab.world.faults.inject(
      { service: "ssm", region },
      { kind: "raw", body, contentType: "application/x-amz-json-1.1" },
    );
    const failed = await lab.failure({ objects: [parameter("/p")], parameters });
    expect(failed.details).toStartWith("Failed to fetch parameters from all regions.");
    const both = { region, failoverRegion: "eu-central-1" };
    const { contents } = await lab.run({ objects: [parameter("/p")], parameters: both });
    expect(contents).toEqual({ _p: "of eu-central-1" });
    expect(fault.hits()).toBeGreaterThan(1);
  });

  test.each(['{"VersionIdsToStages":null}', '{"VersionIdsToStages":{"v1":5}}', '{"VersionIdsToStages":7}'])(
    "DescribeSecret: %s: fetched",
    async (body) => {
      await using lab = await startLab();
      lab.world.cloud.putSecret(region, "s", "v");
      const match = { service: "secrets-manager", operation: "DescribeSecret" } as const;
      lab.world.faults.inject(match, { kind: "raw", body, contentType: "application/x-amz-json-1.1" });
      const currentObjectVersions = [{ id: "s", version: "v1" }];
      const { contents } = await lab.run({ objects: [secret("s")], parameters, currentObjectVersions });
      expect(contents).toEqual({ s: "v" });
    },
  );

  test.each([
    ['{"VersionId":"v","SecretString":null,"SecretBinary":"aGVsbG8="}', "hello"],
    ['{"VersionId":"v","SecretString":null,"SecretBinary":null}', ""],
  ])("null is nothing, as the SDK reads it: %s", async (body, value) => {
    await using lab = await startLab();
    lab.world.faults.inject(
      { service: "secrets-manager" },
      { kind: "raw", body, contentType: "application/x-amz-json-1.1" },
    );
    const { contents } = await lab.run({ objects: [secret("s")], parameters });
    expect(contents).toEqual({ s: value });
  });
});
