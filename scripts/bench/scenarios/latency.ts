// One mount after the other: what a mount costs in time, CPU and calls.
import { mixed, parameters, secrets, workloadsMax } from "../content.ts";
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

interface Case {
  readonly name: string;
  readonly count: number;
  readonly objects: readonly object[];
  readonly parameters?: MountPlan["parameters"];
  readonly region?: MountPlan["region"];
  /** Another service account each time. */
  readonly freshAccount?: true;
  /** The same pod each time. */
  readonly samePod?: true;
  readonly driverWrites?: true;
}

const batch = { batch: "true" };
const agent = { usePodIdentity: "true" };
const cases: readonly Case[] = [
  { name: "1 secret", count: 100, objects: secrets(1) },
  { name: "1 secret, new service account each", count: 100, objects: secrets(1), freshAccount: true },
  { name: "1 secret, region from node", count: 100, objects: secrets(1), region: "from node" },
  { name: "1 secret, Pod Identity, remount", count: 100, objects: secrets(1), parameters: agent, samePod: true },
  { name: "1 secret, Pod Identity, new pod", count: 100, objects: secrets(1), parameters: agent },
  { name: "10 secrets", count: 50, objects: secrets(10) },
  { name: "10 secrets, batch", count: 50, objects: secrets(10), parameters: batch },
  { name: "50 secrets", count: 20, objects: secrets(50) },
  { name: "50 secrets, batch", count: 20, objects: secrets(50), parameters: batch },
  { name: "50 parameters", count: 40, objects: parameters(50) },
  { name: "10 + 10 with jmesPath", count: 40, objects: mixed() },
  { name: "1 secret, driver writes", count: 100, objects: secrets(1), driverWrites: true },
  { name: "10 + 10 with jmesPath, driver writes", count: 40, objects: mixed(), driverWrites: true },
];
const warmUp = 3;

async function run(context: Context): Promise<void> {
  for (const mode of [[], [driverWrites]]) {
    await withProvider(context, { args: [...unlimited, ...mode] }, async (running, fakes) => {
      for (const one of cases.filter((item) => (item.driverWrites === true) === mode.length > 0)) {
        const count = size(context, one.count, 3);
        const plan: MountPlan = {
          ...one,
          region: one.region ?? "given",
          pod: (n) => (one.samePod === true ? 0 : n % workloadsMax),
          account: (n) => (one.freshAccount === true ? n % workloadsMax : 0),
        };
        const requests = await prepare(plan, fakes, running, count + warmUp);
        mustAll(running, await load(running, requests, { count: warmUp, atOnce: 1 }), one.name);
        await fakes.reset();
        const cpuMs = running.cpuMs();
        const onProgress = showing(context, one.name, count);
        const result = await load(running, requests, { count, atOnce: 1, from: warmUp, onProgress });
        const usedMs = running.cpuMs() - cpuMs;
        mustAll(running, result, one.name);
        addLatencies(context, one.name, result);
        context.add(one.name, "CPU", "ms per mount", usedMs / count);
        await addCalls(context, fakes, one.name, count);
      }
    });
  }
}

async function runDefaultFlags(context: Context): Promise<void> {
  for (const region of ["given", "from node"] as const) {
    await withProvider(context, {}, async (running, fakes) => {
      const kase = `region ${region}`;
      const plan: MountPlan = { objects: secrets(1), region, pod: (n) => n, account: () => 0 };
      const count = size(context, 30, 5);
      const result = await mount({ context, running, fakes }, plan, { count, atOnce: 1, label: kase });
      mustAll(running, result, kase);
      context.add(kase, `${count} mounts`, "s", result.tookMs / 1000);
      await addCalls(context, fakes, kase, count);
    });
  }
}

export const latency: Scenario = {
  name: "latency",
  what: "One mount after the other, limit on Kubernetes calls lifted; same service account and a new pod each time unless the case says otherwise.",
  run,
};

export const inARow: Scenario = {
  name: "in-a-row",
  what: "30 mounts of one account one after the other, default flags.",
  roundsMax: 2,
  run: runDefaultFlags,
};
