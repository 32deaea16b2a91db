// The tables that documents take from the code, as Markdown.
import { ruleTable } from "../../src/cli/check/rules.ts";
import { flags } from "../../src/config/flags.ts";
import { reasons } from "../../src/errors.ts";
import { definitions, prefix, processDefinitions } from "../../src/telemetry/metric-list.ts";
import type { Definition } from "../../src/telemetry/metric-list.ts";

export function flagTable(): string {
  const rows = Object.entries(flags).map(([name, { initialText, meaning }]) => [
    code(`--${name}`),
    initialText === "" ? "" : code(initialText),
    escaped(meaning),
  ]);
  return tableOf(["flag", "default", "meaning"], rows);
}

export function reasonTable(): string {
  const rows = Object.entries(reasons).map(([name, { leads, meaning, fix }]) => [
    code(name),
    leads.map(code).join(", "),
    meaning,
    fix,
  ]);
  return tableOf(["reason", "the text begins with", "meaning", "what to do"], rows);
}

export function metricTable(): string {
  const rows = Object.entries<Definition>({ ...definitions, ...processDefinitions }).map(
    ([name, { kind, help, labels }]) => [code(name), kind, labels.map(code).join(", "), escaped(help)],
  );
  const table = tableOf(["metric", "kind", "labels", "meaning"], rows);
  return `All but \`process_...\` begin with \`${prefix}\`.\n\n${table}`;
}

export function checkRuleTable(): string {
  const whose = { mount: "the server's parser", cluster: "cluster, driver or mount", lint: "nobody" };
  const rows = Object.entries(ruleTable).map(([id, { severity, group, summary }]) => [
    code(id),
    severity,
    whose[group],
    summary,
  ]);
  return tableOf(["rule", "severity", "refused by", "meaning"], rows);
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [heads, heads.map(() => "---"), ...rows].map(line).join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}
