// Writes the README's table of reasons from the table in src/errors.ts. `--check` changes nothing and exits 1 if it differs.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { reasons } from "../src/errors.ts";

const readme = join(dirname(import.meta.dir), "README.md");
const text = readFileSync(readme, "utf8");
const rows = Object.entries(reasons).map(
  ([name, { leads, meaning, fix }]) =>
    `| \`${name}\` | ${leads.map((lead) => `\`${lead}\``).join(", ")} | ${meaning} | ${fix} |`,
);
const table = ["| reason | the text begins with | meaning | what to do |", "| --- | --- | --- | --- |", ...rows].join(
  "\n",
);
const updated = text.replace(
  /(<!-- reasons:[^\n]*-->\n)[^]*?(<!-- \/reasons -->)/,
  (_whole, head: string, tail: string) => `${head}${table}\n${tail}`,
);
if (process.argv[2] === "--check") process.exit(updated === text ? 0 : 1);
writeFileSync(readme, updated);
