// The dashboard of the chart: valid, whole, and about metrics that the program has. Whether Grafana draws it is not tried here.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { definitions, prefix, processDefinitions } from "../../src/telemetry/metric-list.ts";
import { chartFolder, goldenObjects, root } from "./chart.ts";
import { unknownIn } from "./queries.ts";

interface Step {
  readonly color: string;
  readonly value: number | null;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly description: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: {
    readonly defaults: { readonly unit?: string; readonly thresholds?: { readonly steps: readonly Step[] } };
  };
  readonly targets: readonly { readonly refId: string; readonly expr: string; readonly format?: string }[];
  readonly links?: readonly { readonly url: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly links: readonly { readonly url: string }[];
}

const text = readFileSync(join(chartFolder, "files/dashboard.json"), "utf8");
const dashboard = JSON.parse(text) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== "row");
const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const variables = dashboard.templating.list;
const chosen = ["cluster", "namespace", "job", "node"];

/** The colour that Grafana paints a value in: that of the last step that it reaches. */
function colorOf(title: string, value: number): string | undefined {
  const steps = panels.find((panel) => panel.title === title)?.fieldConfig.defaults.thresholds?.steps ?? [];
  return steps.findLast((step) => step.value === null || step.value <= value)?.color;
}

describe("every panel", () => {
  test.each(panels.map((panel) => [panel.title, panel] as const))("%s", (title, panel) => {
    const { unit, thresholds } = panel.fieldConfig.defaults;
    expect(title.length).toBeGreaterThan(5);
    expect(panel.description).toMatch(/^[A-Z0-9].{20,}\.$/);
    expect(unit).toMatch(/^(short|ops|s|bytes|percentunit)$/);
    const bounds = thresholds?.steps.map(({ value }) => value) ?? [];
    expect(bounds[0]).toBeNull();
    expect(bounds.slice(1)).toEqual(bounds.slice(1).toSorted((a, b) => Number(a) - Number(b)));
    for (const { expr } of panel.targets) {
      expect({ expr, unknown: unknownIn(expr) }).toEqual({ expr, unknown: [] });
      for (const name of chosen) expect(expr).toContain(`${name}=~"$${name}"`);
    }
  });

  test("has an id and a title of its own, and a place that no other takes", () => {
    for (const key of ["id", "title"] as const)
      expect(new Set(dashboard.panels.map((panel) => panel[key])).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });
});

describe("the first row", () => {
  const [first, ...others] = dashboard.panels;
  const status = others.slice(
    0,
    others.findIndex(({ type }) => type === "row"),
  );

  test("is the status, with a table of failing nodes", () => {
    expect(first).toMatchObject({ type: "row", title: "Status" });
    expect(status.filter(({ type }) => type === "stat").length).toBeGreaterThan(5);
    const [table] = status.filter(({ type }) => type === "table");
    expect(table?.targets[0]?.format).toBe("table");
    expect(table?.targets[0]?.expr).toMatch(/^sum by \([^)]*\bnode\b[^)]*\breason\b[^)]*\)/);
  });

  test.each([
    ["Time since last success (oldest node)", 80, "green"],
    ["Time since last success (oldest node)", 7 * 86_400, "orange"],
    ["Providers not answering", 0, "green"],
    ["Providers not answering", 1, "red"],
    ["Nodes with failed mounts (15m)", 0, "green"],
    ["Nodes with failed mounts (15m)", 1, "orange"],
    ["Mount success rate (15m)", 1, "green"],
    ["Mount success rate (15m)", 0.5, "red"],
    ["Mount duration p95 (15m)", 0.4, "green"],
    ["Memory of limit (highest)", 0.6, "green"],
    ["Memory of limit (highest)", 0.91, "red"],
    ["Unexpected errors (24h)", 0, "green"],
    ["Unexpected errors (24h)", 1, "red"],
  ])("%s: %d is %s", (title, value, color) => expect(colorOf(title, value)).toBe(color));
});

describe("the variables", () => {
  test("are the data source, cluster, namespace, job and node, and all are used", () => {
    expect(variables.map(({ name }) => name)).toEqual(["datasource", ...chosen]);
    expect(text.match(/"uid": "\$\{datasource\}"/g)?.length).toBe(queries.length + panels.length + chosen.length);
    const used = new Set([...queries.join(" ").matchAll(/\$(\w+)/g)].map(([, name = ""]) => name));
    expect([...used].filter((name) => !name.startsWith("__")).toSorted()).toEqual(chosen.toSorted());
  });

  test("ask a metric that exists for the label of their name", () => {
    for (const { name, definition = "" } of variables.slice(1)) {
      const [, query = "", label] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
      expect(label).toBe(name);
      expect(query).toStartWith(`${prefix}build_info`);
      expect(unknownIn(query)).toEqual([]);
    }
  });
});

test("every metric of the program is shown", () => {
  const names = [...Object.keys(definitions).map((name) => prefix + name), ...Object.keys(processDefinitions)];
  const shown = queries.join(" ");
  expect(names.filter((name) => !shown.includes(name))).toEqual([]);
});

test("links lead to entries of the runbook, and every entry is linked", () => {
  const anchors = [...readFileSync(join(root, "docs/runbook.md"), "utf8").matchAll(/^## (\w+)$/gm)].map(
    ([, heading = ""]) => heading.toLowerCase(),
  );
  const linked = panels.flatMap(({ links = [] }) => links.map(({ url }) => url));
  for (const url of [...linked, ...dashboard.links.map((link) => link.url)]) expect(url).toContain("/docs/runbook.md");
  expect([...new Set(linked.map((url) => url.split("#")[1] ?? ""))].toSorted()).toEqual(anchors.toSorted());
});

test("the chart renders it, with the runbook of prometheusRule.runbookUrl", () => {
  const config = goldenObjects("every-value").find(({ metadata }) => metadata.name.endsWith("-dashboard"));
  const { data } = config as unknown as { readonly data: Readonly<Record<string, string>> };
  const [own = ""] = text.match(/https:[^"#]+\/docs\/runbook\.md/) ?? [];
  expect(own).not.toBe("");
  expect(JSON.parse(Object.values(data)[0] ?? "")).toEqual(
    JSON.parse(text.replaceAll(own, "https://wiki.example/aws-secrets")),
  );
  expect(config?.metadata.labels).toMatchObject({ grafana_dashboard: "yes" });
});
