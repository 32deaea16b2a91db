// Counts of calls as tables for people, one for each class.
import type { CallCount, CallsOptions } from "./calls.ts";
import { quiet } from "./safe-text.ts";

/** A table for people. */
export function callsText(counts: readonly CallCount[], { pods, rotationMs }: CallsOptions): string {
  const number = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
  const head = ["", "a mount", "a month", "a month, 3.x"];
  const lines: string[] = [];
  for (const subject of new Set(counts.map((count) => count.subject))) {
    const rows = counts
      .filter((count) => count.subject === subject)
      .map(({ operation, perMount, perMonth, perMonth3x, isMinimum }) => {
        const least = isMinimum ? ">= " : "";
        return [`  ${operation}`, least + number(perMount), least + number(perMonth), number(perMonth3x)];
      });
    const sum = (pick: (count: CallCount) => number): string =>
      number(counts.filter((count) => count.subject === subject).reduce((all, count) => all + pick(count), 0));
    rows.push([
      "  all",
      sum(({ perMount }) => perMount),
      sum(({ perMonth }) => perMonth),
      sum(({ perMonth3x }) => perMonth3x),
    ]);
    const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? "").length)));
    const write = (row: readonly string[]): string =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd();
    lines.push(quiet(subject), write(head), ...rows.map(write), "");
  }
  const rotation = rotationMs === 0 ? "no rotation" : `a mount each ${rotationMs / 1000} s`;
  return `${lines.join("\n")}${pods} pod${pods === 1 ? "" : "s"} a class, ${rotation}, a month of 30 days.\n`;
}
