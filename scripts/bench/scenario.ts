// What a scenario gets to work with, and the steps that several of them share.
import { startFakes } from "./fakes-process.ts";
import type { Fakes } from "./fakes-process.ts";
import { load, prepare } from "./load.ts";
import type { LoadOptions, LoadResult, MountPlan } from "./load.ts";
import { startSubject } from "./subject.ts";
import type { Running, Subject, SubjectOptions } from "./subject.ts";

export interface Context {
  readonly subject: Subject;
  readonly quick: boolean;
  readonly awsMs: number;
  readonly kubernetesMs: number;
  readonly add: (kase: string, name: string, unit: string, value: number) => void;
  readonly curve: (kase: string, points: readonly (readonly [number, number])[]) => void;
  readonly note: (text: string) => void;
  readonly progress: (text: string) => void;
}

export interface Scenario {
  readonly name: string;
  /** One sentence for the report. */
  readonly what: string;
  /** Rounds beyond this many are left out: the scenario is long, or says the same each time. */
  readonly roundsMax?: number;
  readonly run: (context: Context) => Promise<void>;
}

/** Lifts the provider's own limit on Kubernetes calls, so that a scenario shows the program and not the limit. */
export const unlimited = ["--qps=100000", "--burst=100000"];

export const driverWrites = "--driver-writes-secrets";

/** Runs a body beside fresh fakes with a fresh provider, and ends both. */
export async function withProvider(
  { subject, awsMs, kubernetesMs }: Context,
  options: SubjectOptions & { readonly awsMs?: number; readonly kubernetesMs?: number },
  body: (running: Running, fakes: Fakes) => Promise<void>,
): Promise<void> {
  const fakes = await startFakes();
  try {
    await fakes.latency(options.awsMs ?? awsMs, options.kubernetesMs ?? kubernetesMs);
    const running = await startSubject(subject, fakes, options);
    try {
      await body(running, fakes);
    } finally {
      await running.stop();
    }
  } finally {
    await fakes.stop();
  }
}

/** The full number, or the one that shows that it runs. */
export function size({ quick }: Context, full: number, small: number): number {
  return quick ? small : full;
}

/** Prepares and sends in one. */
export async function mount(
  { context, running, fakes }: { readonly context: Context; readonly running: Running; readonly fakes: Fakes },
  plan: MountPlan,
  options: LoadOptions & { readonly label: string },
): Promise<LoadResult> {
  const requests = await prepare(plan, fakes, running, options.count);
  return load(running, requests, { ...options, onProgress: showing(context, options.label, options.count) });
}

export function showing(context: Context, label: string, count: number): (done: number) => void {
  return (done) => context.progress(`${label}: ${done} of ${count} mounts`);
}

/** Fails a scenario whose mounts failed. */
export function mustAll(running: Running, { errors }: LoadResult, what: string): void {
  if (errors.length > 0)
    throw new Error(`${what}: ${errors.length} mounts failed: ${errors[0]}; its log ends:\n${running.logEnd()}`);
}

export function addLatencies(context: Context, kase: string, { latenciesMs }: Pick<LoadResult, "latenciesMs">): void {
  for (const value of latenciesMs) context.add(kase, "latency", "ms", value);
}

/** Records the calls of `count` mounts, kind by kind. */
export async function addCalls(context: Context, fakes: Fakes, kase: string, count: number): Promise<void> {
  const { calls } = await fakes.counts();
  let aws = 0;
  let kubernetes = 0;
  for (const [kind, times] of Object.entries(calls)) {
    context.add(kase, kind, "calls per mount", times / count);
    if (kind.startsWith("kubernetes:")) kubernetes += times;
    else aws += times;
  }
  context.add(kase, "AWS calls", "calls per mount", aws / count);
  context.add(kase, "Kubernetes calls", "calls per mount", kubernetes / count);
}
