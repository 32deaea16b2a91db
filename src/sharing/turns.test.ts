// Turns: the bound, the order, what is kept for others, waiters that leave or are refused, and work that goes on without its turn.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { heldUp, newMount } from "../context.ts";
import { createTurns } from "./turns.ts";
import type { Turns, TurnsOptions, Work } from "./turns.ts";

const never = new AbortController().signal;
const hourMs = 3_600_000;

const what = "a turn";

function turnsOf(atOnce: number, stallMs = hourMs, stalledMax = 100): Turns {
  return createTurns({ what, atOnce, kept: 0, fewTurns: 1, stallMs, stalledMax, waitersMax: 100 });
}

function fairTurns(options: Partial<TurnsOptions> = {}): Turns {
  const usual = { what, atOnce: 4, kept: 1, fewTurns: 1, stallMs: hourMs, stalledMax: 100, waitersMax: 100 };
  return createTurns({ ...usual, ...options });
}

/** What a mount in this namespace waits under. */
const of = (namespace: string, signal = never, pod = "0") => ({
  signal,
  mount: { ...newMount("1"), namespace, pod },
});

interface Asked {
  readonly done: () => Promise<void>;
}

/** Asks for a turn; `served` gets the name once it has it, or why it was refused. */
function ask(turns: Turns, namespace: string, served: string[], work: Work = {}): Asked {
  const release = turns.take(of(namespace), work).then(
    (done) => {
      served.push(namespace);
      return done;
    },
    (error: unknown) => {
      served.push(`${namespace}: ${error instanceof Error ? error.message : ""}`);
      return () => undefined;
    },
  );
  return { done: async () => (await release)() };
}

/** Ends all, each as soon as it has its turn: nothing is left then. */
async function endAll(turns: Turns, asked: readonly Asked[]): Promise<void> {
  await Promise.all(asked.map(({ done }) => done()));
  expect([turns.running(), turns.waiting()]).toEqual([0, 0]);
}

describe("createTurns", () => {
  test("serves so many at once and the rest as turns come free", async () => {
    const turns = turnsOf(2);
    let most = 0;
    const one = async (key: string): Promise<void> => {
      const done = await turns.take(of(key));
      most = Math.max(most, turns.running());
      await Bun.sleep(1);
      done();
    };
    await Promise.all(Array.from({ length: 20 }, (_, n) => one(`pod-${n % 3}`)));
    expect(most).toBe(2);
    expect([turns.running(), turns.waiting()]).toEqual([0, 0]);
  });

  test("goes round between pods: one with many mounts does not hold up the others", async () => {
    const turns = turnsOf(1);
    const hold = await turns.take(of("busy"));
    const served: string[] = [];
    const wait = async (key: string): Promise<void> => {
      const done = await turns.take(of(key));
      served.push(key);
      done();
    };
    const all = [...Array.from({ length: 5 }, () => wait("busy")), wait("calm"), wait("quiet")];
    hold();
    await Promise.all(all);
    expect(served.slice(0, 3)).toEqual(["busy", "calm", "quiet"]);
    expect(served).toHaveLength(7);
  });

  test("a waiter that gives up leaves its place; a release that is called twice counts once", async () => {
    const turns = turnsOf(1);
    const hold = await turns.take(of("a"));
    const leaving = new AbortController();
    const gone = turns.take(of("b", leaving.signal)).then(
      () => "served",
      (error: unknown) => (error as Error).message,
    );
    const next = turns.take(of("c"));
    leaving.abort(new Error("left"));
    expect(await gone).toBe("left");
    expect(turns.waiting()).toBe(1);
    hold();
    hold();
    const done = await next;
    expect(turns.running()).toBe(1);
    done();
    expect(turns.running()).toBe(0);
  });

  test("an aborted signal never gets a turn", async () => {
    const turns = turnsOf(1);
    const taken = await turns.take(of("a", AbortSignal.abort(new Error("before")))).then(
      () => "served",
      (error: unknown) => (error as Error).message,
    );
    expect(taken).toBe("before");
    expect(turns.running()).toBe(0);
  });

  test("a turn that does not get on goes to the next, and is not given back twice", async () => {
    const turns = turnsOf(1, 1);
    const hung = await turns.take(of("a"));
    const done = await turns.take(of("b")); // by the stall of the first alone
    hung();
    expect(turns.running()).toBe(1);
    done();
    expect(turns.running()).toBe(0);
  });

  test("one that gets on keeps its turn", async () => {
    const turns = turnsOf(1, 5);
    let steps = 0;
    const done = await turns.take(of("a"), { steps: () => (steps += 1) });
    let isServed = false;
    const next = turns.take(of("b")).then((release) => {
      isServed = true;
      release();
    });
    while (steps < 4) await Bun.sleep(1);
    expect(isServed).toBe(false);
    done();
    await next;
  });

  test("only so many may be stalled beside the others", async () => {
    const turns = turnsOf(1, 1, 2);
    const hung = [await turns.take(of("a")), await turns.take(of("b")), await turns.take(of("c"))];
    const leaving = new AbortController();
    const last = turns.take(of("d", leaving.signal)).catch((error: unknown) => error);
    await Bun.sleep(20);
    expect([turns.running(), turns.waiting()]).toEqual([1, 1]);
    leaving.abort(new Error("left"));
    expect(await last).toBeInstanceOf(Error);
    for (const release of hung) release();
    expect(turns.running()).toBe(0);
  });
});

describe("one namespace never takes all", () => {
  test("the kept turns are for namespaces that hold few", async () => {
    const turns = fairTurns();
    const served: string[] = [];
    const greedy = Array.from({ length: 6 }, () => ask(turns, "greedy", served));
    await Bun.sleep(0);
    expect([turns.running(), turns.waiting()]).toEqual([3, 3]);
    const calm = ask(turns, "calm", served);
    await Bun.sleep(0);
    expect(served).toEqual(["greedy", "greedy", "greedy", "calm"]);
    await calm.done();
    await Bun.sleep(0);
    expect([turns.running(), turns.waiting()]).toEqual([3, 3]); // the turn is kept again
    await endAll(turns, greedy);
  });

  test("`fewTurns`: a namespace with some under way finds room too", async () => {
    const turns = fairTurns({ atOnce: 6, kept: 3, fewTurns: 2 });
    const served: string[] = [];
    for (const namespace of ["greedy", "greedy", "greedy", "greedy", "calm", "calm", "calm"])
      ask(turns, namespace, served);
    await Bun.sleep(0);
    expect(served).toEqual(["greedy", "greedy", "greedy", "calm", "calm"]);
  });

  test("property: a namespace that holds nothing is served after as many services as there are namespaces", async () => {
    const namespaces = fc.array(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(namespaces, fc.integer({ min: 2, max: 6 }), async (others, atOnce) => {
        const turns = fairTurns({ atOnce });
        const served: string[] = [];
        const all = others.map((namespace) => ask(turns, namespace, served));
        await Bun.sleep(0);
        const before = served.length;
        const victim = ask(turns, "victim", served);
        await endAll(turns, [...all, victim]);
        const meanwhile = served.slice(before, served.indexOf("victim"));
        expect(meanwhile.length).toBeLessThanOrEqual(new Set(others).size);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a turn that is over its budget", () => {
  const budget = { ms: hourMs, steps: 10, overdueMax: 2 };

  test("goes to a namespace that holds none, and to nobody else", async () => {
    const turns = fairTurns({ kept: 0, atOnce: 2, budget });
    const served: string[] = [];
    let steps = 0;
    const greedy = [1, 2, 3].map(() => ask(turns, "greedy", served, { steps: () => steps }));
    await Bun.sleep(0);
    const early = ask(turns, "early", served);
    await Bun.sleep(0);
    expect(served).toEqual(["greedy", "greedy"]);
    steps = 10;
    const calm = ask(turns, "calm", served);
    await Bun.sleep(0);
    expect(served).toEqual(["greedy", "greedy", "early", "calm"]);
    expect([turns.running(), turns.waiting()]).toEqual([2, 1]);
    await endAll(turns, [...greedy, early, calm]);
  });

  test("so many at once; what has gone on without a turn counts for its namespace", async () => {
    const turns = fairTurns({ kept: 0, atOnce: 2, budget: { ...budget, overdueMax: 1, steps: 0 } });
    const served: string[] = [];
    const greedy = [1, 2, 3, 4].map(() => ask(turns, "greedy", served));
    const [one, two] = [ask(turns, "one", served), ask(turns, "two", served)];
    await Bun.sleep(0);
    expect(served).toEqual(["greedy", "greedy", "one"]);
    await one.done(); // its turn is not for those who have two under way already
    await Bun.sleep(0);
    expect(served).toEqual(["greedy", "greedy", "one", "two"]);
    await two.done();
    await Bun.sleep(0);
    expect([turns.running(), turns.waiting()]).toEqual([1, 2]);
    await endAll(turns, greedy);
  });
});

describe("bytes", () => {
  test("those let in are bounded; a namespace that holds few finds as much again", async () => {
    const turns = fairTurns({ bytesMax: { waiting: 1_000, letIn: 10 } });
    const served: string[] = [];
    const first = ask(turns, "greedy", served, { bytes: 12 }); // more than the bound: alone
    ask(turns, "greedy", served, { bytes: 1 });
    ask(turns, "calm", served, { bytes: 9 });
    await Bun.sleep(0);
    expect(served).toEqual(["greedy"]);
    await first.done();
    await Bun.sleep(0);
    expect(served).toEqual(["greedy", "greedy", "calm"]);
    ask(turns, "quiet", served, { bytes: 10 });
    await Bun.sleep(0);
    expect(served).toEqual(["greedy", "greedy", "calm", "quiet"]);
  });

  test("too many waiting bytes: the newest of the namespace that holds most of them is refused", async () => {
    const turns = fairTurns({ kept: 0, atOnce: 1, bytesMax: { waiting: 10, letIn: 100 } });
    const served: string[] = [];
    await turns.take(of("other"));
    for (const bytes of [4, 4]) ask(turns, "greedy", served, { bytes });
    ask(turns, "calm", served, { bytes: 3 });
    await Bun.sleep(0);
    expect(served).toHaveLength(1);
    expect(served[0]).toStartWith("greedy: 2 mounts are waiting already with ");
    expect(served[0]).toEndWith(" of requests, 1 of them of namespace greedy, which has the most");
    expect(turns.waiting()).toBe(2);
  });

  test("too many waiters: the same by number", async () => {
    const turns = fairTurns({ kept: 0, atOnce: 1, waitersMax: 2 });
    const served: string[] = [];
    await turns.take(of("other"));
    for (const namespace of ["greedy", "greedy", "calm"]) ask(turns, namespace, served);
    await Bun.sleep(0);
    expect(served).toEqual(["greedy: 2 mounts are waiting already, 1 of them of namespace greedy, which has the most"]);
  });
});

test("a mount can say what holds it up, while it does", async () => {
  const turns = turnsOf(1);
  const hold = await turns.take(of("other"));
  void turns.take(of("other", never, "1"));
  void turns.take(of("own", never, "1"));
  const controller = new AbortController();
  const context = of("own", controller.signal, "2");
  const waiting = turns.take(context);
  expect(heldUp(context.mount)).toEqual({
    text: "it has waited for a turn",
    figures: expect.stringMatching(/^0\.\d s for a turn, 2 ahead from 2 namespaces, 1 from its own$/),
  });
  hold();
  await Bun.sleep(0);
  expect(heldUp(context.mount)?.figures).toContain("1 ahead from 1 namespace");
  controller.abort(new Error("left"));
  await waiting.catch(() => undefined);
  expect(heldUp(context.mount)).toBeUndefined();
});
