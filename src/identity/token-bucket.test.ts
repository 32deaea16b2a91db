// The bound on Kubernetes calls: burst at once, then qps, and turns that are given back.
import { describe, expect, test } from "bun:test";
import { createTokenBucket } from "./token-bucket.ts";

const never = new AbortController().signal;

/** A bucket with a clock of its own, and how many of `asked` get a turn without the clock moving. */
async function grantedAtOnce(qps: number, burst: number, asked: number): Promise<number> {
  const bucket = createTokenBucket(qps, burst, () => 0);
  const left = new AbortController();
  let granted = 0;
  const all = Array.from({ length: asked }, () =>
    bucket.take(left.signal).then(
      () => (granted += 1),
      () => undefined,
    ),
  );
  await Bun.sleep(5);
  left.abort(new Error("over"));
  await Promise.all(all);
  return granted;
}

describe("createTokenBucket", () => {
  test("lets burst calls through at once", async () => {
    expect(await grantedAtOnce(0.1, 10, 10)).toBe(10);
    expect(await grantedAtOnce(0.1, 10, 13)).toBe(10);
  });

  test("negative qps is no bound", async () => {
    expect(await grantedAtOnce(-1, 0, 1_000)).toBe(1_000);
  });

  test("refills with qps a second, up to burst", async () => {
    let now = 0;
    const bucket = createTokenBucket(5, 2, () => now);
    await bucket.take(never);
    await bucket.take(never);
    now = 400; // two tokens
    await bucket.take(never);
    await bucket.take(never);
    now = 100_000; // never more than burst
    await bucket.take(never);
    await bucket.take(never);
    const third = bucket.take(AbortSignal.timeout(20)).then(
      () => "granted",
      () => "waited",
    );
    expect(await third).toBe("waited");
  });

  test("a turn that would come after any mount's time is refused at once", async () => {
    const bucket = createTokenBucket(0.005, 1, () => 0);
    await bucket.take(never);
    const refused = await bucket.take(never).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      reason: "Overloaded",
      message: expect.stringMatching(/^client rate limiter Wait returned an error: /),
    });
  });

  test("a waiter that leaves gives its turn back", async () => {
    let now = 0;
    const bucket = createTokenBucket(10, 1, () => now);
    await bucket.take(never);
    await bucket.take(AbortSignal.timeout(5)).catch(() => undefined);
    now = 100; // exactly one token since
    await bucket.take(never);
  });
});
