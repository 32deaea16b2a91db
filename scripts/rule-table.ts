// Writes the table of rules in docs/check.md from src/cli/check/rules.ts. `--check` changes nothing and exits 1 if it differs.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ruleTable } from "../src/cli/check/rules.ts";

const file = join(dirname(import.meta.dir), "docs/check.md");
const text = readFileSync(file, "utf8");
const whose = { mount: "the server's parser", cluster: "cluster, driver or mount", lint: "nobody" };
const rows = Object.entries(ruleTable).map(
  ([id, { severity, group, summary }]) => `| \`${id}\` | ${severity} | ${whose[group]} | ${summary} |`,
);
const table = ["| rule | severity | refused by | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
const updated = text.replace(
  /(<!-- rules:[^\n]*-->\n)[^]*?(<!-- \/rules -->)/,
  (_whole, head: string, tail: string) => `${head}${table}\n${tail}`,
);
if (process.argv[2] === "--check") process.exit(updated === text ? 0 : 1);
writeFileSync(file, updated);
