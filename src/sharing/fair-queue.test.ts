// The fair queue: the order between namespaces and pods, who is ahead, and that nobody starves.
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createFairQueue } from "./fair-queue.ts";
import type { FairQueue, Whose } from "./fair-queue.ts";

interface Item extends Whose {
  readonly name: string;
}

const item = (namespace: string, pod: string, name = ""): Item => ({ namespace, pod, name });

function queueOf(...items: readonly Item[]): FairQueue<Item> {
  const queue = createFairQueue<Item>();
  for (const one of items) queue.add(one, one);
  return queue;
}

function drain(queue: FairQueue<Item>): Item[] {
  const served: Item[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) served.push(next);
  return served;
}

describe("order", () => {
  test("namespaces first, then pods, then arrival", () => {
    const queue = queueOf(
      item("a", "1", "first"),
      item("a", "1", "second"),
      item("a", "2", "third"),
      item("b", "3", "fourth"),
      item("b", "3", "fifth"),
    );
    expect(drain(queue).map(({ name }) => name)).toEqual(["first", "fourth", "third", "fifth", "second"]);
  });

  test("a namespace that may not go keeps its place", () => {
    const queue = queueOf(item("a", "1"), item("b", "1"), item("b", "1"));
    expect(queue.next((namespace) => namespace !== "a")?.namespace).toBe("b");
    expect(queue.next()?.namespace).toBe("a");
  });

  test("what is removed is not served, and nothing of it stays", () => {
    const [gone, stays] = [item("a", "1"), item("b", "1")];
    const queue = queueOf(gone, stays);
    queue.remove(gone, gone);
    queue.remove(gone, gone);
    expect([queue.size(), queue.sizeOf("a"), queue.has(gone, gone), queue.has(stays, stays)]).toEqual([
      1,
      0,
      false,
      true,
    ]);
    expect([...queue.namespaces()]).toEqual(["b"]);
    expect(drain(queue)).toEqual([stays]);
  });

  test("the newest of a namespace, whatever its pod", () => {
    const queue = queueOf(item("a", "1", "old"), item("a", "2", "new"), item("a", "1", "newest"), item("b", "1"));
    expect([queue.newest("a")?.name, queue.newest("c")]).toEqual(["newest", undefined]);
  });
});

const items = fc.array(
  fc.record({ namespace: fc.constantFrom("a", "b", "c", "d"), pod: fc.constantFrom("1", "2", "3") }),
  {
    minLength: 1,
    maxLength: 40,
  },
);

describe("properties", () => {
  test("a waiter is served after as many as are said to be ahead", () => {
    fc.assert(
      fc.property(items, fc.nat(), fc.nat({ max: 10 }), (whose, which, servedBefore) => {
        const all = whose.map((one) => ({ ...one, name: "" }));
        const queue = queueOf(...all);
        for (let n = 0; n < servedBefore; n += 1) queue.next();
        const left = all.filter((one) => queue.has(one, one));
        const own = left[which % Math.max(1, left.length)];
        if (own === undefined) return;
        const ahead = queue.ahead(own, own);
        const before = drain(queue).slice(0, ahead.count + 1);
        expect(before.at(-1)).toBe(own);
        before.pop();
        expect(ahead.own).toBe(before.filter(({ namespace }) => namespace === own.namespace).length);
        expect(ahead.namespaces).toBe(new Set(before.map(({ namespace }) => namespace)).size);
      }),
    );
  });

  test("a namespace is served after at most one of each other namespace, whoever else comes meanwhile", () => {
    const script = fc.array(
      fc.oneof(
        fc.record({ namespace: fc.constantFrom("a", "b", "c", "d"), pod: fc.constant("1") }),
        fc.constant("serve"),
      ),
      {
        maxLength: 100,
      },
    );
    fc.assert(
      fc.property(items, script, (before, steps) => {
        const queue = queueOf(...before.map((one) => ({ ...one, name: "" })));
        const victim = item("victim", "1");
        queue.add(victim, victim);
        const others = new Map<string, number>();
        for (const step of steps) {
          if (typeof step !== "string") {
            const comes = { ...step, name: "" };
            queue.add(comes, comes);
            continue;
          }
          const served = queue.next();
          if (served === victim) return;
          if (served !== undefined) others.set(served.namespace, (others.get(served.namespace) ?? 0) + 1);
        }
        expect(Math.max(0, ...others.values())).toBeLessThanOrEqual(1);
      }),
    );
  });
});
