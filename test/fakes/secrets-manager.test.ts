// Secrets Manager by the SDK's client; the signature has its own test (sigv4.test.ts).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { GetSecretValueCommandInput, GetSecretValueCommandOutput } from "@aws-sdk/client-secrets-manager";
import type { Session } from "./cloud.ts";
import { credentialsOf, failureOf, rawCall } from "./raw-call.ts";
import { startWorld } from "./world.ts";
import type { World } from "./world.ts";

const region = "eu-west-1";
let world: World;
let session: Session;
let client: SecretsManagerClient;
beforeAll(async () => {
  world = await startWorld();
  session = world.cloud.openSession("app", "s-1");
  client = new SecretsManagerClient({
    region,
    endpoint: world.secretsManager.url,
    credentials: credentialsOf(session),
    maxAttempts: 1,
  });
});
afterAll(() => world.close());

const get = (input: GetSecretValueCommandInput): Promise<GetSecretValueCommandOutput> =>
  client.send(new GetSecretValueCommand(input));

describe("GetSecretValue", () => {
  test("answers with the current version by name, by ARN and by ARN without its suffix", async () => {
    const VersionId = world.cloud.putSecret(region, "db/pw", "hunter2");
    const ARN = world.cloud.secretArn(region, "db/pw");
    expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:111122223333:secret:db\/pw-[A-Z2-7]{6}$/);
    for (const SecretId of ["db/pw", ARN, ARN.slice(0, -7)]) {
      expect(await get({ SecretId })).toMatchObject({
        ARN,
        Name: "db/pw",
        SecretString: "hunter2",
        VersionId,
        VersionStages: ["AWSCURRENT"],
      });
    }
    expect(world.calls("secrets-manager", "GetSecretValue").at(-1)).toMatchObject({
      region,
      role: "app",
      ids: [ARN.slice(0, -7)],
      status: 200,
    });
  });

  test("a new version moves the labels on", async () => {
    const first = world.cloud.putSecret(region, "moving", "1");
    const second = world.cloud.putSecret(region, "moving", "2");
    const third = world.cloud.putSecret(region, "moving", "3", { stages: ["AWSPENDING"] });
    expect(await get({ SecretId: "moving" })).toMatchObject({ SecretString: "2", VersionId: second });
    expect(await get({ SecretId: "moving", VersionStage: "AWSPREVIOUS" })).toMatchObject({
      SecretString: "1",
      VersionId: first,
    });
    expect(await get({ SecretId: "moving", VersionStage: "AWSPENDING" })).toMatchObject({ VersionId: third });
    expect(await get({ SecretId: "moving", VersionId: first })).toMatchObject({
      SecretString: "1",
      VersionStages: ["AWSPREVIOUS"],
    });
    expect(await get({ SecretId: "moving", VersionId: first, VersionStage: "AWSPREVIOUS" })).toMatchObject({
      SecretString: "1",
    });
    world.cloud.putSecret(region, "moving", "4");
    expect((await get({ SecretId: "moving", VersionId: first })).VersionStages ?? []).toEqual([]);
  });

  test("keeps bytes, empty text and any Unicode as they are", async () => {
    const bytes = new Uint8Array([0, 255, 10, 13]);
    world.cloud.putSecret(region, "bytes", bytes);
    world.cloud.putSecret(region, "empty", "");
    world.cloud.putSecret(region, "unicode", "\u{1f600}\u0000\u2028");
    const binary = await get({ SecretId: "bytes" });
    expect(new Uint8Array(binary.SecretBinary ?? [])).toEqual(bytes);
    expect(binary.SecretString).toBeUndefined();
    expect((await get({ SecretId: "empty" })).SecretString).toBe("");
    expect((await get({ SecretId: "unicode" })).SecretString).toBe("\u{1f600}\u0000\u2028");
  });

  test("regions do not share secrets, but a replica may have the same version", async () => {
    const versionId = world.cloud.putSecret(region, "here", "1");
    expect(world.cloud.putSecret("us-east-1", "replica", "1", { versionId })).toBe(versionId);
    expect(await failureOf(get({ SecretId: "replica" }))).toMatchObject({ name: "ResourceNotFoundException" });
    const remote = new SecretsManagerClient({
      region: "us-east-1",
      endpoint: world.secretsManager.url,
      credentials: credentialsOf(session),
    });
    expect(await remote.send(new GetSecretValueCommand({ SecretId: "replica" }))).toMatchObject({
      VersionId: versionId,
    });
  });

  const missing = "Secrets Manager can't find the specified secret";
  const unknownId = "00000000-0000-4000-8000-000000000000";
  const refusals: readonly [GetSecretValueCommandInput, string, string][] = [
    [{ SecretId: "none" }, "ResourceNotFoundException", `${missing}.`],
    [
      { SecretId: "present", VersionStage: "OTHER" },
      "ResourceNotFoundException",
      `${missing} value for staging label: OTHER`,
    ],
    [
      { SecretId: "present", VersionId: unknownId },
      "ResourceNotFoundException",
      `${missing} value for VersionId: ${unknownId}`,
    ],
    [{ SecretId: "present", VersionId: "1" }, "InvalidParameterException", "32 to 64"],
    [
      { SecretId: "deleted" },
      "InvalidRequestException",
      "You can't perform this operation on the secret because it was marked for deletion.",
    ],
    [{ SecretId: "purged" }, "ResourceNotFoundException", missing],
    [{ SecretId: "" }, "ValidationException", "Invalid name."],
    [
      { SecretId: "arn:aws:secretsmanager:eu-west-1:999999999999:secret:x-abcdef" },
      "AccessDeniedException",
      "no resource-based policy allows",
    ],
  ];
  test.each(refusals)("refuses %o", async (input, name, message) => {
    for (const one of ["present", "deleted", "purged"]) world.cloud.putSecret(region, one, "v");
    world.cloud.deleteSecret(region, "deleted");
    world.cloud.deleteSecret(region, "purged", { purge: true });
    const failure = await failureOf(get(input));
    expect(failure).toMatchObject({ name, $metadata: { httpStatusCode: 400, requestId: expect.any(String) } });
    expect(String(failure["message"])).toContain(message);
  });

  test("a version and a label that do not go together are an invalid request", async () => {
    const VersionId = world.cloud.putSecret(region, "pair", "1");
    const failure = await failureOf(get({ SecretId: "pair", VersionId, VersionStage: "AWSPREVIOUS" }));
    expect(failure).toMatchObject({ name: "InvalidRequestException" });
  });

  test("a missing permission names user, action and resource, and comes before existence", async () => {
    world.cloud.putSecret(region, "private", "1");
    const denial = world.cloud.deny({ role: "app", operation: "GetSecretValue", region, id: "private*" });
    const user = `arn:aws:sts::${world.cloud.accountId}:assumed-role/app/s-1`;
    const text = (resource: string): string =>
      `User: ${user} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${resource} because no identity-based policy allows the secretsmanager:GetSecretValue action`;
    const name = "AccessDeniedException";
    expect(await failureOf(get({ SecretId: "private" }))).toMatchObject({
      name,
      message: text(world.cloud.secretArn(region, "private")),
    });
    expect(await failureOf(get({ SecretId: "private-none" }))).toMatchObject({ name, message: text("private-none") });
    denial.remove();
    expect(await get({ SecretId: "private" })).toMatchObject({ SecretString: "1" });
  });
});

test("DescribeSecret shows versions, tags and deletion, never a value", async () => {
  const first = world.cloud.putSecret(region, "described", "marker", { tags: { team: "a" } });
  const second = world.cloud.putSecret(region, "described", "marker");
  const answer = await client.send(new DescribeSecretCommand({ SecretId: "described" }));
  expect(answer).toMatchObject({
    Tags: [{ Key: "team", Value: "a" }],
    VersionIdsToStages: { [first]: ["AWSPREVIOUS"], [second]: ["AWSCURRENT"] },
  });
  expect(JSON.stringify(answer)).not.toContain("marker");
  world.cloud.deleteSecret(region, "described");
  expect((await client.send(new DescribeSecretCommand({ SecretId: "described" }))).DeletedDate).toBeInstanceOf(Date);
  const denial = world.cloud.deny({ operation: "secretsmanager:DescribeSecret" });
  expect(await failureOf(client.send(new DescribeSecretCommand({ SecretId: "described" })))).toMatchObject({
    name: "AccessDeniedException",
  });
  denial.remove();
});

test("refuses operations, bodies and content types that it does not know", async () => {
  const good = {
    url: `${world.secretsManager.url}/`,
    session,
    service: "secretsmanager",
    target: "secretsmanager.GetSecretValue",
    body: { SecretId: "x" },
  };
  const type = (code: string): object => ({ json: { __type: `com.amazon.coral.service#${code}` } });
  expect(await rawCall({ ...good, target: "secretsmanager.PutSecretValue" })).toMatchObject(
    type("UnknownOperationException"),
  );
  expect(await rawCall({ ...good, target: "AmazonSSM.GetSecretValue" })).toMatchObject(
    type("UnknownOperationException"),
  );
  expect(await rawCall({ ...good, headers: { "content-type": "application/json" } })).toMatchObject(
    type("UnknownOperationException"),
  );
  expect(await rawCall({ ...good, body: "{" })).toMatchObject(type("SerializationException"));
  expect(await rawCall({ ...good, body: { SecretId: 1 } })).toMatchObject(type("SerializationException"));
});
