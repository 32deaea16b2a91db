// Mounts again and again: rotation of a node full of pods, and five thousand mounts for what is left behind.
import { bigSecrets, parameters, secrets } from "../content.ts";
import { load, prepare } from "../load.ts";
import type { MountPlan } from "../load.ts";
import {
  addCalls,
  addLatencies,
  driverWrites,
  mount,
  mustAll,
  showing,
  size,
  unlimited,
  withProvider,
} from "../scenario.ts";
import type { Context, Scenario } from "../scenario.ts";

const accounts = 20;

async function rotate(context: Context): Promise<void> {
  const kase = "200 pods of 20 accounts";
  const pods = size(context, 200, 20);
  const passes = 3;
  const plan: MountPlan = {
    objects: [...secrets(2), ...parameters(1)],
    region: "from node",
    pod: (n) => n,
    account: (n) => n % accounts,
  };
  await withProvider(context, { args: unlimited }, async (running, fakes) => {
    const first = await mount({ context, running, fakes }, plan, { count: pods, atOnce: 8, label: "first mount" });
    mustAll(running, first, "first mount");
    context.add(kase, "first mount of all pods", "s", first.tookMs / 1000);
    await fakes.reset();
    const again = await prepare(plan, fakes, running, pods); // fresh tokens
    const count = pods * passes;
    const cpuMs = running.cpuMs();
    const onProgress = showing(context, "remounts", count);
    const result = await load(running, again, { count, atOnce: 8, onProgress });
    const usedMs = running.cpuMs() - cpuMs;
    mustAll(running, result, "remounts");
    addLatencies(context, kase, result);
    context.add(kase, "one pass over all pods", "s", result.tookMs / 1000 / passes);
    context.add(kase, "CPU", "ms per mount", usedMs / count);
    await addCalls(context, fakes, kase, count);
    const { connections } = await fakes.counts();
    for (const service of ["secrets-manager", "ssm", "sts"])
      context.add(kase, `connections to ${service}`, "connections", connections[service] ?? 0);
    addMemory(context, kase, "after", running);
  });
}

async function steady(context: Context): Promise<void> {
  const kase = "5,000 mounts";
  const total = size(context, 5_000, 100);
  const steps = 20;
  const pods = 200;
  const plan: MountPlan = {
    objects: [...secrets(1), ...parameters(1)],
    pod: (n) => n % pods,
    account: (n) => n % accounts,
  };
  await withProvider(context, { args: unlimited, awsMs: 0, kubernetesMs: 0 }, async (running, fakes) => {
    const requests = await prepare(plan, fakes, running, pods);
    const curve: [number, number][] = [[0, rounded(running.stats()?.rssMiB ?? 0)]];
    const cpuMs = running.cpuMs();
    const startedMs = performance.now();
    const step = total / steps;
    const shown = showing(context, kase, total);
    for (let done = 0; done < total; done += step) {
      const onProgress = (more: number): void => shown(done + more);
      const part = await load(running, requests, { count: step, atOnce: 4, from: done, onProgress });
      mustAll(running, part, kase);
      addLatencies(context, kase, part);
      curve.push([done + step, rounded(running.stats()?.rssMiB ?? 0)]);
      await fakes.reset(); // or the fakes keep a record of every call
    }
    const tookMs = performance.now() - startedMs;
    context.add(kase, "CPU", "ms per mount", (running.cpuMs() - cpuMs) / total);
    context.add(kase, "mounts per second", "1/s", total / (tookMs / 1000));
    context.add(kase, "log", "bytes per mount", running.logBytes() / total);
    addMemory(context, kase, "after", running);
    context.curve(kase, curve);
    await Bun.sleep(size(context, 10_000, 1_500));
    addMemory(context, kase, "10 s later", running);
  });
}

async function big(context: Context): Promise<void> {
  const kase = "30 secrets of 64 KiB, driver writes";
  await withProvider(context, { args: [...unlimited, driverWrites] }, async (running, fakes) => {
    const plan: MountPlan = { objects: bigSecrets(), pod: (n) => n, account: () => 0 };
    const count = size(context, 10, 2);
    const requests = await prepare(plan, fakes, running, count + 1);
    mustAll(running, await load(running, requests, { count: 1, atOnce: 1 }), kase);
    const cpuMs = running.cpuMs();
    const result = await load(running, requests, {
      count,
      atOnce: 1,
      from: 1,
      onProgress: showing(context, kase, count),
    });
    mustAll(running, result, kase);
    addLatencies(context, kase, result);
    context.add(kase, "CPU", "ms per mount", (running.cpuMs() - cpuMs) / count);
    addMemory(context, kase, "after", running);
  });
}

function addMemory(context: Context, kase: string, when: string, running: { readonly stats: () => Stats }): void {
  const stats = running.stats();
  if (stats === undefined) return;
  context.add(kase, `RSS ${when}`, "MiB", stats.rssMiB);
  context.add(kase, `anonymous memory ${when}`, "MiB", stats.anonymousMiB);
  context.add(kase, `open files ${when}`, "files", stats.openFiles);
  if (when === "after") context.add(kase, "peak RSS", "MiB", stats.peakRssMiB);
}

type Stats = ReturnType<Parameters<Parameters<typeof withProvider>[2]>[0]["stats"]>;

function rounded(value: number): number {
  return Number(value.toFixed(1));
}

export const rotation: Scenario = {
  name: "rotation",
  what: "200 pods of 20 accounts (2 secrets + 1 parameter each, region from the node), mounted, then three times more with fresh tokens, 8 at a time.",
  run: rotate,
};

export const manyMounts: Scenario = {
  name: "many-mounts",
  what: "5,000 mounts (1 secret + 1 parameter, 200 pods of 20 accounts), 4 at a time, no latency.",
  roundsMax: 1,
  run: steady,
};

export const bigAnswers: Scenario = {
  name: "big",
  what: "30 secrets of 64 KiB in one mount that the driver writes.",
  roundsMax: 2,
  run: big,
};
