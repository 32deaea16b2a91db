// How many mounts have their turn at once, and what is kept for namespaces that have none. Used by serve.ts.
import type { TurnsOptions } from "../sharing/turns.ts";

/** The turns of mounts. What a namespace without a turn finds free: four turns, and as many bytes as all others may hold. */
export const mountTurns: TurnsOptions = {
  what: "a turn among the node's mounts",
  /** Sixteen of one namespace: what the container's memory allows. */
  atOnce: 20,
  kept: 4,
  fewTurns: 1,
  /** A mount that has had no answer from AWS for so long is waiting, not working. Under the container's CPU limit a busy one has one each second. */
  stallMs: 3_000,
  /** A node runs some hundred pods. */
  stalledMax: 240,
  /** Ordinary mounts end sooner. A mount over its budget loses its turn only while a namespace without one waits; sixteen of them bound the memory. */
  budget: { ms: 5_000, steps: 200, overdueMax: 16 },
  waitersMax: 4_000,
  /** Requests with tokens are some 10 KB, counted as 20 (ParsedRequest.sizeBytes): 800 of them may wait, more than a node has volumes. */
  bytesMax: { waiting: 12 << 20, letIn: 4 << 20 },
};
