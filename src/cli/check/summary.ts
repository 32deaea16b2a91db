// How many findings of which kind, in how many classes and files.
import type { Finding, Severity } from "./finding.ts";

export interface Checked {
  /** In the order of files and lines. */
  readonly findings: readonly Finding[];
  readonly classes: number;
  readonly files: number;
  /** Findings beyond the bound, which are counted only. */
  readonly left: number;
}

/** Findings of a severity. */
export function countOf({ findings }: Pick<Checked, "findings">, severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

/** One line, such as `2 errors, 1 warning in 3 classes (2 files)`. */
export function summaryOf(checked: Checked): string {
  const found = `${counted(countOf(checked, "error"), "error")}, ${counted(countOf(checked, "warning"), "warning")}`;
  const more = checked.left > 0 ? `, and ${checked.left} findings more that are not shown` : "";
  return `${found}${more} in ${checked.classes} ${checked.classes === 1 ? "class" : "classes"} (${counted(checked.files, "file")})`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
