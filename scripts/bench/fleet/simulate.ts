// The simulation: nodes, pods and AWS's quotas in virtual time. A scaled run has a share of the nodes and the same share of each quota.
import { createChance, createClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { objectCalls } from "./model.ts";
import type { Fleet, Operation, Pattern, Quotas } from "./model.ts";
import { createNode } from "./node.ts";
import { createBucket } from "./rates.ts";

/** What the pods do. */
export type Course =
  /** All pods are made anew within so many seconds; kubelet tries a failed mount again after 0.5 s, 1 s, ... 122 s. */
  | { readonly kind: "rollout"; readonly withinSeconds: number }
  /** Each pod is mounted again every 120 to 180 s (rotationPollInterval 2m, kubelet's republish each 60 to 90 s); a failed one next time. */
  | { readonly kind: "rotation"; readonly startedWithinSeconds: number };

export interface SimulationOptions {
  readonly fleet: Fleet;
  readonly pattern: Pattern;
  readonly quotas: Quotas;
  readonly course: Course;
  readonly seed: number;
  /** Nodes and quotas are divided by this. */
  readonly scale: number;
  readonly untilSeconds: number;
  /** Calls and mounts before this moment are left out: caches warm up, the first wave passes. */
  readonly countFromSeconds?: number;
}

export interface OperationCounts {
  readonly attempts: number;
  readonly throttled: number;
  /** Most attempts in one second, scaled up again. */
  readonly peakPerSecond: number;
}

export interface SimulationResult {
  readonly operations: Readonly<Record<Operation, OperationCounts>>;
  readonly mounts: number;
  readonly failedMounts: number;
  /** Attempts for each call that the mounts which succeeded needed at least: 1 = nothing was wasted. */
  readonly amplification: number;
  /** Rollout: seconds from the pod's start until half, 99 % and all pods had their mount; Infinity = not within the time. */
  readonly mountedSeconds: { readonly half: number; readonly most: number; readonly all: number };
}

const operations: readonly Operation[] = [
  "AssumeRoleWithWebIdentity",
  "GetSecretValue",
  "BatchGetSecretValue",
  "GetParameters",
];

/** Runs one course. The same options give the same result. */
export function simulate(options: SimulationOptions): SimulationResult {
  const { fleet, pattern, course, scale, untilSeconds, countFromSeconds = 0 } = options;
  const clock = createClock();
  const chance = createChance(options.seed);
  const { ask, countsOf } = createQuotas(options, clock);

  let mounts = 0;
  let failedMounts = 0;
  const waits: number[] = [];
  const nodes = Math.max(1, Math.round(fleet.nodes / scale));
  for (let n = 0; n < nodes; n += 1) {
    const mount = createNode({ clock, chance, fleet, pattern, ask });
    for (let pod = 0; pod < fleet.podsPerNode; pod += 1) {
      const account = pod % fleet.accountsPerNode;
      const within = course.kind === "rollout" ? course.withinSeconds : course.startedWithinSeconds;
      clock.after(chance() * within, course.kind === "rollout" ? firstMount(account) : remount(account));
    }
    function firstMount(account: number, startedAt?: number, backoff = 0.5): () => void {
      return () => {
        const since = startedAt ?? clock.now();
        mount(account, (ok) => {
          mounts += 1;
          if (ok) return void waits.push(clock.now() - since);
          failedMounts += 1;
          clock.after(backoff * (0.9 + chance() / 5), firstMount(account, since, Math.min(122, backoff * 2)));
        });
      };
    }
    function remount(account: number): () => void {
      return () =>
        mount(account, (ok) => {
          if (clock.now() >= countFromSeconds) {
            mounts += 1;
            if (!ok) failedMounts += 1;
          }
          clock.after(ok ? 120 + chance() * 60 : 60 + chance() * 30, remount(account));
        });
    }
  }
  clock.run(untilSeconds);

  const pods = nodes * fleet.podsPerNode;
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * pods) - 1] ?? Infinity;
  const counts = Object.fromEntries(
    operations.map((name) => [name, countsOf(name)]),
  ) as unknown as SimulationResult["operations"];
  const attempts = Object.values(counts).reduce((sum, count) => sum + count.attempts, 0);
  const exchanges = counts.AssumeRoleWithWebIdentity;
  const succeeded = mounts - failedMounts;
  const needed =
    succeeded * objectCalls(fleet, pattern.batch !== "no").length +
    (pattern.credentialsSeconds === 0 ? succeeded : exchanges.attempts - exchanges.throttled);
  return {
    operations: counts,
    mounts,
    failedMounts,
    amplification: needed === 0 ? Infinity : attempts / needed,
    mountedSeconds: { half: at(0.5), most: at(0.99), all: at(1) },
  };
}

interface CountedQuotas {
  /** Whether AWS takes a call now. */
  readonly ask: (operation: Operation) => boolean;
  readonly countsOf: (operation: Operation) => OperationCounts;
}

/** AWS's quotas, which count what they are asked from `countFromSeconds` on. */
function createQuotas({ quotas, scale, countFromSeconds = 0 }: SimulationOptions, clock: Clock): CountedQuotas {
  const buckets = new Map(
    operations.map((name) => [name, createBucket(quotas[name] / scale, Math.max(1, quotas[name] / scale))]),
  );
  const counts = new Map(
    operations.map((name) => [name, { attempts: 0, throttled: 0, seconds: new Map<number, number>() }]),
  );
  return {
    ask: (operation) => {
      const count = counts.get(operation);
      const ok = buckets.get(operation)?.take(clock.now()) ?? true;
      if (count === undefined || clock.now() < countFromSeconds) return ok;
      const second = Math.floor(clock.now());
      count.attempts += 1;
      count.seconds.set(second, (count.seconds.get(second) ?? 0) + 1);
      if (!ok) count.throttled += 1;
      return ok;
    },
    countsOf: (operation) => {
      const { attempts = 0, throttled = 0, seconds = new Map<number, number>() } = counts.get(operation) ?? {};
      return { attempts, throttled, peakPerSecond: Math.max(0, ...seconds.values()) * scale };
    },
  };
}
