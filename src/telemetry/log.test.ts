import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createLog } from "./log.ts";
import type { Fields, Level, LogOptions } from "./log.ts";
import { Secret } from "../secret.ts";

/** A log whose lines are kept. */
function keeping(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({
    format: "text",
    level: "debug",
    now: () => new Date(2025, 10, 24, 14, 15, 26, 856).getTime(),
    pid: 16716,
    write: (line) => lines.push(line),
    ...options,
  });
  return { log, lines };
}

test("a text line has klog's shape", () => {
  const { log, lines } = keeping();
  log.info("Listening for connections on address: /x/aws.sock");
  expect(lines).toEqual([
    "I1124 14:15:26.856000   16716 provider.ts:1] Listening for connections on address: /x/aws.sock\n",
  ]);
});

test("the month and the day have two digits, the pid seven places", () => {
  const { log, lines } = keeping({ now: () => new Date(2025, 0, 2, 3, 4, 5, 6).getTime(), pid: 1 });
  log.error("x");
  expect(lines).toEqual(["E0102 03:04:05.006000       1 provider.ts:1] x\n"]);
});

test("in UTC the line is the same, without asking for local time", () => {
  for (const at of [Date.UTC(2025, 0, 2, 3, 4, 5, 6), Date.UTC(2026, 10, 24, 14, 15, 26, 856)]) {
    const offsetMs = new Date(at).getTimezoneOffset() * 60_000; // local getters at this instant show `at` in UTC
    const local = keeping({ now: () => at + offsetMs });
    const utc = keeping({ now: () => at, isUtc: true });
    for (const { log } of [local, utc]) log.info("x");
    expect(utc.lines).toEqual(local.lines);
  }
});

test('fields follow as key="value", quoted', () => {
  const { log, lines } = keeping();
  log.warn("text", { pod: 'a"b\\c', objects: 3, durationMs: 1.5 });
  expect(lines[0]).toEndWith(`] text pod="a\\"b\\\\c" objects="3" durationMs="1.5"\n`);
});

describe("hostile text can't forge a line", () => {
  const hostile = [
    ["a\nE1124 14:15:26.856000   16716 provider.ts:1] forged", "\\n"],
    ["a\r\nforged", "\\r\\n"],
    ["a\u001b[2Jb", "\\u001b[2J"],
    ["a\u0000b", "\\u0000"],
    ["a\u007fb", "\\u007f"],
    ["a\u0085b", "\\u0085"],
    ["a\u2028b\u2029c", "\\u2028b\\u2029"],
    ["a\u202eb", "\\u202e"],
    ["a\tb", "\\t"],
    ["a\u{e0001}b", "\\u{e0001}"],
  ] as const;
  test.each(hostile)("%j", (text, shown) => {
    for (const format of ["text", "json"] as const) {
      const { log, lines } = keeping({ format });
      log.info(text, { pod: text, stack: text });
      expect(lines).toHaveLength(1);
      expect(lines[0]).toEndWith("\n");
      expect(lines[0]?.split(/[\n\r\u0085\u2028\u2029]/)).toHaveLength(2);
      if (format === "text") {
        expect(lines[0]).toContain(`] a${shown}`);
        expect(lines[0]).toContain(` pod="a${shown}`);
        expect(lines[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}](?!$)/u);
      } else expect(JSON.parse(lines[0] ?? "")).toMatchObject({ message: text, pod: text });
    }
  });
});

test("lone surrogates become U+FFFD", () => {
  const { log, lines } = keeping();
  log.info("a\ud83d b", { pod: "\udc00" });
  expect(lines[0]).toContain('] a\ufffd b pod="\ufffd"');
});

test("a JSON line is one object", () => {
  const { log, lines } = keeping({ format: "json", now: () => Date.UTC(2025, 10, 24, 14, 15, 26, 856) });
  log.error("a\nb", { reason: "AccessDenied", files: 2 });
  expect(lines[0]).toBe(
    '{"time":"2025-11-24T14:15:26.856Z","level":"error","message":"a\\nb","reason":"AccessDenied","files":2}\n',
  );
});

const levels: readonly Level[] = ["debug", "info", "warn", "error"];
test.each(levels.map((level) => [level]))("level %s shows itself and what is worse", (level) => {
  const { log, lines } = keeping({ level, format: "json" });
  for (const own of levels) log[own](own);
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(
    levels.slice(levels.indexOf(level)),
  );
});

test("klog's letters", () => {
  const { log, lines } = keeping();
  for (const level of levels) log[level]("x");
  expect(lines.map((line) => line[0])).toEqual(["I", "I", "W", "E"]);
});

test.each([["text"], ["json"]] as const)("%s: only fields of the list get out, and only text and numbers", (format) => {
  const { log, lines } = keeping({ format });
  const smuggled = {
    pod: "p",
    attributes: "hunter2",
    token: "hunter2",
    constructor: "hunter2",
    namespace: { toString: () => "hunter2" },
    region: new Secret("hunter2"),
    roleArn: ["hunter2"],
    stack: undefined,
  };
  log.info("x", smuggled as unknown as Fields);
  expect(lines[0]).toContain("p");
  expect(lines[0]).not.toContain("hunter2");
  expect(lines[0]).not.toContain("redacted");
  expect(lines[0]).not.toContain("stack");
});

test("a text of megabytes is cut", () => {
  const { log, lines } = keeping();
  log.info("x".repeat(1 << 20), { stack: "y".repeat(1 << 20) });
  expect(lines[0]?.length).toBeLessThan(20_000);
  expect(lines[0]).toContain("x... (cut)");
});

describe("standard error", () => {
  const script = (code: string): string[] => [
    process.execPath,
    "-e",
    `import { createLog } from ${JSON.stringify(join(import.meta.dir, "log.ts"))};
     const log = createLog({ format: "text", level: "info" });
     ${code}`,
  ];

  test("is where lines go, whole and in order", async () => {
    const run = Bun.spawn(script('for (let i = 0; i < 2000; i += 1) log.info(`line ${i} ${"x".repeat(100)}`);'), {
      stderr: "pipe",
      stdout: "pipe",
    });
    await Bun.sleep(300); // the pipe is full by now
    const lines = (await new Response(run.stderr).text()).trimEnd().split("\n");
    expect(await run.exited).toBe(0);
    expect(lines.map((line) => Number(/line (\d+) x{100}$/.exec(line)?.[1]))).toEqual(
      Array.from({ length: 2000 }, (_, i) => i),
    );
    expect(await new Response(run.stdout).text()).toBe("");
  });

  test("that nobody reads any more does not end the process", () => {
    const command = script(
      'for (let i = 0; i < 2000; i += 1) log.info("x".repeat(100)); process.stdout.write("survived");',
    );
    const run = Bun.spawnSync(["sh", "-c", '{ "$@" 2>&1 1>&3 | true; } 3>&1', "sh", ...command]);
    expect(run.stdout.toString()).toBe("survived");
  });

  test("that is closed does not end the process", () => {
    const command = script('log.info("x"); process.stdout.write("survived");');
    const run = Bun.spawnSync(["sh", "-c", '"$@" 2>&-', "sh", ...command]);
    expect(run.stdout.toString()).toBe("survived");
  });

  const python = Bun.which("python3"); // makes such a pipe
  test.skipIf(python === null)("that is full and non-blocking costs 20 ms once, not for each line", () => {
    const reader = `import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
start = time.time()
p = subprocess.run(sys.argv[1:], stderr=w)
print(p.returncode, time.time() - start < 3)`;
    const command = script('for (let i = 0; i < 5000; i += 1) log.info("x".repeat(100));');
    const run = Bun.spawnSync([python ?? "", "-c", reader, ...command]);
    expect(run.stdout.toString().trim()).toBe("0 True");
  });
});

test("the lines on a mount's way can wait for its last one; warnings and all other lines can't", () => {
  const urgent: boolean[] = [];
  const { log } = keeping({ write: (_, isUrgent) => urgent.push(isUrgent) });
  log.info("Listening");
  log.info("Servicing", { mount: "m" });
  log.debug("AWS call", { mount: "m", outcome: "ok" });
  log.warn("twice", { mount: "m" });
  log.info("Mounted", { mount: "m", outcome: "ok" });
  log.error("failed", { mount: "m", outcome: "error" });
  expect(urgent).toEqual([true, false, false, true, true, true]);
});
