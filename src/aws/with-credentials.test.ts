import { expect, test } from "bun:test";
import { contextOfNoMount } from "../context.ts";
import { ProviderError } from "../errors.ts";
import { OutboundError } from "../outbound.ts";
import { Secret } from "../secret.ts";
import type { OnFailedAttempt } from "./attempt.ts";
import type { Credentials } from "./credentials.ts";
import { withCredentials } from "./with-credentials.ts";

/** An answer of AWS as the SDK throws it. */
const answered = (name: string, status = 400): Error =>
  Object.assign(new Error("no"), { name, $fault: "client", $metadata: { httpStatusCode: status } });
const denied = answered("AccessDeniedException");
const expired = answered("ExpiredTokenException");
const unreached = new OutboundError("sts", "ECONNREFUSED", "connection refused");
const withoutSts = new ProviderError({ reason: "CredentialsUnavailable", message: "no STS", isOutage: true });

/** What each try ends with: an error of the call; of the source, in a list; or an answer. */
type Try = Error | readonly [Error] | "answer";

/** Runs tries one after the other, and gives what became of them. */
async function run(tries: readonly Try[], { isFresh = false, isRenewed = false } = {}, signal?: AbortSignal) {
  const steps: string[] = [];
  let at = -1;
  const source = {
    get: async (): Promise<Credentials> => {
      at += 1;
      const next = tries[at];
      if (Array.isArray(next)) throw next[0];
      const secret = new Secret("");
      return { accessKeyId: `${at}`, secretAccessKey: secret, sessionToken: secret, expiresAtMs: Infinity };
    },
    isFresh: () => isFresh,
    renew: async () => {
      steps.push("renew");
      return isRenewed;
    },
    drop: (_region: string, { accessKeyId }: Credentials) => steps.push(`drop ${accessKeyId}`),
  };
  const call = async (_: Credentials, onFailedAttempt: OnFailedAttempt): Promise<string> => {
    steps.push(`call ${at}`);
    const next = tries[at];
    if (next instanceof Error) {
      onFailedAttempt(next.name, next === unreached);
      throw next;
    }
    return "answer";
  };
  const signed = { source, region: "eu-west-1", service: "S", operation: "O", call };
  const called = await withCredentials(signed, contextOfNoMount(signal ?? new AbortController().signal));
  return { called, steps: steps.join(", ") };
}

const cases: readonly [string, readonly Try[], { isFresh?: boolean; isRenewed?: boolean }, string, unknown][] = [
  ["an answer", ["answer"], {}, "call 0", { output: "answer" }],
  ["expired", [expired, "answer"], {}, "call 0, drop 0, call 1", { output: "answer" }],
  ["expired though fresh", [expired, "answer"], { isFresh: true }, "call 0, drop 0, call 1", { output: "answer" }],
  ["denied, cached", [denied, "answer"], {}, "call 0, drop 0, renew, call 1", { output: "answer" }],
  ["denied, fresh", [denied], { isFresh: true }, "call 0, drop 0, renew", { error: denied }],
  [
    "denied, fresh, another role by now",
    [denied, "answer"],
    { isFresh: true, isRenewed: true },
    "call 0, drop 0, renew, call 1",
    { output: "answer" },
  ],
  ["twice denied", [denied, denied], {}, "call 0, drop 0, renew, call 1, drop 1", { error: denied }],
  ["denied, then unreached", [denied, unreached], {}, "call 0, drop 0, renew, call 1", { error: denied }],
  ["denied, then no credentials", [denied, [withoutSts]], {}, "call 0, drop 0, renew", { error: denied }],
  ["expired, then unreached", [expired, unreached], {}, "call 0, drop 0, call 1", { error: unreached }],
  [
    "expired, then no credentials",
    [expired, [withoutSts]],
    {},
    "call 0, drop 0",
    { noCredentials: withoutSts, isAnswered: true },
  ],
  ["no credentials", [[withoutSts]], {}, "", { noCredentials: withoutSts, isAnswered: false }],
  ["another refusal", [answered("ValidationException")], {}, "call 0", { failure: { code: "ValidationException" } }],
];

test.each(cases)("%s", async (_, tries, has, steps, became) => {
  const ran = await run(tries, has);
  expect(ran.steps).toBe(steps);
  expect(ran.called).toMatchObject(became as object);
});

test("an outage is one only where no attempt was answered", async () => {
  expect((await run([unreached])).called).toMatchObject({ failure: { isOutage: true } });
  const signed = {
    source: { get: async () => ({}) as Credentials, isFresh: () => true, renew: async () => false, drop: () => {} },
    region: "eu-west-1",
    service: "S",
    operation: "O",
    call: async (_: Credentials, onFailedAttempt: OnFailedAttempt): Promise<never> => {
      onFailedAttempt("HTTP 429", false);
      throw unreached;
    },
  };
  const called = await withCredentials(signed, contextOfNoMount(new AbortController().signal));
  expect(called).toMatchObject({ failure: { isOutage: false } });
});

test("a call that is given up tells no failure", async () => {
  const signal = AbortSignal.abort(new Error("over"));
  expect((await run(["answer"], {}, signal)).called).toEqual({ noCredentials: signal.reason, isAnswered: false });
});
