// The events of the program, as one union. Code that works for a mount reports by `emit` of its context (context.ts); what belongs to no mount
// goes to the `emit` of the process. Listeners: the log of a mount (telemetry/mount-log.ts), the metrics (telemetry/metrics.ts).
import type { ProviderError } from "./errors.ts";

/** Takes an event. Must not throw. The same object may be emitted many times: do not change it. */
export type Emit = (event: ProviderEvent) => void;

/** A listener that does nothing. */
export const ignoreEvents: Emit = () => undefined;

export type ProviderEvent =
  | MountProgress
  | MountEnded
  | Warning
  | RoleFound
  | AwsAttempt
  | KubernetesCall
  | Exchange
  | CacheLookUp
  | CacheOpened
  | TurnsOpened
  | Bug;

/** The two stores, as `objectType` names them. */
type StoreName = "secretsmanager" | "ssmparameter";

/** Progress of a mount. */
export type MountProgress =
  | {
      readonly kind: "request-parsed";
      readonly pod: string;
      readonly namespace: string;
      readonly serviceAccount: string;
    }
  /** The wait for a turn is over. An invalid request waits for none: its wait ends at once. */
  | { readonly kind: "turn-began" }
  /** failover: empty = none. */
  | { readonly kind: "regions-located"; readonly primary: string; readonly failover: string }
  | { readonly kind: "identified"; readonly method: "irsa" | "pod-identity" }
  | { readonly kind: "objects-read"; readonly count: number }
  | { readonly kind: "objects-fetched" }
  | { readonly kind: "files-delivered"; readonly count: number }
  /** `lead` = start of the log line if the mount fails from here on. */
  | { readonly kind: "step-began"; readonly lead: string }
  /** A unit of objects of this type came from the failover region. */
  | { readonly kind: "failover-used"; readonly type: StoreName }
  /** A unit of objects of this type was served from the memory of the pod's last mount. */
  | { readonly kind: "stale-served"; readonly type: StoreName };

export interface MountEnded {
  readonly kind: "mount-ended";
  /** The explained error, or name and frames of a bug; undefined = it succeeded. */
  readonly failure: ProviderError | (BugText & { readonly reason: "Internal" }) | undefined;
  /** From the call to its end, the wait for a turn included. */
  readonly durationMs: number;
  /** undefined = it never had its turn. */
  readonly waitMs: number | undefined;
}

/** An error that nobody expected, without its message: a library's text may quote what it was working on. */
export interface BugText {
  readonly name: string;
  readonly stack: string;
}

/** A log line at level warn. Its fields: for objects all that is known of the mount, else the id of the mount alone. */
export interface Warning {
  readonly kind: "warning";
  readonly about: "objects" | "batch" | "sts-endpoint";
  readonly text: string;
}

/** The role of an IRSA mount, from the annotation of its service account. */
export interface RoleFound {
  readonly kind: "role-found";
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly roleArn: string;
}

/** How one attempt on the wire ended. */
export type AttemptOutcome = "ok" | "throttled" | "refused" | "unavailable" | "cancelled";

/** One attempt of a call on the wire, when it is over: nothing of the request or the answer but what is listed here. */
export interface AwsAttempt {
  readonly kind: "aws-attempt";
  /** As AWS's host names have it: sts, secretsmanager, ssm; or pod-identity. */
  readonly service: string;
  readonly operation: string;
  /** The author's text: bound its values before it becomes a label. Empty = the agent of the node. */
  readonly region: string;
  readonly outcome: AttemptOutcome;
  /** AWS's error code, or the system's where no answer came; empty = none. */
  readonly code: string;
  /** AWS's id of the request; empty = no answer, or it names none. */
  readonly requestId: string;
  /** Not the first attempt of its call. */
  readonly isRetry: boolean;
  readonly durationMs: number;
}

/** One call on the wire, when it is over. */
export interface KubernetesCall {
  readonly kind: "kubernetes-call";
  readonly resource: "pods" | "nodes" | "serviceaccounts";
  readonly outcome: AttemptOutcome;
  readonly durationMs: number;
}

/** One exchange of a token, or assuming of a role, with all its retries. */
export interface Exchange {
  readonly kind: "exchange";
  readonly method: "irsa" | "pod-identity" | "assume-role";
  readonly outcome: AttemptOutcome;
}

export type CacheName = "credentials" | "assumed_roles" | "roles" | "node_region" | "values";

/** How a look-up went: the value was there, another one loads it already, it had to be loaded. */
export type LookUp = "hit" | "joined" | "miss";

export interface CacheLookUp {
  readonly kind: "cache-look-up";
  readonly cache: CacheName;
  readonly lookUp: LookUp;
}

/** A cache that outlives mounts was made. `size` = its entries now. */
export interface CacheOpened {
  readonly kind: "cache-opened";
  readonly cache: CacheName;
  readonly size: () => number;
}

/** The queue of mounts was made. How many have a turn, and how many wait, now. */
export interface TurnsOpened {
  readonly kind: "turns-opened";
  readonly running: () => number;
  readonly waiting: () => number;
}

/** Where a bug came up: in a mount, outside of any, or in answering the HTTP port. */
export type BugPlace = "mount" | "uncaught_exception" | "unhandled_rejection" | "http";

export interface Bug {
  readonly kind: "bug";
  readonly place: BugPlace;
}

/** The events of a cache's look-ups, made once: a mount has some tens of them. */
export function lookUpEvents(cache: CacheName): Readonly<Record<LookUp, CacheLookUp>> {
  const event = (lookUp: LookUp): CacheLookUp => ({ kind: "cache-look-up", cache, lookUp });
  return { hit: event("hit"), joined: event("joined"), miss: event("miss") };
}
