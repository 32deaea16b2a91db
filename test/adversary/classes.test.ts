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

interface Row extends Attack {
  /** What the error says where the attack is refused; undefined = it is mounted. */
  readonly refused?: RegExp;
}

const rows: Readonly<Record<string, Row>> = {
  "1 jmesPath == of hashes": {
    steps: [secret("h", shapes.hashFilter.value)],
    mounts: [{ objects: shapes.hashFilter.objects("h") }],
    refused: /too much work/,
  },
  "2 a prefix of 2,000 folders": {
    steps: [secret("d", shapes.deepPrefix.value)],
    mounts: [{ objects: shapes.deepPrefix.objects("d"), parameters: shapes.deepPrefix.parameters }],
    refused: /folders/,
  },
  "2 aliases below 2,000 folders": {
    steps: [secret("d", shapes.deepAliases.value)],
    mounts: [{ objects: shapes.deepAliases.objects("d"), parameters: shapes.deepAliases.parameters }],
    refused: /folders/,
  },
  "3 200 KB of empty entries": {
    mounts: [{ objects: shapes.emptyEntries }],
    refused: /Empty descriptor entry/,
  },
  "4 20,000 objects": {
    steps: [fill("m", 20_000, "v")],
    mounts: [{ objects: shapes.manyObjects("m") }],
    refused: /more than \d+ (files|objects)/,
  },
  "5 long names of 6,000 keys": {
    steps: Array.from({ length: 6 }, (_, at) => secret(`n${at}`, shapes.manyKeys(1_000))),
    mounts: [{ objects: shapes.longNames("n"), parameters: { pathTranslation: "False" } }],
    refused: /^ok$|larger than \d+ MiB/,
  },
  "5 1,200 copies of a large value": {
    steps: [secret("c", JSON.stringify({ a: large }))],
    mounts: [{ objects: shapes.manyCopies("c") }],
    refused: /larger than \d+ MiB/,
  },
  "5 1,000 large secrets": {
    steps: [fill("l", 1_000, large)],
    mounts: [{ objects: shapes.secretsCalled("l", 1_000) }],
    refused: /larger than \d+ MiB/,
  },
  "8 ten objects with equal keys": {
    steps: [fill("e", 10, shapes.manyKeys(1_000))],
    mounts: [{ objects: shapes.equalKeys("e", 10) }],
  },
  "8 a hundred objects with equal keys": {
    steps: [fill("e", 100, shapes.manyKeys(1_000))],
    mounts: [{ objects: shapes.equalKeys("e", 100) }],
    refused: /more than \d+ files/,
  },
  "to_string of many keys": {
    steps: [secret("t", shapes.manyKeys(4_000))],
    mounts: [{ objects: shapes.toStrings("t") }],
    refused: /too much work|larger than \d+ MiB/,
  },
  "60 waiting requests of 1 MB": {
    steps: [secret("w", "v")],
    mounts: Array.from({ length: 60 }, (_, pod) => ({ pod, objects: shapes.largeClass.good("w", 1_000_000) })),
  },
};

describe("within the container's limits nothing stops the provider, nor another namespace's mounts", () => {
  test.each(Object.entries(rows))("%s", async (name, { refused, ...attack }) => {
    await using lab = await startAttackLab({ limits: containerLimits });
    const report = await lab.run(attack);
    console.log(lineOf(name, report));
    expectUnharmed(report);
    for (const outcome of report.outcomes) {
      if (refused === undefined) expect(outcome).toBe("ok");
      else expect(outcome).toMatch(refused);
    }
  });
});
