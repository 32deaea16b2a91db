// The SDK's standard retries with a quota for each call. Its own quota lives as long as the client, which all pods of the node share: the failing
// calls of one pod would use up the retries of the others (the reference has a client, and so a quota, for each mount).
import { StandardRetryStrategy } from "@smithy/core/retry";
import type { RetryStrategyV2, RetryToken, StandardRetryToken } from "@smithy/types";

/** Makes the strategy of a client: `maxAttempts` for each call, whatever became of other calls. */
export function ownRetries(maxAttempts: number): RetryStrategyV2 {
  const strategies = new WeakMap<RetryToken, StandardRetryStrategy>();
  const of = (token: RetryToken): StandardRetryStrategy =>
    strategies.get(token) ?? new StandardRetryStrategy(maxAttempts);
  const keep = <Token extends RetryToken>(token: Token, strategy: StandardRetryStrategy): Token => {
    strategies.set(token, strategy);
    return token;
  };
  return {
    acquireInitialRetryToken: async (scope) => {
      const strategy = new StandardRetryStrategy(maxAttempts);
      return keep(await strategy.acquireInitialRetryToken(scope), strategy);
    },
    refreshRetryTokenForRetry: async (token, errorInfo) => {
      const strategy = of(token);
      return keep(await strategy.refreshRetryTokenForRetry(token as StandardRetryToken, errorInfo), strategy);
    },
    recordSuccess: (token) => of(token).recordSuccess(token as StandardRetryToken),
  };
}
