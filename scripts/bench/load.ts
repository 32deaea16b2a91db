// Sends mounts and takes their times.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { aMountRequest } from "../../test/build.ts";
import type { MountRequest } from "../../src/request/messages.ts";
import { region } from "./content.ts";
import type { Fakes } from "./fakes-process.ts";
import type { Running } from "./subject.ts";

/** One kind of mount; `pod` and `account` are numbers of the fakes' workloads. */
export interface MountPlan {
  readonly objects: readonly object[];
  /** "from node": the class names no region. */
  readonly region?: "given" | "from node";
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly pod: (n: number) => number;
  readonly account: (n: number) => number;
}

export interface LoadResult {
  /** Of the mounts that went well, in order of their end. */
  readonly latenciesMs: readonly number[];
  /** When each of these ended, from the start of the load. */
  readonly endedAtMs: readonly number[];
  readonly errors: readonly string[];
  readonly tookMs: number;
}

export interface LoadOptions {
  readonly count: number;
  /** Mounts under way at once. */
  readonly atOnce: number;
  readonly deadlineMs?: number;
  /** Number of the first mount. */
  readonly from?: number;
  readonly onProgress?: (done: number) => void;
}

/** Makes the requests of a plan before anything is timed; tokens are minted by the fakes. */
export async function prepare(
  plan: MountPlan,
  fakes: Fakes,
  running: Running,
  count: number,
): Promise<readonly MountRequest[]> {
  const who = Array.from({ length: count }, (_, n) => ({
    serviceAccount: `sa-${plan.account(n)}`,
    pod: `pod-${plan.pod(n)}`,
  }));
  const tokens = await fakes.tokens(who);
  return who.map((one, n) => {
    const targetPath = join(running.pods, one.pod, "volumes/kubernetes.io~csi/secrets/mount");
    mkdirSync(targetPath, { recursive: true });
    return aMountRequest({
      ...one,
      objects: plan.objects,
      parameters: { ...(plan.region === "from node" ? {} : { region }), ...plan.parameters },
      tokens: tokens[n],
      targetPath,
    });
  });
}

/** Sends mounts round robin from the requests. A provider that dies ends the load. */
export async function load(
  running: Running,
  requests: readonly MountRequest[],
  { count, atOnce, deadlineMs = 120_000, from = 0, onProgress }: LoadOptions,
): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  const endedAtMs: number[] = [];
  const errors: string[] = [];
  const gone = new AbortController();
  void running.exited.then(() => gone.abort());
  let next = 0;
  const startedMs = performance.now();
  const worker = async (): Promise<void> => {
    while (next < count) {
      const request = requests[(from + next) % requests.length];
      next += 1;
      if (request === undefined) return;
      const sentMs = performance.now();
      try {
        await running.mount(request, { deadlineMs, signal: gone.signal });
        const nowMs = performance.now();
        latenciesMs.push(nowMs - sentMs);
        endedAtMs.push(nowMs - startedMs);
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
      onProgress?.(latenciesMs.length + errors.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  return { latenciesMs, endedAtMs, errors, tookMs: performance.now() - startedMs };
}
