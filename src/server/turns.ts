// Who is served next: at most so many mounts at a time, the others wait their turn, round robin between pods. A waiter that gives up leaves.
import { ProviderError } from "../errors.ts";

export interface Turns {
  /** Waits for a turn; call the result once when done. Rejects with the signal's reason, or at once when too many wait. @throws ProviderError Overloaded */
  readonly take: (key: string, signal: AbortSignal) => Promise<() => void>;
  readonly running: () => number;
  readonly waiting: () => number;
}

/** A waiting mount holds its request, some 10 KiB with its tokens: 4,000 of them are 40 MiB. A node runs at most some hundred pods. */
const waitersMax = 4_000;

/** Makes the turns: `atOnce` mounts at a time. */
export function createTurns(atOnce: number): Turns {
  // Insertion order is the order of service: a key that was served goes to the end.
  const queues = new Map<string, (() => void)[]>();
  let running = 0;
  let waiting = 0;

  function next(): void {
    const first = queues.entries().next();
    if (first.done === true || running >= atOnce) return;
    const [key, queue] = first.value;
    queues.delete(key);
    const start = queue.shift();
    if (queue.length > 0) queues.set(key, queue);
    start?.();
  }

  function leave(key: string, start: () => void): void {
    const queue = queues.get(key);
    const at = queue?.indexOf(start) ?? -1;
    if (queue === undefined || at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) queues.delete(key);
  }

  const release = (): (() => void) => {
    let over = false;
    return () => {
      if (over) return;
      over = true;
      running -= 1;
      next();
    };
  };

  return {
    take: async (key, signal) => {
      signal.throwIfAborted();
      if (running < atOnce && queues.size === 0) {
        running += 1;
        return release();
      }
      if (waiting >= waitersMax) {
        throw new ProviderError({
          reason: "Overloaded",
          message: `${waitersMax} mounts are waiting already`,
          fix: "kubelet tries again by itself.",
        });
      }
      waiting += 1;
      try {
        await new Promise<void>((resolve, reject) => {
          const start = (): void => {
            signal.removeEventListener("abort", onAbort);
            running += 1;
            resolve();
          };
          const onAbort = (): void => {
            leave(key, start);
            reject(signal.reason as Error);
          };
          signal.addEventListener("abort", onAbort, { once: true });
          queues.set(key, [...(queues.get(key) ?? []), start]);
        });
      } finally {
        waiting -= 1;
      }
      return release();
    },
    running: () => running,
    waiting: () => waiting,
  };
}
