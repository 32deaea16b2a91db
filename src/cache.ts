// A bounded, expiring cache with one load in flight per key. It knows nothing of what it holds; nothing of a failed load is kept.
import { LRUCache } from "lru-cache";
import { abortable, deadlineOf, expectDeadline, linkAbort } from "./abort.ts";

export interface Cache<V> {
  /** The value of the key, loaded at most once at a time. The caller's signal ends the caller's wait; the load ends when nobody waits for it any more. */
  readonly get: (key: string, load: (signal: AbortSignal) => Promise<V>, signal: AbortSignal) => Promise<V>;
  /** Forgets the key; with `only`, just if that is the value it holds. */
  readonly drop: (key: string, only?: V) => void;
  readonly size: () => number;
}

export interface CacheOptions<V> {
  /** Least recently used entries beyond this many are dropped. */
  readonly entriesMax: number;
  /** How long a fresh value may be kept, ms; 0 or less = not at all. */
  readonly keepMs: (value: V) => number;
}

interface Loading<V> {
  readonly value: Promise<V>;
  readonly abort: (reason: unknown) => void;
  waiters: number;
}

/** Makes a cache. */
export function createCache<V extends object>({ entriesMax, keepMs }: CacheOptions<V>): Cache<V> {
  const kept = new LRUCache<string, V>({ max: entriesMax });
  const loading = new Map<string, Loading<V>>();

  function start(key: string, load: (signal: AbortSignal) => Promise<V>, deadlineMs: number): Loading<V> {
    const own = linkAbort(undefined);
    expectDeadline(own.signal, deadlineMs);
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
      if (have !== undefined) return have;
      const entry = loading.get(key) ?? start(key, load, deadlineOf(signal));
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
