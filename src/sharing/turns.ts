// Slots with a fair queue (a turn = one slot), for mounts and for calls to AWS. Some turns are reserved for namespaces that hold few, so that one
// namespace never takes all. Work that makes no progress, or takes long, gives its turn to the next and continues without one.
import { ProviderError } from "../errors.ts";
import { createFairQueue, createShares, heldUpBy } from "./fair-queue.ts";
import type { Shares, Whose } from "./fair-queue.ts";
import { nobody } from "../context.ts";
import type { Context } from "../context.ts";

export interface Turns {
  /**
   * Waits for a turn in the queue of the context's mount; call the result once when done. Rejects with the signal's reason.
   * @throws ProviderError Overloaded when too many wait
   */
  readonly take: (context: Pick<Context, "signal" | "mount">, work?: Work) => Promise<() => void>;
  /** Those that have their turn now; stalled and overdue ones are not among them. */
  readonly running: () => number;
  readonly waiting: () => number;
}

/** What is known of the work that a turn is for. */
export interface Work {
  /** Grows as the work gets on; without it the work counts as one step. */
  readonly steps?: () => number;
  /** Memory that it holds from now, while it waits too: its request. */
  readonly bytes?: number;
}

export interface TurnsOptions {
  /** What a turn is for, in texts: "a turn among the node's mounts". */
  readonly what: string;
  /** All turns. */
  readonly atOnce: number;
  /** So many of them go only to namespaces that hold fewer than `fewTurns`. */
  readonly kept: number;
  readonly fewTurns: number;
  /** Work that has not got on for so long is stalled: its turn goes to the next, ms. */
  readonly stallMs: number;
  /** So many stalled ones may go on without a turn, three quarters of them of one namespace; further ones keep theirs. */
  readonly stalledMax: number;
  /** Work that has lasted longer is overdue: its turn goes to a namespace that holds none. Absent = never. */
  readonly budget?: { readonly ms: number; readonly steps: number; readonly overdueMax: number };
  readonly waitersMax: number;
  /** Bytes of those that wait; and of those that were let in, with as much again for namespaces that hold few turns. Absent = no bound. */
  readonly bytesMax?: { readonly waiting: number; readonly letIn: number };
}

interface Waiter {
  readonly whose: Whose;
  readonly bytes: number;
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

interface Turn {
  readonly namespace: string;
  readonly steps: () => number;
  readonly startedMs: number;
  readonly firstStep: number;
  lastStep: number;
  lastStepMs: number;
  /** Where it is counted: those that go on without a turn are not in `running`. */
  by: Shares;
}

const sweepMs = 1_000;

/** Makes the turns. */
export function createTurns(options: TurnsOptions): Turns {
  // Long because its short functions share one state: who holds a turn, who waits, and what both weigh.
  const { what, atOnce, kept, fewTurns, stallMs, stalledMax, budget, waitersMax, bytesMax } = options;
  const queue = createFairQueue<Waiter>();
  const running = new Set<Turn>();
  const heldBy = createShares();
  const overdueBy = createShares();
  const stalledBy = createShares();
  const waitingBytes = createShares();
  const letInBytes = createShares();
  let sweep: ReturnType<typeof setTimeout> | undefined;

  function mayStart(namespace: string, bytes: number): boolean {
    if (running.size >= atOnce) return false;
    const held = heldBy.of(namespace) + overdueBy.of(namespace);
    const hasFew = held < fewTurns;
    if (!hasFew && (running.size >= atOnce - kept || held >= atOnce - kept)) return false;
    if (bytesMax === undefined || letInBytes.sum() === 0) return true;
    return letInBytes.sum() + bytes <= (hasFew ? 2 : 1) * bytesMax.letIn;
  }

  function startNext(): void {
    const mayGo = (namespace: string, { bytes }: Waiter): boolean => mayStart(namespace, bytes);
    for (;;) {
      const next = queue.next(mayGo);
      if (next !== undefined) next.start();
      else if (!takeFromOverdue()) return;
    }
  }

  /** Where a namespace without a turn finds none free: the longest turn of those who hold most goes on without, if it is over its budget. */
  function takeFromOverdue(): boolean {
    if (budget === undefined || running.size < atOnce || overdueBy.sum() >= budget.overdueMax) return false;
    if (!queue.some((namespace) => heldBy.of(namespace) + overdueBy.of(namespace) === 0)) return false;
    const nowMs = performance.now();
    let chosen: Turn | undefined;
    for (const turn of running) {
      const isOver = nowMs - turn.startedMs >= budget.ms || turn.steps() - turn.firstStep >= budget.steps;
      const isMore = chosen === undefined || heldBy.of(turn.namespace) > heldBy.of(chosen.namespace);
      if (isOver && isMore) chosen = turn;
    }
    if (chosen === undefined) return false;
    goOnWithout(chosen, overdueBy);
    return true;
  }

  function goOnWithout(turn: Turn, by: Shares): void {
    leave(turn);
    turn.by = by;
    by.add(turn.namespace, 1);
  }

  function leave(turn: Turn): void {
    turn.by.add(turn.namespace, -1);
    running.delete(turn);
    if (running.size > 0) return;
    clearTimeout(sweep);
    sweep = undefined;
  }

  /** Finds those that do not get on. */
  function watch(): void {
    const nowMs = performance.now();
    for (const turn of running) {
      const { namespace } = turn;
      const step = turn.steps();
      if (step !== turn.lastStep) {
        turn.lastStep = step;
        turn.lastStepMs = nowMs;
      } else if (
        nowMs - turn.lastStepMs >= stallMs &&
        stalledBy.sum() < stalledMax &&
        stalledBy.of(namespace) < Math.ceil(stalledMax * 0.75)
      ) {
        goOnWithout(turn, stalledBy);
      }
    }
    sweep = running.size === 0 ? undefined : setTimeout(watch, Math.min(stallMs, sweepMs));
    startNext();
  }

  /** A turn that has just begun; what it gives ends it. */
  function begin(namespace: string, { steps = () => 0, bytes = 0 }: Work): () => void {
    const startedMs = performance.now();
    const firstStep = steps();
    const turn: Turn = {
      namespace,
      steps,
      startedMs,
      firstStep,
      lastStep: firstStep,
      lastStepMs: startedMs,
      by: heldBy,
    };
    running.add(turn);
    heldBy.add(namespace, 1);
    letInBytes.add(namespace, bytes);
    sweep ??= setTimeout(watch, Math.min(stallMs, sweepMs));
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      leave(turn);
      letInBytes.add(namespace, -bytes);
      startNext();
    };
  }

  /** Whoever has most waiting loses the last that came: a namespace that floods the queue refuses its own, and nobody else's. */
  function refuseTooMany(): void {
    const bytesWaitingMax = bytesMax?.waiting ?? Infinity;
    for (;;) {
      const isFull = queue.size() > waitersMax;
      if (!isFull && waitingBytes.sum() <= bytesWaitingMax) return;
      const sizeOf = isFull ? queue.sizeOf : waitingBytes.of;
      const namespace = [...queue.namespaces()].reduce((most, one) => (sizeOf(one) > sizeOf(most) ? one : most));
      const newest = queue.newest(namespace);
      if (newest === undefined) return;
      queue.remove(newest.whose, newest);
      newest.refuse(overloaded(namespace, isFull));
    }
  }

  function overloaded(namespace: string, isFull: boolean): ProviderError {
    const own = queue.sizeOf(namespace);
    const size = isFull ? "" : ` with ${(waitingBytes.sum() / (1 << 20)).toFixed(1)} MiB of requests`;
    return new ProviderError({
      reason: "Overloaded",
      message: `${queue.size()} mounts are waiting already${size}, ${own} of them of namespace ${namespace}, which has the most`,
      fix: "kubelet tries again by itself.",
    });
  }

  function wait({ signal, mount }: Pick<Context, "signal" | "mount">, work: Work): Promise<() => void> {
    const whose: Whose = mount ?? nobody;
    const { namespace } = whose;
    const { bytes = 0 } = work;
    return new Promise((resolve, reject) => {
      const sinceMs = performance.now();
      const own = { why: () => heldUpBy(what, sinceMs, queue.ahead(whose, waiter)) };
      const waits = mount?.waits.add(own);
      waitingBytes.add(namespace, bytes);
      const isOver = (): void => {
        signal.removeEventListener("abort", onAbort);
        waits?.delete(own);
        waitingBytes.add(namespace, -bytes);
      };
      const onAbort = (): void => {
        queue.remove(whose, waiter);
        isOver();
        reject(signal.reason as Error);
        startNext(); // the one behind it may fit
      };
      const waiter: Waiter = {
        whose,
        bytes,
        start: () => {
          isOver();
          resolve(begin(namespace, work));
        },
        refuse: (error) => {
          isOver();
          reject(error);
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      queue.add(whose, waiter);
      startNext();
      refuseTooMany();
    });
  }

  return {
    take: async (context, work = {}) => {
      context.signal.throwIfAborted();
      const { namespace } = context.mount ?? nobody;
      if (queue.size() === 0 && mayStart(namespace, work.bytes ?? 0)) return begin(namespace, work);
      return wait(context, work);
    },
    running: () => running.size,
    waiting: queue.size,
  };
}
