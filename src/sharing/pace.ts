// Time of the process, shared between namespaces. Long computations run in stretches of about two milliseconds between turns of the event loop, round robin
// between namespaces. One that has used much of the CPU lately waits between stretches and calls while one that has not is at work: it gets a quarter.
// Long because it is one queue with one state; half of it says why.
import type { Work } from "../work.ts";

/** What is computed between two turns of the event loop, ms: what any other event of the process may have to wait for, about. */
const sliceMs = 2;
/** CPU time of a namespace, decayed, from which on it is heavy, ms: ten ordinary mounts. */
const heavyMs = 50;
/** A namespace that has used so many times less than a heavy one goes before it, heavy or not. */
const lightFactor = 2;
/** Half of it is forgotten in so much time, ms, on one CPU. */
const halfLifeMs = 1_000;
/** What heavy namespaces get together while others have mounts under way. */
const heavyShare = 0.25;
/** A namespace that has done nothing for so long waits for somebody else, ms on one CPU: a call to AWS takes 10 to 30. */
const quietMs = 50;
/** CPU of one call to AWS with all that belongs to it, ms (measured with the JIT off: 0.5 to 0.8). */
const callMs = 0.7;
/** The part of it that comes after the answer, in one stretch, ms (the same). */
const afterAnswerMs = 0.3;
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
  readonly namespace: string;
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
  readonly usage: Usage;
  /** What it is expected to take, ms. */
  readonly costMs: number;
  readonly resume: () => void;
}

/** Makes the sharing of a process. `cpus` is the container's limit. */
export function createPacer(cpus = 1): Pacer {
  // Long because its short functions share one state: what each mount has used, and who waits.
  const speed = Math.min(1, cpus);
  const usages = new Map<string, Usage>();
  /** Never empty lists. */
  const waiters = new Map<Usage, Waiter[]>();
  /** What has been computed since the event loop's last turn, ms; a little more where so little was that nobody watched for a turn. */
  let spentMs = 0;
  /** What has been read of answers, ms, likewise. */
  let readMs = 0;
  let isTurnExpected = false;
  let isPumping = false;
  /** The wait for heavy work's next stretch, where nobody else waits. */
  let pause: ReturnType<typeof setTimeout> | undefined;
  /** When computing of heavy namespaces may go on beside others: they share the quarter. */
  let heavyAtMs = -Infinity;
  /** Answers that wait for a turn of their own, and the last of these. */
  let readers = 0;
  let lastTurn = Promise.resolve();

  function usageOf(namespace: string): Usage {
    let usage = usages.get(namespace);
    if (usage === undefined) {
      const nowMs = performance.now();
      usage = { namespace, ms: 0, atMs: nowMs, open: 0, activeAtMs: nowMs, heavyAtMs: -Infinity };
      usages.set(namespace, usage);
    }
    return usage;
  }

  function forget(usage: Usage, nowMs: number): void {
    usage.ms *= 0.5 ** (((nowMs - usage.atMs) * speed) / halfLifeMs);
    usage.atMs = nowMs;
  }

  function isHeavy(usage: Usage, nowMs: number): boolean {
    forget(usage, nowMs);
    return usage.ms > heavyMs;
  }

  function charge(usage: Usage, ms: number, nowMs: number): void {
    forget(usage, nowMs);
    usage.ms += ms;
    usage.activeAtMs = nowMs;
  }

  /** Whether a namespace must make room: it has used much, and another one under way has not, or far less. */
  function makesRoom(usage: Usage, nowMs: number): boolean {
    if (!isHeavy(usage, nowMs)) return false;
    const lightMs = Math.max(heavyMs, usage.ms / lightFactor); // at 50m a mount each second is heavy, too
    for (const other of usages.values()) {
      if (other.open === 0 || other === usage || nowMs - other.activeAtMs > quietMs / speed) continue;
      forget(other, nowMs);
      if (other.ms <= lightMs) return true;
    }
    return false;
  }

  /** Begins anew at the next turn. A callback for it costs a turn: not for what a few small mounts take. */
  function expectTurn(): void {
    if (isTurnExpected || (spentMs < sliceMs / 4 && readMs < sliceMs / 4)) return;
    isTurnExpected = true;
    setImmediate(() => {
      isTurnExpected = false;
      spentMs = 0;
      readMs = 0;
    });
  }

  /** One stretch of a computation: at least one step, and on until the turn's time is over. */
  function stretch<T>(work: Work<T>, usage: Usage): IteratorResult<void, T> {
    const startedMs = performance.now();
    const endMs = startedMs + sliceMs - spentMs;
    let step = work.next();
    let nowMs = performance.now();
    while (step.done !== true && nowMs < endMs) {
      step = work.next();
      nowMs = performance.now();
    }
    // Under a CPU limit the clock goes on while the process stands still.
    const tookMs = Math.min(nowMs - startedMs, 2 * sliceMs);
    spentMs += tookMs;
    expectTurn();
    charge(usage, tookMs, nowMs);
    return step;
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
    for (const usage of waiters.keys()) atMs = Math.min(atMs, usage.heavyAtMs);
    return Math.max(atMs, heavyAtMs);
  }

  /** The first that may go on now, by namespace in order of service; those that make room only when their pause is over. */
  function pick(nowMs: number): Waiter | undefined {
    for (const [usage, [first]] of waiters) {
      const isPaused = nowMs < Math.max(heavyAtMs, usage.heavyAtMs);
      if (!isPaused || !makesRoom(usage, nowMs)) return first;
    }
    return undefined;
  }

  function take(nowMs: number): Waiter | undefined {
    const chosen = pick(nowMs);
    if (chosen === undefined) return undefined;
    const { usage, costMs } = chosen;
    const queue = waiters.get(usage) ?? [];
    queue.shift();
    waiters.delete(usage);
    if (queue.length > 0) waiters.set(usage, queue); // at the end: its next turn comes after the others'
    if (makesRoom(usage, nowMs)) heavyAtMs = nowMs + costMs / heavyShare / speed;
    return chosen;
  }

  function turn(usage: Usage, costMs: number): Promise<void> {
    return new Promise((resume) => {
      const queue = waiters.get(usage) ?? [];
      queue.push({ usage, costMs, resume });
      waiters.set(usage, queue);
      pump();
    });
  }

  async function inStretches<T>(usage: Usage, work: Work<T>, before?: () => Promise<void> | undefined): Promise<T> {
    for (;;) {
      const wait = before?.();
      if (wait !== undefined) await wait;
      if (spentMs < sliceMs) {
        const step = stretch(work, usage);
        if (step.done === true) {
          goOn();
          return step.value;
        }
      }
      await turn(usage, sliceMs);
    }
  }

  /** 32 secrets that arrive together are read over several turns: what fits into a slice at once, each of the others in a turn of its own. */
  function readTurn(ms: number): Promise<void> | undefined {
    readMs += ms;
    expectTurn();
    if (readMs <= sliceMs && readers === 0) return undefined;
    readers += 1;
    lastTurn = lastTurn.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    return lastTurn.finally(() => (readers -= 1));
  }

  function leave(usage: Usage): void {
    usage.open -= 1;
    if (usages.size <= usagesMax) return;
    const nowMs = performance.now();
    for (const one of usages.values())
      if (one.open === 0 && !isHeavy(one, nowMs) && one.ms < 1) usages.delete(one.namespace);
  }

  return {
    open: ({ namespace, signal, sizeBytes = 0, room }) => {
      const usage = usageOf(namespace);
      usage.open += 1; // so it stays in `usages`
      charge(usage, mountMs + (sizeBytes / (1 << 20)) * mebibyteMs, performance.now());
      const before = (): Promise<void> | undefined => {
        signal.throwIfAborted();
        return room?.();
      };
      let isClosed = false;
      return {
        run: (work) => inStretches(usage, work, before),
        complete: (work) => inStretches(usage, work),
        call: () => {
          const nowMs = performance.now();
          charge(usage, callMs, nowMs);
          return makesRoom(usage, nowMs) ? turn(usage, callMs) : undefined;
        },
        answered: (bytes) => {
          const ms = (bytes / 1024) * answerKibMs;
          const nowMs = performance.now();
          charge(usage, ms, nowMs);
          if (makesRoom(usage, nowMs)) usage.heavyAtMs = Math.max(usage.heavyAtMs, nowMs) + ms / heavyShare / speed;
          return readTurn(ms + afterAnswerMs);
        },
        close: () => {
          if (isClosed) return;
          isClosed = true;
          leave(usage);
        },
      };
    },
  };
}

/** Namespaces that are remembered before those without recent use are forgotten: more than a node has pods. */
const usagesMax = 256;
