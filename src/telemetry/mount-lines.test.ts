// However many warnings and calls a mount has: a few lines, under 100 KB, and how many were left out.
import { describe, expect, test } from "bun:test";
import { ProviderError } from "../errors.ts";
import { createLog } from "./log.ts";
import { unobserved } from "./observe.ts";
import { createMountLog } from "./mount-log.ts";
import type { Tally } from "./tally.ts";

const hostile = `"\\\u202e${"\u0001".repeat(20_000)}`;

describe.each(["text", "json"] as const)("%s", (format) => {
  function start(level: "debug" | "info") {
    const lines: string[] = [];
    const log = createLog({ format, level, write: (line) => lines.push(line) });
    const tally: Tally = {
      id: "m-1",
      arrivedMs: 0,
      namespace: "",
      pod: "",
      awsCalls: 0,
      cacheHits: 0,
      waits: new Set(),
    };
    return { lines, tally, story: createMountLog({ log, observer: unobserved, tally, driverWrites: false }) };
  }
  const bytes = (lines: readonly string[]): number => Buffer.byteLength(lines.join(""));

  test("99,000 warnings: five, how many more, and the summary", () => {
    const { lines, tally, story } = start("info");
    for (let i = 0; i < 49_500; i += 1) {
      story.notes.warning(`${i}: ${hostile}`);
      tally.log?.warn(`from elsewhere: ${hostile}`, { mount: tally.id }); // batches, endpoints
    }
    story.succeeded();
    expect([lines.length, bytes(lines) < 100_000]).toEqual([7, true]);
    expect(lines[0]).toContain("0: ");
    expect(lines[5]).toContain("and 98995 more warnings");
    expect(lines[6]).toContain("Mounted");
  });

  test("a failed mount says so as well, its error last", () => {
    const { lines, story } = start("info");
    for (let i = 0; i < 6; i += 1) story.notes.warning("w");
    story.failed(new ProviderError({ reason: "ObjectsInvalid", message: hostile, fix: hostile }));
    expect(lines).toHaveLength(7);
    expect(lines[5]).toContain("and 1 more warnings");
    expect(bytes(lines)).toBeLessThan(20_000);
  });

  test("a debug line for each of 20,000 calls: the first hundred and some, and how many more; warnings keep their room", () => {
    const { lines, tally, story } = start("debug");
    const call = { mount: tally.id, service: "secretsmanager", operation: "GetSecretValue", region: "eu-west-1" };
    for (let i = 0; i < 20_000; i += 1) tally.log?.debug("AWS call", { ...call, requestId: crypto.randomUUID() });
    for (let i = 0; i < 10; i += 1) story.notes.warning(hostile);
    story.succeeded();
    expect(lines.length).toBeWithin(100 + 5 + 3, 200 + 5 + 4);
    expect(lines.join("")).toContain("and 5 more warnings");
    expect(bytes(lines)).toBeLessThan(100_000);
    expect(lines.join("")).toMatch(/and 19[89]\d\d more debug lines/);
  });

  test("lines of one's own making stay as they are", () => {
    const { lines, tally, story } = start("debug");
    story.notes.warning("short");
    tally.log?.debug("AWS call");
    story.succeeded();
    expect(lines).toHaveLength(3);
  });
});
