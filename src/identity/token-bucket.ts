// The client-side bound on Kubernetes API calls that --qps and --burst set (client-go flowcontrol: one bucket for the process).
import { ProviderError } from "../errors.ts";
import { sleep } from "../abort.ts";

export interface TokenBucket {
  /** Waits for a turn; rejects with the signal's reason, or at once when the turn would come after the deadline (epoch ms), or any mount's time (100 s). */
  readonly take: (signal: AbortSignal, deadlineMs?: number) => Promise<void>;
}

const waitMsMax = 100_000;

/** A bucket of `burst` tokens, refilled with `qps` a second; a negative `qps` means no bound. */
export function createTokenBucket(qps: number, burst: number, now: () => number = Date.now): TokenBucket {
  if (qps < 0) return { take: async (signal) => signal.throwIfAborted() };
  let tokens = burst;
  let filledAt = now();
  return {
    take: async (signal, deadlineMs = Infinity) => {
      signal.throwIfAborted();
      const at = now();
      tokens = Math.min(burst, tokens + (Math.max(0, at - filledAt) / 1000) * qps);
      filledAt = at;
      const waitMs = tokens >= 1 ? 0 : ((1 - tokens) / qps) * 1000;
      if (waitMs > waitMsMax || Date.now() + waitMs > deadlineMs) {
        throw new ProviderError({
          reason: "Overloaded",
          message: "client rate limiter Wait returned an error: rate: Wait(n=1) would exceed context deadline",
          fix: "Too many Kubernetes API calls are waiting; raise --qps and --burst.",
        });
      }
      tokens -= 1;
      if (waitMs === 0) return;
      try {
        await sleep(waitMs, signal);
      } catch (error) {
        tokens += 1; // the turn was not used
        throw error;
      }
    },
  };
}
