// What one mount has caused so far, and what it waits for: found by the AbortSignal that its work runs under, as deadlines are (abort.ts).
// Measured on Bun 1.4.5, JIT off: 1000 mounts cost 4 % more CPU with AsyncLocalStorage, nothing measurable this way.
import type { Log } from "./log.ts";
import type { Pace } from "../sharing/pace.ts";

/** A wait in a queue of the process. */
export interface Wait {
  /** What held it up so far, as half a sentence for a pod event: which queue, how long, who is ahead. */
  readonly why: () => string;
}

/** The counts of one mount. Work that several mounts wait for counts for the mount that started it. */
export interface Tally {
  /** Joins the log lines of the mount; unique in its process, and in all likelihood among the processes of a node. */
  readonly id: string;
  /** By performance.now(). */
  readonly arrivedMs: number;
  /** Whose mount it is, as kubelet says. Empty = not known yet: the request is not parsed. */
  namespace: string;
  /** The pod's uid, or its name. */
  pod: string;
  /** Attempts on the wire, retries included. */
  awsCalls: number;
  cacheHits: number;
  /** The mount's log, bounded (telemetry/mount-lines.ts); absent = that of the process. */
  log?: Log;
  /** The mount's share of the process's time; absent = not begun, or nobody shares it. */
  pace?: Pick<Pace, "call" | "answered">;
  /** In order of arrival. */
  readonly waits: Set<Wait>;
}

/** The tally of a mount that begins. */
export function newTally(id: string, arrivedMs = performance.now()): Tally {
  return { id, arrivedMs, namespace: "", pod: "", awsCalls: 0, cacheHits: 0, waits: new Set() };
}

/** What a mount waits for in the queues of this process, for the text of its error; empty = it does not wait there. */
export function heldUp({ waits }: Tally): string {
  const [first] = waits;
  if (first === undefined) return "";
  return `${first.why()}${waits.size > 1 ? ` (${waits.size - 1} more of its calls wait too)` : ""}`;
}

const tallies = new WeakMap<AbortSignal, Tally>();

/** The mount that the work under this signal is for; undefined = no mount's. */
export function tallyOf(signal: AbortSignal): Tally | undefined {
  return tallies.get(signal);
}

/** Says whose work runs under a signal; signals that linkAbort derives from it inherit that. */
export function countFor(signal: AbortSignal, tally: Tally | undefined): void {
  if (tally !== undefined) tallies.set(signal, tally);
}

/** Whose a wait is that belongs to no mount. */
export const nobody = { namespace: "", pod: "" } as const;
