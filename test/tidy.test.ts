// House rules that no other tool checks: which room may import which, headers, lengths, where the environment is read.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = dirname(import.meta.dir);
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const scan = (pattern: string): string[] => [...new Bun.Glob(pattern).scanSync(root)].toSorted();

const sources = scan("src/**/*.ts").filter((file) => !file.endsWith(".test.ts"));
const tests = [...scan("src/**/*.test.ts"), ...scan("test/**/*.test.ts")];

interface Import {
  readonly from: string;
  /** A file of this repository, from its root. */
  readonly to: string;
  readonly isType: boolean;
}

/** The imports of a file that stay inside the repository; those of tests too. */
function importsOf(file: string): Import[] {
  const text = read(file);
  const at = (specifier: string): string => join(dirname(file), specifier);
  const written = /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s)?"(\.[^"]+)"/gm;
  const loaded = /\bimport\(\s*"(\.[^"]+)"\s*\)/g;
  return [
    ...[...text.matchAll(written)].map(([, type, to = ""]) => ({ from: file, to: at(to), isType: type !== undefined })),
    ...[...text.matchAll(loaded)].map(([, to = ""]) => ({ from: file, to: at(to), isType: false })),
  ];
}

/** `src/aws/sender.ts` -> `store`; `src/mount.ts` -> `mount`. */
function roomOf(file: string): string {
  const [, room = "", inner] = file.split("/");
  return inner === undefined ? room.replace(/\.ts$/, "") : room;
}

/** What everybody may use: facts and tools that know nothing of a mount. */
const common = [
  "abort",
  "budget",
  "cache",
  "errors",
  "go",
  "lazy",
  "outbound",
  "retry",
  "secret",
  "sharing",
  "text",
  "work",
  "src/telemetry/tally.ts",
];

/** Room -> rooms (or single files) whose code it may run. Types may come from any room but the last three. */
const mayRun: Readonly<Record<string, readonly string[]>> = {
  abort: ["src/telemetry/tally.ts"],
  aws: common,
  budget: ["errors"],
  cache: ["abort", "src/telemetry/tally.ts"],
  cli: [...common, "aws", "config", "files", "request", "telemetry", "values", "version", "wire"],
  config: ["go", "text"],
  errors: ["text"],
  fetch: [...common, "store"],
  files: [...common, "request"],
  go: ["work"],
  identity: [...common, "aws", "request"],
  kubernetes: common,
  lazy: [],
  main: [...common, "cli", "config", "server", "telemetry", "version", "wire"],
  mount: ["errors", "files", "request"],
  outbound: ["abort"],
  retry: ["abort"],
  request: ["budget", "errors", "go", "secret", "text", "work"],
  secret: [],
  server: [...common, "request", "telemetry"],
  sharing: ["errors", "src/telemetry/tally.ts"],
  store: [...common, "aws"],
  telemetry: [...common, "config", "server", "version"],
  text: [],
  values: ["budget", "errors", "go", "request", "text", "work"],
  version: [],
  wire: [
    ...common,
    "aws",
    "config",
    "fetch",
    "files",
    "identity",
    "kubernetes",
    "mount",
    "request",
    "store",
    "telemetry",
    "values",
  ],
  work: [],
};
const roots = ["wire", "cli", "main"];

describe("a room runs only the rooms below it", () => {
  test.each(sources.map((file) => [file]))("%s", (file) => {
    const room = roomOf(file);
    const allowed = mayRun[room];
    expect(allowed, `the room ${room} is not in the list of this test`).toBeDefined();
    const wrong = importsOf(file)
      .filter(({ to }) => to.startsWith("src/") && roomOf(to) !== room)
      .filter(({ to, isType }) => {
        if (isType && !roots.includes(roomOf(to))) return false;
        return allowed?.includes(roomOf(to)) !== true && allowed?.includes(to) !== true;
      });
    expect(wrong).toEqual([]);
  });
});

test("nothing outside src ends up in the program but the version of package.json", () => {
  const outside = sources.flatMap(importsOf).filter(({ to }) => !to.startsWith("src/"));
  expect(outside).toEqual([{ from: "src/version.ts", to: "package.json", isType: false }]);
});

describe("a file says what it owns, and is short", () => {
  test.each(sources.map((file) => [file]))("%s", (file) => {
    const lines = read(file).trimEnd().split("\n");
    const header = lines.findIndex((line) => !line.startsWith("//"));
    expect(header, "1 to 4 lines of header").toBeWithin(1, 5);
    if (lines.length > 250) {
      expect(lines.slice(0, 10).some((line) => line.startsWith("// Long because "))).toBe(true);
    }
  });
});

test("every file is reached from some test", () => {
  const reached = new Set<string>(["src/main.ts"]); // started as a process by test/binary*.test.ts
  const waiting = [...tests, "src/main.ts"];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const { to, isType } of importsOf(file)) {
      if (isType || reached.has(to) || !to.endsWith(".ts")) continue;
      reached.add(to);
      waiting.push(to);
    }
  }
  const onlyTypes = sources.filter((file) => !reached.has(file) && hasCode(file));
  expect(onlyTypes).toEqual([]);
});

/** Whether anything of a file is left once its types are gone. */
function hasCode(file: string): boolean {
  return new Bun.Transpiler({ loader: "ts" }).transformSync(read(file)).trim() !== "";
}

test("the environment and the arguments are read in main.ts and config alone", () => {
  const readers = sources.filter((file) =>
    /\bprocess\.(env|argv)\b|\bBun\.(env|argv)\b|import\.meta\.env\b/.test(read(file)),
  );
  expect(readers.filter((file) => roomOf(file) !== "config")).toEqual(["src/main.ts"]);
});

test("nothing is printed past the log", () => {
  const printers = sources.filter((file) => /\bconsole\./.test(read(file)));
  expect(printers).toEqual([]);
});

test("a secret is revealed only where it is used", () => {
  const revealers = sources.filter((file) => /\.reveal\(\)/.test(read(file)));
  expect(revealers.map(roomOf).filter((room) => !["aws", "identity", "request", "store"].includes(room))).toEqual([]);
});

test("the SDK's credential chain is mount's alone: nothing that serves imports it", () => {
  const chain = /@aws-sdk\/(credential-provider|nested-clients|token-providers)/;
  expect(sources.filter((file) => chain.test(read(file)))).toEqual(["src/cli/mount/caller.ts"]);
  const importers = (target: string): string[] =>
    sources.filter((file) => importsOf(file).some(({ to, isType }) => to === target && !isType));
  expect(importers("src/cli/mount/caller.ts")).toEqual(["src/cli/mount.ts"]);
  expect(importers("src/cli/mount.ts")).toEqual(["src/main.ts"]);
  expect(read("src/main.ts")).not.toMatch(/^import [^;]*cli\/mount/m); // loaded when it is asked for
});

test("serving loads nothing of check: neither the cli room, nor the schemas of editors", () => {
  const loadedByCommand = /\bimport\(\s*"\.\/cli\/[^"]+"\s*\)/g;
  const serving = new Set<string>(["src/main.ts"]);
  const waiting = ["src/main.ts"];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const byCommand = new Set([...read(file).matchAll(loadedByCommand)].map(([text]) => text));
    const lazily = [...byCommand].map((text) => join(dirname(file), text.split('"')[1] ?? ""));
    for (const { to, isType } of importsOf(file)) {
      if (isType || serving.has(to) || !to.endsWith(".ts") || lazily.includes(to)) continue;
      serving.add(to);
      waiting.push(to);
    }
  }
  expect(serving.size).toBeGreaterThan(50);
  expect([...serving].filter((file) => roomOf(file) === "cli" || file === "src/request/schema.ts")).toEqual([]);
});

test("no file is a heap of odds and ends", () => {
  expect(sources.filter((file) => /(^|\/)(index|types|utils?|helpers?|common|misc|constants)\.ts$/.test(file))).toEqual(
    [],
  );
});

test("no test is left out or alone", () => {
  const focused = tests.filter((file) => /^\s*(test|describe|it)\.(only|skip|todo)\(/m.test(read(file)));
  expect(focused).toEqual([]);
});
