// The benchmark's output: command line, summary of samples, tables with ratios, plots.
import { describe, expect, test } from "bun:test";
import { readOptions } from "../../scripts/bench/options.ts";
import { plots } from "../../scripts/bench/plot.ts";
import { createRecord } from "../../scripts/bench/record.ts";
import type { Run } from "../../scripts/bench/record.ts";
import { report } from "../../scripts/bench/report.ts";

/** A run of two subjects: latencies of one case, and both curves. */
function aRun(more: Partial<Run> = {}): Run {
  const record = createRecord();
  const latency = { scenario: "latency", case: "1 secret", name: "latency", unit: "ms" };
  for (const value of [1, 2, 3, 4, 100]) record.add({ ...latency, subject: "the other", value: value * 2 });
  for (const value of [1, 2, 3, 4, 100]) record.add({ ...latency, subject: "this <provider>", value });
  return {
    date: "2026-01-02T03:04:05.000Z",
    machine: "2 x CPU",
    command: "bun run bench",
    subjects: ["the other", "this <provider>"].map((name) => ({ name, version: "4.0.0", binaryMiB: 100 })),
    rounds: 1,
    quick: false,
    awsMs: 8,
    kubernetesMs: 2,
    seconds: 1,
    metrics: record.metrics(),
    series: {
      "many-mounts / 5,000 mounts": {
        "this <provider>": [
          [0, 50],
          [5_000, 60],
        ],
      },
      "burst-limited / 100 at once, 50m/100Mi": {
        "this <provider>": [
          [1, 1],
          [2.5, 2],
        ],
      },
    },
    conditions: [{ scenario: "latency", subject: "the other", round: 1, seconds: 1, foreignCpu: 0.2 }],
    notes: ["a note"],
    ...more,
  };
}

describe("the report", () => {
  test("shows medians, ranges, the ratio of two subjects, and what other processes took", () => {
    const text = report(aRun(), new Map([["latency", "what it is"]]));
    expect(text).toMatch(/1 secret\s+latency\s+6\s+2\.\.200\s+3\s+1\.\.100\s+0\.50\s+ms/);
    expect(text).toContain("what it is");
    expect(text).toContain("20.0 % of the machine on average");
    expect(text).toContain("repeat the run");
    expect(text).toContain("a note");
  });

  test("puts a saved run beside it, and a dash where that has nothing", () => {
    const now = aRun({ subjects: [{ name: "this <provider>", version: "4.0.0", binaryMiB: 100 }] });
    expect(report(now, new Map(), aRun())).toMatch(/latency\s+6\s+2\.\.200\s+3\s+1\.\.100\s+0\.50\s+ms/);
    expect(report(now, new Map(), aRun({ metrics: [] }))).toMatch(/latency\s+-\s+3\s+1\.\.100\s+-\s+ms/);
  });
});

describe("the plots", () => {
  test("say what they show and where the Go provider's figures are from; nothing in them runs or is fetched", () => {
    const made = plots(aRun());
    expect([...made.keys()]).toEqual(["memory.svg", "rollout.svg"]);
    for (const svg of made.values()) {
      expect(svg).toContain("this &lt;provider>");
      expect(svg).toContain("as measured for this project's design");
      expect(svg).toContain("2026-01-02");
      expect(svg).not.toMatch(/NaN|Infinity|undefined|<script|href|url\(/);
    }
  });

  test("a run without their scenarios has none", () => {
    expect(plots(aRun({ series: {} })).size).toBe(0);
  });
});

test("the command line", () => {
  expect(readOptions(["--only", "a,b", "--rounds", "2"])).toMatchObject({ only: ["a", "b"], rounds: 2, quick: false });
  expect(readOptions(["--quick"]).rounds).toBe(1);
  expect(() => readOptions(["--rounds", "0"])).toThrow("--rounds");
  expect(() => readOptions(["--no-such"])).toThrow();
});
