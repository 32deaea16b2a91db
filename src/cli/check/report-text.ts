// Findings as text for people: one line `file:line:column: severity: message [rule]` as compilers write it, and what to do below.
import type { Finding } from "./finding.ts";
import type { Severity } from "./rules.ts";
import { quiet } from "./safe-text.ts";
import { summaryOf } from "./summary.ts";
import type { Checked } from "./summary.ts";

const colours: Readonly<Record<Severity, string>> = { error: "31", warning: "33", info: "36" };

/** The report, with colours or without. */
export function textReport(checked: Checked, colour: boolean): string {
  const paint = (code: string, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const lines = checked.findings.map(({ file, line, column, severity, message, rule, fix }: Finding) => {
    const head = `${paint("1", `${shown(file)}:${line}:${column}:`)} ${paint(colours[severity], `${severity}:`)}`;
    const body = `${head} ${quiet(message)} ${paint("2", `[${rule}]`)}\n`;
    return fix === "" ? body : `${body}    ${quiet(fix)}\n`;
  });
  return `${lines.join("")}${summaryOf(checked)}\n`;
}

/** A file whose name is a workflow command of GitHub's at the start of a line must not be one. */
function shown(file: string): string {
  return quiet(file.startsWith("::") ? `./${file}` : file);
}
