// Runs hostile mounts of the generator against the compiled binary, or the program from source with a watch on its event loop, with a victim beside.
// Usage: bun run adversary [--mounts N] [--seed S] [--from K | --only K] [--in-process] [--at-once N] [--milli-cpu N] [--memory-mib N] [--driver-writes].
// Case K of a seed is the same each time; --show prints it. --where with --in-process says what ran in the longest stretches of the loop, --gc how
// long the garbage collector paused. A kill, a failed victim or an error that nobody expected fails the run.
import { parseArgs } from "node:util";
import type { DelayReport } from "../test/adversary/delays.ts";
import { hostileCase } from "../test/adversary/generator/case.ts";
import { runCases } from "../test/adversary/run.ts";

const { values } = parseArgs({
  options: {
    mounts: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    only: { type: "string", default: "" },
    "at-once": { type: "string", default: "16" },
    "in-process": { type: "boolean", default: false },
    "milli-cpu": { type: "string", default: "0" },
    "memory-mib": { type: "string", default: "100" },
    "driver-writes": { type: "boolean", default: false },
    gc: { type: "boolean", default: false },
    where: { type: "boolean", default: false },
    show: { type: "boolean", default: false },
  },
});
const isOnly = values.only !== "";
const from = Number(isOnly ? values.only : values.from);
const seed = Number(values.seed);
const limits = { milliCpu: Number(values["milli-cpu"]), memoryMiB: Number(values["memory-mib"]) };
const mounts = isOnly ? 1 : Number(values.mounts);
if ([from, seed, mounts, limits.milliCpu, limits.memoryMiB].some((one) => !Number.isSafeInteger(one)))
  throw new Error("numbers are whole");
if (values.show) {
  for (const { kind, steps, mounts: made } of [hostileCase(seed, from)])
    console.log(Bun.inspect({ kind, steps, made }, { depth: 8 }));
}

let shownAtMs = performance.now();
const report = await runCases({
  seed,
  mounts,
  from,
  atOnce: Number(values["at-once"]),
  watched: values["in-process"],
  env: { ...(values.where ? { ADVERSARY_WHERE: "1" } : {}), ...(values.gc ? { BUN_JSC_logGC: "1" } : {}) },
  limits,
  args: values["driver-writes"] ? ["--driver-writes-secrets"] : [],
  onProgress: (done, cases) => {
    if (performance.now() - shownAtMs < 10_000) return;
    shownAtMs = performance.now();
    console.log(`${done} mounts, ${cases} cases`);
  },
});

const delay = ({ samples, p50, p99, p999, max, over5, over10, over50 }: DelayReport): string =>
  `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, p99.9 ${p999.toFixed(1)} ms, longest ${max.toFixed(1)} ms ` +
  `(of ${samples}: ${over5} over 5 ms, ${over10} over 10, ${over50} over 50)`;
const { victim, livez, memory, log, kills, finds, loop } = report;
const sorted = victim.timesMs.toSorted((a, b) => a - b);
const victimAt = (share: number): string => `${(sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(0)} ms`;
console.log(
  [
    `seed ${seed}, cases ${from} to ${from + report.cases - 1}: ${report.mounts} mounts in ${(report.tookMs / 1000).toFixed(0)} s (${((report.mounts * 1000) / report.tookMs).toFixed(0)} a second), ${report.place}`,
    `kills: ${kills.length}${memory.oomKills > 0 ? ` (${memory.oomKills} for memory)` : ""}`,
    ...kills.map((cases) => `  under way: ${cases.map(({ index, kind }) => `${kind} --only ${index}`).join(", ")}`),
    `victim: ${victim.mounted} mounted, ${victim.failed.length} failed, p50 ${victimAt(0.5)}, p99 ${victimAt(0.99)}, slowest ${victimAt(1 - 1e-9)}`,
    ...victim.failed.slice(0, 10).map((text) => `  ${text}`),
    ...(loop === undefined ? [] : [`event loop: ${delay(loop)}`, ...report.stretches.map((text) => `  ${text}`)]),
    ...(values.gc ? [`pauses of the garbage collector: ${delay(log.collections)}`] : []),
    `Version from outside: ${delay(report.version)}`,
    `  idle: ${delay(report.versionIdle)}`,
    `  this client's own loop: ${delay(report.client)}`,
    `livez: ${livez.answered} answered, ${livez.failed} failed, slowest ${livez.slowestMs.toFixed(0)} ms`,
    `CPU of the provider: ${(report.cpuMs / 1000).toFixed(1)} s`,
    `memory: ${memory.anonymousMiB.toFixed(0)} MiB of its own, ${memory.chargedMiB.toFixed(0)} MiB charged`,
    `log: ${log.mountBytesMax} bytes a mount at most, ${log.unprintable} lines with control or format characters`,
    `outcomes: ${Object.entries(log.outcomes)
      .toSorted(([, a], [, b]) => b - a)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(", ")}`,
    `finds: ${finds.length}`,
    ...finds
      .slice(0, 20)
      .map(({ index, kind, what }) => `  --seed ${seed} --only ${index} (${kind}): ${what.slice(0, 300)}`),
    ...log.bugs.slice(0, 10).map((line) => `  ${line.slice(0, 1_500)}`),
  ].join("\n"),
);
process.exit(kills.length + victim.failed.length + finds.length + log.bugs.length === 0 ? 0 : 1);
