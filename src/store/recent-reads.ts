// Reads that have ended, for mounts that arrived before they began: those waited for their turn meanwhile, and a read of their own would be no fresher for
// them than they may ask. A rollout of a hundred pods of one service account reads each of its secrets a few times instead of a hundred.
import { LRUCache } from "lru-cache";
import type { OpenMounts } from "../sharing/open-mounts.ts";
import { Secret } from "../secret.ts";
import { sizeOf } from "./value-cache.ts";
import type { Outcome } from "./store.ts";

/** A read that gave values, all of them. */
export interface RecentRead {
  /** When it began, by performance.now(). */
  readonly beganMs: number;
  /** Denials of the process when it began (denials.ts). */
  readonly denials: number;
  readonly outcome: Outcome;
}

export interface RecentReads {
  /** One that began after the mount arrived. */
  readonly get: (key: string, arrivedMs: number) => RecentRead | undefined;
  /** Keeps a read as long as a mount is open that arrived before it began, beside the one that made it. Others may be let go, the one asked for least lately first. */
  readonly keep: (key: string, read: RecentRead) => void;
}

/** Of all keys and values: sixteen secrets of 64 KiB, some thousand ordinary ones. */
const bytesMax = 1 << 20;
/** Longest that a value stays when a mount is held up, ms: a burst is over by then, or a read more does not matter. */
const keptMs = 10_000;

/** Makes the record of a process. */
export function createRecentReads(openMounts: OpenMounts): RecentReads {
  const kept = new LRUCache<string, Secret<RecentRead>>({ maxSize: bytesMax });
  /** What is kept need not be gone through before this: the first beginning of a read, and the end of the oldest one's time. */
  let firstMs = Infinity;
  let sweepAtMs = Infinity;

  function drop(): void {
    const oldestMs = openMounts.oldestMs();
    const nowMs = performance.now();
    if (kept.size === 0 || (oldestMs < firstMs && nowMs < sweepAtMs)) return;
    firstMs = Infinity;
    for (const [key, read] of Array.from(kept.entries())) {
      const { beganMs } = read.reveal();
      if (beganMs <= oldestMs || nowMs - beganMs >= keptMs) kept.delete(key);
      else firstMs = Math.min(firstMs, beganMs);
    }
    sweepAtMs = firstMs + keptMs;
  }

  openMounts.onLeave(drop);
  return {
    get: (key, arrivedMs) => {
      const read = kept.get(key)?.reveal();
      return read !== undefined && read.beganMs > arrivedMs ? read : undefined;
    },
    keep: (key, read) => {
      if (openMounts.count() < 2 || read.beganMs <= openMounts.oldestMs()) return;
      const size = bytesOf(key, read);
      if (size === 0 || size > bytesMax) return;
      kept.set(key, new Secret(read), { size });
      firstMs = Math.min(firstMs, read.beganMs);
      sweepAtMs = firstMs + keptMs;
    },
  };
}

/** 0 = it has not given all that was asked for. */
function bytesOf(key: string, { outcome }: RecentRead): number {
  if ("failure" in outcome) return 0;
  let bytes = 2 * key.length;
  for (const found of outcome.values) {
    if ("notFound" in found) return 0;
    bytes += sizeOf(found);
  }
  return bytes;
}
