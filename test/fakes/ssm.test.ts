// Parameter Store by the SDK's client; the signature has its own test (sigv4.test.ts).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { GetParameterCommand, GetParametersByPathCommand, GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { GetParametersByPathCommandInput, GetParametersCommandOutput } from "@aws-sdk/client-ssm";
import type { Session } from "./cloud.ts";
import { credentialsOf, failureOf, rawCall } from "./raw-call.ts";
import { startWorld } from "./world.ts";
import type { World } from "./world.ts";

const region = "eu-west-1";
let world: World;
let session: Session;
let client: SSMClient;
beforeAll(async () => {
  world = await startWorld();
  session = world.cloud.openSession("app", "s-1");
  client = new SSMClient({ region, endpoint: world.ssm.url, credentials: credentialsOf(session), maxAttempts: 1 });
});
afterAll(() => world.close());

const get = (...Names: string[]): Promise<GetParametersCommandOutput> =>
  client.send(new GetParametersCommand({ Names, WithDecryption: true }));

describe("GetParameters", () => {
  test("answers with Name, ARN, Type, Value and Version", async () => {
    world.cloud.putParameter(region, "/app/db", "one");
    world.cloud.putParameter(region, "plain", "a,b", { type: "StringList" });
    const { Parameters, InvalidParameters } = await get("/app/db", "plain");
    expect(InvalidParameters).toEqual([]);
    expect(Parameters).toMatchObject([
      {
        Name: "/app/db",
        ARN: "arn:aws:ssm:eu-west-1:111122223333:parameter/app/db",
        Type: "SecureString",
        Value: "one",
        Version: 1,
      },
      {
        Name: "plain",
        ARN: "arn:aws:ssm:eu-west-1:111122223333:parameter/plain",
        Type: "StringList",
        Value: "a,b",
        Version: 1,
      },
    ]);
    expect(Parameters?.[0]).not.toHaveProperty("Selector");
    expect(world.calls("ssm").at(-1)).toMatchObject({
      operation: "GetParameters",
      ids: ["/app/db", "plain"],
      region,
      role: "app",
    });
  });

  test("selects by version and by label, of names and of ARNs", async () => {
    world.cloud.putParameter(region, "/v", "one", { labels: ["old", "both"] });
    expect(world.cloud.putParameter(region, "/v", "two", { labels: ["both"] })).toBe(2);
    const arn = world.cloud.parameterArn(region, "/v");
    const { Parameters } = await get("/v", "/v:1", "/v:old", "/v:both", arn, `${arn}:1`, `${arn}:old`);
    const shown = (Parameters ?? []).map(({ Name, Selector = "", Value = "", Version }) => [
      Name,
      Selector,
      Value,
      Version,
    ]);
    expect(shown).toEqual([
      ["/v", "", "two", 2],
      ["/v", ":1", "one", 1],
      ["/v", ":old", "one", 1],
      ["/v", ":both", "two", 2],
      ["/v", "", "two", 2],
      ["/v", ":1", "one", 1],
      ["/v", ":old", "one", 1],
    ]);
    world.cloud.labelParameter(region, "/v", 2, "old");
    expect((await get("/v:old")).Parameters).toMatchObject([{ Value: "two" }]);
  });

  test("lists what is not there under the names that were asked for", async () => {
    world.cloud.putParameter(region, "/there", "v");
    world.cloud.putParameter("us-east-1", "/elsewhere", "v");
    world.cloud.putParameter(region, "/gone", "v");
    world.cloud.deleteParameter(region, "/gone");
    const foreign = world.cloud.parameterArn("us-east-1", "/elsewhere");
    const { Parameters, InvalidParameters } = await get(
      "/there",
      "/there:9",
      "/there:label",
      "/elsewhere",
      "/gone",
      foreign,
    );
    expect(Parameters).toHaveLength(1);
    const invalid = ["/there:9", "/there:label", "/elsewhere", "/gone", foreign];
    expect(InvalidParameters?.toSorted()).toEqual(invalid.toSorted()); // in any order
  });

  test("does not decrypt unasked", async () => {
    world.cloud.putParameter(region, "/sealed", "marker");
    const { Parameters } = await client.send(new GetParametersCommand({ Names: ["/sealed"] }));
    expect(Parameters?.[0]?.Value).toStartWith("AQICAHj");
    expect(JSON.stringify(Parameters)).not.toContain("marker");
  });

  const refusals: readonly [what: string, names: string[], text: string][] = [
    ["no name", [], "greater than or equal to 1"],
    ["eleven names", Array.from({ length: 11 }, (_, index) => `/n${index}`), "less than or equal to 10"],
    ["a name twice", ["/twice", "/twice"], "unique"],
    ["two selectors", ["/a:1:2"], "<name>:<version/label>"],
    ["a space in a name", ["/a b"], "Parameter name: can't be prefixed"],
  ];
  test.each(refusals)("refuses %s", async (_what, names, text) => {
    const failure = await failureOf(get(...names));
    expect(failure).toMatchObject({ name: "ValidationException", $metadata: { httpStatusCode: 400 } });
    expect(String(failure["message"])).toContain(text);
  });

  test("a name twice with different selectors is fine", async () => {
    world.cloud.putParameter(region, "/twice", "v");
    expect((await get("/twice", "/twice:1")).Parameters).toHaveLength(2);
  });

  test("one name that is not allowed fails the whole call", async () => {
    world.cloud.putParameter(region, "/open", "v");
    const denial = world.cloud.deny({ role: "app", operation: "ssm:GetParameters", id: "/closed/*" });
    const failure = await failureOf(get("/open", "/closed/x:1"));
    denial.remove();
    expect(failure).toMatchObject({
      name: "AccessDeniedException",
      message:
        "User: arn:aws:sts::111122223333:assumed-role/app/s-1 is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:eu-west-1:111122223333:parameter/closed/x because no identity-based policy allows the ssm:GetParameters action",
    });
  });

  test("a key that may not be used is denied for secure strings alone", async () => {
    world.cloud.putParameter(region, "/kms", "v");
    world.cloud.putParameter(region, "/text", "v", { type: "String" });
    const denial = world.cloud.deny({ operation: "kms:Decrypt" });
    expect(await failureOf(get("/kms"))).toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("customer master key"),
    });
    expect((await get("/text")).Parameters).toHaveLength(1);
    denial.remove();
  });
});

test("GetParameter answers one, and tells a missing name from a missing version", async () => {
  world.cloud.putParameter(region, "/single", "v");
  const one = (Name: string): Promise<unknown> => client.send(new GetParameterCommand({ Name, WithDecryption: true }));
  expect(await one("/single:1")).toMatchObject({ Parameter: { Name: "/single", Selector: ":1", Value: "v" } });
  expect(await failureOf(one("/none"))).toMatchObject({ name: "ParameterNotFound" });
  expect(await failureOf(one("/single:7"))).toMatchObject({
    name: "ParameterVersionNotFound",
    message: "Systems Manager could not find version 7 of /single. Verify the version and try again.",
  });
  const denial = world.cloud.deny({ operation: "GetParameter" });
  expect(await failureOf(one("/single"))).toMatchObject({ name: "AccessDeniedException" });
  denial.remove();
});

describe("GetParametersByPath", () => {
  const under = async (
    input: GetParametersByPathCommandInput,
  ): Promise<{ names: (string | undefined)[]; next: string | undefined }> => {
    const { Parameters = [], NextToken } = await client.send(
      new GetParametersByPathCommand({ WithDecryption: true, ...input }),
    );
    return { names: Parameters.map(({ Name }) => Name), next: NextToken };
  };

  test("one level, or all of them, page by page", async () => {
    for (const name of ["/t/a", "/t/b", "/t/c/d", "/tt"]) world.cloud.putParameter(region, name, "v");
    expect(await under({ Path: "/t" })).toEqual({ names: ["/t/a", "/t/b"], next: undefined });
    expect(await under({ Path: "/t/", Recursive: true })).toEqual({
      names: ["/t/a", "/t/b", "/t/c/d"],
      next: undefined,
    });
    expect(await under({ Path: "/t", Recursive: true, MaxResults: 2 })).toEqual({ names: ["/t/a", "/t/b"], next: "2" });
    expect(await under({ Path: "/t", Recursive: true, MaxResults: 2, NextToken: "2" })).toEqual({
      names: ["/t/c/d"],
      next: undefined,
    });
    expect(await under({ Path: "/nothing" })).toEqual({ names: [], next: undefined });
  });

  test("refuses a path without a slash, more than ten, a junk token, a role without the permission", async () => {
    expect(await failureOf(under({ Path: "t" }))).toMatchObject({ name: "ValidationException" });
    expect(await failureOf(under({ Path: "/t", MaxResults: 11 }))).toMatchObject({ name: "ValidationException" });
    expect(await failureOf(under({ Path: "/t", NextToken: "junk" }))).toMatchObject({ name: "InvalidNextToken" });
    const denial = world.cloud.deny({ operation: "GetParametersByPath", id: "/t" });
    expect(await failureOf(under({ Path: "/t" }))).toMatchObject({ name: "AccessDeniedException" });
    denial.remove();
  });
});

test("refuses a signature for Secrets Manager and a wrong one", async () => {
  const good = {
    url: `${world.ssm.url}/`,
    session,
    service: "ssm",
    target: "AmazonSSM.GetParameters",
    body: { Names: ["/x"] },
  };
  expect(await rawCall(good)).toMatchObject({ status: 200, json: { InvalidParameters: ["/x"] } });
  const wrong = { json: { __type: "com.amazon.coral.service#InvalidSignatureException" } };
  expect(await rawCall({ ...good, service: "secretsmanager" })).toMatchObject(wrong);
  expect(await rawCall({ ...good, spoil: (sent) => void (sent.body += " ") })).toMatchObject(wrong);
});
