// The dashboard of the chart.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { definitions, prefix } from "../../src/metrics/list.ts";
import { chartFolder, goldenObjects } from "./chart.ts";
import { unknownIn } from "./queries.ts";

const dashboardFile = join(chartFolder, "files/dashboard.json");

test("the dashboard's queries name metrics and labels that exist, and use the job that is chosen", () => {
  interface Panel {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly expr: string }[];
  }
  const dashboard = JSON.parse(readFileSync(dashboardFile, "utf8")) as {
    readonly panels: readonly Panel[];
    readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  };
  const places = dashboard.panels.map(({ gridPos: { x, y, w } }) => `${y}:${x}..${x + w}`);
  expect(new Set(places).size).toBe(dashboard.panels.length);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  expect(queries.length).toBeGreaterThan(15);
  for (const query of queries) {
    expect({ query, unknown: unknownIn(query) }).toEqual({ query, unknown: [] });
    expect(query).toContain('job=~"$job"');
  }
  const [, metric = ""] = /label_values\((\w+), job\)/.exec(dashboard.templating.list[1]?.definition ?? "") ?? [];
  expect(unknownIn(metric)).toEqual([]);
  const shown = queries.join(" ");
  expect(Object.keys(definitions).filter((name) => !shown.includes(prefix + name))).toEqual([]);
  const config = goldenObjects("every-value").find(({ metadata }) => metadata.name.endsWith("-dashboard"));
  const { data } = config as unknown as { readonly data: Readonly<Record<string, string>> };
  expect(JSON.parse(Object.values(data)[0] ?? "")).toEqual(dashboard);
  expect(config?.metadata.labels).toMatchObject({ grafana_dashboard: "yes" });
});
