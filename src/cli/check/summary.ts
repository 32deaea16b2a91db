// How many findings of which kind, in how many classes and files.
import type { Finding } from "./finding.ts";
import type { Severity } from "./rules.ts";

export interface Checked {
  /** In the order of files and lines; the first ones, if there are very many. */
  readonly findings: readonly Finding[];
  /** Of all. */
  readonly counts: Readonly<Record<Severity, number>>;
  readonly classes: number;
  readonly files: number;
  /** Findings beyond the bound, which are counted only. */
  readonly left: number;
}

/** How many there are of each severity. */
export function countFindings(findings: readonly Finding[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/** One line, such as `2 errors, 1 warning in 3 classes (2 files)`. */
export function summaryOf(checked: Checked): string {
  const { error, warning } = checked.counts;
  const found = `${counted(error, "error")}, ${counted(warning, "warning")}`;
  const more = checked.left > 0 ? ` (${checked.left} findings are not shown)` : "";
  return `${found}${more} in ${checked.classes} ${checked.classes === 1 ? "class" : "classes"} (${counted(checked.files, "file")})`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
