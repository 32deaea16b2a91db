// Many mounts at once: after a rollout, without limits and inside those of the published DaemonSet.
import { createCgroup } from "../cgroup.ts";
import { parameters, secrets } from "../content.ts";
import type { MountPlan } from "../load.ts";
import { addLatencies, mount, size, unlimited, withProvider } from "../scenario.ts";
import type { Context, Scenario } from "../scenario.ts";
import { dropFromCache } from "../subject.ts";
import type { SubjectOptions } from "../subject.ts";

export const milliCpu = 50;
export const memoryMiB = 100;

const plan: MountPlan = { objects: [...secrets(1), ...parameters(1)], pod: (n) => n, account: (n) => n % 10 };

async function storm(
  context: Context,
  kase: string,
  count: number,
  options: SubjectOptions & Pick<MountPlan, "region">,
): Promise<void> {
  const { cgroup, region = "given" } = options;
  if (cgroup !== undefined) dropFromCache(context.subject.path);
  await withProvider(context, options, async (running, fakes) => {
    context.add(kase, "start to first Version", "ms", running.readyMs);
    const from = 1;
    if (cgroup === undefined) {
      // A provider that has run for a while.
      const warm = { ...plan, region, pod: () => 0, account: () => 0 };
      await mount({ context, running, fakes }, warm, { count: 3, atOnce: 1, label: "warming up" });
    }
    let peakFiles = 0;
    let peakRssMiB = 0;
    const look = (): void => {
      const stats = running.stats();
      peakFiles = Math.max(peakFiles, stats?.openFiles ?? 0);
      peakRssMiB = Math.max(peakRssMiB, stats?.peakRssMiB ?? 0);
    };
    const watch = setInterval(look, 200);
    const cpuMs = running.cpuMs();
    const result = await mount(
      { context, running, fakes },
      { ...plan, region, pod: (n) => n + from },
      {
        count,
        atOnce: count,
        deadlineMs: cgroup === undefined ? 120_000 : 180_000,
        label: kase,
      },
    );
    clearInterval(watch);
    look();
    addLatencies(context, kase, result);
    context.add(kase, "all answered", "s", result.tookMs / 1000);
    context.add(kase, "failed mounts", "", result.errors.length);
    if (result.errors.length > 0) context.note(`${kase}: ${result.errors[0]}`);
    if (running.alive()) context.add(kase, "CPU", "ms per mount", (running.cpuMs() - cpuMs) / count);
    context.add(kase, "peak RSS", "MiB", peakRssMiB);
    context.add(kase, "peak open files", "files", peakFiles);
    if (cgroup !== undefined) {
      const stats = cgroup.stats();
      context.add(kase, "OOM kills", "", stats.oomKills);
      context.add(kase, "peak memory of the cgroup", "MiB", stats.peakMiB);
      context.add(kase, "throttled", "s", stats.throttledSeconds);
      context.curve(
        kase,
        result.endedAtMs.map((endedMs, at) => [Number((endedMs / 1000).toFixed(3)), at + 1]),
      );
    }
  });
}

export const burst: Scenario = {
  name: "burst",
  what: "N mounts at once (10 accounts, 1 secret + 1 parameter each), no limit on CPU or memory.",
  run: async (context) => {
    for (const full of [100, 500])
      await storm(context, `${full} at once`, size(context, full, full / 10), { args: unlimited });
  },
};

export const burstDefault: Scenario = {
  name: "burst-default",
  what: "100 mounts at once with default flags, region from the node.",
  roundsMax: 2,
  run: (context) => storm(context, "100 at once, default flags", size(context, 100, 10), { region: "from node" }),
};

export const burstLimited: Scenario = {
  name: "burst-limited",
  what: `N mounts at once inside a cgroup of ${milliCpu}m CPU and ${memoryMiB} MiB, just started, its file not in the page cache; each mount may take 3 minutes.`,
  roundsMax: 2,
  run: async (context) => {
    for (const full of [100, 500]) {
      const cgroup = createCgroup(`bench-${process.pid}-${full}`, milliCpu, memoryMiB);
      if (cgroup === undefined)
        return context.note("not run: this machine lets us make no cgroup (root, cgroup v1 or v2)");
      try {
        const kase = `${full} at once, ${milliCpu}m/${memoryMiB}Mi`;
        await storm(context, kase, size(context, full, full / 20), { args: unlimited, cgroup });
      } finally {
        await cgroup.remove();
      }
    }
  },
};
