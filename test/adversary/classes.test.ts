// Attacks by what a class says, on the compiled binary within the container's limits, with a victim in another namespace beside them.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { lineOf, startAttackLab } from "./attack.ts";
import type { Attack } from "./attack.ts";
import * as shapes from "./shapes.ts";
import { containerLimits } from "./subject.ts";
import { expectUnharmed } from "./unharmed.ts";
import type { WorldStep } from "./world-process.ts";

setDefaultTimeout(400_000);

const secret = (name: string, value: string): WorldStep => ({ do: "secret", name, value });
const fill = (prefix: string, count: number, value: string): WorldStep => ({ do: "fill", prefix, count, value });
const large = "x".repeat(65_000);
/** Some attacks go on for a minute within 50m: long enough to see what becomes of the others meanwhile. */
const cutShortMs = 30_000;
/** For the others what kubelet gives: the bound is met, however slow the machine. */
const kubeletMs = 120_000;

interface Row extends Attack {
  /** What comes of each of its mounts; absent = it is mounted. */
  readonly outcome?: RegExp;
  /** All of the CPU: the slower it is, the less of an attack is in memory at once. */
  readonly isFast?: true;
}

const rows: Readonly<Record<string, Row>> = {
  "1 jmesPath == of hashes": {
    steps: [secret("h", shapes.hashFilter.value)],
    mounts: [{ objects: shapes.hashFilter.objects("h") }],
    outcome: /^ok$|too much work|given up (?:after|shortly)|Invalid JMES Path/,
  },
  "1 jmesPath == of the secret's own hashes": {
    steps: [secret("o", shapes.ownHashes.value)],
    mounts: [{ objects: shapes.ownHashes.objects("o") }],
    outcome: /^ok$|too much work|given up (?:after|shortly)/,
  },
  "2 a prefix of 2,000 folders": {
    steps: [secret("d", shapes.deepPrefix.value)],
    mounts: [{ objects: shapes.deepPrefix.objects("d"), parameters: shapes.deepPrefix.parameters }],
    outcome: /folders/,
  },
  "2 aliases below 2,000 folders": {
    steps: [secret("d", shapes.deepAliases.value)],
    mounts: [{ objects: shapes.deepAliases.objects("d"), parameters: shapes.deepAliases.parameters }],
    outcome: /folders/,
  },
  "3 200 KB of empty entries": {
    mounts: [{ objects: shapes.emptyEntries }],
    outcome: /Empty descriptor entry|more than \d+ entries|given up (?:after|shortly)/,
  },
  "4 20,000 objects": {
    steps: [fill("m", 20_000, "v")],
    mounts: [{ objects: shapes.manyObjects("m") }],
    outcome: /more than \d+ (?:files|entries)|longer than \d+ Ki/,
  },
  "5 long names of 6,000 keys": {
    steps: Array.from({ length: 6 }, (_, at) => secret(`n${at}`, shapes.manyKeys(1_000))),
    mounts: [{ objects: shapes.longNames("n"), parameters: { pathTranslation: "False" } }],
    outcome: /^ok$|larger than \d+ MiB|given up (?:after|shortly)/,
  },
  "5 1,200 copies of a large value": {
    steps: [secret("c", JSON.stringify({ a: large }))],
    mounts: [{ objects: shapes.manyCopies("c") }],
    outcome: /larger than \d+ MiB/,
  },
  "5 1,000 large secrets": {
    steps: [fill("l", 1_000, large)],
    mounts: [{ objects: shapes.secretsCalled("l", 1_000) }],
    outcome: /larger than \d+ MiB/,
  },
  "8 ten objects with equal keys": {
    steps: [fill("e", 10, shapes.manyKeys(1_000))],
    mounts: [{ objects: shapes.equalKeys("e", 10) }],
  },
  "8 a hundred objects with equal keys": {
    steps: [fill("e", 100, shapes.manyKeys(1_000))],
    mounts: [{ objects: shapes.equalKeys("e", 100) }],
    outcome: /^ok$|more than \d+ files|given up (?:after|shortly)/,
  },
  "to_string of many keys": {
    steps: [secret("t", shapes.manyKeys(4_000))],
    mounts: [{ objects: shapes.toStrings("t") }],
    outcome: /too much work|larger than \d+ MiB/,
  },
  "60 waiting requests of 1 MB": {
    isFast: true,
    outcome: /^ok$|waiting already|given up (?:after|shortly)|longer than \d+ Ki/,
    steps: [
      secret("w", "v"),
      { do: "fault", match: { service: "secrets-manager", role: "evil" }, action: { kind: "delay", delayMs: 2_000 } },
    ],
    mounts: Array.from({ length: 60 }, (_, pod) => ({ pod, objects: shapes.largeClass.good("w", 1_000_000) })),
  },
};

describe("within the container's limits nothing stops the provider, nor another namespace's mounts", () => {
  test.each(Object.entries(rows))("%s", async (name, { outcome = /^ok$/, isFast = false, ...attack }) => {
    const limits = isFast ? { ...containerLimits, milliCpu: 0 } : containerLimits;
    await using lab = await startAttackLab({ limits });
    const deadlineMs = outcome.source.includes("given up") ? cutShortMs : kubeletMs;
    const report = await lab.run({ deadlineMs, ...attack });
    console.log(lineOf(name, report));
    expectUnharmed(report);
    for (const one of report.outcomes) expect(one).toMatch(outcome);
  });
});
