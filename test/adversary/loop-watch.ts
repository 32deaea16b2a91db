// Preloaded into a provider that runs from source: watches its event loop and is asked over IPC how long it was held. With ADVERSARY_WHERE=1 the
// runtime's profiler says what ran meanwhile, which makes everything slower.
import * as jsc from "bun:jsc";
import { createDelays } from "./delays.ts";
import { watchLoop } from "./loop-delay.ts";

export type LoopQuestion = "report" | "reset";

interface Traces {
  readonly traces: readonly {
    readonly timestamp: number;
    readonly frames: readonly { readonly name: string; readonly sourceURL?: string; readonly line: number }[];
  }[];
}

/** Not in the runtime's types. */
const { samplingProfilerStackTraces } = jsc as unknown as { readonly samplingProfilerStackTraces: () => Traces };
const longMs = 8;
const ticksKept = 200;
let ticks = 0;

/** The functions of src that most samples of the last `ms` were in. */
function whereOf(ms: number): string {
  ticks += 1;
  if (ms < longMs && ticks % ticksKept > 0) return "";
  const { traces } = samplingProfilerStackTraces(); // forgets them
  if (ms < longMs) return "";
  const endedAt = traces.at(-1)?.timestamp ?? 0;
  const counts = new Map<string, number>();
  for (const { timestamp, frames } of traces) {
    if (timestamp < endedAt - ms / 1_000) continue;
    const own = frames.filter(({ sourceURL = "" }) => /\/src\/|node_modules/.test(sourceURL)).slice(0, 2);
    const text = own
      .map(({ name, sourceURL = "", line }) => `${name} ${sourceURL.replace(/^.*\/(?=[^/]+\/[^/]+$)/, "")}:${line}`)
      .join(" < ");
    const key = own.length > 0 ? text : (frames[0]?.name ?? "");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const most = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, 4);
  return most.map(([text, count]) => `${count}x ${text}`).join("; ");
}

const delays = createDelays();
const isProfiled = process.env["ADVERSARY_WHERE"] === "1";
if (isProfiled) jsc.startSamplingProfiler();
watchLoop(delays, isProfiled ? whereOf : undefined);

process.on("message", (question: LoopQuestion) => {
  const report = delays.report();
  if (question === "reset") delays.reset();
  process.send?.(report);
});
