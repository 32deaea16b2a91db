// The cache's rules: one load per key, expiry, nothing of a failure, a caller that leaves.
import { describe, expect, test } from "bun:test";
import { createCache } from "./cache.ts";
import { contextOfNoMount, newMount } from "./context.ts";
import type { Context } from "./context.ts";
import type { ProviderEvent } from "./events.ts";

const soon = (): Context => contextOfNoMount(AbortSignal.timeout(5_000));
const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "no error",
    (error: unknown) => error,
  );

describe("createCache", () => {
  test("loads once for callers that come while it loads, and keeps the value", async () => {
    const cache = createCache<{ n: number }>({ entriesMax: 8, keepMs: () => 60_000 });
    let loads = 0;
    const load = async (): Promise<{ n: number }> => {
      loads += 1;
      await Bun.sleep(5);
      return { n: loads };
    };
    const values = await Promise.all([1, 2, 3].map(() => cache.get("a", load, soon())));
    values.push(await cache.get("a", load, soon()));
    expect(values.map(({ n }) => n)).toEqual([1, 1, 1, 1]);
    expect(loads).toBe(1);
  });

  test("keeps nothing of a failed load, also of one that throws at once", async () => {
    const cache = createCache<{ n: number }>({ entriesMax: 8, keepMs: () => 60_000 });
    const fail = (): Promise<{ n: number }> => {
      throw new Error("no");
    };
    expect(await caught(cache.get("a", fail, soon()))).toMatchObject({ message: "no" });
    expect(await cache.get("a", async () => ({ n: 2 }), soon())).toEqual({ n: 2 });
  });

  test("keeps nothing when the time to keep is zero or less", async () => {
    const cache = createCache<{ n: number }>({ entriesMax: 8, keepMs: ({ n }) => n });
    await cache.get("zero", async () => ({ n: 0 }), soon());
    await cache.get("past", async () => ({ n: -5 }), soon());
    expect(cache.size()).toBe(0);
  });

  test("expires", async () => {
    const cache = createCache<{ n: number }>({ entriesMax: 8, keepMs: () => 20 });
    await cache.get("a", async () => ({ n: 1 }), soon());
    await Bun.sleep(60);
    expect(await cache.get("a", async () => ({ n: 2 }), soon())).toEqual({ n: 2 });
  });

  test("holds no more than entriesMax", async () => {
    const cache = createCache<{ n: number }>({ entriesMax: 3, keepMs: () => 60_000 });
    for (let n = 0; n < 10; n += 1) await cache.get(String(n), async () => ({ n }), soon());
    expect(cache.size()).toBe(3);
  });

  test("a caller that leaves does not end the load for the others; the last one does", async () => {
    const cache = createCache<{ n: number }>({ entriesMax: 8, keepMs: () => 60_000 });
    const [first, second] = [new AbortController(), new AbortController()];
    let aborted = false;
    const load = ({ signal }: Context): Promise<{ n: number }> =>
      new Promise(() => {
        signal.addEventListener("abort", () => (aborted = true));
      });
    const one = caught(cache.get("a", load, contextOfNoMount(first.signal)));
    const two = caught(cache.get("a", load, contextOfNoMount(second.signal)));
    first.abort(new Error("first left"));
    expect(await one).toMatchObject({ message: "first left" });
    expect(aborted).toBe(false);
    second.abort(new Error("second left"));
    expect(await two).toMatchObject({ message: "second left" });
    expect(aborted).toBe(true);
    expect(await cache.get("a", async () => ({ n: 3 }), soon())).toEqual({ n: 3 });
  });

  test("a dropped key is loaded anew; dropping another value leaves it", async () => {
    const cache = createCache<{ n: number }>({ entriesMax: 8, keepMs: () => 60_000 });
    const kept = await cache.get("a", async () => ({ n: 1 }), soon());
    cache.drop("a", { n: 1 });
    expect(await cache.get("a", async () => ({ n: 2 }), soon())).toBe(kept);
    cache.drop("a", kept);
    expect(await cache.get("a", async () => ({ n: 2 }), soon())).toEqual({ n: 2 });
  });

  test("a load that was under way when its key was dropped keeps nothing", async () => {
    const cache = createCache<{ n: number }>({ entriesMax: 8, keepMs: () => 60_000 });
    const gate = Promise.withResolvers<{ n: number }>();
    const first = cache.get("a", () => gate.promise, soon());
    cache.drop("a");
    gate.resolve({ n: 1 });
    expect(await first).toEqual({ n: 1 });
    expect(await cache.get("a", async () => ({ n: 2 }), soon())).toEqual({ n: 2 });
  });

  test("a load has the deadline, the mount and the listener of the caller that started it; each look-up is an event of whoever asks", async () => {
    const process: ProviderEvent[] = [];
    const reported = { name: "roles", emit: (event: ProviderEvent) => void process.push(event) } as const;
    const cache = createCache<{ n: number }>({ entriesMax: 8, keepMs: () => 60_000, reported });
    expect(process).toMatchObject([{ kind: "cache-opened", cache: "roles" }]);
    const callerOf = (id: string) => {
      const heard: string[] = [];
      const emit = (event: ProviderEvent): void =>
        void heard.push(event.kind === "cache-look-up" ? event.lookUp : event.kind);
      const context: Context = { ...soon(), deadlineMs: 1_000, mount: newMount(id), emit };
      return { heard, context };
    };
    const [first, second] = [callerOf("1"), callerOf("2")];
    let loaded: Context | undefined;
    const load = async (context: Context): Promise<{ n: number }> => {
      loaded = context;
      context.emit({ kind: "turn-began" });
      await Bun.sleep(1);
      return { n: 1 };
    };
    await Promise.all([cache.get("a", load, first.context), cache.get("a", load, second.context)]);
    await cache.get("a", load, second.context);
    expect(first.heard).toEqual(["miss", "turn-began"]);
    expect(second.heard).toEqual(["joined", "hit"]);
    const { signal, ...inherited } = loaded ?? soon();
    expect(signal === first.context.signal).toBe(false);
    expect(inherited).toEqual({ deadlineMs: 1_000, mount: first.context.mount, emit: first.context.emit });
    expect(process).toHaveLength(1);
  });
});
