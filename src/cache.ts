// A bounded, expiring cache with one load in flight per key. It knows nothing of what it holds; nothing of a failed load is kept.
import { LRUCache } from "lru-cache";
import { abortable, deadlineOf, expectDeadline, linkAbort } from "./abort.ts";
import { countFor, tallyOf } from "./telemetry/tally.ts";

export interface Cache<V> {
  /** The value of the key, loaded at most once at a time. The caller's signal ends the caller's wait; the load ends when nobody waits for it any more. */
  readonly get: (key: string, load: (signal: AbortSignal) => Promise<V>, signal: AbortSignal) => Promise<V>;
  /** Forgets the key; with `only`, just if that is the value it holds. */
  readonly drop: (key: string, only?: V) => void;
  readonly size: () => number;
}

/** How a look-up went: the value was there, another one loads it already, it had to be loaded. */
export type LookUp = "hit" | "joined" | "miss";

/** Is told of a cache, and whom to ask how many entries it holds; gives what hears of each look-up. */
export type CacheWatch = (size: () => number) => (lookUp: LookUp, signal: AbortSignal) => void;

export interface CacheOptions<V> {
  /** Least recently used entries beyond this many are dropped. */
  readonly entriesMax: number;
  /** How long a fresh value may be kept, ms; 0 or less = not at all. */
  readonly keepMs: (value: V) => number;
  readonly watch?: CacheWatch | undefined;
}

interface Loading<V> {
  readonly value: Promise<V>;
  readonly abort: (reason: unknown) => void;
  waiters: number;
}

/** Makes a cache. */
export function createCache<V extends object>({ entriesMax, keepMs, watch }: CacheOptions<V>): Cache<V> {
  const kept = new LRUCache<string, V>({ max: entriesMax });
  const loading = new Map<string, Loading<V>>();
  const onLookUp = watch?.(() => kept.size);

  function start(key: string, load: (signal: AbortSignal) => Promise<V>, first: AbortSignal): Loading<V> {
    const own = linkAbort(undefined);
    expectDeadline(own.signal, deadlineOf(first));
    countFor(own.signal, tallyOf(first));
    const value = Promise.try(load, own.signal).then((loaded) => {
      // A load that was given up (nobody waits, or the key was dropped meanwhile) must not put its value back.
      const ttl = Math.floor(Math.min(keepMs(loaded), 2 ** 31 - 1));
      if (ttl > 0 && loading.get(key) === entry) kept.set(key, loaded, { ttl });
      return loaded;
    });
    const entry: Loading<V> = { value, abort: own.abort, waiters: 0 };
    loading.set(key, entry);
    const done = (): void => {
      if (loading.get(key) === entry) loading.delete(key);
    };
    value.then(done, done);
    return entry;
  }

  return {
    get: async (key, load, signal) => {
      signal.throwIfAborted();
      const have = kept.get(key);
      const under = loading.get(key);
      onLookUp?.(have === undefined ? (under === undefined ? "miss" : "joined") : "hit", signal);
      if (have !== undefined) return have;
      const entry = under ?? start(key, load, signal);
      entry.waiters += 1;
      try {
        return await abortable(entry.value, signal);
      } finally {
        entry.waiters -= 1;
        if (entry.waiters === 0 && loading.get(key) === entry) {
          loading.delete(key);
          entry.abort(signal.reason);
        }
      }
    },
    drop: (key, only) => {
      if (only === undefined) loading.delete(key);
      if (only === undefined || kept.peek(key) === only) kept.delete(key);
    },
    size: () => kept.size,
  };
}
