// What reached the fakes: one record for each request, in order of arrival, and how many were open at once.
// A record is filled in while its call goes on: status stays 0 until an answer has been sent.

/** The services a world consists of. */
export type Service = "sts" | "secrets-manager" | "ssm" | "pod-identity" | "kubernetes";

/** One request that reached a fake. */
export interface Call {
  /** Time of arrival, epoch ms. */
  readonly atMs: number;
  readonly service: Service;
  /** `GetSecretValue`, `AssumeRoleWithWebIdentity`, `GetCredentials` (agent), `serviceaccounts`, `pods`, `nodes` (Kubernetes). */
  readonly operation: string;
  /** Secret ids and parameter names as sent, role ARN (STS), `ns/sa` (agent), `ns/name` or `name` (Kubernetes). */
  readonly ids: readonly string[];
  /** From the SigV4 scope, else the Host header; empty where nothing tells. */
  readonly region: string;
  /** Name of the role whose session signed the call, or that was handed out; empty if unknown. */
  role: string;
  readonly userAgent: string;
  /** The client's address and port: the same for calls of one connection. */
  readonly connection: string;
  /** Address that the fake listens on: 127.0.0.1 or ::1. */
  readonly listener: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** HTTP status sent; 0 = none (yet, or a fault). */
  status: number;
  /** The client went away before it had the whole answer. */
  aborted: boolean;
  /** From arrival to the end of the answer; NaN while it goes on. */
  durationMs: number;
}

/** Keeps the calls of one world. */
export interface Recorder {
  readonly begin: (call: Call) => void;
  readonly end: (call: Call) => void;
  readonly calls: (service?: Service, operation?: string) => readonly Call[];
  readonly count: (service?: Service, operation?: string) => number;
  /** Most calls open at once since the last reset, of one service or of all. Answers are instant: give calls a delay fault first. */
  readonly maxInFlight: (service?: Service) => number;
  /** Calls open now. */
  readonly inFlight: (service?: Service) => number;
  /** Connections that carried at least one call. */
  readonly connections: (service?: Service) => number;
  readonly resetCalls: () => void;
}

/** Makes an empty recorder. */
export function createRecorder(): Recorder {
  let kept: Call[] = [];
  const open = new Map<Service | "all", number>();
  const most = new Map<Service | "all", number>();

  function move(key: Service | "all", by: number): void {
    const now = (open.get(key) ?? 0) + by;
    open.set(key, now);
    most.set(key, Math.max(most.get(key) ?? 0, now));
  }

  function calls(service?: Service, operation?: string): readonly Call[] {
    return kept.filter(
      (call) =>
        (service === undefined || call.service === service) &&
        (operation === undefined || call.operation === operation),
    );
  }

  return {
    begin: (call) => {
      kept.push(call);
      move("all", 1);
      move(call.service, 1);
    },
    end: (call) => {
      call.durationMs = Date.now() - call.atMs;
      move("all", -1);
      move(call.service, -1);
    },
    calls,
    count: (service, operation) => calls(service, operation).length,
    maxInFlight: (service) => most.get(service ?? "all") ?? 0,
    inFlight: (service) => open.get(service ?? "all") ?? 0,
    connections: (service) => new Set(calls(service).map((call) => call.connection)).size,
    resetCalls: () => {
      kept = [];
      most.clear();
      for (const [key, now] of open) most.set(key, now);
    },
  };
}
