// Runs hostile cases of the generator against one provider, with a victim beside them, and says what came of it.
// For test/adversary/generator.test.ts and `bun run adversary`.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cpuMsOf } from "../../scripts/bench/process-stats.ts";
import { aMountRequest } from "../build.ts";
import { createDelays } from "./delays.ts";
import type { DelayReport } from "./delays.ts";
import { hostileCase, poolSteps } from "./generator/case.ts";
import type { HostileCase } from "./generator/case.ts";
import type { CaseMount } from "./generator/draft.ts";
import { allPods } from "./generator/pods.ts";
import type { LogReport } from "./log-meter.ts";
import { watchLoop } from "./loop-delay.ts";
import { startProbes } from "./probes.ts";
import type { ProbeReport } from "./probes.ts";
import { startSubject } from "./subject.ts";
import type { Memory, Subject, SubjectOptions } from "./subject.ts";
import { createVictim } from "./victim.ts";
import { warmUp } from "./warm-up.ts";
import type { VictimReport } from "./victim.ts";
import { startWorldProcess } from "./world-process.ts";
import type { WorldProcess } from "./world-process.ts";

export interface RunOptions extends SubjectOptions {
  readonly seed: number;
  /** Mounts to make, about: the last case is run to its end. */
  readonly mounts: number;
  /** The first case; with `mounts` 1 it is the only one. */
  readonly from?: number;
  readonly atOnce?: number;
  readonly onProgress?: (mounts: number, cases: number) => void;
}

/** A case and what was seen of it. */
export interface Find {
  readonly index: number;
  readonly kind: string;
  readonly what: string;
}

export interface RunReport {
  readonly place: string;
  readonly mounts: number;
  readonly cases: number;
  readonly tookMs: number;
  /** The provider ended; the cases that were under way. */
  readonly kills: readonly (readonly Find[])[];
  /** Mounts that failed as a bug, were not answered, or told what is not theirs. */
  readonly finds: readonly Find[];
  readonly victim: VictimReport;
  readonly livez: ProbeReport;
  /** Version calls under load, and before it. */
  readonly version: DelayReport;
  readonly versionIdle: DelayReport;
  /** This process's own loop: what the figures of Version hold of its making. */
  readonly client: DelayReport;
  /** The provider's loop, when watched, and the cases under way in its longest stretches. */
  readonly loop: DelayReport | undefined;
  readonly stretches: readonly string[];
  readonly memory: Memory;
  /** CPU time of the provider, ms. */
  readonly cpuMs: number;
  readonly log: LogReport;
}

interface Ended extends Find {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

const usualAtOnce = 16;
const tokenSeconds = 12 * 3_600;
const victimEveryMs = 100;
const versionEveryMs = 10;
const idleMs = 1_000;
/** Cases that ended are remembered so long, to be found for a stretch of the loop. */
const rememberMs = 15_000;
const killsMax = 20;
const stretchMs = 5;

/** Runs the cases. A provider that ends is started again, as kubelet would. */
export async function runCases(options: RunOptions): Promise<RunReport> {
  const { seed, mounts: wanted, atOnce = usualAtOnce, onProgress } = options;
  await using world = await startWorldProcess();
  await world.take("pods", [
    ...allPods.map((pod) => ({ do: "workload", ...pod, role: `${pod.namespace}-${pod.serviceAccount}` }) as const),
    ...poolSteps,
  ]);
  const minted = await world.tokens(allPods.map((pod) => ({ ...pod, ttlSeconds: tokenSeconds })));
  const tokens = new Map(allPods.map(({ pod }, at) => [pod, minted[at] ?? ""]));
  const kills: Find[][] = [];
  const finds: Find[] = [];
  const parts: Part[] = [];
  const startedMs = performance.now();
  let next = options.from ?? 0;
  let [mounts, cases] = [0, 0];
  while (mounts < wanted && kills.length < killsMax) {
    const running = new Map<number, Ended>();
    parts.push(
      await onePart({ ...options, world }, async (subject, ended) => {
        const worker = async (): Promise<void> => {
          while (mounts < wanted && subject.alive()) {
            const one = hostileCase(seed, next);
            next += 1;
            mounts += one.mounts.reduce((sum, { times }) => sum + times, 0);
            cases += 1;
            const started = {
              index: one.index,
              kind: one.kind,
              what: "",
              startedAtMs: Date.now(),
              endedAtMs: Infinity,
            };
            running.set(one.index, started);
            finds.push(...(await runCase(one, { world, subject, tokens })));
            if (subject.alive()) running.delete(one.index);
            ended({ ...started, endedAtMs: Date.now() });
            onProgress?.(mounts, cases);
          }
        };
        await Promise.all(Array.from({ length: Math.min(atOnce, wanted) }, worker));
        if (!subject.alive())
          kills.push([...running.values()].map(({ index, kind }) => ({ index, kind, what: "killed" })));
      }),
    );
  }
  return { ...joined(parts), mounts, cases, tookMs: performance.now() - startedMs, kills, finds };
}

type Part = Omit<RunReport, "mounts" | "cases" | "tookMs" | "kills" | "finds">;

/** One life of the provider. */
async function onePart(
  options: SubjectOptions & { readonly world: WorldProcess },
  work: (subject: Subject, ended: (one: Ended) => void) => Promise<void>,
): Promise<Part> {
  const { world, watched = false } = options;
  await using subject = await startSubject(world, { ...options, args: ["--qps=-1", ...(options.args ?? [])] });
  const victim = await createVictim(world, subject);
  await victim.run(3);
  await warmUp(world, subject);
  const idle = startProbes(subject, versionEveryMs);
  await Bun.sleep(idleMs);
  const { version: versionIdle } = await idle.stop();
  if (watched) await subject.loop("reset");
  const cpuBeforeMs = cpuMsOf(subject.pid);
  const own = createDelays();
  const unwatch = watchLoop(own);
  const beside = victim.start(victimEveryMs);
  const probes = startProbes(subject, versionEveryMs);
  let recent: Ended[] = [];
  const stretches = new Map<number, string>();
  const resolve = async (): Promise<void> => {
    if (!watched || !subject.alive()) return;
    const { longest } = await subject.loop("report");
    for (const { atMs, ms, where } of longest) {
      if (ms < stretchMs || stretches.has(atMs)) continue;
      const during = recent.filter((one) => one.startedAtMs <= atMs && one.endedAtMs >= atMs - ms);
      const cases = during.map(({ index, kind }) => `${kind} ${index}`).join(", ");
      stretches.set(atMs, `${ms.toFixed(1)} ms: ${cases}${where === "" ? "" : ` [${where}]`}`);
    }
    recent = recent.filter(({ endedAtMs }) => endedAtMs > Date.now() - rememberMs);
  };
  const timer = setInterval(() => void resolve(), 2_000);
  await work(subject, (one) => recent.push(one));
  clearInterval(timer);
  await resolve();
  const loop = watched && subject.alive() ? await subject.loop("report") : undefined;
  const cpuMs = subject.alive() ? cpuMsOf(subject.pid) - cpuBeforeMs : Number.NaN;
  unwatch();
  const [victimReport, { livez, version }] = await Promise.all([beside.stop(), probes.stop()]);
  await Bun.sleep(50); // lines that are held for a moment
  return {
    place: subject.place,
    victim: victimReport,
    livez,
    version,
    versionIdle,
    client: own.report(),
    loop,
    stretches: (loop?.longest ?? []).flatMap(({ atMs }) => stretches.get(atMs) ?? []),
    memory: subject.memory(),
    cpuMs,
    log: subject.log.report(),
  };
}

interface Stage {
  readonly world: WorldProcess;
  readonly subject: Subject;
  readonly tokens: ReadonlyMap<string, string>;
}

/** Runs one case to its end; what it gives are the finds. */
async function runCase({ index, kind, steps, mounts }: HostileCase, stage: Stage): Promise<Find[]> {
  const { world, subject } = stage;
  const owner = `case ${index}`;
  await world.take(owner, steps);
  const finds = await Promise.all(mounts.map((mount, at) => runMount(mount, `c${index}-${at}`, stage)));
  void world.forget(owner);
  return subject.alive() ? finds.flat().map((what) => ({ index, kind, what })) : [];
}

async function runMount(
  { pod, request, tokens, isNew, deadlineMs, times }: CaseMount,
  target: string,
  { world, subject, tokens: known }: Stage,
): Promise<string[]> {
  const own = isNew ? (await world.tokens([pod]))[0] : known.get(pod.pod);
  const targetPath = subject.newTarget(target);
  const message = aMountRequest({ ...pod, ...request, tokens: tokens(own ?? ""), targetPath });
  const finds: string[] = [];
  for (let count = 0; count < times && subject.alive(); count += 1) {
    const outcome = await subject.mount(message, { deadlineMs, signal: subject.gone }).then(
      () => "ok",
      (error: unknown) => (error instanceof Error && "details" in error ? String(error.details) : String(error)),
    );
    if (/internal error/.test(outcome)) finds.push(outcome);
    if (/deadline exceeded/i.test(outcome)) finds.push(`no answer: ${outcome}`);
    if (outcome.includes("a value of the victim")) finds.push("the victim's value in an error");
  }
  await rm(join(targetPath, "../../../.."), { recursive: true, force: true }).catch(() => undefined);
  return finds;
}

/** Sums of all lives; the figures of delays are those of the last. */
function joined(parts: readonly Part[]): Part {
  const last = parts.at(-1);
  if (last === undefined) throw new Error("no case was run");
  const outcomes: Record<string, number> = {};
  for (const { log } of parts)
    for (const [reason, count] of Object.entries(log.outcomes)) outcomes[reason] = (outcomes[reason] ?? 0) + count;
  const sum = (of: (part: Part) => number): number => parts.reduce((all, part) => all + of(part), 0);
  const most = (of: (part: Part) => number): number => Math.max(...parts.map(of));
  return {
    ...last,
    victim: {
      mounted: sum(({ victim }) => victim.mounted),
      failed: parts.flatMap(({ victim }) => victim.failed),
      timesMs: parts.flatMap(({ victim }) => victim.timesMs),
    },
    livez: {
      answered: sum(({ livez }) => livez.answered),
      failed: sum(({ livez }) => livez.failed),
      slowestMs: most(({ livez }) => livez.slowestMs),
    },
    memory: {
      anonymousMiB: most(({ memory }) => memory.anonymousMiB),
      chargedMiB: most(({ memory }) => memory.chargedMiB),
      oomKills: sum(({ memory }) => memory.oomKills),
    },
    log: {
      bytes: sum(({ log }) => log.bytes),
      lines: sum(({ log }) => log.lines),
      mountBytesMax: most(({ log }) => log.mountBytesMax),
      outcomes,
      bugs: parts.flatMap(({ log }) => log.bugs),
      unprintable: sum(({ log }) => log.unprintable),
      collections: last.log.collections,
    },
  };
}
