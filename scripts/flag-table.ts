// Writes the README's table of flags from the table in src/config/flags.ts. `--check` changes nothing and exits 1 if it differs.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { flags } from "../src/config/flags.ts";

const readme = join(dirname(import.meta.dir), "README.md");
const text = readFileSync(readme, "utf8");
const rows = Object.entries(flags).map(
  ([name, flag]) =>
    `| \`--${name}\` | ${flag.initialText === "" ? "" : `\`${flag.initialText}\``} | ${flag.meaning.replaceAll("|", "\\|")} |`,
);
const table = ["| flag | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
const updated = text.replace(
  /(<!-- flags:[^\n]*-->\n)[^]*?(<!-- \/flags -->)/,
  (_whole, head: string, tail: string) => `${head}${table}\n${tail}`,
);
if (process.argv[2] === "--check") process.exit(updated === text ? 0 : 1);
writeFileSync(readme, updated);
