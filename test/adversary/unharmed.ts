// What holds of a provider after any attack.
import { expect } from "bun:test";
import type { AttackReport } from "./attack.ts";

/** SECURITY.md: what one mount may log. */
const logBytesMax = 100_000;

/** What holds of every attack, whatever comes of its own mounts. */
export function expectUnharmed({ alive, outcomes, victim, livez, memory, log }: AttackReport, memoryMiB = 100): void {
  expect(alive, "the provider is alive").toBe(true);
  expect(memory.oomKills, "killed for memory").toBe(0);
  expect(victim.failed, "mounts of the victim that failed").toEqual([]);
  expect(victim.mounted, "mounts of the victim").toBeGreaterThan(0);
  expect(livez.failed, "probes of /livez without an answer in good time").toBe(0);
  expect(memory.anonymousMiB, "anonymous memory, MiB").toBeLessThan(memoryMiB);
  expect(log.mountBytesMax, "bytes that a mount logged").toBeLessThan(logBytesMax);
  expect(log.bugs, "errors that nobody expected").toEqual([]);
  expect(log.unprintable, "lines with control or format characters").toBe(0);
  expect(
    outcomes.filter((outcome) => /deadline exceeded/i.test(outcome)),
    "mounts without an answer",
  ).toEqual([]);
}
