// The signature check, against AWS's published example, the SDK's signer, and requests spoiled in one place each.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Session } from "./cloud.ts";
import { rawCall } from "./raw-call.ts";
import type { RawAnswer, RawCall } from "./raw-call.ts";
import { sha256, signature } from "./sigv4-signature.ts";
import { startSecretsManager } from "./secrets-manager.ts";
import type { FakeServer } from "./service.ts";
import { startWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
let session: Session;
beforeAll(async () => {
  world = await startWorld();
  world.cloud.putSecret("eu-west-1", "a", "value");
  session = world.cloud.openSession("app", "s");
});
afterAll(() => world.close());

function call(changes: Partial<RawCall> = {}): Promise<RawAnswer> {
  return rawCall({
    url: `${world.secretsManager.url}/`,
    session,
    service: "secretsmanager",
    target: "secretsmanager.GetSecretValue",
    body: { SecretId: "a" },
    ...changes,
  });
}

const type = (code: string): string => `com.amazon.coral.service#${code}`;

test("the published example of AWS gives the published signature", () => {
  const headers = {
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    host: "iam.amazonaws.com",
    "x-amz-date": "20150830T123600Z",
  };
  const query = "Action=ListUsers&Version=2010-05-08";
  const request = { method: "GET", target: `/?${query}`, path: "/", query, headers, body: new Uint8Array(), text: "" };
  const scope = {
    accessKeyId: "AKIDEXAMPLE",
    date: "20150830",
    region: "us-east-1",
    service: "iam",
    signedHeaders: Object.keys(headers),
    signature: "",
  };
  const key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  expect(signature(request, scope, key, sha256(""))).toBe(
    "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  );
});

test("accepts what the SDK signs", async () => {
  const { accessKeyId, secretAccessKey, sessionToken } = session;
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  const client = new SecretsManagerClient({ region: "eu-west-1", endpoint: world.secretsManager.url, credentials });
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: "a" }));
  expect(SecretString).toBe("value");
});

test("accepts the unspoiled request that the next cases start from", async () => {
  expect(await call()).toMatchObject({ status: 200, json: { SecretString: "value" } });
});

const mismatch = "The request signature we calculated does not match";
const minuteMs = 60_000;
const spoiled: readonly [what: string, changes: () => Partial<RawCall>, code: string, message: string][] = [
  [
    "another secret key",
    () => ({ session: { ...session, secretAccessKey: "x" } }),
    "InvalidSignatureException",
    mismatch,
  ],
  [
    "a body changed after signing",
    () => ({ spoil: (sent) => void (sent.body += " ") }),
    "InvalidSignatureException",
    mismatch,
  ],
  [
    "a header changed after signing",
    () => ({ headers: { "x-amz-user-agent": "a" }, spoil: ({ headers }) => void (headers["x-amz-user-agent"] = "b") }),
    "InvalidSignatureException",
    mismatch,
  ],
  [
    "the wrong payload hash",
    () => ({ headers: { "x-amz-content-sha256": sha256("other") } }),
    "InvalidSignatureException",
    mismatch,
  ],
  [
    "an unsigned payload",
    () => ({ headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } }),
    "InvalidSignatureException",
    mismatch,
  ],
  [
    "host not signed",
    () => ({ unsigned: ["host"] }),
    "InvalidSignatureException",
    "'Host' or ':authority' must be a 'SignedHeader'",
  ],
  ["date not signed", () => ({ unsigned: ["x-amz-date"] }), "InvalidSignatureException", "'x-amz-date' must be"],
  [
    "session token not signed",
    () => ({ unsigned: ["x-amz-security-token"] }),
    "InvalidSignatureException",
    "'x-amz-security-token' must be",
  ],
  ["target not signed", () => ({ unsigned: ["x-amz-target"] }), "InvalidSignatureException", "'x-amz-target' must be"],
  [
    "a signed header that is not sent",
    () => ({ headers: { "x-extra": "1" }, spoil: ({ headers }) => void delete headers["x-extra"] }),
    "InvalidSignatureException",
    "'x-extra' is not part of the request",
  ],
  ["six minutes late", () => ({ atMs: Date.now() - 6 * minuteMs }), "InvalidSignatureException", "Signature expired"],
  [
    "six minutes early",
    () => ({ atMs: Date.now() + 6 * minuteMs }),
    "InvalidSignatureException",
    "Signature not yet current",
  ],
  ["no date", () => ({ headers: { "x-amz-date": "yesterday" } }), "InvalidSignatureException", "ISO-8601"],
  [
    "another service's scope",
    () => ({ service: "ssm" }),
    "InvalidSignatureException",
    "correct service: 'secretsmanager'",
  ],
  ["a scope without a region", () => ({ region: "nowhere" }), "InvalidSignatureException", "valid region"],
  [
    "an unknown access key",
    () => ({ session: { ...session, accessKeyId: "ASIAUNKNOWN" } }),
    "UnrecognizedClientException",
    "security token",
  ],
  [
    "another session's token",
    () => ({ session: { ...session, sessionToken: "x" } }),
    "UnrecognizedClientException",
    "security token",
  ],
  [
    "no session token",
    () => ({ headers: { "x-amz-security-token": undefined } }),
    "UnrecognizedClientException",
    "security token",
  ],
  [
    "no signature",
    () => ({ spoil: ({ headers }) => void delete headers["authorization"] }),
    "MissingAuthenticationTokenException",
    "Missing",
  ],
  [
    "a bearer token",
    () => ({ spoil: ({ headers }) => void (headers["authorization"] = "Bearer x") }),
    "IncompleteSignatureException",
    "requires",
  ],
];
test.each(spoiled)("refuses %s", async (_what, changes, code, message) => {
  const { status, json } = await call(changes());
  expect({ status, type: json["__type"] }).toEqual({ status: 400, type: type(code) });
  expect(String(json["message"])).toContain(message);
});

test("four minutes of clock skew are accepted both ways", async () => {
  expect(await call({ atMs: Date.now() - 4 * minuteMs })).toMatchObject({ status: 200 });
  expect(await call({ atMs: Date.now() + 4 * minuteMs })).toMatchObject({ status: 200 });
});

test("refuses expired and forgotten sessions", async () => {
  const old = world.cloud.openSession("app", "old");
  world.cloud.expireSessions();
  expect(await call({ session: old })).toMatchObject({ status: 400, json: { __type: type("ExpiredTokenException") } });
  world.cloud.forgetSessions();
  expect(await call({ session: old })).toMatchObject({ json: { __type: type("UnrecognizedClientException") } });
});

test("a fake of one region refuses the signature of another", async () => {
  const { cloud, faults } = world;
  const fresh = cloud.openSession("app", "s");
  const recorder = { begin: () => undefined, end: () => undefined };
  const server: FakeServer = await startSecretsManager({ cloud, faults, recorder, region: "us-east-1" });
  const right = await call({ url: `${server.url}/`, session: fresh, region: "us-east-1", body: { SecretId: "none" } });
  const wrong = await call({ url: `${server.url}/`, session: fresh });
  await server.close();
  expect(right.json).toMatchObject({ __type: "ResourceNotFoundException" });
  expect(wrong.json).toMatchObject({
    __type: type("InvalidSignatureException"),
    message: "Credential should be scoped to a valid region.",
  });
});
