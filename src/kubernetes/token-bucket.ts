// The client-side bound on Kubernetes API calls that --qps and --burst set (client-go flowcontrol: one bucket for the process). Calls that wait are
// served round robin between namespaces. Where several have called of late, a fifth of the burst is kept for those that have called little.
import { ProviderError } from "../errors.ts";
import { aheadText, createFairQueue, heldUpBy } from "../sharing/fair-queue.ts";
import type { Ahead, Whose } from "../sharing/fair-queue.ts";
import { nobody } from "../context.ts";
import type { Context } from "../context.ts";

export interface TokenBucket {
  /**
   * Waits for a token, in the queue of the context's mount. Rejects with the signal's reason, or at once when the token would come after the
   * deadline, or any mount's time (100 s). @throws ProviderError Overloaded
   */
  readonly take: (context: Turn) => Promise<void>;
}

const waitMsMax = 100_000;

/** Who waits, and until when. */
type Turn = Pick<Context, "signal" | "deadlineMs" | "mount">;

interface Waiter {
  readonly start: () => void;
}

/** A bucket of `burst` tokens, refilled with `qps` a second; a negative `qps` means no bound. */
export function createTokenBucket(qps: number, burst: number, now: () => number = Date.now): TokenBucket {
  if (qps < 0) return { take: async ({ signal }) => signal.throwIfAborted() };
  const kept = Math.floor(burst / 5);
  const queue = createFairQueue<Waiter>();
  const use = recentUse((burst / qps) * 1000);
  let tokens = burst;
  let filledAt = now();
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** How many tokens there must be before a namespace may take one. */
  const neededFor = (namespace: string): number =>
    use.of(namespace) < Math.max(1, kept) || use.isAlone(namespace) ? 1 : 1 + kept;

  function serve(): void {
    clearTimeout(timer);
    const at = now();
    tokens = Math.min(burst, tokens + (Math.max(0, at - filledAt) / 1000) * qps);
    filledAt = at;
    use.at(at);
    for (;;) {
      const next = queue.next((namespace) => tokens >= neededFor(namespace));
      if (next === undefined) break;
      next.start();
    }
    if (queue.size() === 0) return;
    const needed = queue.some((namespace) => neededFor(namespace) === 1) ? 1 : 1 + kept;
    timer = setTimeout(serve, Math.min(waitMsMax, Math.max(1, msUntil(needed))));
  }

  const msUntil = (needed: number): number => Math.ceil(((needed - tokens) / qps) * 1000);

  function wait({ signal, deadlineMs, mount }: Turn): Promise<void> {
    const whose: Whose = mount ?? nobody;
    const { namespace } = whose;
    const arrivedMs = mount?.arrivedMs ?? Infinity;
    return new Promise((resolve, reject) => {
      const sinceMs = performance.now();
      const own = { why: () => heldUpBy("a turn among the Kubernetes calls", sinceMs, queue.ahead(whose, waiter)) };
      const waits = mount?.waits.add(own);
      const isOver = (): void => {
        signal.removeEventListener("abort", onAbort);
        waits?.delete(own);
      };
      const leave = (reason: Error): void => {
        queue.remove(whose, waiter);
        isOver();
        reject(reason);
        if (queue.size() === 0) clearTimeout(timer);
      };
      const onAbort = (): void => leave(signal.reason as Error);
      const waiter: Waiter = {
        start: () => {
          tokens -= 1;
          use.add(namespace);
          isOver();
          resolve();
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      queue.add(whose, waiter);
      serve();
      if (!queue.has(whose, waiter)) return;
      const ahead = queue.ahead(whose, waiter);
      const waitMs = msUntil(ahead.count + neededFor(namespace));
      const leftMs = deadlineMs - Date.now();
      if (waitMs > waitMsMax || waitMs > leftMs) leave(tooMany(ahead, performance.now() - arrivedMs > leftMs));
    });
  }

  return {
    take: async (context) => {
      context.signal.throwIfAborted();
      return wait(context);
    },
  };
}

/** The text is client-go's; what follows it says who is ahead. A mount that is late has waited for most of its time before, in another queue. */
function tooMany(ahead: Ahead, isLate: boolean): ProviderError {
  const lead = "client rate limiter Wait returned an error: rate: Wait(n=1) would exceed context deadline";
  const isOwn = ahead.own * 2 > ahead.count;
  return new ProviderError({
    reason: "Overloaded",
    message: lead,
    passing: { requestIds: [], exact: [], waits: [aheadText(ahead)] },
    fix: isLate
      ? "kubelet tries again by itself."
      : isOwn
        ? "Start fewer pods of this namespace at once, or raise --qps and --burst."
        : "Too many Kubernetes API calls are waiting; raise --qps and --burst.",
  });
}

/** Tokens that each namespace has taken lately: in this window of time and the one before it. */
function recentUse(windowMs: number) {
  let startedAt = -Infinity;
  let current = new Map<string, number>();
  let before = new Map<string, number>();
  return {
    at: (nowMs: number): void => {
      if (nowMs - startedAt < windowMs) return;
      before = nowMs - startedAt < 2 * windowMs ? current : new Map<string, number>();
      current = new Map<string, number>();
      startedAt = nowMs;
    },
    add: (namespace: string): void => void current.set(namespace, (current.get(namespace) ?? 0) + 1),
    of: (namespace: string): number => (current.get(namespace) ?? 0) + (before.get(namespace) ?? 0),
    isAlone: (namespace: string): boolean =>
      [current, before].every((some) => some.size === 0 || (some.size === 1 && some.has(namespace))),
  };
}
