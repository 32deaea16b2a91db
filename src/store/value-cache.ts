// Values that were read a moment ago (--secret-cache-ttl), each under the identity that read it. In memory only, bounded in bytes and entries.
import { LRUCache } from "lru-cache";
import { Secret } from "../secret.ts";
import type { Match, StoredValue } from "./store.ts";

/** What is kept: there is something to mount. */
export type Present = StoredValue | readonly Match[];

export interface ValueCache {
  readonly get: (key: string) => Present | undefined;
  readonly keep: (key: string, value: Present) => void;
  /** Forgets all whose key begins with this. */
  readonly forget: (start: string) => void;
  readonly size: () => number;
}

/** With keys and overhead, so that it bounds the entries too; a number of entries would be laid out in advance. */
const bytesMax = 8 << 20;
/** What an entry takes beside its key and its bytes. */
const overheadBytes = 256;
const timerMsMax = 2 ** 31 - 1;

/** Makes the cache. Values leave the memory when their time is over, asked for or not. `ttlMs` > 0. */
export function createValueCache(ttlMs: number): ValueCache {
  const kept = new LRUCache<string, Secret<Present>>({
    maxSize: bytesMax,
    sizeCalculation: (value, key) => key.length * 2 + sizeOf(value.reveal()),
    ttl: Math.min(ttlMs, timerMsMax),
    ttlAutopurge: true, // by timers that keep no process alive
  });
  return {
    get: (key) => kept.get(key)?.reveal(),
    keep: (key, value) => void kept.set(key, new Secret(value)),
    forget: (start) => {
      for (const key of Array.from(kept.keys())) if (key.startsWith(start)) kept.delete(key);
    },
    size: () => kept.size,
  };
}

/** Bytes that a value takes. */
export function sizeOf(value: Present): number {
  const all: readonly StoredValue[] = "version" in value ? [value] : value;
  return all.reduce((sum, one) => sum + one.value.length + overheadBytes, 0);
}
