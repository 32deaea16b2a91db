// The metrics of a real run of the compiled binary, and the alerts of the chart, by Prometheus's own promtool; and what it does not look at: that
// alerts, dashboard, README and runbook name nothing that is not there.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { httpOf, parameter, secret, startBinaryLab } from "../binary-lab.ts";
import { definitions, prefix, processDefinitions } from "../../src/metrics/list.ts";
import type { Definition } from "../../src/metrics/list.ts";
import { chartFolder, goldenObjects, readYaml, root } from "../chart/chart.ts";

setDefaultTimeout(60_000);
const promtool = process.env["PROMTOOL"] ?? "promtool";
const alertsFile = join(chartFolder, "files/alerts.yaml");
const dashboardFile = join(chartFolder, "files/dashboard.json");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

const { groups } = readYaml(alertsFile) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

interface Ended {
  readonly exitCode: number;
  readonly said: string;
}

function run(args: readonly string[], stdin?: string): Ended {
  const { exitCode, stdout, stderr } = Bun.spawnSync([promtool, ...args], {
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
  });
  return { exitCode, said: stdout.toString() + stderr.toString() };
}

describe("the metrics of a real run", () => {
  test("promtool check metrics has nothing to say, after every kind of event", async () => {
    await using lab = await startBinaryLab({ args: ["--http-addr=127.0.0.1:0", "--qps=-1"] });
    const { cloud, faults } = lab.world;
    for (const region of ["eu-west-1", "us-west-2"]) cloud.putSecret(region, "s", "v");
    cloud.putParameter("eu-west-1", "p", "v");
    await lab.run({ objects: [secret("s"), parameter("p")] });
    await lab.run({ objects: [secret("s")], attributes: { usePodIdentity: "true" } });
    await lab.failure({ objects: [secret("none")] });
    await lab.failure({ objects: "[" });
    const throttling = { kind: "answer", status: 400, code: "ThrottlingException", message: "Rate exceeded" } as const;
    faults.inject({ service: "secrets-manager", times: 1 }, throttling);
    await lab.run({ objects: [secret("s")] });
    const denial = cloud.deny({ region: "eu-west-1" });
    await lab.run({ objects: [secret("s")], attributes: { failoverRegion: "us-west-2" } });
    denial.remove();
    const text = await (await fetch(`${await httpOf(lab)}metrics`)).text();
    expect(run(["check", "metrics"], text)).toEqual({ exitCode: 0, said: "" });
    expect(text).toMatch(new RegExp(`^${prefix}failovers_total\\{type="secretsmanager"\\} 1$`, "m"));
    expect(text).toMatch(new RegExp(`^${prefix}call_retries_total\\{service="secretsmanager"\\} [1-9]`, "m"));
    const families = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name);
    expect(families).toEqual([
      ...Object.keys(definitions).map((name) => prefix + name),
      ...Object.keys(processDefinitions),
    ]);
  });

  test("a fault is seen", () => {
    const text = "# HELP mounts Mounts.\n# TYPE mounts_total gauge\nmounts_total 1\n";
    expect(run(["check", "metrics"], text).exitCode).not.toBe(0);
  });
});

describe("the alerts", () => {
  test("promtool check rules accepts the file, and finds each", () => {
    const { exitCode, said } = run(["check", "rules", alertsFile]);
    expect({ exitCode, said }).toEqual({
      exitCode: 0,
      said: expect.stringContaining(`SUCCESS: ${rules.length} rules found`),
    });
  });

  test("are those that the chart renders", () => {
    const rule = goldenObjects("every-value").find(({ kind }) => kind === "PrometheusRule") as unknown as {
      readonly metadata: { readonly labels: object };
      readonly spec: unknown;
    };
    expect(rule.spec).toEqual({ groups });
    expect(rule.metadata.labels).toMatchObject({ release: "prometheus" });
  });

  test("name metrics and labels that exist", () => {
    for (const { alert, expr } of rules) {
      expect({ alert, unknown: unknownIn(expr) }).toEqual({ alert, unknown: [] });
    }
  });

  test("each has a severity, words, and an entry of the runbook", () => {
    const headings = [...readFileSync(join(root, "docs/runbook.md"), "utf8").matchAll(/^## (\w+)$/gm)].map(
      ([, heading = ""]) => heading,
    );
    expect(headings).toEqual(rules.map(({ alert }) => alert));
    const readme = readFileSync(join(root, "README.md"), "utf8");
    for (const { alert, labels, annotations } of rules) {
      expect(["warning", "critical"]).toContain(labels.severity);
      expect(annotations.summary.length * annotations.description.length).toBeGreaterThan(100);
      expect(annotations.runbook_url).toEndWith(`/docs/runbook.md#${alert.toLowerCase()}`);
      expect(readme).toContain(`\`${alert}\``);
    }
  });
});

/** One minute a step; a series is `values` in promtool's notation. */
interface Case {
  readonly alert: string;
  readonly what: string;
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  /** Labels of the alerts that fire, beside severity; none = silence. */
  readonly fires: readonly Readonly<Record<string, string>>[];
}

const target = 'job="kube-system/aws", instance="10.0.0.1:8989"';
const of = (name: string, labels = ""): string => `${prefix}${name}{${target}${labels === "" ? "" : `, ${labels}`}}`;
const errors = of("mounts_total", 'result="error", reason="AccessDenied"');
const ok = of("mounts_total", 'result="ok", reason="None"');
const up = `up{${target}}`;
const job = "kube-system/aws";
const instance = "10.0.0.1:8989";

const cases: readonly Case[] = [
  {
    alert: "SecretsStoreProviderAwsMountsFail",
    what: "a rotation that fails again and again",
    series: { [errors]: "1+0.5x60", [ok]: "0+1x60" },
    at: "40m",
    fires: [{ job, reason: "AccessDenied" }],
  },
  {
    alert: "SecretsStoreProviderAwsMountsFail",
    what: "one failure, mended",
    series: { [errors]: "0 0 0 1+0x60", [ok]: "0+1x60" },
    at: "40m",
    fires: [],
  },
  {
    alert: "SecretsStoreProviderAwsAllMountsFail",
    what: "failures alone",
    series: { [errors]: "0+1x60", [ok]: "5+0x60" },
    at: "40m",
    fires: [{ job, instance }],
  },
  {
    alert: "SecretsStoreProviderAwsAllMountsFail",
    what: "failures beside successes",
    series: { [errors]: "0+1x60", [ok]: "0+1x60" },
    at: "40m",
    fires: [],
  },
  {
    alert: "SecretsStoreProviderAwsThrottled",
    what: "every tenth call",
    series: {
      [of("calls_total", 'service="ssm", operation="GetParameters", region="eu-west-1", outcome="throttled"')]:
        "0+1x60",
      [of("calls_total", 'service="ssm", operation="GetParameters", region="eu-west-1", outcome="ok"')]: "0+9x60",
    },
    at: "40m",
    fires: [{ job, service: "ssm", region: "eu-west-1" }],
  },
  {
    alert: "SecretsStoreProviderAwsThrottled",
    what: "every hundredth call",
    series: {
      [of("calls_total", 'service="ssm", operation="GetParameters", region="eu-west-1", outcome="throttled"')]:
        "0+1x60",
      [of("calls_total", 'service="ssm", operation="GetParameters", region="eu-west-1", outcome="ok"')]: "0+99x60",
    },
    at: "40m",
    fires: [],
  },
  {
    alert: "SecretsStoreProviderAwsCredentialsFail",
    what: "an association that is missing",
    series: {
      [of("credential_exchanges_total", 'method="pod-identity", outcome="refused"')]: "0+1x60",
      [of("credential_exchanges_total", 'method="irsa", outcome="ok"')]: "0+1x60",
    },
    at: "40m",
    fires: [{ job, method: "pod-identity", outcome: "refused" }],
  },
  {
    alert: "SecretsStoreProviderAwsFailover",
    what: "a primary region that is out",
    series: {
      [of("failovers_total", 'type="secretsmanager"')]: "0+1x60",
      [of("failovers_total", 'type="ssmparameter"')]: "0x60",
    },
    at: "40m",
    fires: [{ job, type: "secretsmanager" }],
  },
  {
    alert: "SecretsStoreProviderAwsServesStale",
    what: "an outage that pods are carried over",
    series: {
      [of("stale_serves_total", 'type="secretsmanager"')]: "0+1x60",
      [of("stale_serves_total", 'type="ssmparameter"')]: "0x60",
    },
    at: "40m",
    fires: [{ job, type: "secretsmanager" }],
  },
  {
    alert: "SecretsStoreProviderAwsDown",
    what: "a target that answered and then does not",
    series: { [up]: "1x20 0x40", [of("build_info", 'version="4.0.0"')]: "1x20 _x40" },
    at: "40m",
    fires: [{ job, instance }],
  },
  {
    alert: "SecretsStoreProviderAwsDown",
    what: "another job's target",
    series: { 'up{job="other", instance="10.0.0.2:1"}': "0x60", [of("build_info", 'version="4.0.0"')]: "1x60" },
    at: "40m",
    fires: [],
  },
  { alert: "SecretsStoreProviderAwsAbsent", what: "no target at all", series: {}, at: "40m", fires: [{}] },
  {
    alert: "SecretsStoreProviderAwsAbsent",
    what: "one target",
    series: { [of("build_info", 'version="4.0.0"')]: "1x60" },
    at: "40m",
    fires: [],
  },
  {
    alert: "SecretsStoreProviderAwsMemory",
    what: "what can't be reclaimed fills the limit",
    series: {
      [of("container_memory_bytes", 'kind="anon"')]: "30x60",
      [of("container_memory_bytes", 'kind="shmem"')]: "65x60",
      [of("container_memory_bytes", 'kind="file"')]: "1x60",
      [of("container_memory_limit_bytes")]: "100x60",
    },
    at: "40m",
    fires: [{ job, instance }],
  },
  {
    alert: "SecretsStoreProviderAwsMemory",
    what: "the page cache fills the limit",
    series: {
      [of("container_memory_bytes", 'kind="anon"')]: "30x60",
      [of("container_memory_bytes", 'kind="file"')]: "69x60",
      [of("container_memory_limit_bytes")]: "100x60",
    },
    at: "40m",
    fires: [],
  },
  {
    alert: "SecretsStoreProviderAwsBug",
    what: "one",
    series: { [of("bugs_total", 'place="mount"')]: "0x30 1x30" },
    at: "40m",
    fires: [{ job, instance, place: "mount" }],
  },
];

describe("promtool test rules", () => {
  test("each alert is tried, and those that go by a share or by something else are tried in silence too", () => {
    expect([...new Set(cases.filter(({ fires }) => fires.length > 0).map(({ alert }) => alert))]).toEqual(
      rules.map(({ alert }) => alert),
    );
  });

  test.each(
    cases.map((one) => [`${one.alert}: ${one.what}${one.fires.length === 0 ? " is silent" : ""}`, one] as const),
  )("%s", (_title, one) => {
    const folder = mkdtempSync(join(tmpdir(), "rules-"));
    const file = join(folder, "test.json"); // JSON is YAML
    const input_series = Object.entries(one.series).map(([series, values]) => ({ series, values }));
    const check = (fires: Case["fires"]): Ended => {
      const exp_alerts = fires.map((labels) => ({ exp_labels: { ...labels, severity: severityOf(one.alert) } }));
      const alert_rule_test = [{ alertname: one.alert, eval_time: one.at, exp_alerts }];
      writeFileSync(
        file,
        JSON.stringify({
          rule_files: [withoutWords(folder)],
          tests: [{ interval: "1m", input_series, alert_rule_test }],
        }),
      );
      return run(["test", "rules", file]);
    };
    try {
      const { exitCode, said } = check(one.fires);
      expect({ exitCode, said }).toEqual({ exitCode: 0, said: expect.stringContaining("SUCCESS") });
      expect(check([...one.fires, { job: "nobody" }]).exitCode).not.toBe(0); // the test itself can fail
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

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

test("all queries parse: promtool reads them as recording rules", () => {
  const folder = mkdtempSync(join(tmpdir(), "queries-"));
  const { panels } = JSON.parse(readFileSync(dashboardFile, "utf8")) as {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
  };
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "5m")));
  const file = join(folder, "queries.json");
  writeFileSync(
    file,
    JSON.stringify({ groups: [{ name: "q", rules: queries.map((expr, at) => ({ record: `q${at}`, expr })) }] }),
  );
  const { exitCode, said } = run(["check", "rules", file]);
  rmSync(folder, { recursive: true });
  expect({ exitCode, said }).toEqual({
    exitCode: 0,
    said: expect.stringContaining(`SUCCESS: ${queries.length} rules found`),
  });
});

/** Metrics of a query that no process tells, and labels that the metric before them does not have. */
function unknownIn(query: string): string[] {
  const known = new Map<string, readonly string[]>([["up", []]]);
  const add = (name: string, { kind, labels }: Definition): void => {
    if (kind !== "histogram") known.set(name, labels);
    else
      for (const end of ["_bucket", "_sum", "_count"])
        known.set(name + end, end === "_bucket" ? [...labels, "le"] : labels);
  };
  for (const [name, one] of Object.entries<Definition>(definitions)) add(prefix + name, one);
  for (const [name, one] of Object.entries<Definition>(processDefinitions)) add(name, one);
  const faults: string[] = [];
  for (const [, name = "", , matchers = ""] of query.matchAll(/\b(up|process_\w+|secrets_store\w+)(\{([^}]*)\})?/g)) {
    const labels = known.get(name);
    if (labels === undefined) faults.push(name);
    for (const [, label = ""] of matchers.matchAll(/(\w+)=~?"/g))
      if (label !== "job" && labels?.includes(label) !== true) faults.push(`${name}{${label}}`);
  }
  const own = new Set([...known.values(), ["job", "instance"]].flat());
  for (const [, list = ""] of query.matchAll(/\b(?:by|without|on) \(([^)]*)\)/g))
    for (const label of list.split(",").map((one) => one.trim())) if (!own.has(label)) faults.push(label);
  return faults;
}

function severityOf(alert: string): string {
  return rules.find((rule) => rule.alert === alert)?.labels.severity ?? "";
}

/** The rules without their annotations: their words are not to be repeated in each case. */
function withoutWords(folder: string): string {
  const file = join(folder, "rules.json");
  const bare = rules.map(({ alert, expr, labels, for: wait }) => ({ alert, expr, labels, for: wait }));
  writeFileSync(file, JSON.stringify({ groups: [{ name: "bare", rules: bare }] }));
  return file;
}
