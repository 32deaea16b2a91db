// The metrics of a real run of the compiled binary, and the alerts of the chart, by Prometheus's own promtool; and what it does not look at: that
// alerts, dashboard, README and runbook name nothing that is not there.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { httpOf, parameter, secret, startBinaryLab } from "../binary-lab.ts";
import { definitions, prefix, processDefinitions } from "../../src/telemetry/metric-list.ts";
import { cases, healthy, labelsOf, series } from "../chart/alert-cases.ts";
import type { Labels, Target } from "../chart/alert-cases.ts";
import { chartFolder, goldenObjects, readYaml, root } from "../chart/chart.ts";
import { unknownIn } from "../chart/queries.ts";

setDefaultTimeout(60_000);
const promtool = process.env["PROMTOOL"] ?? "promtool";
const alertsFile = join(chartFolder, "files/alerts.yaml");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

const { groups } = readYaml(alertsFile) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

interface RenderedRule {
  readonly metadata: { readonly labels: Labels };
  readonly spec: { readonly groups: typeof groups };
}

const renderedRule = (golden: string): RenderedRule =>
  goldenObjects(golden).find(({ kind }) => kind === "PrometheusRule") as unknown as RenderedRule;

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

  test("are those that the chart renders by default", () => {
    expect(renderedRule("monitoring").spec).toEqual({ groups });
  });

  test("follow prometheusRule: labels kept and added, another runbook, some left out; promtool accepts them", () => {
    const { metadata, spec } = renderedRule("every-value");
    expect(metadata.labels).toMatchObject({ release: "prometheus" });
    const left = spec.groups.flatMap((group) => group.rules);
    const disabled = "SecretsStoreProviderAwsBug";
    expect(left.map(({ alert }) => alert)).toEqual(rules.map(({ alert }) => alert).filter((one) => one !== disabled));
    for (const { alert, expr, labels, annotations } of left) {
      expect(labels).toMatchObject({ team: "platform", tier: "1" });
      expect(annotations.runbook_url).toBe(`https://wiki.example/aws-secrets#${alert.toLowerCase()}`);
      expect(expr).not.toContain("node");
      const kept = ["Down", "Absent"].some((end) => alert.endsWith(end));
      expect(/\b(on|by) \([^)]*\bzone\b[^)]*\)/.test(expr)).toBe(kept);
    }
    const folder = mkdtempSync(join(tmpdir(), "rules-"));
    const file = join(folder, "rules.json");
    writeFileSync(file, JSON.stringify(spec));
    const { said } = run(["check", "rules", file]);
    rmSync(folder, { recursive: true });
    expect(said).toContain(`SUCCESS: ${rules.length - 1} rules found`);
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

const severityOf = (alert: string): string => rules.find((rule) => rule.alert === alert)?.labels.severity ?? "";
const [a1, a2, b1]: readonly [Target, Target, Target] = [
  { cluster: "a", node: "1" },
  { cluster: "a", node: "2" },
  { cluster: "b", node: "1" },
];

/** The end of promtool on the rules (without their words, unless given), after 40 minutes of series. */
function fires(alert: string, input: Labels, expected: readonly Expected[], rulesOf = withoutWords): Ended {
  const folder = mkdtempSync(join(tmpdir(), "rules-"));
  const file = join(folder, "test.json"); // JSON is YAML
  const input_series = Object.entries(input).map(([name, values]) => ({ series: name, values }));
  const exp_alerts = expected.map(({ labels, annotations }) => ({
    exp_labels: { ...labels, severity: severityOf(alert) },
    ...(annotations && { exp_annotations: annotations }),
  }));
  const alert_rule_test = [{ alertname: alert, eval_time: "40m", exp_alerts }];
  const tests = [{ interval: "1m", input_series, alert_rule_test }];
  try {
    writeFileSync(file, JSON.stringify({ rule_files: [rulesOf(folder)], tests }));
    return run(["test", "rules", file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Expected {
  readonly labels: Labels;
  readonly annotations?: Labels;
}

describe("promtool test rules", () => {
  test("each alert is tried, and those that go by a share or by something else are tried in silence too", () => {
    expect([...new Set(cases.filter((one) => one.fires.length > 0).map(({ alert }) => alert))]).toEqual(
      rules.map(({ alert }) => alert),
    );
  });

  const placements: readonly [string, readonly Target[]][] = [
    ["at one process, another cluster being well", [a1]],
    ["at two nodes of a cluster", [a1, a2]],
    ["in two clusters", [a1, b1]],
  ];
  const titled = cases.flatMap((one) =>
    placements.map(([where, targets]) => {
      const title = `${one.alert}: ${one.what}, ${where}${one.fires.length === 0 ? ": silent" : ""}`;
      return [title, one, targets] as const;
    }),
  );
  test.each(titled)("%s", (_title, one, targets) => {
    const well = { [series(b1, "up")]: healthy, [series(b1, `${prefix}build_info`)]: healthy };
    const input = Object.assign({}, ...(targets.length === 1 ? [well] : []), ...targets.map(one.series)) as Labels;
    const all = targets.flatMap((target) => one.fires.map((more) => ({ ...labelsOf(target, one.scope), ...more })));
    const distinct = [...new Map(all.map((labels) => [JSON.stringify(labels), { labels }])).values()];
    const { exitCode, said } = fires(one.alert, input, distinct);
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: expect.stringContaining("SUCCESS") });
    const wrong = [...distinct, { labels: { job: "nobody" } }];
    expect(fires(one.alert, input, wrong).exitCode).not.toBe(0); // the test itself can fail
  });

  test("SecretsStoreProviderAwsAbsent: no provider was ever scraped", () => {
    expect(fires("SecretsStoreProviderAwsAbsent", {}, [{ labels: {} }]).exitCode).toBe(0);
  });

  test("SecretsStoreProviderAwsDown: a target in one cluster with the address of a provider in another is none", () => {
    const input = { [series(a1, `${prefix}build_info`)]: healthy, [series(b1, "up")]: "0x60" };
    expect(fires("SecretsStoreProviderAwsDown", input, []).exitCode).toBe(0);
  });

  test("the words name node, pod and cluster where they are known", () => {
    const alert = "SecretsStoreProviderAwsDown";
    const { annotations } = rules.find((rule) => rule.alert === alert) ?? { annotations: {} };
    const plain = { job: "aws", instance: "10.0.0.9:8989" };
    const of = (name: string, labels: Labels): string =>
      `${name}{${Object.entries(labels)
        .map(([label, value]) => `${label}="${value}"`)
        .join(", ")}}`;
    const words = (node: string, cluster: string, pod: string): Labels => ({
      ...annotations,
      summary: `The AWS provider on node ${node} does not answer${cluster}`,
      description: `${pod}Pods that mount AWS secrets do not start on this node, and rotation stops there.`,
    });
    const input = {
      [series(a1, "up")]: "1x20 0x40",
      [series(a1, `${prefix}build_info`)]: "1x20 _x40",
      [of("up", plain)]: "1x20 0x40",
      [of(`${prefix}build_info`, plain)]: "1x20 _x40",
    };
    const { exitCode, said } = fires(
      alert,
      input,
      [
        { labels: labelsOf(a1), annotations: words("1", " in cluster a", "Pod kube-system/aws-1. ") },
        { labels: plain, annotations: words("10.0.0.9:8989", "", "") },
      ],
      () => alertsFile,
    );
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: expect.stringContaining("SUCCESS") });
  });
});

/** The rules without their annotations: their words are not to be repeated in each case. */
function withoutWords(folder: string): string {
  const file = join(folder, "rules.json");
  const bare = rules.map(({ alert, expr, labels, for: wait }) => ({ alert, expr, labels, for: wait }));
  writeFileSync(file, JSON.stringify({ groups: [{ name: "bare", rules: bare }] }));
  return file;
}
