// The lean first attempt against the SDK's own: the same request on the wire, the same output, and for every fault the same error after the same
// number of requests.
import { afterAll, describe, expect, test } from "bun:test";
import { createOutbound } from "../src/outbound.ts";
import { Secret } from "../src/secret.ts";
import { createSender } from "../src/aws/sender.ts";
import { readAwsError } from "../src/aws/error.ts";
import type { AwsSettings, Call } from "../src/aws/attempt.ts";
import { contextOfNoMount } from "../src/context.ts";
import type { Context } from "../src/context.ts";
import type { AwsAttempt, ProviderEvent } from "../src/events.ts";
import { plainEndpoint } from "../src/aws/operations.ts";
import type { OperationName, ServiceName } from "../src/aws/operations.ts";
import { createSdkSender } from "../src/aws/sdk-sender.ts";
import { createTurns } from "../src/sharing/turns.ts";

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
function newContext(): Context {
  return contextOfNoMount(new AbortController().signal, (event: ProviderEvent) => {
    if (event.kind === "aws-attempt") attempts.push(event);
  });
}
const settings: AwsSettings = {
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
  maxAttempts: 3,
  retryMode: "standard",
  caBundle: undefined,
  userAgent: "test",
  outbound: createOutbound(() => undefined),
  turns: createTurns({
    what: "a turn",
    atOnce: 32,
    kept: 0,
    fewTurns: 1,
    stallMs: 60_000,
    stalledMax: 0,
    waitersMax: 100,
  }),
  largeTurns: createTurns({
    what: "a turn",
    atOnce: 32,
    kept: 0,
    fewTurns: 1,
    stallMs: 60_000,
    stalledMax: 0,
    waitersMax: 100,
  }),
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

interface Case {
  readonly service: ServiceName;
  readonly operation: OperationName;
  readonly input: object;
  readonly good: () => Response;
}

const cases = {
  GetSecretValue: {
    service: "secretsmanager",
    operation: "GetSecretValue",
    input: { SecretId: "a/b \u65e5\ud83d\ude00\u0001\"'<&", VersionStage: "x" },
    good: () => json({ Name: "n", VersionId: "v", SecretString: "s\u0000\ud83d\ude00", CreatedDate: 1.5e9 }),
  },
  "GetSecretValue of bytes": {
    service: "secretsmanager",
    operation: "GetSecretValue",
    input: { SecretId: "a", VersionId: "v" },
    good: () => json({ VersionId: "v", SecretBinary: "AP8QgA==" }),
  },
  "GetSecretValue with its names escaped": {
    service: "secretsmanager",
    operation: "GetSecretValue",
    input: { SecretId: "a" },
    good: () => json('{"Version\\u0049d":"v","Secret\\u0042inary":"AP8QgA=="}'),
  },
  DescribeSecret: {
    service: "secretsmanager",
    operation: "DescribeSecret",
    input: { SecretId: "a" },
    good: () => json({ Name: "a", VersionIdsToStages: { v: ["AWSCURRENT"] } }),
  },
  BatchGetSecretValue: {
    service: "secretsmanager",
    operation: "BatchGetSecretValue",
    input: { SecretIdList: ["a", "b"] },
    good: () => json({ SecretValues: [{ Name: "a", SecretBinary: "AA==" }, { SecretString: "" }], Errors: [] }),
  },
  ListSecrets: {
    service: "secretsmanager",
    operation: "ListSecrets",
    input: { MaxResults: 100, Filters: [{ Key: "tag-key", Values: ["a"] }] },
    good: () => json({ SecretList: [{ ARN: "arn:aws:x", Tags: [{ Key: "a", Value: "b" }] }] }),
  },
  GetParameters: {
    service: "ssm",
    operation: "GetParameters",
    input: { Names: ["/a:1", "b"], WithDecryption: true },
    good: () => json({ Parameters: [{ Name: "/a", Selector: ":1", Version: 1, Value: "v" }], InvalidParameters: [] }),
  },
  GetParametersByPath: {
    service: "ssm",
    operation: "GetParametersByPath",
    input: { Path: "/a/", Recursive: false, WithDecryption: true, MaxResults: 10 },
    good: () => json({ Parameters: [{ Name: "/a/b", Version: 1, Value: "v" }], NextToken: "n" }),
  },
  AssumeRole: {
    service: "sts",
    operation: "AssumeRole",
    input: { RoleArn: "arn:aws:iam::1:role/a", RoleSessionName: "ns-sa", DurationSeconds: 900, ExternalId: "e+/=" },
    good: () => xml(role.replaceAll("WithWebIdentity", "")),
  },
  AssumeRoleWithWebIdentity: {
    service: "sts",
    operation: "AssumeRoleWithWebIdentity",
    input: { RoleArn: "arn:aws:iam::1:role/\u00e4 b*(x)~'!&=", RoleSessionName: "12", WebIdentityToken: "a.b-_" },
    good: () => xml(role),
  },
} as const satisfies Record<string, Case>;
const operations: Readonly<Record<keyof typeof cases, Case>> = cases;
type Name = keyof typeof cases;
const names = Object.keys(cases) as Name[];

function callOf(name: Name): Call {
  const isSigned = operations[name].operation !== "AssumeRoleWithWebIdentity";
  return { context: newContext(), ...(isSigned ? { credentials } : {}) };
}

type Send = (name: Name) => Promise<object>;

/** A way to a service; a new one knows nothing of AWS's clock. */
function lean(service: ServiceName, own: Partial<AwsSettings> = {}): Send {
  const { send } = createSender(service, { ...settings, ...own }, endpoint);
  return (name) => send("eu-west-1", operations[name].operation, operations[name].input as never, callOf(name));
}

function bySdk(service: ServiceName): Send {
  const { send } = createSdkSender(service, settings, endpoint);
  return (name) => {
    const { operation, input } = operations[name];
    return send({ region: "eu-west-1", operation, input }, callOf(name), undefined);
  };
}

/** Sends once; what came of it, as the stores see it, and what was on the wire. */
async function sent(name: Name, send: Send) {
  seen.length = 0;
  attempts.length = 0;
  const outcome = await send(name).then(
    (output) => ({ output: { ...output, $metadata: undefined } }),
    (error: unknown) => ({ error: readAwsError(error, "S", "O", []) }),
  );
  return { outcome, requests: [...seen], attempts: attempts.map((attempt) => ({ ...attempt, durationMs: 0 })) };
}

const varying = ["amz-sdk-invocation-id", "authorization", "x-amz-date"];
const steady = ({ headers, body }: Seen) => ({
  body,
  headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !varying.includes(name))),
  names: Object.keys(headers).toSorted(),
  signed: /Credential=\S+ (?=Signed)|SignedHeaders=\S+/
    .exec(headers["authorization"] ?? "")?.[0]
    .split(";")
    .toSorted(),
});

describe("the same request and the same output", () => {
  test.each(names)("%s", async (name) => {
    const { service, good } = operations[name];
    answer = good;
    const first = await sent(name, bySdk(service));
    const second = await sent(name, lean(service));
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
  return operations[name].service !== "sts"
    ? json({ __type: code, message: "why" }, status)
    : xml(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>why</Message></Error></ErrorResponse>`,
        status,
      );
}

describe.each(names)("%s: a fault ends as on the SDK's own path", (name) => {
  test.each(Object.keys(faults))("%s", async (fault) => {
    const { service } = operations[name];
    answer = faults[fault]?.(name) ?? answer;
    const got = await sent(name, lean(service));
    const own = await sent(name, bySdk(service));
    expect(got.requests).toHaveLength(own.requests.length);
    expect(got.attempts).toEqual(own.attempts);
    if ("error" in own.outcome) expect(got.outcome).toEqual(own.outcome);
    else expect("output" in got.outcome).toBe(true);
  });
});

test("a clock that is off is corrected, and the lean path goes by the correction from then on", async () => {
  const sender = lean("secretsmanager");
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
  answer = operations.GetSecretValue.good;
  await sent("GetSecretValue", lean("secretsmanager", { retryMode: "adaptive" }));
  expect(seen[0]?.headers["authorization"]).toContain("amz-sdk-request;content-length");
});

test("a call without the credentials it needs is for the SDK to refuse", async () => {
  const { send } = createSender("secretsmanager", settings, endpoint);
  seen.length = 0;
  const ended: unknown = await send("eu-west-1", "GetSecretValue", { SecretId: "a" }, { context: newContext() }).catch(
    (error: unknown) => error,
  );
  expect(ended).toBeInstanceOf(Error);
  expect(seen).toEqual([]);
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
    answer = () => xml(assumed(inner));
    const got = await sent("AssumeRoleWithWebIdentity", lean("sts"));
    const own = await sent("AssumeRoleWithWebIdentity", bySdk("sts"));
    expect(got.outcome).toEqual(own.outcome);
    expect(got.requests).toHaveLength(own.requests.length);
  });
});

const packages: Readonly<Record<ServiceName, string>> = {
  secretsmanager: "client-secrets-manager",
  ssm: "client-ssm",
  sts: "client-sts",
};
const regions = [
  "us-east-1",
  "us-west-2",
  "eu-central-1",
  "eu-south-2",
  "ap-southeast-7",
  "sa-east-1",
  "ca-west-1",
  "me-central-1",
  "af-south-1",
  "il-central-1",
  "mx-central-1",
  "ap-northeast-3",
  "us-nowhere-99",
  "cn-north-1",
  "cn-northwest-1",
  "us-gov-west-1",
  "us-iso-east-1",
  "us-isob-east-1",
  "eu-isoe-west-1",
  "eusc-de-east-1",
  "aws-global",
  "local",
  "xx-yy-1",
  "us-east-1.evil.example",
  "us-east-1/",
  "US-EAST-1",
  "",
];

describe.each(Object.keys(packages) as ServiceName[])("%s: the endpoint is the SDK's, or left to it", (service) => {
  test.each(regions)("%s", async (region) => {
    const plain = plainEndpoint(service, region)?.href;
    expect(plain !== undefined).toBe(/^(?:us|eu|ap|sa|ca|me|af|il|mx|cn)-[a-z]+-\d+$/.test(region));
    if (plain === undefined) return;
    const file = `../node_modules/@aws-sdk/${packages[service]}/dist-es/endpoint/endpointResolver.js`;
    const { defaultEndpointResolver: resolve } = (await import(file)) as {
      defaultEndpointResolver: (parameters: object) => { url: URL; properties?: { authSchemes?: unknown } };
    };
    const theirs = resolve({ Region: region, UseFIPS: false, UseDualStack: false, UseGlobalEndpoint: false });
    expect([theirs.url.href, theirs.properties?.authSchemes]).toEqual([plain, undefined]);
  });
});
