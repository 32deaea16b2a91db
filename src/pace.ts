// Time of the process, shared between namespaces. Long computations run in stretches of about two milliseconds between turns of the event loop, round robin
// between namespaces. One that has used much of the CPU lately waits between stretches and calls while one that has not is at work: it gets a quarter.
// Long because it is one queue with one state; half of it says why.
import type { Work } from "./work.ts";

/** What is computed between two turns of the event loop, ms: what any other event of the process may have to wait for, about. */
const sliceMs = 2;
/** CPU time of a namespace, decayed, from which on it is heavy, ms: ten ordinary mounts. */
const heavyMs = 50;
/** Half of it is forgotten in so much time, ms, on one CPU. */
const halfLifeMs = 1_000;
/** What heavy namespaces get together while others have mounts under way. */
const heavyShare = 0.25;
/** A namespace that has done nothing for so long waits for somebody else, ms on one CPU: a call to AWS takes 10 to 30. */
const quietMs = 50;
/** CPU of one call to AWS with all that belongs to it, ms (measured with the JIT off: 0.5 to 0.8). */
const callMs = 0.7;
/** CPU of reading an answer, ms for each KiB (measured with the JIT off: a secret of 64 KiB takes about 1 ms more than a small one). */
const answerKibMs = 0.015;
/** CPU of receiving and answering a mount, ms; and of each MiB of its request. */
const mountMs = 2;
const mebibyteMs = 20;

/** The time of one mount. */
export interface Pace {
  /** Runs a computation in stretches. Rejects with what it throws, or with the signal's reason between two stretches. */
  readonly run: <T>(work: Work<T>) => Promise<T>;
  /** The same to its end, whatever the signal says and whoever needs memory. */
  readonly complete: <T>(work: Work<T>) => Promise<T>;
  /** Charges a call to AWS; what to wait for before it is made, undefined = nothing. */
  readonly call: () => Promise<void> | undefined;
  /**
   * Charges an answer of AWS: reading it takes CPU by its length. What to wait for before it is read: another turn
   * of the event loop, where this one has read enough.
   */
  readonly answered: (bytes: number) => Promise<void> | undefined;
  /** The mount is over. */
  readonly close: () => void;
}

export interface PaceOptions {
  readonly namespace: string;
  readonly signal: AbortSignal;
  /** Bytes of the request. */
  readonly sizeBytes?: number;
  /** Waited for between stretches where it is given: memory, which other mounts hold. */
  readonly room?: () => Promise<void> | undefined;
}

export interface Pacer {
  readonly open: (options: PaceOptions) => Pace;
}

interface Usage {
  /** CPU time, ms, as it was at `atMs`. */
  ms: number;
  atMs: number;
  /** Mounts under way. */
  open: number;
  /** When it last computed, called or was answered: one that waits for AWS needs no CPU. */
  activeAtMs: number;
  /** When it may go on beside others that are light, where it is heavy. */
  heavyAtMs: number;
}

interface Waiter {
  readonly namespace: string;
  /** What it is expected to take, ms. */
  readonly costMs: number;
  readonly resume: () => void;
}

/** Makes the sharing of a process. `cpus` is the container's limit. */
export function createPacer(cpus = 1): Pacer {
  const speed = Math.min(1, cpus);
  const usages = new Map<string, Usage>();
  const waiters = new Map<string, Waiter[]>();
  /** What has been computed since the event loop's last turn, ms. */
  let spentMs = 0;
  let isTurnExpected = false;
  let isPumping = false;
  /** The wait for heavy work's next stretch, where nobody else waits. */
  let pause: ReturnType<typeof setTimeout> | undefined;
  /** When computing of heavy namespaces may go on beside others: they share the quarter. */
  let heavyAtMs = -Infinity;
  /** What has been read of answers in this turn, ms; those that wait for a turn of their own, and the last of these. */
  let readMs = 0;
  let readers = 0;
  let lastTurn = Promise.resolve();

  function usageOf(namespace: string, nowMs: number): Usage {
    let usage = usages.get(namespace);
    if (usage === undefined)
      usages.set(namespace, (usage = { ms: 0, atMs: nowMs, open: 0, activeAtMs: nowMs, heavyAtMs: -Infinity }));
    usage.ms *= 0.5 ** (((nowMs - usage.atMs) * speed) / halfLifeMs);
    usage.atMs = nowMs;
    return usage;
  }

  function charge(namespace: string, ms: number): void {
    const nowMs = performance.now();
    const usage = usageOf(namespace, nowMs);
    usage.ms += ms;
    usage.activeAtMs = nowMs;
  }

  /** Whether a namespace must make room: it has used much, and another one under way has not. */
  function makesRoom(namespace: string, nowMs: number): boolean {
    if (usageOf(namespace, nowMs).ms <= heavyMs) return false;
    for (const [other, { open, activeAtMs }] of usages) {
      if (open === 0 || other === namespace || nowMs - activeAtMs > quietMs / speed) continue;
      if (usageOf(other, nowMs).ms <= heavyMs) return true;
    }
    return false;
  }

  /** One stretch of a computation: at least one step, and on until the turn's time is over. */
  function stretch<T>(work: Work<T>): { readonly step: IteratorResult<void, T>; readonly tookMs: number } {
    if (!isTurnExpected) {
      isTurnExpected = true;
      setImmediate(() => {
        isTurnExpected = false;
        spentMs = 0;
      });
    }
    const startedMs = performance.now();
    const endMs = startedMs + sliceMs - spentMs;
    let step = work.next();
    while (step.done !== true && performance.now() < endMs) step = work.next();
    // Under a CPU limit the clock goes on while the process stands still.
    const tookMs = Math.min(performance.now() - startedMs, 2 * sliceMs);
    spentMs += tookMs;
    return { step, tookMs };
  }

  function go(): void {
    isPumping = false;
    pause = undefined;
    spentMs = 0;
    goOn();
    pump();
  }

  /** Lets the next one compute, where there is time left in this turn. */
  function goOn(): void {
    if (waiters.size > 0 && spentMs < sliceMs) take(performance.now())?.resume();
  }

  function pump(): void {
    if (waiters.size === 0) return;
    if (isPumping) {
      if (pause === undefined) return;
      clearTimeout(pause); // what has come may go on at once
    }
    isPumping = true;
    pause = undefined;
    const nowMs = performance.now();
    if (pick(nowMs) !== undefined) setImmediate(go);
    else pause = setTimeout(go, Math.max(1, nextHeavyAtMs() - nowMs));
  }

  function nextHeavyAtMs(): number {
    let atMs = Infinity;
    for (const namespace of waiters.keys()) atMs = Math.min(atMs, usages.get(namespace)?.heavyAtMs ?? -Infinity);
    return Math.max(atMs, heavyAtMs);
  }

  /** The first that may go on now, by namespace in order of service; those that make room only when their pause is over. */
  function pick(nowMs: number): Waiter | undefined {
    for (const [namespace, [first]] of waiters) {
      const isPaused = nowMs < Math.max(heavyAtMs, usages.get(namespace)?.heavyAtMs ?? -Infinity);
      if (!isPaused || !makesRoom(namespace, nowMs)) return first;
    }
    return undefined;
  }

  function take(nowMs: number): Waiter | undefined {
    const chosen = pick(nowMs);
    if (chosen === undefined) return undefined;
    const { namespace, costMs } = chosen;
    const queue = waiters.get(namespace) ?? [];
    queue.shift();
    waiters.delete(namespace);
    if (queue.length > 0) waiters.set(namespace, queue); // at the end: its next turn comes after the others'
    if (makesRoom(namespace, nowMs)) heavyAtMs = nowMs + costMs / heavyShare / speed;
    return chosen;
  }

  function turn(namespace: string, costMs: number): Promise<void> {
    return new Promise((resume) => {
      const queue = waiters.get(namespace) ?? [];
      queue.push({ namespace, costMs, resume });
      waiters.set(namespace, queue);
      pump();
    });
  }

  async function inStretches<T>(
    namespace: string,
    work: Work<T>,
    before?: () => Promise<void> | undefined,
  ): Promise<T> {
    for (;;) {
      const wait = before?.();
      if (wait !== undefined) await wait;
      if (spentMs < sliceMs) {
        const { step, tookMs } = stretch(work);
        charge(namespace, tookMs);
        if (step.done === true) {
          goOn();
          return step.value;
        }
      }
      await turn(namespace, sliceMs);
    }
  }

  /** 32 secrets that arrive together are read over several turns: what fits into a slice at once, each of the others in a turn of its own. */
  function readTurn(ms: number): Promise<void> | undefined {
    if (readMs === 0) setImmediate(() => (readMs = 0));
    readMs += ms;
    if (readMs <= sliceMs && readers === 0) return undefined;
    readers += 1;
    lastTurn = lastTurn.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    return lastTurn.finally(() => (readers -= 1));
  }

  function leave(namespace: string): void {
    const nowMs = performance.now();
    usageOf(namespace, nowMs).open -= 1;
    if (usages.size <= usagesMax) return;
    for (const [name, { open }] of usages) if (open === 0 && usageOf(name, nowMs).ms < 1) usages.delete(name);
  }

  return {
    open: ({ namespace, signal, sizeBytes = 0, room }) => {
      usageOf(namespace, performance.now()).open += 1;
      charge(namespace, mountMs + (sizeBytes / (1 << 20)) * mebibyteMs);
      let isClosed = false;
      return {
        run: (work) =>
          inStretches(namespace, work, () => {
            signal.throwIfAborted();
            return room?.();
          }),
        complete: (work) => inStretches(namespace, work),
        call: () => {
          charge(namespace, callMs);
          return makesRoom(namespace, performance.now()) ? turn(namespace, callMs) : undefined;
        },
        answered: (bytes) => {
          const ms = (bytes / 1024) * answerKibMs;
          charge(namespace, ms);
          const nowMs = performance.now();
          if (makesRoom(namespace, nowMs)) {
            const usage = usageOf(namespace, nowMs);
            usage.heavyAtMs = Math.max(usage.heavyAtMs, nowMs) + ms / heavyShare / speed;
          }
          return readTurn(ms + callMs);
        },
        close: () => {
          if (isClosed) return;
          isClosed = true;
          leave(namespace);
        },
      };
    },
  };
}

/** Namespaces that are remembered before those without recent use are forgotten: more than a node has pods. */
const usagesMax = 256;
