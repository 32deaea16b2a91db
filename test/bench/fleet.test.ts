// The fleet simulation in a short form: it holds what the recommendations rest on, and the same seed gives the same run.
import { describe, expect, test } from "bun:test";
import { run } from "../../scripts/bench/fleet.ts";
import { createChance, createClock } from "../../scripts/bench/fleet/clock.ts";
import { goPattern, highThroughput, published, thisPattern } from "../../scripts/bench/fleet/model.ts";
import { createAdaptiveRate, createBucket } from "../../scripts/bench/fleet/rates.ts";

// A hundredth of nodes and quotas, 200 s.
const options = { seed: 7, scale: 100 };
const rollout = { kind: "rollout", withinSeconds: 120 } as const;
const rotation = { kind: "rotation", startedWithinSeconds: 120 } as const;

describe("5,000 nodes", () => {
  const sts = "AssumeRoleWithWebIdentity";

  test("during rotation STS throttles the pattern without a cache, and hardly the one with", () => {
    const go = run(goPattern, highThroughput, rotation, { ...options, scale: 20, nodes: 5_000, seconds: 600 })
      .operations[sts];
    const own = run(thisPattern, highThroughput, rotation, { ...options, scale: 20, nodes: 5_000, seconds: 600 })
      .operations[sts];
    expect(go.throttled).toBeGreaterThan(0.05 * go.attempts);
    expect(own.throttled).toBeLessThan(0.02 * own.attempts);
    expect(own.attempts).toBeLessThan(go.attempts / 4);
  });

  test("after a rollout with cold caches both are throttled; retries amplify it less where credentials are shared", () => {
    const go = run(goPattern, highThroughput, rollout, { ...options, nodes: 5_000, seconds: 400 });
    const own = run(thisPattern, highThroughput, rollout, { ...options, nodes: 5_000, seconds: 400 });
    const adaptive = run({ ...thisPattern, adaptive: true }, highThroughput, rollout, {
      ...options,
      nodes: 5_000,
      seconds: 400,
    });
    expect(own.operations[sts].attempts).toBeLessThan(go.operations[sts].attempts / 2);
    expect(own.amplification).toBeLessThan(go.amplification);
    expect(own.failedMounts).toBeLessThan(go.failedMounts / 2);
    expect(adaptive.failedMounts).toBeLessThan(own.failedMounts / 2);
  });

  test("batches run into their quota of 100 a second; single calls in place of a throttled batch do not", () => {
    const batch = run({ ...thisPattern, batch: "yes" }, highThroughput, rollout, {
      ...options,
      nodes: 5_000,
      seconds: 400,
    });
    const either = run({ ...thisPattern, batch: "then single" }, highThroughput, rollout, {
      ...options,
      nodes: 5_000,
      seconds: 400,
    });
    expect(batch.failedMounts).toBeGreaterThan(batch.mounts / 2);
    expect(either.failedMounts).toBeLessThan(either.mounts / 2);
  });

  test("Parameter Store's default throughput is too little for rotation, whatever the pattern", () => {
    for (const pattern of [goPattern, thisPattern]) {
      const { attempts, throttled } = run(pattern, published, rotation, { ...options, nodes: 5_000, seconds: 200 })
        .operations.GetParameters;
      expect(throttled, pattern.name).toBeGreaterThan(attempts / 2);
    }
  });

  test("the same seed gives the same run, another seed another", () => {
    const once = run(goPattern, highThroughput, rollout, { ...options, nodes: 1_000, seconds: 100 });
    expect(run(goPattern, highThroughput, rollout, { ...options, nodes: 1_000, seconds: 100 })).toEqual(once);
    expect(run(goPattern, highThroughput, rollout, { ...options, seed: 8, nodes: 1_000, seconds: 100 })).not.toEqual(
      once,
    );
  });
});

describe("the parts", () => {
  test("events run in order of time, those of one time in order of their making", () => {
    const clock = createClock();
    const seen: string[] = [];
    for (const [at, name] of [
      [3, "c"],
      [1, "a"],
      [2, "b"],
      [1, "a2"],
      [9, "late"],
    ] as const)
      clock.after(at, () => seen.push(`${name}@${clock.now()}`));
    clock.run(5);
    expect(seen).toEqual(["a@1", "a2@1", "b@2", "c@3"]);
  });

  test("chance is even enough and repeats with its seed", () => {
    const chance = createChance(1);
    const values = Array.from({ length: 10_000 }, chance);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
    expect(Array.from({ length: 10_000 }, createChance(1))).toEqual(values);
  });

  test("a bucket gives its size at once and its rate after that", () => {
    const bucket = createBucket(10, 20);
    expect(Array.from({ length: 25 }, () => bucket.take(0)).filter(Boolean)).toHaveLength(20);
    expect(Array.from({ length: 25 }, () => bucket.take(1)).filter(Boolean)).toHaveLength(10);
    const queue = createBucket(5, 1);
    expect([queue.reserve(0), queue.reserve(0), queue.reserve(0)]).toEqual([0, 0.2, 0.4]);
  });

  test("an adaptive rate holds back after a throttled answer, and comes back", () => {
    const rate = createAdaptiveRate();
    for (let n = 0; n < 100; n += 1) {
      expect(rate.wait(n / 100)).toBe(0);
      rate.learn(n / 100, false);
    }
    rate.learn(1, true);
    const waits = Array.from({ length: 50 }, () => rate.wait(1));
    expect(Math.max(...waits)).toBeGreaterThan(0.2);
    for (let n = 0; n < 500; n += 1) rate.learn(2 + n / 50, false);
    expect(rate.wait(30)).toBe(0);
  });
});
