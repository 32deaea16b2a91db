// The queries of the chart's dashboard by Prometheus's own promtool: all parse, and those of the status row give what their titles say.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prefix } from "../../src/telemetry/metric-list.ts";
import { healthy, series } from "../chart/alert-cases.ts";
import type { Labels, Target } from "../chart/alert-cases.ts";
import { chartFolder } from "../chart/chart.ts";

setDefaultTimeout(60_000);

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const { panels } = JSON.parse(readFileSync(join(chartFolder, "files/dashboard.json"), "utf8")) as {
  readonly panels: readonly Panel[];
};

/** promtool on one file of that content. */
function run(args: readonly string[], content: object): string {
  const folder = mkdtempSync(join(tmpdir(), "queries-"));
  const file = join(folder, "content.json"); // JSON is YAML
  writeFileSync(file, JSON.stringify(content));
  const { stdout, stderr } = Bun.spawnSync([process.env["PROMTOOL"] ?? "promtool", ...args, file]);
  rmSync(folder, { recursive: true });
  return stdout.toString() + stderr.toString();
}

test("all queries parse: promtool reads them as recording rules", () => {
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const rules = queries.map((expr, at) => ({ record: `q${at}`, expr: expr.replaceAll("$__rate_interval", "5m") }));
  expect(run(["check", "rules"], { groups: [{ name: "q", rules }] })).toContain(
    `SUCCESS: ${queries.length} rules found`,
  );
});

describe("the status row", () => {
  const [a1, a2, b1]: readonly [Target, Target, Target] = [
    { cluster: "a", node: "1" },
    { cluster: "a", node: "2" },
    { cluster: "b", node: "1" },
  ];
  const process = (target: Target, up: string, failed: string, ok: string): Labels => ({
    [series(target, "up")]: up,
    [series(target, `${prefix}build_info`, { version: "4.0.0" })]: healthy,
    [series(target, `${prefix}mounts_total`, { result: "error", reason: "AccessDenied" })]: failed,
    [series(target, `${prefix}mounts_total`, { result: "ok", reason: "None" })]: ok,
    [series(target, `${prefix}last_mount_success_timestamp_seconds`)]: "2320x60",
  });
  // One node of a fails every mount, one is gone, that of b is well.
  const input = { ...process(a1, "1x60", "0+1x60", "0x60"), ...process(a2, "1x10 0x50", "0x60", "0x60") };
  Object.assign(input, process(b1, "1x60", "0x60", "0+3x60"));
  const input_series = Object.entries(input).map(([name, values]) => ({ series: name, values }));
  const failing = '{cluster="a", node="1", pod="aws-1", instance="10.0.0.1:8989", reason="AccessDenied"}';

  test.each([
    ["Providers not answering", "", [{ labels: "{}", value: 1 }]],
    ["Providers not answering", "b", [{ labels: "{}", value: 0 }]],
    ["Nodes with failed mounts (15m)", "", [{ labels: "{}", value: 1 }]],
    ["Nodes with failed mounts (15m)", "b", [{ labels: "{}", value: 0 }]],
    ["Mount success rate (15m)", "", [{ labels: "{}", value: 0.75 }]],
    ["Mount success rate (15m)", "a", [{ labels: "{}", value: 0 }]],
    ["Time since last success (oldest node)", "", [{ labels: "{}", value: 80 }]],
    ["Provider pods by version", "a", [{ labels: '{version="4.0.0"}', value: 2 }]],
    ["Failing nodes by reason (15m)", "", [{ labels: failing, value: 15 }]],
    ["Failing nodes by reason (15m)", "b", []],
  ])("%s, cluster %p: %j", (title, cluster, exp_samples) => {
    const expr = (panels.find((panel) => panel.title === title)?.targets?.[0]?.expr ?? "")
      .replaceAll("$cluster", cluster === "" ? ".*" : cluster)
      .replaceAll(/\$(namespace|job|node)/g, ".*");
    const promql_expr_test = [{ expr, eval_time: "40m", exp_samples }];
    expect(run(["test", "rules"], { tests: [{ interval: "1m", input_series, promql_expr_test }] })).toContain(
      "SUCCESS",
    );
  });
});
