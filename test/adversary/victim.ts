// Somebody in another namespace than the attack: pods that are new each time mount an ordinary class, one after the other, and look at their files.
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { aMountRequest } from "../build.ts";
import { parameter, secret } from "../binary-lab.ts";
import type { Subject } from "./subject.ts";
import { region } from "./world-process.ts";
import type { WorldProcess } from "./world-process.ts";

export interface VictimReport {
  readonly mounted: number;
  /** Texts of mounts that failed, or whose files are not what they should be. */
  readonly failed: readonly string[];
  /** Of each mount, ms. */
  readonly timesMs: readonly number[];
}

export interface Victim {
  /** Mounts so many times in a row. */
  readonly run: (mounts: number) => Promise<VictimReport>;
  /** Mounts again and again until told to stop. */
  readonly start: (everyMs: number) => { readonly stop: () => Promise<VictimReport> };
}

const namespace = "victim";
const serviceAccount = "app";
/** Far below kubelet's two minutes: within the container's limits an idle provider mounts this class in a fifth of a second. */
const deadlineMs = 20_000;
const tokensAtOnce = 40;

const objects = [
  secret("victim/text"),
  secret("victim/json", { jmesPath: [{ path: "user.name", objectAlias: "user" }] }),
  parameter("/victim/level"),
];
const json = JSON.stringify({ user: { name: "ada" }, password: "long enough" });
const expected: Readonly<Record<string, string>> = {
  victim_text: "a value of the victim",
  victim_json: json,
  user: "ada",
  _victim_level: "debug",
};

/** Puts the victim's secrets and its service account into a world. */
export async function createVictim(world: WorldProcess, subject: Subject): Promise<Victim> {
  await world.take(namespace, [
    { do: "workload", namespace, serviceAccount, pod: "victim", role: "victim" },
    { do: "secret", name: "victim/text", value: expected["victim_text"] ?? "" },
    { do: "secret", name: "victim/json", value: json },
    { do: "parameter", name: "/victim/level", value: "debug" },
  ]);
  let pods = 0;
  let tokens: string[] = [];

  async function mount(): Promise<string | undefined> {
    pods += 1;
    const pod = `victim-${pods}`;
    if (tokens.length === 0) {
      const names = Array.from({ length: tokensAtOnce }, (_, at) => `victim-${pods + at}`);
      tokens = [...(await world.tokens(names.map((name) => ({ namespace, serviceAccount, pod: name }))))];
    }
    const targetPath = subject.newTarget(pod);
    const own = { namespace, serviceAccount, pod, tokens: tokens.shift(), targetPath };
    const request = aMountRequest({ ...own, objects, parameters: { region } });
    try {
      const { files } = await subject.mount(request, { deadlineMs, signal: subject.gone });
      const answered = new Map(files.map(({ path, contents }) => [path, Buffer.from(contents).toString()]));
      for (const [path, value] of Object.entries(expected)) {
        const seen = answered.get(path) ?? (await readFile(join(targetPath, path), "utf8"));
        if (seen !== value) return `${path} of ${pod} has other contents`;
      }
      return undefined;
    } catch (error) {
      return `${pod}: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      rmSync(join(targetPath, "../../../.."), { recursive: true, force: true });
    }
  }

  function collect() {
    const failed: string[] = [];
    const timesMs: number[] = [];
    const once = async (): Promise<void> => {
      const startedMs = performance.now();
      const fault = await mount();
      if (fault === undefined) timesMs.push(performance.now() - startedMs);
      else failed.push(fault);
    };
    return { once, report: (): VictimReport => ({ mounted: timesMs.length, failed, timesMs }) };
  }

  return {
    run: async (mounts) => {
      const { once, report } = collect();
      for (let at = 0; at < mounts; at += 1) await once();
      return report();
    },
    start: (everyMs) => {
      const { once, report } = collect();
      const stopping = new AbortController();
      const running = (async () => {
        while (!stopping.signal.aborted && subject.alive()) {
          await once();
          await pause(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        }
      })();
      return {
        stop: async () => {
          stopping.abort();
          await running;
          return report();
        },
      };
    },
  };
}
