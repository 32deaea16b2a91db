// What a batch of a selector lists as errors beside its values: matches that are gone, throttled, denied; alone and together.
import { describe, expect, test } from "bun:test";
import { secret } from "./binary-lab.ts";
import type { FaultAction } from "./fakes/faults.ts";
import { startLab } from "./inprocess.ts";
import type { Lab, LabOptions } from "./inprocess.ts";

const region = "eu-west-1";
const second = "us-east-1";
const selector = { objectType: "secretsmanager", objectSelector: { namePrefix: "app/" } };
const gone = { ErrorCode: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret." };
const throttled = { ErrorCode: "ThrottlingException", Message: "Rate exceeded" };
const unusable = { ErrorCode: "DecryptionFailure", Message: "no key" };
const denied = { ErrorCode: "AccessDeniedException", Message: "User: x is not authorized to perform: y" };
const unavailable: FaultAction = { kind: "answer", status: 503, code: "ServiceUnavailable", message: "x" };

async function startFilled(options: LabOptions = {}): Promise<Lab> {
  const lab = await startLab({ ...options, env: { AWS_REGION: region, ...options.env } });
  for (const name of ["app/a", "app/b", "s"]) lab.world.cloud.putSecret(region, name, `value of ${name}`);
  return lab;
}

/** The batch has the value of app/a, and these errors of app/b and the others. */
function list(lab: Lab, ...errors: readonly { readonly ErrorCode: string; readonly Message: string }[]): void {
  const arn = lab.world.cloud.secretArn(region, "app/b");
  const body = JSON.stringify({
    SecretValues: [{ Name: "app/a", SecretString: "value of app/a", VersionId: "v" }],
    Errors: errors.map((error, n) => ({ SecretId: n === 0 ? arn : `app/${n}`, ...error })),
  });
  const answer: FaultAction = { kind: "raw", contentType: "application/x-amz-json-1.1", body };
  lab.world.faults.inject({ operation: "BatchGetSecretValue" }, answer);
}

describe("a match that is gone is no hole: the others are mounted", () => {
  const Message = "You can't perform this operation on the secret because it was marked for deletion.";
  test.each([gone, { ErrorCode: "InvalidRequestException", Message }])(
    "while the lists have it: $ErrorCode",
    async (error) => {
      await using lab = await startFilled();
      list(lab, error);
      expect((await lab.run({ objects: [selector] })).contents).toEqual({ a: "value of app/a" });
      expect(lab.world.count("secrets-manager", "GetSecretValue")).toBe(0);
    },
  );

  test.each([
    ["by name", { namePrefix: "app/" }],
    ["by tag", { tags: { env: "prod" } }],
  ])("marked for deletion, %s", async (_how, objectSelector) => {
    await using lab = await startLab({ env: { AWS_REGION: region } });
    for (const name of ["app/a", "app/b"]) lab.world.cloud.putSecret(region, name, name, { tags: { env: "prod" } });
    lab.world.cloud.deleteSecret(region, "app/b");
    const objects = [{ objectType: "secretsmanager", objectSelector }];
    expect(Object.keys((await lab.run({ objects })).contents)).toEqual([
      "namePrefix" in objectSelector ? "a" : "app_a",
    ]);
  });

  test("all of them: no match, an error or with optional no file", async () => {
    await using lab = await startFilled();
    for (const name of ["app/a", "app/b"]) lab.world.cloud.deleteSecret(region, name);
    const { details } = await lab.failure({ objects: [selector] });
    expect(details).toContain("no secret matches objectSelector namePrefix app/");
    const mounted = await lab.run({ objects: [secret("s"), { ...selector, optional: true }] });
    expect(mounted.contents).toEqual({ s: "value of s" });
  });

  test("but one without a current value is there, and fails the mount", async () => {
    await using lab = await startFilled();
    const Message = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
    list(lab, { ...gone, Message });
    expect((await lab.failure({ objects: [selector] })).details).toContain("staging label: AWSCURRENT");
  });
});

describe("a match that is throttled is read by itself", () => {
  test.each([throttled, { ErrorCode: "InternalServiceError", Message: "x" }])("$ErrorCode", async (error) => {
    await using lab = await startFilled();
    list(lab, error, gone);
    expect((await lab.run({ objects: [selector] })).contents).toEqual({ a: "value of app/a", b: "value of app/b" });
    expect(lab.world.count("secrets-manager", "GetSecretValue")).toBe(1);
  });

  test("and gone by then: no hole either", async () => {
    await using lab = await startFilled();
    list(lab, throttled);
    lab.world.cloud.deleteSecret(region, "app/b", { purge: true });
    expect((await lab.run({ objects: [selector] })).contents).toEqual({ a: "value of app/a" });
  });

  test("and throttled for ever: the failover region serves, without one the mount fails and names it", async () => {
    await using lab = await startFilled({ env: { AWS_MAX_ATTEMPTS: "2" } });
    lab.world.cloud.putSecret(second, "app/c", "c");
    const answer: FaultAction = { kind: "answer", status: 400, code: "ThrottlingException", message: "Rate exceeded" };
    lab.world.faults.inject({ operation: "GetSecretValue" }, answer);
    const batch = JSON.stringify({ SecretValues: [], Errors: [{ SecretId: "app/b", ...throttled }] });
    lab.world.faults.inject(
      { operation: "BatchGetSecretValue", region },
      { kind: "raw", contentType: "application/x-amz-json-1.1", body: batch },
    );
    const { details } = await lab.failure({ objects: [selector] });
    expect(details).toMatch(/BatchGetSecretValue, app\/b: ThrottlingException .*Rate exceeded/);
    expect(lab.world.count("secrets-manager", "GetSecretValue")).toBe(2);
    expect((await lab.run({ objects: [selector], parameters: { failoverRegion: second } })).contents).toEqual({
      c: "c",
    });
  });
});

describe("a denial among other errors ends the last values of the identity", () => {
  test.each([
    ["behind a final error", [unusable, denied]],
    ["behind a match that is gone", [gone, denied]],
    ["the fourth of four", [unusable, unusable, unusable, denied]],
  ])("%s", async (_what, errors) => {
    await using lab = await startFilled({ args: ["--serve-stale-for=1h"], env: { AWS_MAX_ATTEMPTS: "1" } });
    const request = { objects: [secret("s")] };
    const { targetPath } = await lab.run(request);
    list(lab, ...errors);
    await lab.failure({ objects: [selector], pod: "app-1" });
    lab.world.faults.clear();
    lab.world.faults.inject({ service: "secrets-manager" }, unavailable);
    expect((await lab.failure({ ...request, targetPath })).details).toContain("ServiceUnavailable");
  });

  test("in a batch of named secrets too, where the single call then has no answer", async () => {
    await using lab = await startFilled({
      args: ["--serve-stale-for=1h", "--batch-secrets"],
      env: { AWS_MAX_ATTEMPTS: "1" },
    });
    const request = { objects: [secret("s")] };
    const { targetPath } = await lab.run(request);
    list(lab, denied);
    const single = lab.world.faults.inject({ operation: "GetSecretValue" }, unavailable);
    await lab.failure({ objects: [secret("app/a"), secret("app/b")], pod: "app-1" });
    single.remove();
    lab.world.faults.clear();
    lab.world.faults.inject({ service: "secrets-manager" }, unavailable);
    expect((await lab.failure({ ...request, targetPath })).details).toContain("ServiceUnavailable");
  });
});
