// Hostile mounts of the generator, the same each time; `bun run adversary` makes more, with other seeds.
import { expect, setDefaultTimeout, test } from "bun:test";
import { createRandom } from "./generator/random.ts";
import { hostileCase } from "./generator/case.ts";
import { runCases } from "./run.ts";
import type { RunReport } from "./run.ts";

setDefaultTimeout(600_000);

const logBytesMax = 100_000;

function expectUnharmed(report: RunReport): void {
  expect(report.kills, "kills, and the cases under way").toEqual([]);
  expect(report.finds, "bugs, and mounts without an answer").toEqual([]);
  expect(report.log.bugs).toEqual([]);
  expect(report.victim.failed, "mounts of the victim that failed").toEqual([]);
  expect(report.victim.mounted).toBeGreaterThan(0);
  expect(report.livez.failed, "probes of /livez without an answer in good time").toBe(0);
  expect(report.log.mountBytesMax, "bytes that a mount logged").toBeLessThan(logBytesMax);
  expect(report.log.unprintable, "lines with control or format characters").toBe(0);
}

test("a thousand hostile mounts within the container's memory harm nobody", async () => {
  const report = await runCases({ seed: 12, mounts: 1_000, limits: { milliCpu: 0, memoryMiB: 100 } });
  const { place, version, memory, victim } = report;
  console.log(
    `${report.mounts} mounts [${place}]: victim ${victim.mounted} mounts, slowest Version ${version.max.toFixed(1)} ms, memory ${memory.anonymousMiB.toFixed(0)} MiB`,
  );
  expectUnharmed(report);
  expect(memory.oomKills).toBe(0);
  expect(memory.anonymousMiB).toBeLessThan(100);
});

test("five hundred hostile mounts never hold the event loop for long", async () => {
  const report = await runCases({ seed: 13, mounts: 500, watched: true });
  const { loop } = report;
  console.log(
    `loop p99.9 ${loop?.p999.toFixed(1)} ms, longest ${loop?.max.toFixed(1)} ms`,
    report.stretches.slice(0, 5),
  );
  expectUnharmed(report);
  expect(loop?.p999, "99.9 of a hundred looks at the loop, ms").toBeLessThan(50);
});

test("a case is the same each time, and no two are", () => {
  const texts = Array.from({ length: 300 }, (_, index) => Bun.inspect(hostileCase(7, index), { depth: 9 }));
  expect(texts).toEqual(Array.from({ length: 300 }, (_, index) => Bun.inspect(hostileCase(7, index), { depth: 9 })));
  expect(new Set(texts).size).toBe(300);
  expect(createRandom(7, 1).next()).not.toBe(createRandom(8, 1).next());
});
