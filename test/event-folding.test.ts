// kubelet tries a mount again and again, and each try has an event: those of one text are one event with a count, others fill the pod's description. So
// each failure must have one text, whatever is new at each try.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { MountRequestOptions } from "./build.ts";
import { events } from "./events.ts";
import type { FaultAction } from "./fakes/faults.ts";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

setDefaultTimeout(180_000);

const tries = 30;
const region = "eu-west-1";
const secret = (objectName: string): object => ({ objectName, objectType: "secretsmanager" });
const parameter = (objectName: string): object => ({ objectName, objectType: "ssmparameter" });
const one = { objects: [secret("app/db")] };
const podIdentity = { usePodIdentity: "true" };
const refused = (status: number, code: string, message: string): FaultAction => ({
  kind: "answer",
  status,
  code,
  message,
});

/**
 * What kubelet's event recorder makes of the texts of one pod (client-go, tools/record/events_cache.go): events of one text are counted; from the tenth
 * text within ten minutes on all are one more event.
 */
function fold(texts: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const text of texts) {
    const key = found.has(text) || found.size < 9 ? text : "(combined from similar events)";
    found.set(key, (found.get(key) ?? 0) + 1);
  }
  return found;
}

interface Case {
  readonly what: string;
  /** Before the first try. */
  readonly prepare?: (lab: Lab) => unknown;
  /** Before each try. */
  readonly again?: (lab: Lab) => unknown;
  readonly request: MountRequestOptions;
}

const uuid = (): string => crypto.randomUUID();
const seconds = (): number => Math.floor(Date.now() / 1000) + Math.floor(Math.random() * 1_000);
const answerAnew =
  (service: "sts" | "ssm" | "secrets-manager" | "pod-identity", make: () => FaultAction) =>
  ({ world }: Lab): void => {
    world.faults.clear();
    world.faults.inject({ service }, make());
  };

const more: readonly Case[] = [
  {
    what: "Pod Identity: a role that may not, in a session of a new name each time",
    prepare: ({ world }) => [world.cloud.putSecret(region, "app/db", "v"), world.cloud.deny({})],
    request: { ...one, parameters: podIdentity },
  },
  {
    what: "an assumed role that may not",
    prepare: ({ world }) => world.cloud.deny({ operation: "AssumeRole" }),
    request: { ...one, parameters: { assumeRoleArn: "arn:aws:iam::444455556666:role/far" } },
  },
  {
    what: "a token that STS calls expired",
    again: answerAnew("sts", () =>
      refused(
        400,
        "ExpiredTokenException",
        `Token expired: current date/time ${seconds()} must be before the expiration date/time ${seconds()}`,
      ),
    ),
    request: one,
  },
  {
    what: "a clock that is wrong",
    again: answerAnew("ssm", () =>
      refused(
        403,
        "InvalidSignatureException",
        `Signature expired: 20261128T${seconds() % 1e6}Z is now earlier than 2026112${seconds() % 10}T000000Z`,
      ),
    ),
    request: { objects: [parameter("/p")] },
  },
  {
    what: "KMS's refusal through Parameter Store",
    again: answerAnew("ssm", () =>
      refused(
        400,
        "AccessDeniedException",
        `The ciphertext refers to a customer master key that does not exist. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: ${uuid()}; Proxy: null)`,
      ),
    ),
    request: { objects: [parameter("/p")] },
  },
  {
    what: "the agent's refusal, as it is in the field",
    again: answerAnew("pod-identity", () => ({
      kind: "raw",
      status: 404,
      contentType: "text/plain; charset=utf-8",
      body: `[${uuid()}]: (ResourceNotFoundException): No associations found, fault: client\n`,
    })),
    request: { ...one, parameters: podIdentity },
  },
  {
    what: "several objects, the first of them the slowest",
    prepare: ({ world }) => {
      for (const name of ["a", "b", "c"]) world.cloud.putSecret(region, name, "v");
      world.cloud.deny({ id: "*a" });
      world.cloud.deny({ id: "*b" });
    },
    again: ({ world }) => {
      world.faults.clear();
      world.faults.inject(
        { service: "secrets-manager", id: "a" },
        { kind: "delay", delayMs: Math.ceil(Math.random() * 9) },
      );
    },
    request: { objects: ["a", "gone", "b", "c"].map(secret) },
  },
  {
    what: "parameters that are not there, which AWS lists in any order",
    request: { objects: ["/a", "/b", "/c", "/d", "/e"].map(parameter) },
  },
  {
    what: "several objects, all throttled",
    again: ({ world }) => {
      world.faults.clear();
      for (const id of ["a", "b", "c"]) {
        const delayMs = Math.ceil(Math.random() * 40);
        const action = { ...refused(400, "ThrottlingException", "Rate exceeded"), delayMs };
        world.faults.inject({ service: "secrets-manager", id }, action);
      }
    },
    request: { objects: ["a", "b", "c"].map(secret) },
  },
  {
    what: "one that may not, and others that are out of reach, each in its own way and time",
    prepare: ({ world }) => {
      for (const name of ["a", "b", "c", "d"]) world.cloud.putSecret(region, name, "v");
      world.cloud.deny({ id: "*a" });
    },
    again: ({ world }) => {
      world.faults.clear();
      for (const id of ["b", "c", "d"]) {
        const service = "secrets-manager";
        const delayMs = Math.ceil(Math.random() * 20);
        const outage = refused(503, "ServiceUnavailable", `down, ${uuid()}`);
        world.faults.inject({ service, id }, Math.random() < 0.5 ? { kind: "reset" } : { ...outage, delayMs });
      }
    },
    request: { objects: ["a", "d", "c", "b"].map(secret) },
  },
  {
    what: "two regions that deny",
    prepare: ({ world }) => {
      for (const at of [region, "us-east-1"]) world.cloud.putSecret(at, "app/db", "v");
      world.cloud.deny({});
    },
    request: { ...one, parameters: { failoverRegion: "us-east-1" } },
  },
];

/** They end with their time: of many pods at once, each of whom asks for itself. */
const late: readonly Case[] = [
  {
    what: "no time left",
    prepare: ({ world }) => world.faults.inject({ service: "secrets-manager" }, { kind: "hang" }),
    request: { ...one, parameters: podIdentity },
  },
  {
    what: "no time left for the exchange",
    prepare: ({ world }) => world.faults.inject({ service: "pod-identity" }, { kind: "hang" }),
    request: { ...one, parameters: podIdentity },
  },
];
const lateMs = 5_000;
/** As many as have a turn at once (server/serve.ts). */
const togetherMax = 15;

describe(`${tries} tries of a mount are one event`, () => {
  test.concurrent.each([...events, ...more].map((one_) => [one_.what, one_] as const))("%s", async (_what, one_) => {
    const { prepare, request, again }: Case = one_;
    // One attempt a call: what an attempt is answered is what counts, not how long the SDK waits for the next.
    await using lab = await startLab({ env: { AWS_MAX_ATTEMPTS: "1" } });
    await prepare?.(lab);
    const texts: string[] = [];
    for (let n = 0; n < tries; n += 1) {
      await again?.(lab);
      texts.push((await lab.failure(request)).details);
    }
    expect([...fold(texts)]).toEqual([[texts[0] ?? "", tries]]);
  });

  test.each(late.map((one_) => [one_.what, one_] as const))("%s", async (_what, { prepare, request }) => {
    await using lab = await startLab({ env: { AWS_REGION: region } });
    await prepare?.(lab);
    const pods = Array.from({ length: tries }, (_, n) => `app-${n}`);
    for (const pod of pods) lab.world.addWorkload({ namespace: "default", serviceAccount: "app", pod, role: "app" });
    const texts: string[] = [];
    for (let at = 0; at < tries; at += togetherMax) {
      const some = pods.slice(at, at + togetherMax);
      const failures = await Promise.all(some.map((pod) => lab.failure({ ...request, pod }, { deadlineMs: lateMs })));
      texts.push(...failures.map(({ details }) => details));
    }
    expect([...fold(texts)]).toEqual([[texts[0] ?? "", tries]]);
  });
});

describe("the log keeps what the event leaves out", () => {
  const failed = (lab: Lab): string => /\n[^\n]*outcome="error"[^\n]*/.exec(lab.logged())?.[0] ?? "";

  test("AWS's id of the request, in the line of the failed mount and in that of the call", async () => {
    await using lab = await startLab();
    lab.world.cloud.distrust("app", "default/app");
    const { details } = await lab.failure(one);
    const [, id = ""] = /requestId="([\w-]{36})"/.exec(failed(lab)) ?? [];
    expect(id).not.toBe("");
    expect(details).not.toContain(id);
    expect(lab.logged()).toMatch(new RegExp(`AWS call.*operation="AssumeRoleWithWebIdentity".*requestId="${id}"`));
  });

  test("those of both regions", async () => {
    await using lab = await startLab();
    for (const at of [region, "us-east-1"]) lab.world.cloud.putSecret(at, "app/db", "v");
    lab.world.cloud.deny({});
    await lab.failure({ ...one, parameters: { failoverRegion: "us-east-1" } });
    expect(failed(lab)).toMatch(/requestId="[\w-]{36}, [\w-]{36}"/);
  });

  test("AWS's own words with their times", async () => {
    await using lab = await startLab();
    const words = "Token expired: current date/time 1764000000 must be before the expiration date/time 1763999000";
    lab.world.faults.inject({ service: "sts" }, refused(400, "ExpiredTokenException", words));
    const { details } = await lab.failure(one);
    expect(details).toContain("current date/time <time> must be");
    expect(lab.logged()).toContain(words);
  });
});
