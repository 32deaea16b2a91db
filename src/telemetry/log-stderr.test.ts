import { expect, test } from "bun:test";
import { holdLines } from "./log-stderr.ts";

function held(holdMs: number) {
  const written: string[] = [];
  return { written, line: holdLines(holdMs, (lines) => written.push(lines)) };
}

test("ordinary lines wait for each other and are one write, in order", async () => {
  const { written, line } = held(1);
  line("a\n", false);
  line("b\n", false);
  expect(written).toEqual([]);
  while (written.length === 0) await Bun.sleep(1);
  expect(written).toEqual(["a\nb\n"]);
});

test("an urgent line takes the held ones along at once", () => {
  const { written, line } = held(60_000);
  line("a\n", false);
  line("b\n", true);
  line("c\n", false);
  expect(written).toEqual(["a\nb\n"]);
});

test("many lines are not held for long", () => {
  const { written, line } = held(60_000);
  const long = `${"x".repeat(5_000)}\n`;
  for (let i = 0; i < 4; i += 1) line(long, false);
  expect(written.join("")).toBe(long.repeat(4));
});

test("what is held when the process ends is written", async () => {
  const code = `import { holdLines } from ${JSON.stringify(`${import.meta.dir}/log-stderr.ts`)}; holdLines(60_000)("last words\\n", false); process.exit(3);`;
  const run = Bun.spawn([process.execPath, "-e", code], { stderr: "pipe" });
  expect(await new Response(run.stderr).text()).toBe("last words\n");
  expect(await run.exited).toBe(3);
});
