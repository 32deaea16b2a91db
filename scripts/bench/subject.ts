// A program under measurement: its process beside the fakes, with the environment that the image gives it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connectProvider } from "../../test/client.ts";
import type { ProviderClient } from "../../test/client.ts";
import type { Cgroup } from "./cgroup.ts";
import type { Fakes } from "./fakes-process.ts";
import { cpuMsOf, statsOf } from "./process-stats.ts";
import type { ProcessStats } from "./process-stats.ts";

/** A binary with a name for tables. */
export interface Subject {
  readonly name: string;
  /** A copy that no other process has mapped: its pages count against its own limit. */
  readonly path: string;
}

export interface SubjectOptions {
  readonly args?: readonly string[];
  readonly cgroup?: Cgroup;
}

export interface Running extends ProviderClient {
  readonly pid: number;
  /** From the start of the process to its first Version answer. */
  readonly readyMs: number;
  readonly startedMs: number;
  /** The folder that the volumes of its pods lie in. */
  readonly pods: string;
  readonly socket: string;
  readonly stats: () => ProcessStats | undefined;
  readonly cpuMs: () => number;
  readonly alive: () => boolean;
  /** The end of its log, for errors. */
  readonly logEnd: () => string;
  readonly logBytes: () => number;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Exit code. */
  readonly exited: Promise<number>;
  /** Ends it, and all it left behind. */
  readonly stop: () => Promise<void>;
}

const root = dirname(dirname(import.meta.dir));
/** Volumes of pods are tmpfs; so are these where the machine has it. */
const volumes = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** The environment of the image, from its ENV line. */
function imageEnvironment(): Record<string, string> {
  const line = /^ENV (.+)$/m.exec(readFileSync(join(root, "Dockerfile.distroless"), "utf8"))?.[1];
  if (line === undefined) throw new Error("Dockerfile.distroless has no ENV line");
  return Object.fromEntries(line.split(" ").map((pair) => pair.split("=", 2) as [string, string]));
}

/** What runs or lies about now: an interrupted run takes it along. */
const leftovers = new Set<() => void>();
process.on("exit", () => leftovers.forEach((remove) => remove()));

/** Starts a subject and waits for its first Version answer. */
export async function startSubject(
  subject: Subject,
  fakes: Fakes,
  { args = [], cgroup }: SubjectOptions = {},
): Promise<Running> {
  const folder = mkdtempSync(join(volumes, "bench-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  leftovers.add(removeFolder);
  const socket = join(folder, "aws.sock");
  const pods = join(folder, "pods");
  mkdirSync(pods);
  const { AWS_CA_BUNDLE: _byDefaultTheSystem, ...endpoints } = fakes.env;
  const command = [subject.path, `--provider-volume=${folder}`, ...fakes.args, ...args];
  const startedMs = performance.now();
  const child = Bun.spawn([...(cgroup?.wrap(command) ?? command)], {
    cwd: "/",
    // The fake AWS's CA stands in for the system's bundle, as in a pod.
    env: { PATH: "/usr/bin:/bin", ...imageEnvironment(), ...endpoints, SSL_CERT_FILE: fakes.caBundle },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const kill = (): void => child.kill("SIGKILL");
  leftovers.add(kill);
  const log = collectLog(child.stderr);
  let ended = false;
  const exited = child.exited.then((code) => {
    ended = true;
    return code;
  });
  const client = connectProvider(socket);
  const stop = async (): Promise<void> => {
    if (!ended) child.kill("SIGKILL");
    await exited;
    client.close();
    removeFolder();
    leftovers.delete(kill);
    leftovers.delete(removeFolder);
  };
  while (!existsSync(socket)) {
    if (ended) {
      await stop();
      throw new Error(`${subject.name} ended before it served:\n${log.end()}`);
    }
    await Bun.sleep(1);
  }
  await client.version({ deadlineMs: 60_000 });
  return {
    ...client,
    pid: child.pid,
    readyMs: performance.now() - startedMs,
    startedMs,
    pods,
    socket,
    stats: () => statsOf(child.pid),
    cpuMs: () => cpuMsOf(child.pid),
    alive: () => !ended,
    logEnd: log.end,
    logBytes: log.bytes,
    signal: (signal) => child.kill(signal),
    exited,
    stop,
  };
}

/** Reads a log to its end, and keeps its size and its last 2,000 characters. */
function collectLog(stream: ReadableStream<Uint8Array>): { readonly end: () => string; readonly bytes: () => number } {
  let end = "";
  let bytes = 0;
  const collect = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      bytes += chunk.byteLength;
      end = (end + decoder.decode(chunk, { stream: true })).slice(-2_000);
    }
  };
  void collect();
  return { end: () => end, bytes: () => bytes };
}

/** Drops a file from the page cache, as on a node that starts the program for the first time (GNU dd; elsewhere nothing happens). */
export function dropFromCache(path: string): void {
  spawnSync("dd", [`if=${path}`, "iflag=nocache", "count=0"], { stdio: "ignore" });
}
