// The lean first attempt against the SDK's own: the same request on the wire, the same output, and for every fault the same error after the same
// number of requests. A sender that was used once has learned the operation; a new one has not.
import { afterAll, describe, expect, test } from "bun:test";
import {
  BatchGetSecretValueCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { createOutbound } from "../src/outbound.ts";
import { Secret } from "../src/secret.ts";
import { createSender } from "../src/store/aws.ts";
import type { Sender } from "../src/store/aws.ts";
import { readAwsError } from "../src/store/aws-error.ts";
import type { AwsAttempt, AwsSettings, Call } from "../src/store/aws-request.ts";

interface Seen {
  readonly headers: Record<string, string>;
  readonly body: string;
}

type Answer = (request: number) => Response;

let answer: Answer = () => new Response("{}");
const seen: Seen[] = [];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: async (request) => {
    seen.push({ headers: request.headers.toJSON(), body: await request.text() });
    return answer(seen.length);
  },
});
afterAll(() => server.stop(true));
const endpoint = `http://127.0.0.1:${server.port}`;

const attempts: AwsAttempt[] = [];
const settings: AwsSettings = {
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
  maxAttempts: 3,
  retryMode: "standard",
  caBundle: undefined,
  userAgent: "test",
  outbound: createOutbound(() => undefined),
  limit: (async (work: () => unknown) => work()) as unknown as AwsSettings["limit"],
  observe: (attempt) => attempts.push(attempt),
};
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: new Secret("secret"),
  sessionToken: new Secret("token"),
  expiresAtMs: Infinity,
};
const json = (body: unknown, status = 200): Response =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "id-1" },
  });
const xml = (body: string, status = 200): Response =>
  new Response(body, { status, headers: { "content-type": "text/xml" } });
const assumed = (inner: string): string =>
  `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Credentials>${inner}</Credentials><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/a/b</Arn></AssumedRoleUser>
  </AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`;
const keys =
  "<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>a/b+c=</SecretAccessKey><SessionToken>t/+=</SessionToken>";
const role = assumed(`${keys}<Expiration>2026-11-24T15:15:26Z</Expiration>`);

const operations = {
  GetSecretValue: {
    sender: (s: AwsSettings) => createSender("secretsmanager", s, endpoint, async (c) => new SecretsManagerClient(c)),
    command: () => new GetSecretValueCommand({ SecretId: "a/b \u65e5\ud83d\ude00\u0001\"'<&", VersionStage: "x" }),
    good: () => json({ Name: "n", VersionId: "v", SecretString: "s\u0000\ud83d\ude00", CreatedDate: 1.5e9 }),
    isSigned: true,
  },
  "GetSecretValue of bytes": {
    sender: (s: AwsSettings) => createSender("secretsmanager", s, endpoint, async (c) => new SecretsManagerClient(c)),
    command: () => new GetSecretValueCommand({ SecretId: "a", VersionId: "v" }),
    good: () => json({ VersionId: "v", SecretBinary: "AP8QgA==" }),
    isSigned: true,
  },
  BatchGetSecretValue: {
    sender: (s: AwsSettings) => createSender("secretsmanager", s, endpoint, async (c) => new SecretsManagerClient(c)),
    command: () => new BatchGetSecretValueCommand({ SecretIdList: ["a", "b"] }),
    good: () => json({ SecretValues: [{ Name: "a", SecretBinary: "AA==" }, { SecretString: "" }], Errors: [] }),
    isSigned: true,
  },
  GetParameters: {
    sender: (s: AwsSettings) => createSender("ssm", s, endpoint, async (c) => new SSMClient(c)),
    command: () => new GetParametersCommand({ Names: ["/a:1", "b"], WithDecryption: true }),
    good: () => json({ Parameters: [{ Name: "/a", Selector: ":1", Version: 1, Value: "v" }], InvalidParameters: [] }),
    isSigned: true,
  },
  AssumeRoleWithWebIdentity: {
    sender: (s: AwsSettings) => createSender("sts", s, endpoint, async (c) => new STSClient(c)),
    command: () =>
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: "arn:aws:iam::1:role/\u00e4 b*(x)~'!&=",
        RoleSessionName: "12",
        WebIdentityToken: "a.b-_",
      }),
    good: () => xml(role),
    isSigned: false,
  },
} as const;
type Name = keyof typeof operations;
const names = Object.keys(operations) as Name[];

function callOf(name: Name): Call {
  return { signal: new AbortController().signal, ...(operations[name].isSigned ? { credentials } : {}) };
}

/** Sends once; what came of it, as the stores see it, and what was on the wire. */
async function sent(name: Name, sender: Sender) {
  seen.length = 0;
  attempts.length = 0;
  const outcome = await sender.send<object>("eu-west-1", operations[name].command(), callOf(name)).then(
    (output) => ({ output: { ...output, $metadata: undefined } }),
    (error: unknown) => ({ error: readAwsError(error, "S", "O", []) }),
  );
  return { outcome, requests: [...seen], attempts: attempts.map((attempt) => ({ ...attempt, durationMs: 0 })) };
}

async function warm(name: Name): Promise<Sender> {
  const sender = operations[name].sender(settings);
  answer = operations[name].good;
  await sender.send("eu-west-1", operations[name].command(), callOf(name));
  return sender;
}

const varying = ["amz-sdk-invocation-id", "authorization", "x-amz-date"];
const steady = ({ headers, body }: Seen) => ({
  body: body.replace(/RoleSessionName=\d+/, ""),
  headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !varying.includes(name))),
  names: Object.keys(headers).toSorted(),
  signed: /Credential=\S+ (?=Signed)|SignedHeaders=\S+/
    .exec(headers["authorization"] ?? "")?.[0]
    .split(";")
    .toSorted(),
});

describe("the same request and the same output", () => {
  test.each(names)("%s", async (name) => {
    const sender = operations[name].sender(settings);
    answer = operations[name].good;
    const first = await sent(name, sender);
    const second = await sent(name, sender);
    expect(first.requests).toHaveLength(1);
    expect(second.requests).toHaveLength(1);
    const wanted = steady(first.requests[0] as Seen);
    const got = steady(second.requests[0] as Seen);
    // The SDK signs the length of the body and its own two headers as well; all of them are sent here too.
    expect({ ...got, signed: undefined }).toEqual({ ...wanted, signed: undefined });
    expect("output" in first.outcome).toBe(true);
    if ("output" in first.outcome && "output" in second.outcome)
      expect(second.outcome.output).toMatchObject(read(first.outcome.output));
    expect(second.attempts).toEqual(first.attempts);
  });
});

/** The fields that the stores read. */
function read(output: object): object {
  const { CreatedDate: _, $metadata: __, AssumedRoleUser: ___, ...rest } = output as Record<string, unknown>;
  return rest;
}

const faults: Readonly<Record<string, (name: Name) => Answer>> = {
  "throttled once": (name) => (n) => (n === 1 ? refusal(name, 400, "ThrottlingException") : operations[name].good()),
  "throttled for ever": (name) => () => refusal(name, 400, "ThrottlingException"),
  "503 once": (name) => (n) => (n === 1 ? new Response("busy", { status: 503 }) : operations[name].good()),
  "500 for ever": (name) => () => refusal(name, 500, "InternalFailure"),
  denied: (name) => () => refusal(name, 400, "AccessDeniedException"),
  "expired credentials": (name) => () => refusal(name, 400, "ExpiredTokenException"),
  "empty body": () => () => new Response(""),
  "no JSON, no XML": () => () => new Response('{"a'),
  "another type": () => () => json("[1]"),
  "bytes that are no base64": () => () => json({ VersionId: "v", SecretBinary: "%%%" }),
  "a redirect": () => () => new Response("", { status: 302, headers: { location: "http://127.0.0.1:1/" } }),
};

function refusal(name: Name, status: number, code: string): Response {
  return operations[name].isSigned
    ? json({ __type: code, message: "why" }, status)
    : xml(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>why</Message></Error></ErrorResponse>`,
        status,
      );
}

describe.each(names)("%s: a fault ends as on the SDK's own path", (name) => {
  test.each(Object.keys(faults))("%s", async (fault) => {
    const sender = await warm(name);
    answer = faults[fault]?.(name) ?? answer;
    const lean = await sent(name, sender);
    const own = await sent(name, operations[name].sender(settings));
    expect(lean.requests).toHaveLength(own.requests.length);
    expect(lean.attempts).toEqual(own.attempts);
    if ("error" in own.outcome) expect(lean.outcome).toEqual(own.outcome);
    else expect("output" in lean.outcome).toBe(true);
  });
});

test("a clock that is off is corrected, and the lean path goes by the correction from then on", async () => {
  const sender = await warm("GetSecretValue");
  const aheadMs = 3_600_000;
  const headers = () => ({
    "content-type": "application/x-amz-json-1.1",
    date: new Date(Date.now() + aheadMs).toUTCString(),
  });
  const refused = JSON.stringify({ __type: "InvalidSignatureException", message: "Signature expired" });
  const good = JSON.stringify({ VersionId: "v", SecretString: "s" });
  answer = (n) => new Response(n === 1 ? refused : good, { status: n === 1 ? 400 : 200, headers: headers() });
  const corrected = await sent("GetSecretValue", sender);
  expect(corrected.requests).toHaveLength(2);
  answer = () => new Response(good, { headers: headers() });
  const next = await sent("GetSecretValue", sender);
  const stamp = next.requests[0]?.headers["x-amz-date"] ?? "";
  const at = Date.parse(stamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  expect(Math.abs(at - Date.now() - aheadMs)).toBeLessThan(600_000);
});

test("client-side rate adaptation stays with the SDK", async () => {
  const sender = operations.GetSecretValue.sender({ ...settings, retryMode: "adaptive" });
  answer = operations.GetSecretValue.good;
  for (let i = 0; i < 2; i += 1) await sent("GetSecretValue", sender);
  expect(seen[0]?.headers["authorization"]).toContain("amz-sdk-request;content-length");
});

describe("credentials in another form than STS gives them are for the SDK to read", () => {
  const good = "<Expiration>2026-11-24T15:15:26Z</Expiration>";
  test.each([
    ["twice", `${keys}${good}</Credentials><Credentials>${keys}${good}`],
    ["entities", `${keys.replace("a/b", "a&#47;b")}${good}`],
    ["a comment", `<!-- x -->${keys}${good}`],
    ["one missing", keys],
    ["one twice", `${keys}${keys}`],
    ["no date", `${keys}<Expiration>soon</Expiration>`],
  ])("%s", async (_, inner) => {
    const sender = await warm("AssumeRoleWithWebIdentity");
    answer = () => xml(assumed(inner));
    const lean = await sent("AssumeRoleWithWebIdentity", sender);
    const own = await sent("AssumeRoleWithWebIdentity", operations.AssumeRoleWithWebIdentity.sender(settings));
    expect(lean.outcome).toEqual(own.outcome);
    expect(lean.requests).toHaveLength(own.requests.length);
  });
});

test("of a burst on a new sender one call is the SDK's, and the others are as lean as later ones", async () => {
  const sender = operations.GetSecretValue.sender(settings);
  answer = operations.GetSecretValue.good;
  seen.length = 0;
  const one = () => sender.send("eu-west-1", operations.GetSecretValue.command(), callOf("GetSecretValue"));
  await Promise.all(Array.from({ length: 20 }, one));
  const bySdk = seen.filter(({ headers }) => headers["authorization"]?.includes("amz-sdk-request;content-length"));
  expect([seen.length, bySdk.length]).toEqual([20, 1]);
});

test("a first call that never gets as far as a request holds nobody up", async () => {
  const sender = operations.GetSecretValue.sender(settings);
  answer = operations.GetSecretValue.good;
  const unsigned = { signal: new AbortController().signal };
  const [first, ...others] = await Promise.allSettled([
    sender.send("eu-west-1", operations.GetSecretValue.command(), unsigned),
    ...[1, 2, 3].map(() => sender.send("eu-west-1", operations.GetSecretValue.command(), callOf("GetSecretValue"))),
  ]);
  expect(first?.status).toBe("rejected");
  expect(others.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
});
