// `objects` against the Go provider's own reader, sigs.k8s.io/yaml, in a small Go program (yaml-oracle) that is built here. The same run with other
// seeds and more texts: `bun scripts/yaml-differential.ts 200000 7`.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import found from "../parity/objects-found.json";
import { askGo, buildOracle, canonical, differences } from "../yaml/differential.ts";
import { generateTexts } from "../yaml/generate.ts";

setDefaultTimeout(300_000);
const folder = mkdtempSync(join(tmpdir(), "yaml-oracle-"));
let program = "";

beforeAll(() => {
  program = buildOracle(process.env["GO"] ?? "go", folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("20,000 texts of one seed: those that Go mounts are taken with the same values, the others are refused", async () => {
  expect(await differences(program, [...generateTexts(1, 20_000)])).toEqual([]);
});

test("the answers of objects-found.json are Go's", async () => {
  const answers = await askGo(
    program,
    found.cases.map(({ input }) => input),
  );
  expect(answers.map(({ objects, error }) => (error === "" ? canonical(objects ?? []) : "refused"))).toEqual(
    found.cases.map(({ answer }) => answer),
  );
});
