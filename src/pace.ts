// Time on the event loop, shared: long computations run in stretches of about two milliseconds, one after each turn of the loop, round robin between
// namespaces. One that has taken long waits between its stretches while mounts of other namespaces are under way that have not.
import type { Work } from "./work.ts";

/** The longest stretch, ms: what any other event of the process may have to wait for, about. */
const sliceMs = 2;
/** Work that has taken so long is heavy: it goes behind what other namespaces do, ms. Ordinary classes take less than ten. */
const heavyMs = 50;
/** What heavy work waits for between two stretches while mounts of other namespaces are under way, ms: it gets a fifth of the time then. */
const heavyPauseMs = 8;

/** The computations of one mount. */
export interface Pace {
  /** Runs a computation in stretches. Rejects with what it throws, or with the signal's reason between two stretches. */
  readonly run: <T>(work: Work<T>) => Promise<T>;
  /** The same to its end, whatever the signal says and whoever needs memory. */
  readonly complete: <T>(work: Work<T>) => Promise<T>;
  /** The mount is over. */
  readonly close: () => void;
}

export interface Pacer {
  /** `room` is waited for between stretches where it is given: memory, which other mounts hold. */
  readonly open: (namespace: string, signal: AbortSignal, room?: () => Promise<void> | undefined) => Pace;
}

interface Waiter {
  readonly namespace: string;
  readonly isHeavy: boolean;
  readonly resume: () => void;
}

/** Makes the sharing of a process. */
export function createPacer(): Pacer {
  /** Mounts under way that have not taken long, by namespace. */
  const light = new Map<string, number>();
  const waiters = new Map<string, Waiter[]>();
  /** What has been computed since the event loop's last turn, ms. */
  let spentMs = 0;
  let isTurnExpected = false;
  let isPumping = false;
  /** The wait for heavy work's next stretch, where nobody else waits. */
  let pause: ReturnType<typeof setTimeout> | undefined;
  let heavyAtMs = -Infinity;

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
    else pause = setTimeout(go, Math.max(1, heavyAtMs + heavyPauseMs - nowMs));
  }

  function addLight(namespace: string, count: 1 | -1): void {
    const left = (light.get(namespace) ?? 0) + count;
    if (left === 0) light.delete(namespace);
    else light.set(namespace, left);
  }

  /** The first that may go on now, by namespace in order of service; heavy ones only when their pause is over. */
  function pick(nowMs: number): Waiter | undefined {
    const isPaused = nowMs < heavyAtMs + heavyPauseMs;
    for (const [namespace, queue] of waiters) {
      const isAlone = light.size <= (light.has(namespace) ? 1 : 0);
      const found = queue.find(({ isHeavy }) => !isHeavy || isAlone || !isPaused);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function take(nowMs: number): Waiter | undefined {
    const chosen = pick(nowMs);
    if (chosen === undefined) return undefined;
    const { namespace } = chosen;
    const queue = (waiters.get(namespace) ?? []).filter((one) => one !== chosen);
    waiters.delete(namespace);
    if (queue.length > 0) waiters.set(namespace, queue); // at the end: its next turn comes after the others'
    if (chosen.isHeavy) heavyAtMs = nowMs;
    return chosen;
  }

  function turn(namespace: string, isHeavy: boolean): Promise<void> {
    return new Promise((resume) => {
      const queue = waiters.get(namespace) ?? [];
      queue.push({ namespace, isHeavy, resume });
      waiters.set(namespace, queue);
      pump();
    });
  }

  return {
    open: (namespace, signal, room) => {
      addLight(namespace, 1);
      let usedMs = 0;
      let isHeavy = false;
      let isClosed = false;
      const inStretches = async <T>(work: Work<T>, before?: () => Promise<void> | undefined): Promise<T> => {
        for (;;) {
          const wait = before?.();
          if (wait !== undefined) await wait;
          if (spentMs < sliceMs) {
            const { step, tookMs } = stretch(work);
            usedMs += tookMs;
            if (step.done === true) {
              goOn();
              return step.value;
            }
          }
          if (!isHeavy && !isClosed && usedMs > heavyMs) {
            isHeavy = true;
            addLight(namespace, -1);
          }
          await turn(namespace, isHeavy);
        }
      };
      return {
        run: (work) =>
          inStretches(work, () => {
            signal.throwIfAborted();
            return room?.();
          }),
        complete: (work) => inStretches(work),
        close: () => {
          if (isClosed) return;
          isClosed = true;
          if (!isHeavy) addLight(namespace, -1);
        },
      };
    },
  };
}
