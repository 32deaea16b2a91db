// Tries again with growing pauses, partly random so that the pods of a node do not come back together. For the token exchanges and the reads from
// Kubernetes; AWS calls have the SDK's retries.
import { sleep } from "./abort.ts";

export interface RetryOptions<T> {
  readonly attemptsMax: number;
  /** Longest pause before the second attempt, ms; doubled for each further one. Half of it is random. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
  /** Whether another attempt may end better. */
  readonly isWorthRetry: (result: T) => boolean;
}

/** Makes attempts until a result is not worth another, or they are used up; returns the last result. Rejects as `attempt` does, or with the signal's reason. */
export async function retry<T>(
  attempt: () => Promise<T>,
  { attemptsMax, pauseMs, signal, isWorthRetry }: RetryOptions<T>,
): Promise<T> {
  for (let made = 1; ; made += 1) {
    const result = await attempt();
    if (made >= attemptsMax || !isWorthRetry(result)) return result;
    await sleep(pauseMs * 2 ** (made - 1) * (0.5 + Math.random() / 2), signal);
  }
}
