// STS by the SDK's client where it should agree, by hand-made forms where it should refuse.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { credentialsOf, failureOf, readAnswer } from "./raw-call.ts";
import type { RawAnswer } from "./raw-call.ts";
import { mintToken, podIdentityAudience } from "./tokens.ts";
import { startWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

async function assume(changes: Readonly<Record<string, string | undefined>> = {}): Promise<RawAnswer> {
  const input = {
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: world.cloud.roleArn("app"),
    RoleSessionName: "1764000000000000000",
    WebIdentityToken: mintToken(),
    ...changes,
  };
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(input)) if (value !== undefined) body.set(name, value);
  return readAnswer(await fetch(world.sts.url, { method: "POST", body }));
}

const client = (): STSClient =>
  new STSClient({
    region: "eu-west-1",
    endpoint: world.sts.url,
    credentials: { accessKeyId: "", secretAccessKey: "" },
  });

test("hands out a session to a service account that the role trusts", async () => {
  const answer = await client().send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: world.cloud.roleArn("app"),
      RoleSessionName: "s-1",
      WebIdentityToken: mintToken(),
    }),
  );
  const session = world.cloud.session(answer.Credentials?.AccessKeyId ?? "");
  expect(answer.Credentials).toMatchObject({
    SecretAccessKey: session?.secretAccessKey ?? "none",
    SessionToken: session?.sessionToken ?? "none",
  });
  expect(answer.Credentials?.Expiration?.getTime()).toBe(Math.floor((session?.expiresAtMs ?? 0) / 1000) * 1000);
  expect(answer).toMatchObject({
    Audience: "sts.amazonaws.com",
    SubjectFromWebIdentityToken: "system:serviceaccount:default:app",
    AssumedRoleUser: { Arn: `arn:aws:sts::${world.cloud.accountId}:assumed-role/app/s-1` },
  });
  expect(world.calls("sts").at(-1)).toMatchObject({ ids: [world.cloud.roleArn("app")], role: "app", status: 200 });
});

test("the life of a session follows the account, or the request", async () => {
  world.cloud.setCredentialTtl(1_800_000);
  await assume();
  await assume({ DurationSeconds: "900" });
  const [usual, asked] = world.cloud.sessions().slice(-2);
  expect(Math.round(((usual?.expiresAtMs ?? 0) - Date.now()) / 60_000)).toBe(30);
  expect(Math.round(((asked?.expiresAtMs ?? 0) - Date.now()) / 60_000)).toBe(15);
});

test("an error carries a request id that the SDK finds", async () => {
  const input = { RoleArn: world.cloud.roleArn("none"), RoleSessionName: "s-1", WebIdentityToken: mintToken() };
  const failure = await failureOf(client().send(new AssumeRoleWithWebIdentityCommand(input)));
  expect(failure).toMatchObject({
    name: "AccessDenied",
    message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    $metadata: { httpStatusCode: 403, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  });
});

const refusals: readonly [
  what: string,
  changes: () => Record<string, string | undefined>,
  status: number,
  code: string,
  text: string,
][] = [
  [
    "the agent's audience",
    () => ({ WebIdentityToken: mintToken({ audience: podIdentityAudience }) }),
    400,
    "InvalidIdentityToken",
    "Incorrect token audience",
  ],
  [
    "a token that has run out",
    () => ({ WebIdentityToken: mintToken({ ttlSeconds: -1 }) }),
    400,
    "ExpiredTokenException",
    "Token expired: current date/time",
  ],
  [
    "a token of another key",
    () => ({ WebIdentityToken: mintToken({ forged: true }) }),
    400,
    "InvalidIdentityToken",
    "retrieve verification key",
  ],
  [
    "a token without a signature",
    () => ({ WebIdentityToken: mintToken().replace(/[^.]+$/, "") }),
    400,
    "InvalidIdentityToken",
    "retrieve verification key",
  ],
  [
    "another issuer",
    () => ({ WebIdentityToken: mintToken({ issuer: "https://a.example" }) }),
    400,
    "InvalidIdentityToken",
    "No OpenIDConnect provider found in your account for https://a.example",
  ],
  ["a token that is none", () => ({ WebIdentityToken: "opaque" }), 400, "InvalidIdentityToken", "not a valid JWT"],
  ["no token", () => ({ WebIdentityToken: undefined }), 400, "ValidationError", "'webIdentityToken'"],
  [
    "a user's token",
    () => ({ WebIdentityToken: mintToken({ subject: "alice" }) }),
    400,
    "InvalidIdentityToken",
    "subject",
  ],
  [
    "another service account",
    () => ({ WebIdentityToken: mintToken({ serviceAccount: "other" }) }),
    403,
    "AccessDenied",
    "Not authorized",
  ],
  [
    "another namespace",
    () => ({ WebIdentityToken: mintToken({ namespace: "other" }) }),
    403,
    "AccessDenied",
    "Not authorized",
  ],
  ["a role that is not there", () => ({ RoleArn: world.cloud.roleArn("none") }), 403, "AccessDenied", "Not authorized"],
  [
    "a role of another account",
    () => ({ RoleArn: "arn:aws:iam::999999999999:role/app" }),
    403,
    "AccessDenied",
    "Not authorized",
  ],
  ["no role", () => ({ RoleArn: undefined }), 400, "ValidationError", "'roleArn'"],
  ["a short role", () => ({ RoleArn: "app" }), 400, "ValidationError", "greater than or equal to 20"],
  [
    "an ARN of something else",
    () => ({ RoleArn: "arn:aws:iam::111122223333:user/app" }),
    400,
    "ValidationError",
    "Request ARN is invalid",
  ],
  ["a session name with a slash", () => ({ RoleSessionName: "a/b" }), 400, "ValidationError", "'roleSessionName'"],
  ["a life of a minute", () => ({ DurationSeconds: "60" }), 400, "ValidationError", "'durationSeconds'"],
  ["another operation", () => ({ Action: "GetCallerIdentity" }), 400, "InvalidAction", "GetCallerIdentity"],
  ["another version", () => ({ Version: "2020-01-01" }), 404, "InvalidAction", "version"],
];
test.each(refusals)("refuses %s", async (_what, changes, status, code, text) => {
  const answer = await assume(changes());
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("text/xml");
  expect(/<Code>(.*)<\/Code>/.exec(answer.text)?.[1]).toBe(code);
  expect(answer.text.replaceAll("&#39;", "'")).toContain(text);
  expect(answer.text).toContain("<Type>Sender</Type>");
});

test("refuses a token that claims to need no signature", async () => {
  const [, claims] = mintToken().split(".");
  const header = Buffer.from('{"alg":"none"}').toString("base64url");
  expect((await assume({ WebIdentityToken: `${header}.${claims}.` })).text).toContain("InvalidIdentityToken");
});

test("trust can be taken back", async () => {
  world.cloud.trust("short-lived", "default/app");
  const RoleArn = world.cloud.roleArn("short-lived");
  expect((await assume({ RoleArn })).status).toBe(200);
  world.cloud.distrust("short-lived", "default/app");
  expect((await assume({ RoleArn })).status).toBe(403);
});

test("what a request sends is escaped in the answer", async () => {
  expect((await assume({ Action: "<a&b>" })).text).toContain("Could not find operation &#60;a&#38;b&#62;");
});

test("the Host header tells the region", async () => {
  await fetch(world.sts.url, { method: "POST", body: "", headers: { host: "sts.ap-south-1.amazonaws.com" } });
  expect(world.calls("sts").at(-1)?.region).toBe("ap-south-1");
});

describe("AssumeRole", () => {
  const attempt = async (role: string, changes: object = {}): Promise<unknown> => {
    const credentials = { ...credentialsOf(world.cloud.openSession("app", "s-1")), ...changes };
    const sts = new STSClient({ region: "eu-west-1", endpoint: world.sts.url, credentials });
    return sts.send(new AssumeRoleCommand({ RoleArn: world.cloud.roleArn(role), RoleSessionName: "s-2" }));
  };

  test("lets a trusted role in", async () => {
    world.cloud.trustRole("central", "app");
    expect(await attempt("central")).toMatchObject({
      AssumedRoleUser: { Arn: expect.stringContaining("assumed-role/central/s-2") },
    });
  });

  test("refuses an untrusted role, an unknown session and a wrong key", async () => {
    expect(await failureOf(attempt("other"))).toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("sts:AssumeRole on resource"),
    });
    expect(await failureOf(attempt("central", { sessionToken: "x" }))).toMatchObject({ name: "InvalidClientTokenId" });
    expect(await failureOf(attempt("central", { secretAccessKey: "x" }))).toMatchObject({
      name: "SignatureDoesNotMatch",
    });
  });
});
