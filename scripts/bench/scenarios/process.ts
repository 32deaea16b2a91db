// The process itself: its start, its idling, its end.
import { createCgroup } from "../cgroup.ts";
import { secrets } from "../content.ts";
import type { MountPlan } from "../load.ts";
import { mount, mustAll, size, unlimited, withProvider } from "../scenario.ts";
import type { Context, Scenario } from "../scenario.ts";
import { dropFromCache } from "../subject.ts";
import { memoryMiB, milliCpu } from "./burst.ts";

const plan: MountPlan = { objects: secrets(1), region: "from node", pod: () => 1, account: () => 1 };

/** One start and one mount. */
async function startOnce(context: Context, kase: string, limited: boolean): Promise<void> {
  const cgroup = limited ? createCgroup(`bench-${process.pid}-start`, milliCpu, memoryMiB) : undefined;
  if (limited && cgroup === undefined) return context.note("start under limits not run: no cgroup");
  try {
    await withProvider(context, cgroup === undefined ? {} : { cgroup }, async (running, fakes) => {
      context.add(kase, "start to first Version", "ms", running.readyMs);
      context.add(kase, "CPU to first Version", "ms", running.cpuMs());
      const result = await mount({ context, running, fakes }, plan, { count: 1, atOnce: 1, label: kase });
      mustAll(running, result, kase);
      context.add(kase, "first mount", "ms", result.tookMs);
      context.add(kase, "CPU to the end of the first mount", "ms", running.cpuMs());
    });
  } finally {
    await cgroup?.remove();
  }
}

async function runStart(context: Context): Promise<void> {
  const times = size(context, 5, 1);
  for (let n = 0; n < times; n += 1) {
    context.progress(`start ${n + 1} of ${times}`);
    await startOnce(context, "warm", false);
    await startOnce(context, `warm, ${milliCpu}m/${memoryMiB}Mi`, true);
    dropFromCache(context.subject.path);
    await startOnce(context, `not in the page cache, ${milliCpu}m/${memoryMiB}Mi`, true);
  }
}

async function runIdle(context: Context): Promise<void> {
  await withProvider(context, {}, async (running, fakes) => {
    const look = (when: string): void => {
      const stats = running.stats();
      context.add(when, "RSS", "MiB", stats?.rssMiB ?? 0);
      context.add(when, "anonymous memory", "MiB", stats?.anonymousMiB ?? 0);
      context.add(when, "threads", "threads", stats?.threads ?? 0);
      context.add(when, "open files", "files", stats?.openFiles ?? 0);
    };
    look("after start");
    const wait = async (seconds: number): Promise<number> => {
      const [cpuMs, startedMs] = [running.cpuMs(), performance.now()];
      for (let left = seconds; left > 0; left -= 1) {
        context.progress(`idle, ${left} s to go`);
        await Bun.sleep(1_000);
      }
      return (running.cpuMs() - cpuMs) / ((performance.now() - startedMs) / 1000);
    };
    context.add("first minute", "CPU", "ms per second", await wait(size(context, 60, 1)));
    look("a minute later");
    context.add("after the first minute", "CPU", "ms per second", await wait(size(context, 30, 1)));
    mustAll(running, await mount({ context, running, fakes }, plan, { count: 1, atOnce: 1, label: "mount" }), "mount");
    look("after 1 mount");
  });
}

async function runSigterm(context: Context): Promise<void> {
  const inFlight = size(context, 50, 5);
  const kase = `${inFlight} in flight`;
  await withProvider(context, { args: unlimited, awsMs: 300 }, async (running, fakes) => {
    const busy: MountPlan = { objects: secrets(2), pod: (n) => n, account: (n) => n };
    const options = { count: inFlight, atOnce: inFlight, deadlineMs: 30_000, label: kase };
    const all = mount({ context, running, fakes }, busy, options);
    while (((await fakes.counts()).calls["sts:AssumeRoleWithWebIdentity"] ?? 0) === 0) await Bun.sleep(20);
    await Bun.sleep(100);
    const signalledMs = performance.now();
    running.signal("SIGTERM");
    const code = await running.exited;
    const exitMs = performance.now() - signalledMs;
    const result = await all;
    context.add(kase, "finished", "mounts", result.latenciesMs.length);
    context.add(kase, "failed", "mounts", result.errors.length);
    context.add(kase, "SIGTERM to exit", "ms", exitMs);
    context.add(kase, "exit code", "", code);
    if (result.errors.length > 0) context.note(`${kase}: ${result.errors[0]}`);
  });
}

export const start: Scenario = {
  name: "start",
  what: "Process start to first Version answer and first mount (1 secret, region from the node), with and without limits.",
  roundsMax: 1,
  run: runStart,
};

export const idle: Scenario = {
  name: "idle",
  what: "Memory after the start, a minute later and after one mount; CPU without work.",
  roundsMax: 1,
  run: runIdle,
};

export const sigterm: Scenario = {
  name: "sigterm",
  what: "SIGTERM with mounts in flight while AWS takes 300 ms per call.",
  roundsMax: 3,
  run: runSigterm,
};
