// Who may hold memory: shares by namespace, one large mount at a time, no waiting for a waiter.
import { expect, test } from "bun:test";
import { createMemory } from "./memory.ts";

const MiB = 1 << 20;
const never = new AbortController().signal;

test("small mounts go on, a namespace up to half of what the others leave", () => {
  const memory = createMemory();
  const [a, b, c] = ["a", "b", "c"].map((name) => memory.open(name, never));
  a?.change(4 * MiB);
  expect(a?.room()).toBeUndefined();
  b?.change(2 * MiB);
  expect(b?.room()).toBeUndefined();
  c?.change(MiB);
  expect(c?.room()).toBeUndefined();
  expect(memory.waiting()).toBe(0);
});

test("one mount may be large, the next waits until it is over", async () => {
  const memory = createMemory();
  const [first, second] = [memory.open("a", never), memory.open("a", never)];
  first.change(30 * MiB);
  expect(first.room()).toBeUndefined();
  second.change(5 * MiB);
  const waiting = second.room();
  expect(waiting).toBeInstanceOf(Promise);
  expect(memory.waiting()).toBe(1);
  first.close();
  await waiting;
  expect(memory.waiting()).toBe(0);
  second.change(20 * MiB);
  expect(second.room()).toBeUndefined();
});

test("beside a large mount and a queue of one namespace, another's small mount goes on", () => {
  const memory = createMemory();
  const greedy = Array.from({ length: 20 }, () => memory.open("greedy", never));
  for (const one of greedy) one.change(MiB);
  for (const one of greedy) one.room()?.catch(() => undefined);
  expect(memory.waiting()).toBeGreaterThan(10);
  const victim = memory.open("victim", never);
  victim.change(0);
  expect(victim.room()).toBeUndefined();
});

test("large mounts come in turn by namespace", async () => {
  const memory = createMemory();
  const order: string[] = [];
  const start = async (name: string): Promise<void> => {
    const share = memory.open(name, never);
    share.change(10 * MiB);
    await share.room();
    order.push(name);
    await Bun.sleep(1);
    share.close();
  };
  await Promise.all(["a", "a", "a", "a", "b"].map(start));
  expect(order.indexOf("b")).toBeLessThanOrEqual(2);
});

test("a waiter that is given up leaves with the signal's reason", async () => {
  const memory = createMemory();
  const large = memory.open("a", never);
  large.change(20 * MiB);
  void large.room();
  const controller = new AbortController();
  const other = memory.open("b", controller.signal);
  other.change(20 * MiB);
  const waiting = Promise.resolve(other.room()).catch((error: unknown) => error);
  controller.abort(new Error("given up"));
  expect(await waiting).toEqual(new Error("given up"));
  expect(memory.waiting()).toBe(0);
  other.close();
  large.close();
});
