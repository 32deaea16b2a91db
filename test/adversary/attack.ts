// One attack on one provider: mounts of a namespace that nobody trusts, a victim and probes beside them, and what came of it all.
import { aMountRequest } from "../build.ts";
import type { MountRequestOptions } from "../build.ts";
import type { DelayReport } from "./delays.ts";
import type { LogReport } from "./log-meter.ts";
import { startProbes } from "./probes.ts";
import type { ProbeReport } from "./probes.ts";
import { startSubject } from "./subject.ts";
import type { Memory, Subject, SubjectOptions } from "./subject.ts";
import { createVictim } from "./victim.ts";
import type { Victim, VictimReport } from "./victim.ts";
import { warmUp } from "./warm-up.ts";
import { region, startWorldProcess } from "./world-process.ts";
import type { WorldProcess, WorldStep } from "./world-process.ts";

/** One mount of an attack; what is absent is usual. */
export type HostileMount = Omit<MountRequestOptions, "namespace" | "serviceAccount" | "pod"> & {
  /** Pod `evil-<n>`, service account `evil-<n>`. */
  readonly pod?: number;
};

export interface Attack {
  readonly steps?: readonly WorldStep[];
  readonly mounts: readonly HostileMount[];
  /** Each mount one after the other instead of all at once. */
  readonly inTurn?: boolean;
  /** Of each mount, ms. */
  readonly deadlineMs?: number;
  readonly tokenTtlSeconds?: number;
}

export interface AttackReport {
  readonly place: string;
  readonly alive: boolean;
  /** Of each mount: `ok` or the text of its error. */
  readonly outcomes: readonly string[];
  readonly tookMs: number;
  readonly idle: VictimReport;
  readonly victim: VictimReport;
  readonly livez: ProbeReport;
  readonly version: DelayReport;
  readonly memory: Memory;
  readonly log: LogReport;
  /** Of the event loop, when watched. */
  readonly loop: DelayReport | undefined;
}

export interface AttackLab extends AsyncDisposable {
  readonly world: WorldProcess;
  readonly subject: Subject;
  readonly victim: Victim;
  readonly run: (attack: Attack) => Promise<AttackReport>;
  /** One mount by itself: `ok` or the text of its error. */
  readonly mount: (request: MountRequestOptions, deadlineMs?: number) => Promise<string>;
}

const attacker = "evil";
const idleMounts = 12;
const versionEveryMs = { usual: 25, few: 1_000 };

/** Starts fakes and provider, and lets the victim mount before anything happens. Use with `await using`. */
export async function startAttackLab(options: SubjectOptions = {}): Promise<AttackLab> {
  const world = await startWorldProcess();
  const subject = await startSubject(world, options).catch(async (error: unknown) => {
    await world[Symbol.asyncDispose]();
    throw error;
  });
  const victim = await createVictim(world, subject);
  await victim.run(2);
  await warmUp(world, subject);
  let attacks = 0;

  function mountOne(request: MountRequestOptions, deadlineMs = 60_000): Promise<string> {
    const targetPath = request.targetPath ?? subject.newTarget(request.pod ?? "evil");
    return subject.mount(aMountRequest({ ...request, targetPath }), { deadlineMs, signal: subject.gone }).then(
      () => "ok",
      (error: unknown) => (error instanceof Error && "details" in error ? String(error.details) : String(error)),
    );
  }

  async function run({
    steps = [],
    mounts,
    inTurn = false,
    deadlineMs = 120_000,
    ...more
  }: Attack): Promise<AttackReport> {
    attacks += 1;
    const pods = mounts.map(({ pod = 0 }) => ({
      namespace: attacker,
      serviceAccount: `evil-${pod}`,
      pod: `evil-${pod}`,
    }));
    await world.take(`attack ${attacks}`, [
      ...pods.map((pod) => ({ do: "workload", ...pod, role: "evil" }) as const),
      ...steps,
    ]);
    const ttlSeconds = more.tokenTtlSeconds ?? 3_600;
    const tokens = await world.tokens(pods.map((pod) => ({ ...pod, ttlSeconds })));
    const idle = await victim.run(idleMounts);
    if (subject.loop !== undefined && options.watched === true) await subject.loop("reset");
    const beside = victim.start(50);
    const probes = startProbes(
      subject,
      (options.limits?.milliCpu ?? 0) > 0 ? versionEveryMs.few : versionEveryMs.usual,
    );
    const startedMs = performance.now();
    const targets = pods.map(({ pod }) => subject.newTarget(pod));
    const one = async ({ pod: _pod, ...mount }: HostileMount, at: number): Promise<string> => {
      const usual = { ...pods[at], tokens: tokens[at], targetPath: targets[at] ?? "" };
      return mountOne({ ...usual, ...mount, parameters: { region, ...mount.parameters } }, deadlineMs);
    };
    const outcomes: string[] = [];
    if (inTurn) for (const [at, mount] of mounts.entries()) outcomes.push(await one(mount, at));
    else outcomes.push(...(await Promise.all(mounts.map(one))));
    const tookMs = performance.now() - startedMs;
    const loop = options.watched === true && subject.alive() ? await subject.loop("report") : undefined;
    const [victimReport, probed] = await Promise.all([beside.stop(), probes.stop()]);
    if (subject.alive()) await Bun.sleep(50); // lines that are held for a moment
    const log = subject.log.report();
    const memory = subject.memory();
    await world.forget(`attack ${attacks}`);
    const { place } = subject;
    return {
      place,
      alive: subject.alive(),
      outcomes,
      tookMs,
      idle,
      victim: victimReport,
      ...probed,
      memory,
      log,
      loop,
    };
  }

  return {
    world,
    subject,
    victim,
    run,
    mount: mountOne,
    [Symbol.asyncDispose]: async () => {
      await subject[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** The figures of an attack in one line, for the output of the tests and the notes of a release. */
export function lineOf(name: string, report: AttackReport): string {
  const { place, alive, outcomes, tookMs, idle, victim, livez, version, memory, log, loop } = report;
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
  const ok = outcomes.filter((outcome) => outcome === "ok").length;
  return [
    `${name} [${place}]: ${alive ? "alive" : "KILLED"}${memory.oomKills > 0 ? ` (${memory.oomKills} for memory)` : ""}`,
    `attack took ${seconds(tookMs)}, ${ok} of ${outcomes.length} mounted`,
    `victim idle ${seconds(middle(idle.timesMs))}, beside it ${victim.mounted} mounts, usually ${seconds(middle(victim.timesMs))}, slowest ${seconds(Math.max(0, ...victim.timesMs))}, ${victim.failed.length} failed`,
    `livez ${livez.answered} answered, ${livez.failed} failed, slowest ${seconds(livez.slowestMs)}`,
    `Version ${version.samples} answered, slowest ${seconds(version.max)}`,
    `memory ${memory.anonymousMiB.toFixed(0)} MiB, charged ${memory.chargedMiB.toFixed(0)} MiB`,
    `log ${log.mountBytesMax} bytes a mount at most`,
    ...(loop === undefined ? [] : [`loop p99.9 ${loop.p999.toFixed(1)} ms, longest ${loop.max.toFixed(1)} ms`]),
  ].join("; ");
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
