// Fleet scale: where AWS begins to throttle 5,000 nodes after a rollout and during rotation, for the Go provider's pattern and this one, and what
// would help. A seeded simulation, no measurement. Usage: bun scripts/bench/fleet.ts [--seed N] [--scale N] [--out FILE]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { goPattern, highThroughput, published, thisPattern, usualFleet, variants } from "./fleet/model.ts";
import type { Operation, Pattern, Quotas } from "./fleet/model.ts";
import { simulate } from "./fleet/simulate.ts";
import type { Course, SimulationResult } from "./fleet/simulate.ts";

export interface FleetOptions {
  readonly seed: number;
  readonly scale: number;
}

const rollout: Course = { kind: "rollout", withinSeconds: 120 };
const slowRollout: Course = { kind: "rollout", withinSeconds: 600 };
const rotation: Course = { kind: "rotation", startedWithinSeconds: 120 };
/** A rotation is looked at once its first wave is over. */
const warmSeconds = 300;
const untilSeconds = 1_200;
const sizes = [
  50, 100, 200, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000,
] as const;
const watched: readonly Operation[] = [
  "AssumeRoleWithWebIdentity",
  "GetSecretValue",
  "BatchGetSecretValue",
  "GetParameters",
];
/** Below this share it is a stray. */
const throttledFrom = 0.01;
/** Fewer would make the buckets so small that chance alone empties them. */
const simulatedNodesMin = 250;

/** Another fleet than the usual one, or a shorter time. */
interface RunSize {
  readonly nodes?: number;
  readonly seconds?: number;
}

export function run(
  pattern: Pattern,
  quotas: Quotas,
  course: Course,
  { seed, scale, nodes = usualFleet.nodes, seconds = untilSeconds }: FleetOptions & RunSize,
): SimulationResult {
  const fleet = { ...usualFleet, nodes };
  const countFromSeconds = course.kind === "rotation" && seconds > warmSeconds ? warmSeconds : 0;
  return simulate({ fleet, pattern, quotas, course, seed, scale, untilSeconds: seconds, countFromSeconds });
}

/** Operation -> the smallest fleet of the list at which it is throttled; absent = none of them. */
function throttledAt(
  pattern: Pattern,
  quotas: Quotas,
  course: Course,
  seed: number,
): Partial<Record<Operation, number>> {
  const begins: Partial<Record<Operation, number>> = {};
  for (const nodes of sizes) {
    const scale = Math.max(1, nodes / simulatedNodesMin);
    const { operations } = run(pattern, quotas, course, { seed, scale, nodes, seconds: 660 });
    for (const name of watched)
      if (operations[name].throttled > operations[name].attempts * throttledFrom) begins[name] ??= nodes;
  }
  return begins;
}

function row(pattern: Pattern, result: SimulationResult): string {
  const { half, most, all } = result.mountedSeconds;
  const share = (name: Operation): string => {
    const { attempts, throttled, peakPerSecond } = result.operations[name];
    if (attempts === 0) return "-".padStart(18);
    return `${((100 * throttled) / attempts).toFixed(1)} % (${Math.round(peakPerSecond)}/s)`.padStart(18);
  };
  const time = (value: number): string => (Number.isFinite(value) ? value.toFixed(1) : "never").padStart(8);
  const failed = `${((100 * result.failedMounts) / Math.max(1, result.mounts)).toFixed(1)} %`.padStart(8);
  return `${pattern.name.padEnd(34)}${watched.map(share).join("")}${result.amplification.toFixed(2).padStart(7)}${failed}${[half, most, all].map(time).join("")}`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seed: { type: "string" }, scale: { type: "string" }, out: { type: "string" } },
  });
  const options = { seed: Number(values.seed ?? 1), scale: Number(values.scale ?? 10) };
  const { nodes, podsPerNode, accountsPerNode, secretsPerPod, parametersPerPod } = usualFleet;
  const rows: object[] = [];
  console.log(
    `${nodes} nodes of ${podsPerNode} pods and ${accountsPerNode} accounts, ${secretsPerPod} secrets and ${parametersPerPod} parameters a pod; seed ${options.seed}, a ${options.scale}th of nodes and quotas.`,
  );
  const names = ["STS", "GetSecretValue", "Batch", "GetParameters"].map((name) => name.padStart(18)).join("");
  const head = `${"".padEnd(34)}${names}  ampl.  failed  50 % s  99 % s   all s`;
  const throughputs = [
    ["Parameter Store's default throughput (40/s)", published],
    ["Parameter Store's higher throughput (1,000/s)", highThroughput],
  ] as const;
  for (const [throughput, quotas] of throughputs) {
    for (const [what, course] of [
      ["all pods anew within 2 minutes, caches cold", rollout],
      ["rotation for 15 minutes after a first wave of 5", rotation],
    ] as const) {
      console.log(`\n${what}; ${throughput}`);
      console.log(
        "throttled share (most attempts in a second); attempts per call needed; failed mounts; time to mount",
      );
      console.log(head);
      for (const pattern of [goPattern, thisPattern, ...variants]) {
        const result = run(pattern, quotas, course, options);
        console.log(row(pattern, result));
        rows.push({ what, throughput, pattern: pattern.name, ...result });
      }
    }
  }
  console.log("\nThe smallest of the fleets tried in which more than 1 % of the calls are throttled (pods as above)");
  const begins: object[] = [];
  for (const [what, course] of [
    ["rollout within 2 minutes", rollout],
    ["rollout within 10 minutes", slowRollout],
    ["rotation", rotation],
  ] as const) {
    for (const pattern of [goPattern, thisPattern]) {
      const low = throttledAt(pattern, published, course, options.seed);
      const high = throttledAt(pattern, highThroughput, course, options.seed);
      const say = (fleet: number | undefined): string => (fleet === undefined ? "none" : `${fleet}`).padStart(6);
      console.log(
        `${what.padEnd(26)}${pattern.name.padEnd(20)}STS ${say(high.AssumeRoleWithWebIdentity)}  GetSecretValue ${say(high.GetSecretValue)}  GetParameters ${say(low.GetParameters)}, with higher throughput ${say(high.GetParameters)}`,
      );
      begins.push({ what, pattern: pattern.name, defaultThroughput: low, higherThroughput: high });
    }
  }
  if (values.out !== undefined)
    writeFileSync(
      values.out,
      `${JSON.stringify({ fleet: usualFleet, ...options, quotas: { published, highThroughput }, rows, begins }, null, 1)}\n`,
    );
}
