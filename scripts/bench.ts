// The benchmark: the compiled binary beside embedded fakes of AWS and Kubernetes, under the environment of the image. Not a test: nothing here passes
// or fails by a time. Prints medians, calls per mount and memory; writes JSON and plots. Usage: bun run bench [option ...]  (--help)
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { readOptions, usage } from "./bench/options.ts";
import type { Options } from "./bench/options.ts";
import { plots } from "./bench/plot.ts";
import { machineCpuMs, ownCpuMs } from "./bench/process-stats.ts";
import { createProgress } from "./bench/progress.ts";
import { createRecord } from "./bench/record.ts";
import type { Condition, Run } from "./bench/record.ts";
import { report } from "./bench/report.ts";
import type { Context, Scenario } from "./bench/scenario.ts";
import { burst, burstDefault, burstLimited } from "./bench/scenarios/burst.ts";
import { deployment } from "./bench/scenarios/deployment.ts";
import { inARow, latency } from "./bench/scenarios/latency.ts";
import { idle, sigterm, start } from "./bench/scenarios/process.ts";
import { bigAnswers, manyMounts, rotation } from "./bench/scenarios/rotation.ts";
import type { Subject } from "./bench/subject.ts";

const scenarios = [
  start,
  latency,
  inARow,
  burst,
  burstDefault,
  burstLimited,
  rotation,
  deployment,
  manyMounts,
  bigAnswers,
  idle,
  sigterm,
];
const awsMs = 8;
const kubernetesMs = 2;
const root = dirname(import.meta.dir);

const argv = process.argv.slice(2);
if (argv.includes("--help")) end(usage, 0);
const options = parsed(argv);
const whats = new Map(scenarios.map(({ name, what }) => [name, what]));
if (options.list) end(scenarios.map(({ name, what }) => `${name.padEnd(14)}  ${what}`).join("\n"), 0);
const unknown = options.only.filter((name) => !whats.has(name));
if (unknown.length > 0) end(`no such scenario: ${unknown.join(", ")}; --list names them`, 2);
const saved = options.compare === undefined ? undefined : readRun(options.compare);
if (options.plot !== undefined) {
  writePlots(options.plot, readRun(options.plot));
  end("", 0);
}

const work = mkdtempSync(join(tmpdir(), "bench-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
let failed = false;
const run = await measure(options, subjectsOf(options));
console.log(report(run, whats, saved));
if (options.out !== undefined) {
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify(run)}\n`);
  writePlots(options.out, run);
}
process.exit(failed ? 1 : 0);

/** Runs what was asked for, subjects in turns. */
async function measure({ only, quick, rounds }: Options, subjects: readonly Subject[]): Promise<Run> {
  const record = createRecord();
  const conditions: Condition[] = [];
  const progress = createProgress(process.stderr);
  const startedAt = new Date();
  const wanted = scenarios.filter(({ name }) => only.length === 0 || only.includes(name));
  for (const [at, scenario] of wanted.entries()) {
    const times = Math.min(rounds, scenario.roundsMax ?? rounds);
    for (let round = 0; round < times; round += 1) {
      for (let turn = 0; turn < subjects.length; turn += 1) {
        const subject = subjects[(turn + round) % subjects.length]; // who goes first alternates
        if (subject === undefined) continue;
        progress.round(
          `[${at + 1}/${wanted.length}] ${scenario.name}, round ${round + 1} of ${times}, ${subject.name}`,
        );
        const meter = { startedMs: performance.now(), machineMs: machineCpuMs(), ownMs: ownCpuMs() };
        await runOne(scenario, {
          subject,
          quick,
          awsMs,
          kubernetesMs,
          add: (kase, name, unit, value) =>
            record.add({ scenario: scenario.name, case: kase, name, unit, subject: subject.name, value }),
          curve: (kase, points) => record.curve(`${scenario.name} / ${kase}`, subject.name, points),
          note: (text) => record.note(`${scenario.name}, ${subject.name}: ${text}`),
          progress: progress.step,
        });
        const tookMs = performance.now() - meter.startedMs;
        const foreignMs = machineCpuMs() - meter.machineMs - (ownCpuMs() - meter.ownMs);
        conditions.push({
          scenario: scenario.name,
          subject: subject.name,
          round: round + 1,
          seconds: Number((tookMs / 1000).toFixed(1)),
          foreignCpu: Math.max(0, Number((foreignMs / tookMs / cpus().length).toFixed(3))),
        });
      }
    }
  }
  progress.done();
  return {
    date: startedAt.toISOString(),
    machine: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}, Linux ${release()}, ${process.arch}, Bun ${Bun.version}`,
    command: ["bun run bench", ...argv].join(" "),
    subjects: subjects.map((subject) => ({
      name: subject.name,
      version: versionOf(subject),
      binaryMiB: Number((statSync(subject.path).size / 2 ** 20).toFixed(1)),
    })),
    rounds,
    quick,
    awsMs,
    kubernetesMs,
    seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    metrics: record.metrics(),
    series: record.series(),
    conditions,
    notes: record.notes(),
  };
}

async function runOne(scenario: Scenario, context: Context): Promise<void> {
  try {
    await scenario.run(context);
  } catch (error) {
    failed = true;
    context.note(`FAILED: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The binary of this tree and the one to compare with, each as a private copy. */
function subjectsOf({ vs }: Options): Subject[] {
  const given = process.env["PROVIDER_BINARY"];
  const name = "secrets-store-csi-driver-provider-aws";
  if (given === undefined) {
    const built = Bun.spawnSync([process.execPath, join(root, "scripts/build.ts"), process.arch], {
      stdout: "ignore",
      stderr: "inherit",
    });
    if (!built.success) throw new Error("the build failed");
  }
  const copy = (path: string, label: string): Subject => {
    const folder = mkdtempSync(join(work, "subject-"));
    copyFileSync(path, join(folder, name));
    Bun.spawnSync(["sync", join(folder, name)]); // what is not on disk can't be dropped from the page cache
    return { name: label, path: join(folder, name) };
  };
  const own = copy(given ?? join(root, `dist/linux-${process.arch}`, name), "this provider");
  return vs === undefined ? [own] : [copy(vs, "the other"), own];
}

function versionOf({ path }: Subject): string {
  return (
    Bun.spawnSync([path, "version"], { env: { HOME: "/" } })
      .stdout.toString()
      .trim() || "says no version"
  );
}

function readRun(path: string): Run {
  return JSON.parse(readFileSync(path, "utf8")) as Run;
}

function writePlots(out: string, from: Run): void {
  for (const [file, svg] of plots(from)) {
    const path = join(dirname(out), file);
    writeFileSync(path, svg);
    console.error(`${basename(path)} drawn`);
  }
}

function parsed(words: readonly string[]): Options {
  try {
    return readOptions(words);
  } catch (error) {
    return end(`${error instanceof Error ? error.message : String(error)}\n${usage}`, 2);
  }
}

function end(text: string, code: number): never {
  if (text !== "") (code === 0 ? console.log : console.error)(text);
  process.exit(code);
}
