// Twenty pods of one deployment on one node, mounted again: what they ask AWS for with --secret-cache-ttl and without.
import { parameters, secrets } from "../content.ts";
import { load, prepare } from "../load.ts";
import type { MountPlan } from "../load.ts";
import { addCalls, mount, mustAll, size, unlimited, withProvider } from "../scenario.ts";
import type { Context, Scenario } from "../scenario.ts";

const pods = 20;
/** Between two passes the values of the first are too old, within a pass they are not. */
const ttlMs = 5_000;

async function remount(context: Context): Promise<void> {
  const passes = size(context, 3, 1);
  const plan: MountPlan = { objects: [...secrets(2), ...parameters(1)], pod: (n) => n, account: () => 0 };
  for (const [kase, args, betweenMs] of [
    ["20 pods, one by one, no value cache", [], 0],
    [`20 pods, one by one, --secret-cache-ttl=${ttlMs / 1000}s`, [`--secret-cache-ttl=${ttlMs}ms`], ttlMs + 500],
  ] as const) {
    await withProvider(context, { args: [...unlimited, ...args] }, async (running, fakes) => {
      const first = await mount({ context, running, fakes }, plan, { count: pods, atOnce: 1, label: "first mount" });
      mustAll(running, first, "first mount");
      const requests = await prepare(plan, fakes, running, pods);
      await fakes.reset();
      for (let pass = 0; pass < passes; pass += 1) {
        await Bun.sleep(betweenMs);
        mustAll(running, await load(running, requests, { count: pods, atOnce: 1 }), "remounts");
      }
      await addCalls(context, fakes, kase, pods * passes);
    });
  }
}

export const deployment: Scenario = {
  name: "deployment",
  what: "20 pods of one deployment (2 secrets + 1 parameter each), mounted again one after the other, with a value cache and without.",
  roundsMax: 1,
  run: remount,
};
