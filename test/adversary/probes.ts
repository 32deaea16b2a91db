// What is asked of a provider from outside while it is attacked: /livez as kubelet asks, and Version over a connection of its own.
import { setTimeout as pause } from "node:timers/promises";
import { connectProvider } from "../client.ts";
import { createDelays } from "./delays.ts";
import type { DelayReport } from "./delays.ts";
import type { Subject } from "./subject.ts";

export interface ProbeReport {
  readonly answered: number;
  /** Probes without an answer within five seconds. */
  readonly failed: number;
  readonly slowestMs: number;
}

export interface Probes {
  readonly stop: () => Promise<{ readonly livez: ProbeReport; readonly version: DelayReport }>;
}

/** A quarter of the chart's timeoutSeconds: what is slower than that is on its way to be killed. */
const livezMs = 5_000;

/** Probes until told to stop, /livez each second and Version each `versionEveryMs`. */
export function startProbes(subject: Subject, versionEveryMs: number): Probes {
  const stopping = new AbortController();
  const wait = (ms: number): Promise<void> => pause(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  const isOver = (): boolean => stopping.signal.aborted || !subject.alive();
  let [answered, failed, slowestMs] = [0, 0, 0];
  const delays = createDelays();

  async function livez(): Promise<void> {
    while (!isOver()) {
      const startedMs = performance.now();
      const signal = AbortSignal.any([subject.gone, AbortSignal.timeout(livezMs)]);
      const isGood = await fetch(`${subject.http}livez`, { signal, keepalive: false }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isGood) answered += 1;
      else failed += 1;
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      await wait(1_000);
    }
  }

  async function version(): Promise<void> {
    const client = connectProvider(subject.socket);
    while (!isOver()) {
      const startedMs = performance.now();
      await client.version({ deadlineMs: 120_000, signal: subject.gone }).catch(() => undefined);
      delays.add(performance.now() - startedMs);
      await wait(versionEveryMs);
    }
    client.close();
  }

  const running = Promise.all([livez(), version()]);
  return {
    stop: async () => {
      stopping.abort();
      await running;
      return { livez: { answered, failed, slowestMs }, version: delays.report() };
    },
  };
}
