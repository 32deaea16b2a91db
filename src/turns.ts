// Who is served next: at most so many at a time, the others wait their turn, round robin between keys. A waiter that gives up leaves. One that
// does not get on gives its turn back while it waits for somebody else: a pod whose AWS region hangs must not keep the others out.
import { ProviderError } from "./errors.ts";

export interface Turns {
  /**
   * Waits for a turn; call the result once when done. `progress` grows as the work gets on; without it the work counts as one step.
   * Rejects with the signal's reason, or at once when too many wait. @throws ProviderError Overloaded
   */
  readonly take: (key: string, signal: AbortSignal, progress?: () => number) => Promise<() => void>;
  /** Those that have their turn now; stalled ones are not among them. */
  readonly running: () => number;
  readonly waiting: () => number;
}

export interface TurnsOptions {
  readonly atOnce: number;
  /** Work that has not got on for so long is stalled: its turn goes to the next, ms. */
  readonly stallMs: number;
  /** So many stalled ones may go on beside those that have a turn; further ones keep theirs. */
  readonly stalledMax: number;
  readonly waitersMax: number;
}

/** Makes the turns. */
export function createTurns({ atOnce, stallMs, stalledMax, waitersMax }: TurnsOptions): Turns {
  // Insertion order is the order of service: a key that was served goes to the end.
  const queues = new Map<string, Set<() => void>>();
  let running = 0;
  let stalled = 0;
  let waiting = 0;

  function next(): void {
    const first = queues.entries().next();
    if (first.done === true || running >= atOnce) return;
    const [key, queue] = first.value;
    queues.delete(key);
    const [start] = queue;
    if (start === undefined) return next();
    queue.delete(start);
    if (queue.size > 0) queues.set(key, queue);
    start();
  }

  function leave(key: string, start: () => void): void {
    const queue = queues.get(key);
    queue?.delete(start);
    if (queue?.size === 0) queues.delete(key);
  }

  /** A turn that has just begun; what it gives ends it. */
  function begin(progress: () => number): () => void {
    running += 1;
    let isStalled = false;
    let isOver = false;
    let last = progress();
    const watch = (): void => {
      const now = progress();
      if (now === last && stalled < stalledMax) {
        isStalled = true;
        stalled += 1;
        running -= 1;
        next();
        return;
      }
      last = now;
      timer = setTimeout(watch, stallMs);
    };
    let timer = setTimeout(watch, stallMs);
    return () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (isStalled) stalled -= 1;
      else running -= 1;
      next();
    };
  }

  return {
    take: async (key, signal, progress = () => 0) => {
      signal.throwIfAborted();
      if (running < atOnce && queues.size === 0) return begin(progress);
      if (waiting >= waitersMax) {
        throw new ProviderError({
          reason: "Overloaded",
          message: `${waitersMax} mounts are waiting already`,
          fix: "kubelet tries again by itself.",
        });
      }
      waiting += 1;
      try {
        return await new Promise<() => void>((resolve, reject) => {
          const start = (): void => {
            signal.removeEventListener("abort", onAbort);
            resolve(begin(progress));
          };
          const onAbort = (): void => {
            leave(key, start);
            reject(signal.reason as Error);
          };
          signal.addEventListener("abort", onAbort, { once: true });
          const queue = queues.get(key) ?? new Set();
          queues.set(key, queue.add(start));
        });
      } finally {
        waiting -= 1;
      }
    },
    running: () => running,
    waiting: () => waiting,
  };
}
