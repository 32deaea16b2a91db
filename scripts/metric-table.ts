// Writes the README's table of metrics from the list in src/telemetry/metric-list.ts. `--check` changes nothing and exits 1 if it differs.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { definitions, prefix, processDefinitions } from "../src/telemetry/metric-list.ts";
import type { Definition } from "../src/telemetry/metric-list.ts";

const readme = join(dirname(import.meta.dir), "README.md");
const text = readFileSync(readme, "utf8");
const row = ([name, { kind, help, labels }]: [string, Definition]): string =>
  `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help.replaceAll("|", "\\|")} |`;
const rows = [...Object.entries<Definition>(definitions), ...Object.entries<Definition>(processDefinitions)].map(row);
const table = [
  `All but \`process_...\` begin with \`${prefix}\`.`,
  "",
  "| metric | kind | labels | meaning |",
  "| --- | --- | --- | --- |",
  ...rows,
].join("\n");
const updated = text.replace(
  /(<!-- metrics:[^\n]*-->\n)[^]*?(<!-- \/metrics -->)/,
  (_whole, head: string, tail: string) => `${head}${table}\n${tail}`,
);
if (process.argv[2] === "--check") process.exit(updated === text ? 0 : 1);
writeFileSync(readme, updated);
