// Writes what documents take from the code: `npm run docs [NAME...]`. With `--check` it writes nothing, names what differs and exits 1.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { manifestText, objectsText, parametersText } from "./docs/schemas.ts";
import { checkRuleTable, flagTable, metricTable, reasonTable } from "./docs/tables.ts";

interface Generated {
  readonly name: string;
  /** The file whose change makes it differ. */
  readonly source: string;
  readonly target: string;
  /** The part of the target between `<!-- MARKER: ... -->` and `<!-- /MARKER -->`; undefined = the whole file. */
  readonly marker?: string;
  readonly make: () => string | Promise<string>;
}

/** Another table is another line here. */
const generated: readonly Generated[] = [
  { name: "flags", source: "src/config/flags.ts", target: "README.md", marker: "flags", make: flagTable },
  { name: "reasons", source: "src/errors.ts", target: "README.md", marker: "reasons", make: reasonTable },
  {
    name: "metrics",
    source: "src/telemetry/metric-list.ts",
    target: "README.md",
    marker: "metrics",
    make: metricTable,
  },
  { name: "events", source: "test/events.ts", target: "README.md", marker: "events", make: eventTable },
  { name: "rules", source: "src/cli/check/rules.ts", target: "docs/check.md", marker: "rules", make: checkRuleTable },
  { name: "schema", source: "src/request/schema.ts", target: "docs/schema/objects.json", make: objectsText },
  { name: "schema", source: "src/request/schema.ts", target: "docs/schema/parameters.json", make: parametersText },
  {
    name: "schema",
    source: "src/request/schema.ts",
    target: "docs/schema/secretproviderclass.json",
    make: manifestText,
  },
];

/** Pod events come from real mounts against the fakes, which are loaded for them alone. */
async function eventTable(): Promise<string> {
  return (await import("../test/events.ts")).eventTable();
}

function updated(text: string, { target, marker }: Generated, made: string): string {
  if (marker === undefined) return made;
  const place = new RegExp(`(<!-- ${marker}:[^\\n]*-->\\n)[^]*?(<!-- /${marker} -->)`);
  if (!place.test(text)) throw new Error(`${target} has no place for ${marker}`);
  return text.replace(place, (_whole, head: string, tail: string) => `${head}${made}\n${tail}`);
}

const words = process.argv.slice(2);
const names = words.filter((word) => word !== "--check");
const unknown = names.filter((name) => !generated.some((one) => one.name === name));
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(", ")}`);

let differs = false;
for (const one of generated) {
  if (names.length > 0 && !names.includes(one.name)) continue;
  const path = join(dirname(import.meta.dir), one.target);
  const before = readFileSync(path, "utf8");
  const after = updated(before, one, await one.make());
  if (after === before) continue;
  differs = true;
  if (words.includes("--check")) console.error(`${one.target} differs from ${one.source}: npm run docs ${one.name}`);
  else writeFileSync(path, after);
}
process.exit(differs && words.includes("--check") ? 1 : 0);
