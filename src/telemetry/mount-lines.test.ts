// However many warnings and calls a mount has: a few lines, under 100 KB, and how many were left out.
import { describe, expect, test } from "bun:test";
import { ProviderError } from "../errors.ts";
import { ignoreEvents } from "../events.ts";
import type { ProviderEvent } from "../events.ts";
import { createLog } from "./log.ts";
import { createMountLog } from "./mount-log.ts";

const hostile = `"\\\u202e${"\u0001".repeat(20_000)}`;

const attempt: ProviderEvent = {
  kind: "aws-attempt",
  service: "secretsmanager",
  operation: "GetSecretValue",
  region: "eu-west-1",
  outcome: "ok",
  code: "",
  requestId: "",
  isRetry: false,
  durationMs: 1,
};

describe.each(["text", "json"] as const)("%s", (format) => {
  function start(level: "debug" | "info") {
    const lines: string[] = [];
    const log = createLog({ format, level, write: (line) => lines.push(line) });
    const { emit } = createMountLog({ log, emit: ignoreEvents, id: "m-1", driverWrites: false });
    const warn = (text: string, about: "objects" | "batch" = "objects"): void => emit({ kind: "warning", about, text });
    const end = (failure?: ProviderError): void => emit({ kind: "mount-ended", failure, durationMs: 1, waitMs: 0 });
    return { lines, emit, warn, end };
  }
  const bytes = (lines: readonly string[]): number => Buffer.byteLength(lines.join(""));

  test("99,000 warnings: five, how many more, and the summary", () => {
    const { lines, warn, end } = start("info");
    for (let i = 0; i < 49_500; i += 1) {
      warn(`${i}: ${hostile}`);
      warn(`from elsewhere: ${hostile}`, "batch");
    }
    end();
    expect([lines.length, bytes(lines) < 100_000]).toEqual([7, true]);
    expect(lines[0]).toContain("0: ");
    expect(lines[5]).toContain("and 98995 more warnings");
    expect(lines[6]).toContain("Mounted");
  });

  test("a failed mount says so as well, its error last", () => {
    const { lines, warn, end } = start("info");
    for (let i = 0; i < 6; i += 1) warn("w");
    end(new ProviderError({ reason: "ObjectsInvalid", message: hostile, fix: hostile }));
    expect(lines).toHaveLength(7);
    expect(lines[5]).toContain("and 1 more warnings");
    expect(bytes(lines)).toBeLessThan(20_000);
  });

  test("a debug line for each of 20,000 calls: the first hundred and some, and how many more; warnings keep their room", () => {
    const { lines, emit, warn, end } = start("debug");
    for (let i = 0; i < 20_000; i += 1) emit({ ...attempt, requestId: crypto.randomUUID() });
    for (let i = 0; i < 10; i += 1) warn(hostile);
    end();
    expect(lines.length).toBeWithin(100 + 5 + 3, 200 + 5 + 4);
    expect(lines.join("")).toContain("and 5 more warnings");
    expect(bytes(lines)).toBeLessThan(100_000);
    expect(lines.join("")).toMatch(/and 19[89]\d\d more debug lines/);
  });

  test("lines of one's own making stay as they are", () => {
    const { lines, emit, warn, end } = start("debug");
    warn("short");
    emit(attempt);
    end();
    expect(lines).toHaveLength(3);
  });
});
