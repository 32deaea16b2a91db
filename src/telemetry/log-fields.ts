// The closed list of what a log line may carry beside its text: what is not in it does not compile, and is dropped should it come all the same.

/** Everything a log line may carry beside its text. Never a token, credential, value, or the attributes of a request. */
export interface Fields {
  /** Joins the lines of one mount. */
  readonly mount?: string | undefined;
  readonly pod?: string;
  readonly namespace?: string;
  readonly serviceAccount?: string;
  /** irsa or pod-identity. */
  readonly method?: string;
  readonly region?: string;
  readonly failoverRegion?: string;
  readonly reason?: string;
  readonly outcome?: string;
  readonly service?: string;
  readonly operation?: string;
  /** AWS's error code, or the system's. */
  readonly code?: string;
  /** AWS's id of a request; of a mount that failed, those of the requests that failed. */
  readonly requestId?: string;
  readonly objects?: number;
  readonly files?: number;
  readonly awsCalls?: number;
  readonly cacheHits?: number;
  readonly waitMs?: number;
  readonly locateMs?: number;
  readonly identifyMs?: number;
  readonly fetchMs?: number;
  readonly deliverMs?: number;
  readonly durationMs?: number;
  /** The mounts under way, when it is not known which one a line is about. */
  readonly mounts?: string;
  readonly stack?: string;
}

/** The closed list at run time too: an object that came in through a cast or a spread brings nothing else along. */
export const fieldNames: Readonly<Record<keyof Fields, true>> = {
  mount: true,
  pod: true,
  namespace: true,
  serviceAccount: true,
  method: true,
  region: true,
  failoverRegion: true,
  reason: true,
  outcome: true,
  service: true,
  operation: true,
  code: true,
  requestId: true,
  objects: true,
  files: true,
  awsCalls: true,
  cacheHits: true,
  waitMs: true,
  locateMs: true,
  identifyMs: true,
  fetchMs: true,
  deliverMs: true,
  durationMs: true,
  mounts: true,
  stack: true,
};
