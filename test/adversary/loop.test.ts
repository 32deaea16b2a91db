// How long the event loop is held in one stretch by hostile mounts, at full speed: the program from source, with a watch on its loop.
// The bound is ten times what is wanted, so that nothing but a stretch that should have been cut fails; the true figures are printed.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { secret } from "../binary-lab.ts";
import { lineOf, startAttackLab } from "./attack.ts";
import type { Attack } from "./attack.ts";
import * as shapes from "./shapes.ts";
import { expectUnharmed } from "./unharmed.ts";
import type { WorldStep } from "./world-process.ts";

setDefaultTimeout(400_000);

const loopMsMax = 50;
/** From source the program has its parser and its own text in memory. */
const memoryMiB = 250;
const put = (name: string, value: string): WorldStep => ({ do: "secret", name, value });
const fill = (prefix: string, count: number, value: string): WorldStep => ({ do: "fill", prefix, count, value });
const thrice = <T>(mount: T): T[] => [mount, mount, mount];
const large = "x".repeat(65_000);
const nestedJson = JSON.stringify(Array.from({ length: 6_000 }, (_, at) => ({ a: at, b: [] })));

const attacks: Readonly<Record<string, Attack>> = {
  "jmesPath == of hashes": {
    steps: [put("h", shapes.hashFilter.value)],
    mounts: [{ objects: shapes.hashFilter.objects("h") }],
  },
  "to_string of many keys": {
    steps: [put("t", shapes.manyKeys(4_000))],
    mounts: [{ objects: shapes.toStrings("t") }],
  },
  "a prefix of 2,000 folders": {
    steps: [put("d", shapes.deepPrefix.value)],
    mounts: [{ objects: shapes.deepPrefix.objects("d"), parameters: shapes.deepPrefix.parameters }],
  },
  "empty entries": { mounts: thrice({ objects: shapes.emptyEntries }) },
  "20,000 objects": { mounts: thrice({ objects: shapes.manyObjects("m") }) },
  "500 objects": { steps: [fill("o", 500, "v")], mounts: [{ objects: shapes.secretsCalled("o", 500) }] },
  "500 large secrets": { steps: [fill("l", 500, large)], mounts: [{ objects: shapes.secretsCalled("l", 500) }] },
  "1,200 copies of a large value": {
    steps: [put("c", JSON.stringify({ a: large }))],
    mounts: [{ objects: shapes.manyCopies("c") }],
  },
  "a hundred objects with equal keys": {
    steps: [fill("e", 100, shapes.manyKeys(1_000))],
    mounts: [{ objects: shapes.equalKeys("e", 100) }],
  },
  "a class of 1 MB": { steps: [put("w", "v")], mounts: thrice({ objects: shapes.largeClass.good("w", 1_000_000) }) },
  "a class of 1 MB, nested": { mounts: thrice({ objects: shapes.largeClass.nested(1_000_000) }) },
  "a class of 1 MB, wrong at its end": { mounts: thrice({ objects: shapes.largeClass.bad(1_000_000) }) },
  "a class of 200 KB, wrong at its end": { mounts: thrice({ objects: shapes.largeClass.bad(200_000) }) },
  "64 KiB of small values": {
    steps: [put("j", nestedJson.slice(0, 65_000).replace(/,[^,]*$/, "]"))],
    mounts: [
      { objects: JSON.stringify([secret("j", { jmesPath: [{ path: "[0].a|to_string(@)", objectAlias: "a" }] })]) },
    ],
  },
  "9,000 files, twice": {
    steps: [fill("f", 9, shapes.manyKeys(1_000, "key-"))],
    mounts: [{ objects: filesOf9000() }, { objects: filesOf9000() }],
  },
  "9,000 unchanged files": {
    steps: [fill("f", 9, shapes.manyKeys(1_000, "key-"))],
    mounts: thrice({ objects: filesOf9000() }),
  },
};

/** 9 objects of 1,000 keys, each with a prefix of its own. */
function filesOf9000(): string {
  return JSON.stringify(
    Array.from({ length: 9 }, (_, at) => secret(`f${at}`, { expandKeys: "true", keyPrefix: `of-${at}-` })),
  );
}

describe("no class holds the event loop in one stretch", () => {
  test.each(Object.entries(attacks))("%s", async (name, attack) => {
    await using lab = await startAttackLab({ watched: true });
    const report = await lab.run({ ...attack, inTurn: true });
    console.log(lineOf(name, report));
    expectUnharmed(report, memoryMiB);
    expect(report.loop?.p999, "99.9 of a hundred looks at the loop, ms").toBeLessThan(loopMsMax);
  });
});
