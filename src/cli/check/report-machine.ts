// Findings for programs: JSON of our own (its fields only ever grow), and the workflow commands of GitHub Actions.
import type { Finding } from "./finding.ts";
import type { Severity } from "./rules.ts";
import { quiet } from "./safe-text.ts";
import { summaryOf } from "./summary.ts";
import type { Checked } from "./summary.ts";
import { visible, visibleJson } from "../../text/visible.ts";

/** One JSON document. */
export function jsonReport(checked: Checked): string {
  const { findings, counts, classes, files, left } = checked;
  const summary = {
    errors: counts.error,
    warnings: counts.warning,
    infos: counts.info,
    notShown: left,
    classes,
    files,
  };
  return `${visibleJson(JSON.stringify({ version: 1, summary, findings }, null, 2))}\n`;
}

const commands: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "notice" };

/** https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions: a line for each finding; the log shows them at their lines. */
export function githubReport(checked: Checked): string {
  const lines = checked.findings.map(({ file, line, column, severity, rule, message, fix }: Finding) => {
    const properties = { file, line, col: column, title: rule };
    const written = Object.entries(properties).map(
      ([name, value]) => `${name}=${escapeProperty(visible(String(value)))}`,
    );
    return `::${commands[severity]} ${written.join(",")}::${escapeData(fix === "" ? visible(message) : `${visible(message)}\n${visible(fix)}`)}`;
  });
  return `${[...lines, quiet(summaryOf(checked))].join("\n")}\n`;
}

function escapeData(text: string): string {
  return text.toWellFormed().replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
