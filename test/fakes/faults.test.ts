// Faults as a client meets them: each kind over the wire, and which calls they meet.
import { afterEach, beforeAll, afterAll, describe, expect, test } from "bun:test";
import type { FaultAction } from "./faults.ts";
import { globMatches } from "./faults.ts";
import { failureOf, rawCall, readAnswer } from "./raw-call.ts";
import type { RawAnswer } from "./raw-call.ts";
import { mintToken } from "./tokens.ts";
import { startWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
  world.cloud.putSecret("eu-west-1", "a", "value");
});
afterEach(() => {
  world.faults.clear();
  world.resetCalls();
});
afterAll(() => world.close());

function get(id = "a", region = "eu-west-1"): Promise<RawAnswer> {
  const session = world.cloud.openSession("app", "s");
  const target = "secretsmanager.GetSecretValue";
  return rawCall({
    url: `${world.secretsManager.url}/`,
    session,
    service: "secretsmanager",
    target,
    body: { SecretId: id },
    region,
  });
}

const throttle: FaultAction = { kind: "answer", status: 400, code: "ThrottlingException", message: "Rate exceeded" };

describe("what happens", () => {
  test("an error comes in the format of its service", async () => {
    world.faults.inject({}, { ...throttle, status: 503, retryAfterSeconds: 7 });
    const secrets = await get();
    expect(secrets).toMatchObject({ status: 503, json: { __type: "ThrottlingException", message: "Rate exceeded" } });
    expect(secrets.headers.get("retry-after")).toBe("7");
    const sts = await readAnswer(await fetch(world.sts.url, { method: "POST", body: "Action=X" }));
    expect(sts.text).toContain(
      "<Type>Receiver</Type>\n<Code>ThrottlingException</Code>\n<Message>Rate exceeded</Message>",
    );
    const agent = await readAnswer(await fetch(`${world.podIdentity.ipv4.url}/v1/credentials`));
    expect(agent.json).toEqual({ code: "ThrottlingException", message: "Rate exceeded" });
    const { url, ca } = world.kubernetes;
    const cluster = await readAnswer(await fetch(`${url}/api/v1/nodes/n`, { tls: { ca } }));
    expect(cluster).toMatchObject({ status: 503, json: { kind: "Status", reason: "ThrottlingException", code: 503 } });
  });

  test("a connection is cut before or in the middle of the answer", async () => {
    world.faults.inject({ times: 1 }, { kind: "reset" });
    world.faults.inject({}, { kind: "reset", when: "mid-body" });
    expect(await failureOf(get())).toMatchObject({ code: "ECONNRESET" });
    expect(await failureOf(get())).toMatchObject({ code: "ECONNRESET" });
    expect(world.calls().map(({ status, aborted }) => [status, aborted])).toEqual([
      [0, false],
      [0, false],
    ]);
  });

  test("an answer hangs before or after its headers", async () => {
    world.faults.inject({ times: 1 }, { kind: "hang" });
    world.faults.inject({}, { kind: "hang", when: "after-headers" });
    const signal = (): AbortSignal => AbortSignal.timeout(100);
    expect(await failureOf(fetch(world.ssm.url, { signal: signal() }))).toMatchObject({ name: "TimeoutError" });
    const response = await fetch(world.ssm.url, { signal: signal() });
    expect(response.status).toBe(400);
    expect(await failureOf(response.text())).toMatchObject({ name: "TimeoutError" });
    await Bun.sleep(20);
    expect(world.calls().map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(world.inFlight()).toBe(0);
  });

  test("an answer comes late, or slowly", async () => {
    const took = async (): Promise<number> => {
      const startMs = performance.now();
      expect(await get()).toMatchObject({ status: 200, json: { SecretString: "value" } });
      return performance.now() - startMs;
    };
    const late = world.faults.inject({}, { kind: "delay", delayMs: 80 });
    expect(await took()).toBeGreaterThanOrEqual(75);
    late.remove();
    world.faults.inject({}, { kind: "slow", bytesPerSecond: 2000 }); // about 250 bytes
    expect(await took()).toBeGreaterThanOrEqual(75);
  });

  test("a body is malformed, empty, huge, another type, anything", async () => {
    const next = async (action: FaultAction): Promise<RawAnswer> => {
      world.faults.inject({ times: 1 }, action);
      return get();
    };
    expect(await next({ kind: "malformed" })).toMatchObject({ status: 200, json: {} });
    expect(await next({ kind: "empty" })).toMatchObject({ status: 200, text: "" });
    expect((await next({ kind: "huge", sizeBytes: 1 << 20 })).text).toHaveLength(1 << 20);
    const typed = await next({ kind: "content-type", contentType: "text/html" });
    expect(typed.headers.get("content-type")).toBe("text/html");
    expect(typed.json).toMatchObject({ SecretString: "value" });
    const packed = await next({ kind: "packed", encoding: "gzip", framing: "chunked" });
    expect([packed.headers.get("content-encoding"), packed.text.length]).toEqual(["gzip", 64 << 20]);
    expect((await next({ kind: "contradicting" })).headers.get("content-length")).toMatch(/^\d+$/);
    expect(await next({ kind: "raw", status: 502, body: "<html>" })).toMatchObject({ status: 502, text: "<html>" });
    expect(await get()).toMatchObject({ status: 200 });
  });
});

describe("which calls it meets", () => {
  const statuses = async (...ids: string[]): Promise<number[]> => {
    const found: number[] = [];
    for (const id of ids) found.push((await get(id)).status);
    return found;
  };

  test("skip, times and removal", async () => {
    const fault = world.faults.inject({ skip: 1, times: 2 }, { ...throttle, status: 503 });
    expect(await statuses("a", "a", "a", "a")).toEqual([200, 503, 503, 200]);
    expect(fault.hits()).toBe(2);
    const other = world.faults.inject({}, { ...throttle, status: 500 });
    expect(await statuses("a")).toEqual([500]);
    other.remove();
    expect(await statuses("a")).toEqual([200]);
  });

  test("the first that matches wins; a used-up one lets the next through", async () => {
    world.faults.inject({ id: "a", times: 1 }, { ...throttle, status: 501 });
    world.faults.inject({}, { ...throttle, status: 502 });
    expect(await statuses("a", "a")).toEqual([501, 502]);
  });

  test("by service, operation, id, region, role and listener", async () => {
    const meets = async (match: object): Promise<boolean> => {
      const fault = world.faults.inject(match, throttle);
      await get("db/one");
      fault.remove();
      return fault.hits() > 0;
    };
    const right = {
      service: "secrets-manager",
      operation: "GetSecretValue",
      id: "db/*",
      region: "eu-west-1",
      role: "app",
      listener: "127.0.0.1",
    };
    expect(await meets(right)).toBe(true);
    for (const name of Object.keys(right)) {
      expect(await meets({ ...right, [name]: "ssm" })).toBe(false);
    }
  });

  test("the agent's families apart", async () => {
    world.faults.inject({ service: "pod-identity", listener: "::1" }, throttle);
    const ask = async (url: string): Promise<number> =>
      (
        await fetch(`${url}/v1/credentials`, {
          headers: { authorization: mintToken({ audience: "pods.eks.amazonaws.com" }) },
        })
      ).status;
    expect(await ask(world.podIdentity.ipv4.url)).toBe(200);
    expect(await ask(world.podIdentity.ipv6.url)).toBe(400);
  });

  test("globs", () => {
    const cases: readonly [string, string, boolean][] = [
      ["a", "a", true],
      ["a", "ab", false],
      ["*", "", true],
      ["a*", "abc", true],
      ["*c", "abc", true],
      ["a*c", "ac", true],
      ["a*c", "abcd", false],
      ["a*b*c", "a-b-c", true],
      ["a*b*c", "a-c-b", false],
      ["ab*ba", "aba", false],
      ["a.*", "ab", false],
    ];
    for (const [pattern, text, expected] of cases)
      expect([pattern, text, globMatches(pattern, text)]).toEqual([pattern, text, expected]);
  });
});
