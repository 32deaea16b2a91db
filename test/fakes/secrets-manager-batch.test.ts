// BatchGetSecretValue and ListSecrets by the SDK's client: ids and filters, errors one by one, limits.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { BatchGetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { BatchGetSecretValueCommandInput, Filter } from "@aws-sdk/client-secrets-manager";
import { credentialsOf, failureOf } from "./raw-call.ts";
import { startWorld } from "./world.ts";
import type { World } from "./world.ts";

const region = "eu-west-1";
let world: World;
let client: SecretsManagerClient;
beforeAll(async () => {
  world = await startWorld();
  const credentials = credentialsOf(world.cloud.openSession("app", "s-1"));
  client = new SecretsManagerClient({ region, endpoint: world.secretsManager.url, credentials, maxAttempts: 1 });
});
afterAll(() => world.close());

describe("BatchGetSecretValue", () => {
  const batch = async (input: BatchGetSecretValueCommandInput): Promise<unknown> =>
    client.send(new BatchGetSecretValueCommand(input));

  test("answers values and errors, one for each id", async () => {
    world.cloud.putSecret(region, "batch/a", "1");
    world.cloud.putSecret(region, "batch/b", "2");
    const denial = world.cloud.deny({ operation: "GetSecretValue", id: "batch/b" });
    const answer = await batch({ SecretIdList: ["batch/a", "batch/b", "batch/none"] });
    denial.remove();
    expect(answer).toMatchObject({
      SecretValues: [{ Name: "batch/a", SecretString: "1" }],
      Errors: [
        {
          SecretId: "batch/b",
          ErrorCode: "AccessDeniedException",
          Message: expect.stringContaining("secretsmanager:GetSecretValue"),
        },
        { SecretId: "batch/none", ErrorCode: "ResourceNotFoundException" },
      ],
    });
  });

  test("filters by prefix of name and tag, page by page", async () => {
    for (const name of ["f/1", "f/2", "f/3", "g/1"])
      world.cloud.putSecret(region, name, name, { tags: { team: name } });
    const byName: Filter[] = [{ Key: "name", Values: ["f/"] }];
    const first = await batch({ Filters: byName, MaxResults: 2 });
    expect(first).toMatchObject({ SecretValues: [{ Name: "f/1" }, { Name: "f/2" }], NextToken: "2" });
    expect(await batch({ Filters: byName, MaxResults: 2, NextToken: "2" })).toMatchObject({
      SecretValues: [{ Name: "f/3" }],
    });
    const byTag: Filter[] = [...byName, { Key: "tag-value", Values: ["!f/2"] }];
    expect(await batch({ Filters: byTag })).toMatchObject({ SecretValues: [{ Name: "f/1" }, { Name: "f/3" }] });
  });

  test("refuses too many, none, both, and a role without the permission", async () => {
    const many = Array.from({ length: 21 }, (_, index) => `s${index}`);
    const filters: BatchGetSecretValueCommandInput = { Filters: [{ Key: "name", Values: ["f/"] }] };
    for (const input of [
      { SecretIdList: many },
      { SecretIdList: [] },
      {},
      { ...filters, SecretIdList: ["a"] },
      { ...filters, MaxResults: 21 },
    ]) {
      expect(await failureOf(batch(input))).toMatchObject({ name: "InvalidParameterException" });
    }
    const denials: [string, BatchGetSecretValueCommandInput][] = [
      ["BatchGetSecretValue", { SecretIdList: ["f/1"] }],
      ["ListSecrets", filters],
    ];
    for (const [operation, input] of denials) {
      const denial = world.cloud.deny({ operation });
      expect(await failureOf(batch(input))).toMatchObject({
        name: "AccessDeniedException",
        message: expect.stringContaining(operation),
      });
      denial.remove();
    }
  });
});

test("ListSecrets has names and tags, by filters and pages; it needs its permission", async () => {
  for (const name of ["l/1", "l/2", "l/3"]) world.cloud.putSecret(region, name, name, { tags: { team: name } });
  const Filters: Filter[] = [{ Key: "name", Values: ["l/"] }];
  const list = (more: object = {}): Promise<unknown> => client.send(new ListSecretsCommand({ Filters, ...more }));
  expect(await list({ MaxResults: 2 })).toMatchObject({
    SecretList: [{ Name: "l/1", Tags: [{ Key: "team", Value: "l/1" }] }, { Name: "l/2" }],
    NextToken: "2",
  });
  expect(await list({ MaxResults: 100, NextToken: "2" })).toMatchObject({ SecretList: [{ Name: "l/3" }] });
  expect(await failureOf(list({ MaxResults: 101 }))).toMatchObject({ name: "InvalidParameterException" });
  const denial = world.cloud.deny({ operation: "ListSecrets" });
  expect(await failureOf(list())).toMatchObject({ name: "AccessDeniedException" });
  denial.remove();
});
