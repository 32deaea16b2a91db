// Feeds every parser at least 100,000 inputs and prints count and seed for each; a find is printed in its smallest form and fails the run.
// Usage: bun run fuzz [--runs N] [--seed N] [--only TEXT]; keep what is found in test/fuzz/regressions.ts.
import { parseArgs } from "node:util";
import { targets, usualSeed } from "../test/fuzz/targets.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100000" },
    seed: { type: "string", default: String(usualSeed) },
    only: { type: "string", default: "" },
  },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed))
  throw new Error("--runs and --seed are whole numbers");

const chosen = targets.filter(({ name }) => name.includes(values.only));
let [inputs, finds] = [0, 0];
for (const { name, fuzz } of chosen) {
  const outcome = await fuzz(runs, seed);
  inputs += outcome.runs;
  console.log(
    `${name}: ${outcome.runs} inputs, seed ${outcome.seed}, ${outcome.find === undefined ? "no find" : `FOUND\n${outcome.find}`}`,
  );
  if (outcome.find !== undefined) finds += 1;
}
console.log(`${chosen.length} parsers, ${inputs} inputs, ${finds} with a find`);
process.exit(finds === 0 && chosen.length > 0 ? 0 : 1);
