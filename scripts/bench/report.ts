// A run as text: a table for each scenario, with the ratio to a second subject or to a saved run.
import type { Metric, Run, Summary } from "./record.ts";

interface Column {
  readonly name: string;
  readonly of: (metric: Metric) => Summary | undefined;
}

/** The report; `saved` = a run to compare with. */
export function report(run: Run, whats: ReadonlyMap<string, string>, saved?: Run): string {
  const columns = columnsOf(run, saved);
  const lines = [
    `${run.date}  ${run.machine}`,
    `${run.command}  (${run.rounds} rounds, fewer of long scenarios; ${Math.round(run.seconds)} s; AWS ${run.awsMs} ms, Kubernetes ${run.kubernetesMs} ms per call)`,
    ...run.subjects.map(({ name, version, binaryMiB }) => `${name}: ${version}, ${binaryMiB.toFixed(1)} MiB`),
    ...(saved === undefined ? [] : [`saved: ${saved.date}  ${saved.machine}  ${saved.command}`]),
    ...foreign(run),
  ];
  for (const scenario of new Set(run.metrics.map((metric) => metric.scenario))) {
    lines.push("", scenario, `  ${whats.get(scenario) ?? ""}`);
    const metrics = run.metrics.filter((metric) => metric.scenario === scenario);
    lines.push(...table(metrics, columns).map((line) => `  ${line}`));
  }
  if (run.notes.length > 0) lines.push("", "Notes", ...run.notes.map((note) => `  ${note}`));
  return lines.join("\n");
}

function columnsOf(run: Run, saved: Run | undefined): readonly Column[] {
  const own = run.subjects.map(({ name }) => ({ name, of: (metric: Metric) => metric.subjects[name] }));
  if (saved === undefined) return own;
  const key = ({ scenario, case: kase, name }: Metric): string => JSON.stringify([scenario, kase, name]);
  const known = new Map(saved.metrics.map((metric) => [key(metric), metric]));
  const first = saved.subjects[0]?.name ?? "";
  return [{ name: "saved", of: (metric) => known.get(key(metric))?.subjects[first] }, ...own];
}

function table(metrics: readonly Metric[], columns: readonly Column[]): string[] {
  const [base, other] = columns;
  const head = [
    "case",
    "number",
    ...columns.flatMap(({ name }) => [name, "min..max"]),
    ...(other === undefined ? [] : [`${other.name}/${base?.name}`]),
    "unit",
  ];
  const rows = metrics.map((metric) => {
    const ratio = (other?.of(metric)?.median ?? Number.NaN) / (base?.of(metric)?.median ?? Number.NaN);
    return [
      metric.case,
      metric.name,
      ...columns.flatMap(({ of }) => {
        const summary = of(metric);
        if (summary === undefined) return ["-", ""];
        const range = summary.min === summary.max ? "" : `${digits(summary.min)}..${digits(summary.max)}`;
        return [digits(summary.median), range];
      }),
      ...(other === undefined ? [] : [Number.isFinite(ratio) ? ratio.toFixed(2) : "-"]),
      metric.unit,
    ];
  });
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => (row[at] ?? "").length)));
  const isText = (at: number): boolean => at < 2 || at === head.length - 1;
  return [head, ...rows].map((row) =>
    row
      .map((cell, at) => (isText(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

function foreign({ conditions }: Run): string[] {
  if (conditions.length === 0) return [];
  const worst = Math.max(...conditions.map(({ foreignCpu }) => foreignCpu));
  const mean = conditions.reduce((sum, { foreignCpu }) => sum + foreignCpu, 0) / conditions.length;
  const words = `other processes took ${percent(mean)} of the machine on average, ${percent(worst)} in the worst scenario`;
  return [mean > 0.05 ? `${words}: repeat the run on a quieter machine` : words];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function digits(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.0+$/, "");
}
