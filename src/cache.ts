// A bounded, expiring cache with one load in flight per key. It knows nothing of what it holds; nothing of a failed load is kept.
import { LRUCache } from "lru-cache";
import { abortable, linkAbort } from "./abort.ts";
import { withSignal } from "./context.ts";
import type { Context } from "./context.ts";
import { lookUpEvents } from "./events.ts";
import type { CacheName, Emit } from "./events.ts";

export interface Cache<V> {
  /**
   * The value of the key, loaded at most once at a time. The caller's signal ends the caller's wait; the load ends when nobody
   * waits for it any more. Its context is its own: the deadline and the mount are those of the caller that started it.
   */
  readonly get: (key: string, load: (context: Context) => Promise<V>, context: Context) => Promise<V>;
  /** Forgets the key; with `only`, just if that is the value it holds. */
  readonly drop: (key: string, only?: V) => void;
  readonly size: () => number;
}

/** Name and listener of a cache that reports its look-ups. */
export interface Reported {
  readonly name: CacheName;
  /** Gets one event when the cache is made. Look-ups go to `emit` of the caller's context. */
  readonly emit: Emit;
}

export interface CacheOptions<V> {
  /** Least recently used entries beyond this many are dropped. */
  readonly entriesMax: number;
  /** How long a fresh value may be kept, ms; 0 or less = not at all. */
  readonly keepMs: (value: V) => number;
  /** undefined = look-ups are not reported. */
  readonly reported?: Reported | undefined;
}

interface Loading<V> {
  readonly value: Promise<V>;
  readonly abort: (reason: unknown) => void;
  waiters: number;
}

/** Makes a cache. */
export function createCache<V extends object>({ entriesMax, keepMs, reported }: CacheOptions<V>): Cache<V> {
  const kept = new LRUCache<string, V>({ max: entriesMax });
  const loading = new Map<string, Loading<V>>();
  const lookUps = reported === undefined ? undefined : lookUpEvents(reported.name);
  reported?.emit({ kind: "cache-opened", cache: reported.name, size: () => kept.size });

  function start(key: string, load: (context: Context) => Promise<V>, first: Context): Loading<V> {
    const own = linkAbort(undefined);
    const value = Promise.try(load, withSignal(first, own.signal)).then((loaded) => {
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
    get: async (key, load, context) => {
      const { signal, emit } = context;
      signal.throwIfAborted();
      const have = kept.get(key);
      const under = loading.get(key);
      if (lookUps !== undefined) emit(lookUps[have === undefined ? (under === undefined ? "miss" : "joined") : "hit"]);
      if (have !== undefined) return have;
      const entry = under ?? start(key, load, context);
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
