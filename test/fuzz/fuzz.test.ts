// Every parser with a few thousand inputs of one seed, and every find of the past. `bun run fuzz` feeds at least 100,000 to each.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { regressions } from "./regressions.ts";
import { targets, usualSeed } from "./targets.ts";

setDefaultTimeout(60_000);
const runs = 1_500;

test.each(targets.map(({ name, fuzz }) => [name, fuzz] as const))("%s", async (_name, fuzz) => {
  expect(await fuzz(runs, usualSeed)).toEqual({ runs, seed: usualSeed, find: undefined });
});

describe("finds", () => {
  test.each(regressions.map((one) => [one.target, one.what, one] as const))(
    "%s: %s",
    async (name, _what, { input }) => {
      const found = targets.find((one) => one.name === name);
      expect(found?.name).toBe(name);
      await found?.replay(input);
    },
  );
});
