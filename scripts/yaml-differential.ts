// The differential run of `objects` by hand: `bun scripts/yaml-differential.ts [texts] [seed]`. Needs go. Prints how many texts are read otherwise than
// by the Go provider's reader, and the shortest of them; exit code 1 if there are any.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildOracle, differences } from "../test/yaml/differential.ts";
import type { Difference } from "../test/yaml/differential.ts";
import { generateTexts } from "../test/yaml/generate.ts";

const [count = 200_000, seed = 1] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "yaml-oracle-"));
const program = buildOracle(process.env["GO"] ?? "go", folder);
const found: Difference[] = [];
const waiting: string[] = [];
let asked = 0;

for (const text of generateTexts(seed, count)) {
  waiting.push(text);
  if (waiting.length === 50_000) await ask();
}
await ask();
rmSync(folder, { recursive: true });
for (const [what, group] of Map.groupBy(found, (one) => one.what)) console.log(`${group.length} ${what}`);
for (const one of found.toSorted((a, b) => a.text.length - b.text.length).slice(0, 10))
  console.log(JSON.stringify(one));
console.log(`${asked} texts of seed ${seed}: ${found.length} read otherwise`);
process.exitCode = found.length === 0 ? 0 : 1;

async function ask(): Promise<void> {
  found.push(...(await differences(program, waiting)));
  asked += waiting.length;
  waiting.length = 0;
}
