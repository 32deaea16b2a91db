// What the rooms tell of their work, and a listener that hears nothing. Who counts is metrics.ts, when --http-addr is on; nobody else knows of it.
import type { CacheWatch } from "../cache.ts";
import { ProviderError } from "../errors.ts";
import type { Reason } from "../errors.ts";
import type { CredentialSource } from "../identity/credentials.ts";
import type { KubernetesCall } from "../kubernetes/kubernetes.ts";
import type { ObjectType } from "../request/secret-object.ts";
import type { AwsAttempt } from "../aws/attempt.ts";

/** How a mount ended. Times in ms. */
export interface MountEnd {
  /** undefined = it succeeded. */
  readonly reason: Reason | undefined;
  /** From the call to its end, the wait for a turn included. */
  readonly durationMs: number;
  /** undefined = it never had its turn. */
  readonly waitMs: number | undefined;
}

/** How many mounts have their turn, how many wait for one. */
export interface Load {
  readonly running: () => number;
  readonly waiting: () => number;
}

/** One exchange of a token, with all its retries. */
export type ExchangeOutcome = "ok" | "throttled" | "refused" | "unavailable" | "cancelled";
/** Where a bug came up: in a mount, outside of any, or in answering the HTTP port. */
export type BugPlace = "mount" | "uncaught_exception" | "unhandled_rejection" | "http";
/** How credentials came about. */
export type ExchangeMethod = CredentialSource["method"] | "assume-role";
export type CacheName = "credentials" | "assumed_roles" | "roles" | "node_region" | "values";

/** Hears of each event once. None of these may throw. */
export interface Observer {
  readonly mount: (end: MountEnd) => void;
  /** Whom to ask when somebody wants to know. */
  readonly load: (load: Load) => void;
  readonly awsAttempt: (attempt: AwsAttempt) => void;
  readonly kubernetesCall: (call: KubernetesCall) => void;
  readonly exchange: (method: ExchangeMethod, outcome: ExchangeOutcome) => void;
  readonly cache: (name: CacheName) => CacheWatch;
  /** A unit of objects came from the failover region. */
  readonly failover: (type: ObjectType) => void;
  /** A unit of objects was served from the memory of the pod's last mount. */
  readonly stale: (type: ObjectType) => void;
  readonly bug: (place: BugPlace) => void;
}

const ignore = (): void => undefined;

/** Hears nothing. */
export const unobserved: Observer = {
  mount: ignore,
  load: ignore,
  awsAttempt: ignore,
  kubernetesCall: ignore,
  exchange: ignore,
  cache: () => () => ignore,
  failover: ignore,
  stale: ignore,
  bug: ignore,
};

/** The same exchange, its end told to the observer. The signal is its last argument. */
export function tellExchanges<Args extends readonly [...unknown[], AbortSignal], Result>(
  observer: Observer,
  method: CredentialSource["method"],
  exchange: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    let outcome: ExchangeOutcome = "unavailable";
    try {
      const result = await exchange(...args);
      outcome = "ok";
      return result;
    } catch (error) {
      if ((args.at(-1) as AbortSignal).aborted) outcome = "cancelled";
      else if (error instanceof ProviderError && error.reason === "Throttled") outcome = "throttled";
      else if (error instanceof ProviderError && error.reason !== "CredentialsUnavailable") outcome = "refused";
      throw error;
    } finally {
      observer.exchange(method, outcome);
    }
  };
}
