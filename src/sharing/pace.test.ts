// Who computes when: stretches, turns of the event loop between them, round robin between namespaces, heavy work behind.
import { describe, expect, test } from "bun:test";
import { createPacer } from "./pace.ts";
import type { Pace } from "./pace.ts";
import type { Work } from "../work.ts";

const signal = new AbortController().signal;

/** Work that takes about so many milliseconds; what it does is written down at each stretch. */
function* busy(ms: number, at: () => void = () => undefined): Work<string> {
  for (let done = 0; done < ms * 10; done++) {
    const untilMs = performance.now() + 0.1;
    while (performance.now() < untilMs);
    at();
    yield;
  }
  return "done";
}

/** Turns of the event loop until a promise is settled. */
async function turnsUntil(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work;
  isOver = true;
  return turns;
}

describe("run", () => {
  test("gives back the result of short work without waiting", async () => {
    const pace = createPacer().open({ namespace: "a", signal });
    expect(await pace.run(busy(0))).toBe("done");
  });

  test("lets the event loop turn between stretches, also of many short computations", async () => {
    const pace = createPacer().open({ namespace: "a", signal });
    expect(await turnsUntil(pace.run(busy(40)))).toBeGreaterThan(5);
    const many = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) await pace.run(busy(1));
    };
    expect(await turnsUntil(many())).toBeGreaterThan(5);
  });

  test("takes namespaces in turn, however many mounts one of them has", async () => {
    const pacer = createPacer();
    const order: string[] = [];
    const run = (namespace: string): Promise<string> =>
      pacer.open({ namespace, signal }).run(busy(12, () => order.at(-1) !== namespace && order.push(namespace)));
    const greedy = Array.from({ length: 8 }, () => run("greedy"));
    await run("other");
    const before = order.filter((name) => name === "other").length;
    // Eight mounts in one queue would have had eight stretches for each of the other's.
    expect(order.length).toBeLessThanOrEqual(before * 2 + 2);
    await Promise.all(greedy);
  });

  test("ends with the signal's reason between two stretches, what completes does not", async () => {
    const controller = new AbortController();
    const { run, complete } = createPacer().open({ namespace: "a", signal: controller.signal });
    const given = run(busy(30)).catch((error: unknown) => error);
    const kept = complete(busy(30));
    setTimeout(() => controller.abort(new Error("given up")), 5);
    expect(await given).toEqual(new Error("given up"));
    expect(await kept).toBe("done");
  });

  test("calls of a heavy namespace wait while another one is under way, others do not", async () => {
    const pacer = createPacer();
    const heavy = pacer.open({ namespace: "heavy", signal });
    const calls = (pace: Pace, count: number): (Promise<void> | undefined)[] =>
      Array.from({ length: count }, () => pace.call());
    expect(calls(heavy, 100).filter((wait) => wait !== undefined)).toEqual([]); // alone
    const light = pacer.open({ namespace: "light", signal });
    const waits = calls(heavy, 10);
    expect(waits.every((wait) => wait instanceof Promise)).toBe(true);
    expect(light.call()).toBeUndefined();
    await Promise.all(waits.map((wait) => Promise.resolve(wait))); // they are served all the same
    light.close();
    expect(heavy.call()).toBeUndefined();
    heavy.close();
  });

  test("of two heavy namespaces the one that has used far more waits", async () => {
    const pacer = createPacer(0.05);
    const [more, less] = [pacer.open({ namespace: "more", signal }), pacer.open({ namespace: "less", signal })];
    await more.complete(busy(300));
    for (let n = 0; n < 100; n++) void less.call(); // 70 ms: heavy as well
    const waits = more.call();
    expect(waits).toBeDefined();
    expect(less.call()).toBeUndefined();
    less.close();
    await waits;
  });

  test("answers that arrive together are read over several turns of the event loop", async () => {
    const pace = createPacer().open({ namespace: "a", signal });
    expect(pace.answered(1_000)).toBeUndefined();
    const all = Promise.all(Array.from({ length: 20 }, () => Promise.resolve(pace.answered(64 << 10))));
    expect(await turnsUntil(all)).toBeGreaterThanOrEqual(18);
    expect(pace.answered(1_000)).toBeUndefined();
    pace.close();
  });

  test("rejects with what the work throws", async () => {
    const { run } = createPacer().open({ namespace: "a", signal });
    function* failing(): Work<never> {
      yield;
      throw new Error("no");
    }
    expect(await run(failing()).catch((error: unknown) => error)).toEqual(new Error("no"));
  });

  test("waits for room between stretches", async () => {
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    const { run } = createPacer().open({
      namespace: "a",
      signal,
      room: () => ((asked += 1) === 1 ? gate.promise : undefined),
    });
    let isDone = false;
    const work = run(busy(0)).then(() => (isDone = true));
    await Bun.sleep(5);
    expect(isDone).toBe(false);
    gate.resolve();
    await work;
    expect(isDone).toBe(true);
  });

  test("heavy work makes room while another namespace is under way, and only then", async () => {
    const pacer = createPacer();
    let stretches = 0;
    const heavy = pacer.open({ namespace: "heavy", signal });
    const other = pacer.open({ namespace: "other", signal });
    const working = heavy.run(busy(200, () => (stretches += 1)));
    const busyOther = setInterval(() => void other.answered(1), 5); // it is at work: one that only waits makes nobody wait
    await Bun.sleep(150);
    clearInterval(busyOther);
    // The first 50 ms are like any other's; alone, 150 ms would have been enough for 1,500.
    expect(stretches).toBeLessThan(1_200);
    other.close();
    await working;
    expect(stretches).toBe(2_000);
    heavy.close();
  });
});
