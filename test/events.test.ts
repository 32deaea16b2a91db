// The README's pod events and reasons are those of the code.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventBytesMax, reasons } from "../src/errors.ts";
import { eventTable } from "./events.ts";
import { byteLength } from "../src/text/cut.ts";

const root = dirname(import.meta.dir);
const readme = readFileSync(join(root, "README.md"), "utf8");

test("the README's pod events are what mounts say (`npm run docs` writes them)", async () => {
  const table = await eventTable();
  expect(readme).toContain(` -->\n${table}\n<!-- /events -->`);
  for (const row of table.split("\n").slice(2)) {
    const [, before = "", now = ""] = row.split(" | ").map((cell) => cell.replace(/^`|`( \|)?$/g, ""));
    expect(now).toStartWith(before);
    expect(now.length, "it says more than 3.1.1").toBeGreaterThan(before.length);
    expect(byteLength(now)).toBeLessThanOrEqual(eventBytesMax);
  }
});

test("each reason is given somewhere, and the words in front of it are the code's", () => {
  const files = [...new Bun.Glob("src/**/*.ts").scanSync(root)].filter(
    (file) => !file.endsWith(".test.ts") && file !== "src/errors.ts" && !file.startsWith("src/cli/"),
  );
  const code = files.map((file) => readFileSync(join(root, file), "utf8")).join("\n");
  for (const [reason, { leads }] of Object.entries(reasons)) {
    expect(code, reason).toContain(`"${reason}"`);
    for (const part of leads.flatMap((lead) => lead.split(/<[^>]+>/))) {
      const words = part.replace(/^[\s:,.()]+|[\s:,.()]+$/g, "");
      if (words.length > 3) expect(code.includes(words), words).toBe(true);
    }
  }
});
