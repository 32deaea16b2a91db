// The provider under attack: the compiled binary, or the program from source with a watch on its event loop; with the image's environment, and
// within the container's limits where this machine lets us make a cgroup.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCgroup } from "../../scripts/bench/cgroup.ts";
import type { Cgroup } from "../../scripts/bench/cgroup.ts";
import { statsOf } from "../../scripts/bench/process-stats.ts";
import { connectProvider } from "../client.ts";
import type { ProviderClient } from "../client.ts";
import { binary } from "../provider.ts";
import { imageEnv } from "../soak.ts";
import type { DelayReport } from "./delays.ts";
import { createLogMeter } from "./log-meter.ts";
import type { LogMeter } from "./log-meter.ts";
import type { LoopQuestion } from "./loop-watch.ts";
import type { WorldStart } from "./world-process.ts";

/** Of the container; 0 = none. */
export interface Limits {
  readonly milliCpu: number;
  readonly memoryMiB: number;
}

export const containerLimits: Limits = { milliCpu: 50, memoryMiB: 100 };

export interface SubjectOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Limits | undefined;
  /** Runs from source under loop-watch.ts, without limits. */
  readonly watched?: boolean;
}

export interface Memory {
  /** Most anonymous memory of the process that a look found, MiB: its own, without files. */
  readonly anonymousMiB: number;
  /** Most that was charged to the cgroup, with the files it wrote into volumes; 0 without one. */
  readonly chargedMiB: number;
  readonly oomKills: number;
}

export interface Subject extends ProviderClient, AsyncDisposable {
  readonly pid: number;
  readonly socket: string;
  /** What it runs in, for output: a cgroup's limits, or that there is none. */
  readonly place: string;
  /** Base of /livez, with a slash at its end. */
  readonly http: string;
  readonly log: LogMeter;
  readonly alive: () => boolean;
  /** Aborted when the process has ended. */
  readonly gone: AbortSignal;
  readonly memory: () => Memory;
  /** A new target path as kubelet makes them: its pod's alone. */
  readonly newTarget: (pod: string) => string;
  /** How long its event loop was held since the last reset. Only when watched. */
  readonly loop: (question: LoopQuestion) => Promise<DelayReport>;
}

const root = join(import.meta.dir, "../..");
/** Volumes of pods are tmpfs; so are these where the machine has it. */
const volumes = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const lookMs = 10;
let count = 0;

/** Starts it and waits until it answers. Use with `await using`. */
export async function startSubject(world: WorldStart, options: SubjectOptions = {}): Promise<Subject> {
  const { args = [], env = {}, limits, watched = false } = options;
  count += 1;
  const cgroup = cgroupFor(watched ? undefined : limits);
  const folder = mkdtempSync(join(volumes, "adversary-"));
  const program = watched
    ? [process.execPath, "--preload", join(import.meta.dir, "loop-watch.ts"), join(root, "src/main.ts")]
    : [binary];
  const command = [...program, `--provider-volume=${folder}`, "--http-addr=127.0.0.1:0", ...world.args, ...args];
  const answers: ((report: DelayReport) => void)[] = [];
  const child = Bun.spawn([...(cgroup?.wrap(command) ?? command)], {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", ...imageEnv, ...world.env, ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    ...(watched ? { ipc: (report: DelayReport) => answers.shift()?.(report) } : {}),
  });
  const log = createLogMeter();
  const gone = new AbortController();
  const exited = child.exited.then(() => gone.abort(new Error("the provider has ended")));
  const read = collect(child.stderr, log);
  let anonymousMiB = 0;
  const look = setInterval(() => {
    anonymousMiB = Math.max(anonymousMiB, statsOf(child.pid)?.anonymousMiB ?? 0);
  }, lookMs);
  const client = connectProvider(join(folder, "aws.sock"));
  const close = async (): Promise<void> => {
    clearInterval(look);
    if (!gone.signal.aborted) child.kill("SIGKILL");
    await exited;
    await read;
    client.close();
    Bun.spawnSync(["rm", "-rf", folder]); // goes as deep as an attack may have gone
    rmSync(folder, { recursive: true, force: true });
    await cgroup?.remove();
  };
  try {
    while (!log.end().includes("Serving /livez")) {
      gone.signal.throwIfAborted();
      await Bun.sleep(5);
    }
    await client.version({ deadlineMs: 120_000, signal: gone.signal });
  } catch (error) {
    await close();
    throw new Error(`the provider did not come up:\n${log.end()}`, { cause: error });
  }
  return {
    ...client,
    pid: child.pid,
    socket: join(folder, "aws.sock"),
    place: placeOf(watched, limits, cgroup),
    http: `${/\/metrics on (http:[^\s"]+?)\/?["\s]/.exec(log.end())?.[1] ?? ""}/`,
    log,
    alive: () => !gone.signal.aborted,
    gone: gone.signal,
    memory: () => ({
      anonymousMiB,
      chargedMiB: cgroup?.stats().peakMiB ?? 0,
      oomKills: cgroup?.stats().oomKills ?? 0,
    }),
    newTarget: (pod) => {
      const path = join(folder, "pods", pod, "volumes/kubernetes.io~csi/secrets/mount");
      mkdirSync(path, { recursive: true });
      return path;
    },
    loop: (question) =>
      new Promise((resolve) => {
        answers.push(resolve);
        child.send(question);
      }),
    [Symbol.asyncDispose]: close,
  };
}

function cgroupFor(limits: Limits | undefined): Cgroup | undefined {
  if (limits === undefined || process.getuid?.() !== 0) return undefined;
  return createCgroup(`adversary-${process.pid}-${count}`, limits.milliCpu, limits.memoryMiB);
}

function placeOf(watched: boolean, limits: Limits | undefined, cgroup: Cgroup | undefined): string {
  if (watched) return "from source, no limits";
  if (limits === undefined) return "no limits";
  const wanted = `${limits.milliCpu === 0 ? "all CPUs" : `${limits.milliCpu}m`}, ${limits.memoryMiB} MiB`;
  return cgroup === undefined ? `no limits: a cgroup of ${wanted} can not be had here` : `cgroup of ${wanted}`;
}

async function collect(stream: ReadableStream<Uint8Array>, log: LogMeter): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) log.take(decoder.decode(chunk, { stream: true }));
}
