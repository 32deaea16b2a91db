// Many mounts on the compiled binary with faults sprinkled in, and what the process holds before and after: open files, threads, memory.
// For test/soak.test.ts and `bun run soak`. Counts are taken when nothing runs, with all connections cut, so that they can be compared.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secret, startBinaryLab, parameter } from "./binary-lab.ts";
import type { BinaryLab } from "./binary-lab.ts";
import { faults as allFaults } from "./fault-list.ts";
import type { Service } from "./fakes/calls.ts";
import { serviceAccountTokens } from "./fakes/tokens.ts";

const region = "eu-west-1";
/** As the image sets it. */
export const imageEnv = { BUN_JSC_useJIT: "0", NODE_USE_SYSTEM_CA: "1", HOME: "/", BUN_GC_TIMER_DISABLE: "1" };
const podCount = 40;
const atOnce = 20;
const services: readonly Service[] = ["secrets-manager", "ssm", "sts", "pod-identity", "kubernetes"];
/** Those that end by themselves at once; what waits is sprinkled in more thinly. */
const quickFaults = allFaults.filter(([, { kind }]) => kind !== "hang" && kind !== "slow" && kind !== "huge");
const waitingFaults = allFaults.filter(([, { kind }]) => kind === "hang" || kind === "slow" || kind === "huge");

/** What the process holds when it is idle. */
export interface Held {
  readonly files: number;
  readonly threads: number;
  /** RssAnon of /proc, KiB: without the pages of the binary itself, which come and go. */
  readonly anonymousKiB: number;
  readonly rssKiB: number;
  /** Leftovers in the targets. */
  readonly leftovers: number;
}

export interface SoakReport {
  readonly mounted: number;
  readonly failed: number;
  readonly faults: number;
  /** Texts of failures that no fault explains. */
  readonly unexplained: readonly string[];
  readonly warm: Held;
  readonly end: Held;
}

export interface SoakOptions {
  readonly mounts: number;
  /** Mounts before the first count. */
  readonly warmUp: number;
  /** A fault for every so many mounts. */
  readonly faultEvery: number;
  /** Whether some of them let a mount wait for its time limits. */
  readonly withWaiting: boolean;
  readonly onProgress?: (done: number, held: () => Promise<Held>) => Promise<void>;
}

/** Runs the mounts. The order of faults is the same each time. */
export async function soak({ mounts, warmUp, faultEvery, withWaiting, onProgress }: SoakOptions): Promise<SoakReport> {
  await using lab = await startBinaryLab({
    env: { ...imageEnv, AWS_REGION: region, AWS_MAX_ATTEMPTS: "2" },
    args: ["--qps=-1", "--pod-identity-http-timeout=500ms", "--credential-cache-max-age=2s"],
  });
  const folder = mkdtempSync(join(tmpdir(), "soak-"));
  const { cloud, faults } = lab.world;
  const pods = Array.from({ length: podCount }, (_, at) => ({
    namespace: `n${at % 5}`,
    serviceAccount: `sa${at}`,
    pod: `p${at}`,
  }));
  const tokens = pods.map((pod) => serviceAccountTokens(pod));
  const targets = pods.map((_, at) => join(folder, `target-${at}`));
  pods.forEach((pod, at) => lab.world.addWorkload({ ...pod, role: `role${at % 7}` }));
  targets.forEach((target) => mkdirSync(target));
  cloud.putSecret(region, "json", JSON.stringify({ user: "u", password: "p" }));
  cloud.putParameter(region, "/p", "parameter");
  let [done, failed, injected] = [0, 0, 0];
  const unexplained: string[] = [];

  async function one(turn: number): Promise<void> {
    const at = turn % podCount;
    if (turn % 50 === 0) cloud.putSecret(region, "text", `value ${turn} `.repeat(turn % 3_000));
    const isFaulty = turn % faultEvery === 0;
    const waits = withWaiting && isFaulty && (turn / faultEvery) % 10 === 0;
    const list = waits ? waitingFaults : quickFaults;
    if (isFaulty) {
      const [, action] = list[Math.floor(turn / faultEvery) % list.length] ?? [];
      if (action !== undefined)
        faults.inject({ service: services[(turn / faultEvery) % services.length] ?? "sts", times: 1 }, action);
      injected += 1;
    }
    const gone = new AbortController();
    if (turn % (faultEvery * 7) === 1) setTimeout(() => gone.abort(), 3);
    const objects = [
      secret("text"),
      secret("json", { jmesPath: [{ path: "user", objectAlias: `user-${turn % 9}` }] }),
      parameter("/p"),
    ];
    const request = {
      ...pods[at],
      objects,
      tokens: tokens[at],
      targetPath: targets[at],
      parameters: { usePodIdentity: String(turn % 3 === 0) },
    };
    try {
      await lab.run(request as Parameters<BinaryLab["run"]>[0], {
        deadlineMs: waits ? 4_000 : 30_000,
        signal: gone.signal,
      });
    } catch (error) {
      failed += 1;
      const { details = String(error) } = error as { details?: string };
      if (faultEvery > mounts) unexplained.push(details);
      else if (!/operation error|get credentials|failed to get service account|given up|Cancelled/.test(details))
        unexplained.push(details);
    }
    done += 1;
    if (done % 500 === 0) {
      lab.world.resetCalls();
      cloud.forgetSessions(); // what is cached is refused then, and exchanged anew
      for (const server of [lab.world.secretsManager, lab.world.ssm, lab.world.sts]) server.cut();
    }
  }

  /** Mounts until so many have been made in all. */
  async function until(count: number): Promise<void> {
    let next = done;
    const worker = async (): Promise<void> => {
      while (next < count) await one((next += 1));
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }

  const held = async (): Promise<Held> => {
    faults.clear();
    while (lab.world.inFlight() > 0) await Bun.sleep(10);
    for (const { secretsManager, ssm, sts, kubernetes, podIdentity } of [lab.world])
      for (const server of [secretsManager, ssm, sts, kubernetes, podIdentity.ipv4, podIdentity.ipv6]) server.cut();
    await Bun.sleep(2_000); // the provider collects a second after its last mount
    const leftovers = targets
      .flatMap((target) => readdirSync(target))
      .filter((name) => name.startsWith(".aws-")).length;
    return { ...heldBy(lab.pid), leftovers };
  };

  try {
    await until(warmUp);
    const warm = await held();
    const step = 2_000;
    for (let count = warmUp + step; count < mounts; count += step) {
      await until(count);
      await onProgress?.(count, held);
    }
    await until(mounts);
    const end = await held();
    return { mounted: done, failed, faults: injected, unexplained, warm, end };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What /proc says of a process. */
export function heldBy(pid: number): Omit<Held, "leftovers"> {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const number = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? Number.NaN);
  return {
    files: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
    anonymousKiB: number("RssAnon"),
    rssKiB: number("VmRSS"),
  };
}
