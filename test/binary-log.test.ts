// What the compiled binary prints and answers: klog lines or JSON, and never a token, a key or a value, however much libraries are told to say.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { parameter, secret, startBinaryLab } from "./binary-lab.ts";
import type { BinaryLab, BinaryLabOptions } from "./binary-lab.ts";
import type { Service } from "./fakes/calls.ts";
import type { Session } from "./fakes/cloud.ts";
import type { FaultAction } from "./fakes/faults.ts";
import { podIdentityAudience, serviceAccountTokens, stsAudience } from "./fakes/tokens.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const klog = /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [\w.-]+:\d+\] \S/;
const marker = {
  secret: "MARKER-secret-value",
  json: "MARKER-inside-json",
  binary: "MARKER-binary-value",
  parameter: "MARKER-parameter-value",
  publish: "MARKER-publish-secret",
  attribute: "MARKER-unknown-attribute",
  expression: "MARKER-broken-json",
};
/** Everything that makes a library talk and is no reason to refuse the start. */
const talkative = {
  DEBUG: "*",
  NODE_DEBUG: "http,https,http2,net,tls,stream",
  GRPC_TRACE: "all",
  GRPC_VERBOSITY: "DEBUG",
  AWS_SDK_LOAD_CONFIG: "1",
};

const all = [
  secret("text"),
  secret("json", { jmesPath: [{ path: "key", objectAlias: "k" }] }),
  secret("binary"),
  parameter("/p"),
];
const jmesPath = (path: string, name = "json"): object[] => [secret(name, { jmesPath: [{ path, objectAlias: "k" }] })];

/** One lab, the tokens that were sent in it and the texts that came back. */
interface Story {
  readonly lab: BinaryLab;
  readonly tokens: string[];
  readonly answers: string[];
  readonly sessions: Session[];
}

async function begin(options: BinaryLabOptions): Promise<Story> {
  const lab = await startBinaryLab(options);
  const { cloud } = lab.world;
  cloud.putSecret(region, "text", marker.secret);
  cloud.putSecret(region, "json", JSON.stringify({ key: marker.json, number: 1 }));
  cloud.putSecret(region, "broken", `{"key": ${marker.expression}`);
  cloud.putSecret(region, "binary", Buffer.from(marker.binary));
  cloud.putParameter(region, "/p", marker.parameter, { type: "SecureString" });
  return { lab, tokens: [], answers: [], sessions: [] };
}

async function mount(
  { lab, tokens, answers }: Story,
  objects: readonly object[] | string,
  {
    attributes = {},
    fault,
  }: { attributes?: Record<string, string>; fault?: [Service, (tokens: string) => FaultAction] } = {},
): Promise<void> {
  const fresh = serviceAccountTokens();
  tokens.push(fresh);
  const injected = fault && lab.world.faults.inject({ service: fault[0] }, fault[1](fresh));
  const options = {
    objects,
    tokens: fresh,
    attributes: { unknown: marker.attribute, ...attributes },
    secrets: JSON.stringify({ password: marker.publish, "csi.storage.k8s.io/serviceAccount.tokens": fresh }),
  };
  const answer = await lab.run(options).catch((error: unknown) => error as { details: string });
  answers.push("details" in answer ? answer.details : JSON.stringify(answer.versions));
  injected?.remove();
  expect(injected?.hits()).not.toBe(0);
}

/** Mounts that succeed, and mounts whose text is wrong. */
async function mountEverySpec(story: Story): Promise<void> {
  await mount(story, all);
  await mount(story, all, { attributes: { usePodIdentity: "true" } });
  await mount(story, all, { attributes: { failoverRegion: "us-west-2" } });
  for (const path of ["key", "number", "gone", "key[", "sum(key)"]) await mount(story, jmesPath(path));
  await mount(story, jmesPath("key", "broken"));
  await mount(story, "- objectName: [");
  await mount(story, [secret("text", { objectAlias: "../x" })]);
  const cut = `{"sts.amazonaws.com": {"token": "${story.tokens[0]?.slice(40)}`;
  await mount(story, all, { attributes: { "csi.storage.k8s.io/serviceAccount.tokens": cut } });
}

const services = ["secrets-manager", "ssm", "sts", "pod-identity", "kubernetes"] as const;
const viaAgent = (service: Service): Record<string, string> => ({ usePodIdentity: String(service === "pod-identity") });

/** Mounts that meet a service which answers wrongly. */
async function mountEveryFault(story: Story): Promise<void> {
  const { cloud } = story.lab.world;
  for (const kind of ["malformed", "empty", "reset"] as const) {
    for (const service of services) {
      story.sessions.push(...cloud.sessions());
      cloud.forgetSessions();
      await mount(story, all, { attributes: viaAgent(service), fault: [service, () => ({ kind })] });
    }
  }
}

/** Mounts that meet a service which quotes what it was sent, as AWS quotes the canonical request of a signature that is wrong. */
async function mountEveryQuote(story: Story): Promise<void> {
  const { cloud } = story.lab.world;
  const tokenOf = (tokens: string, audience: string): string =>
    (JSON.parse(tokens) as Record<string, { token: string }>)[audience]?.token ?? "";
  const sessionToken = (): string => cloud.sessions().at(-1)?.sessionToken ?? "";
  const quotes: readonly (readonly [Service, string, (tokens: string) => string])[] = [
    ["secrets-manager", "InvalidSignatureException", sessionToken],
    ["ssm", "InvalidSignatureException", sessionToken],
    ["sts", "InvalidIdentityToken", (tokens) => tokenOf(tokens, stsAudience)],
    ["pod-identity", "InvalidTokenException", (tokens) => tokenOf(tokens, podIdentityAudience)],
  ];
  for (const [service, code, quote] of quotes) {
    for (const length of [0, 300, 500]) {
      if (service === "sts" || service === "pod-identity") cloud.forgetSessions();
      const message = (tokens: string): string => `${"why ".repeat(length / 4)}'${quote(tokens)}'`;
      const action = (tokens: string): FaultAction => ({ kind: "answer", status: 400, code, message: message(tokens) });
      await mount(story, all, { attributes: viaAgent(service), fault: [service, action] });
    }
    await mount(story, all);
    story.sessions.push(...cloud.sessions());
  }
}

/** All that must stay inside; of what is long its beginning and its end, since a text may be cut. */
function insideOf({ lab, tokens, sessions }: Story): string[] {
  const jwts = tokens.flatMap((text) => Object.values(JSON.parse(text) as Record<string, { token: string }>));
  const parts = jwts.flatMap(({ token }) => token.split(".").slice(1));
  const keys = sessions.flatMap(({ sessionToken, secretAccessKey }) => [sessionToken, secretAccessKey]);
  const values = Object.values(marker);
  const encoded = values.map((value) => Buffer.from(value).toString("base64").replace(/=+$/, ""));
  const long = [...parts, ...keys, lab.world.kubernetes.token()];
  return [...values, ...encoded, ...long.flatMap((text) => [text.slice(0, 32), text.slice(-32)])];
}

test.each([
  ["as it is", {}, "] AWS call "],
  ["with libraries told to talk", talkative, "NODE_DEBUG environment variable"], // the runtime's word that it heard; grpc-js stays silent
])("no token, key or value in the log at debug level or in an error, %s", async (_name, env, said) => {
  const story = await begin({ args: ["--log-level=debug", "--qps=-1", "--driver-writes-secrets"], env });
  await using lab = story.lab;
  await mountEverySpec(story);
  await mountEveryFault(story);
  await mountEveryQuote(story);
  expect(await lab.stop()).toBe(0);
  const inside = insideOf(story);
  expect(story.sessions.length).toBeGreaterThan(5);
  expect(lab.output()).toContain(said);
  expect(lab.output()).not.toContain(" | server_call | ");
  expect(story.answers.filter((answer) => answer.startsWith("{"))).not.toHaveLength(0);
  for (const text of [lab.output(), ...story.answers]) expect(inside.filter((one) => text.includes(one))).toEqual([]);
});

describe("lines", () => {
  test("klog text, one line each, with the words that runbooks know", async () => {
    const story = await begin({ args: ["--log-level=debug"] });
    await using lab = story.lab;
    await mountEverySpec(story);
    await mount(story, [secret("none")]);
    await mount(story, [parameter("/none")]);
    lab.world.addWorkload({ namespace: "n", serviceAccount: "a", pod: "p", role: "app" });
    await lab.run({
      namespace: "n",
      serviceAccount: "a",
      pod: "p",
      objects: [secret("text")],
      parameters: { failoverRegion: "" },
    });
    expect(await lab.stop()).toBe(0);
    const lines = lab.output().trimEnd().split("\n");
    expect(lines.filter((line) => !klog.test(line))).toEqual([]);
    for (const words of [
      "Provider is configured to write secrets",
      "Servicing mount request for pod p in namespace n using service account a with region(s) eu-west-1",
      "Servicing mount request for pod app-0 in namespace default using service account app with region(s) eu-west-1, us-west-2",
      `Role ARN for n:a is ${lab.world.cloud.roleArn("app")}`,
      "Failure reading descriptor list: ",
      "Failure getting secret values from provider type secretsmanager: ",
      "Failure getting secret values from provider type ssmparameter: ",
      `Listening for connections on address: ${lab.socket}`,
    ]) {
      expect(lines.some((line) => line.includes(`] ${words}`)) || words).toBe(true);
    }
  });

  test("--log-format=json: each line after the start lines is one object", async () => {
    const story = await begin({ args: ["--log-level=debug", "--log-format=json"] });
    await using lab = story.lab;
    await mountEverySpec(story);
    expect(await lab.stop()).toBe(0);
    const lines = lab.output().trimEnd().split("\n").slice(2);
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      const entry = JSON.parse(line) as Record<string, unknown>;
      expect(entry).toEqual(
        expect.objectContaining({
          level: expect.stringMatching(/^(debug|info|warn|error)$/),
          message: expect.any(String),
          time: expect.stringMatching(/^\d{4}-.*Z$/),
        }),
      );
    }
  });

  test("a line break in a name of the pod makes no line of its own", async () => {
    await using lab = await startBinaryLab({ env: { AWS_REGION: region } });
    await lab.failure({ pod: "x\nE1124 00:00:00.000000 1 forged.go:1] forged\r\u001b[2J", objects: [secret("text")] });
    expect(await lab.stop()).toBe(0);
    const lines = lab.output().trimEnd().split("\n");
    expect(lines.filter((line) => !klog.test(line) || line.includes("\r") || line.includes("\u001b"))).toEqual([]);
    expect(lines.filter((line) => line.startsWith("E1124 00:00:00"))).toEqual([]);
  });
});
