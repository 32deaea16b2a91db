// Turns: the bound, the order, and waiters that leave.
import { describe, expect, test } from "bun:test";
import { createTurns } from "./turns.ts";

const never = new AbortController().signal;
const hourMs = 3_600_000;

function turnsOf(atOnce: number, stallMs = hourMs, stalledMax = 100) {
  return createTurns({ atOnce, stallMs, stalledMax, waitersMax: 100 });
}

describe("createTurns", () => {
  test("serves so many at once and the rest as turns come free", async () => {
    const turns = turnsOf(2);
    let most = 0;
    const one = async (key: string): Promise<void> => {
      const done = await turns.take(key, never);
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
    const hold = await turns.take("busy", never);
    const served: string[] = [];
    const wait = async (key: string): Promise<void> => {
      const done = await turns.take(key, never);
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
    const hold = await turns.take("a", never);
    const leaving = new AbortController();
    const gone = turns.take("b", leaving.signal).then(
      () => "served",
      (error: unknown) => (error as Error).message,
    );
    const next = turns.take("c", never);
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
    const taken = await turns.take("a", AbortSignal.abort(new Error("before"))).then(
      () => "served",
      (error: unknown) => (error as Error).message,
    );
    expect(taken).toBe("before");
    expect(turns.running()).toBe(0);
  });

  test("a turn that does not get on goes to the next, and is not given back twice", async () => {
    const turns = turnsOf(1, 1);
    const hung = await turns.take("a", never);
    const done = await turns.take("b", never); // by the stall of the first alone
    hung();
    expect(turns.running()).toBe(1);
    done();
    expect(turns.running()).toBe(0);
  });

  test("one that gets on keeps its turn", async () => {
    const turns = turnsOf(1, 5);
    let steps = 0;
    const done = await turns.take("a", never, () => (steps += 1));
    let isServed = false;
    const next = turns.take("b", never).then((release) => {
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
    const hung = [await turns.take("a", never), await turns.take("b", never), await turns.take("c", never)];
    const leaving = new AbortController();
    const last = turns.take("d", leaving.signal).catch((error: unknown) => error);
    await Bun.sleep(20);
    expect([turns.running(), turns.waiting()]).toEqual([1, 1]);
    leaving.abort(new Error("left"));
    expect(await last).toBeInstanceOf(Error);
    for (const release of hung) release();
    expect(turns.running()).toBe(0);
  });
});
