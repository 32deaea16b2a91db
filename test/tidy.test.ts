// House rules that no other tool checks: which room may import which, circles, headers, lengths, where the environment is read.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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

interface Uses {
  /** Rooms whose code it runs. */
  readonly runs: readonly string[];
  /** Rooms that it imports types from, and nothing else. */
  readonly types?: readonly string[];
}

/** Facts and tools that know nothing of a mount. */
const tools = [
  "abort",
  "budget",
  "cache",
  "context",
  "errors",
  "events",
  "go",
  "lazy",
  "outbound",
  "retry",
  "secret",
  "sharing",
  "text",
  "work",
];

/** The rooms from the bottom up: a folder of src, or a file beside the folders. Each uses only rooms that stand before it. */
const rooms: Readonly<Record<string, Uses>> = {
  lazy: { runs: [] },
  secret: { runs: [] },
  text: { runs: [] },
  version: { runs: [] },
  work: { runs: [] },
  errors: { runs: ["text"] },
  events: { runs: [], types: ["errors"] },
  context: { runs: ["events"] },
  go: { runs: ["work"] },
  config: { runs: ["go", "text"] },
  abort: { runs: ["context"] },
  outbound: { runs: ["abort"] },
  retry: { runs: ["abort", "context"] },
  cache: { runs: ["abort", "context", "events"] },
  sharing: { runs: ["context", "errors", "work"] },
  budget: { runs: ["errors"], types: ["sharing"] },
  request: { runs: ["budget", "errors", "go", "secret", "text", "work"] },
  telemetry: { runs: ["errors", "text"], types: ["context", "events"] },
  aws: { runs: tools },
  kubernetes: { runs: tools },
  identity: { runs: [...tools, "aws", "request"], types: ["kubernetes"] },
  store: { runs: [...tools, "aws", "request"], types: ["identity"] },
  values: { runs: ["budget", "errors", "go", "request", "text", "work"], types: ["store"] },
  files: { runs: [...tools, "request"], types: ["values"] },
  fetch: { runs: [...tools, "files", "request", "store", "values"], types: ["identity"] },
  mount: { runs: ["errors", "files", "request"], types: ["budget", "context", "fetch", "identity", "sharing"] },
  server: { runs: [...tools, "request", "telemetry", "version"], types: ["config", "mount"] },
  wire: {
    runs: [
      ...tools,
      "aws",
      "config",
      "fetch",
      "files",
      "identity",
      "kubernetes",
      "mount",
      "request",
      "store",
      "values",
    ],
  },
  cli: {
    runs: [...tools, "aws", "config", "files", "request", "telemetry", "values", "version", "wire"],
    types: ["identity", "mount"],
  },
  main: { runs: [...tools, "cli", "config", "server", "telemetry", "version", "wire"] },
};

describe("a room uses only the rooms below it, type imports included", () => {
  const names = Object.keys(rooms);
  test("the table is an order", () => {
    const upward = names.flatMap((room, at) =>
      [...(rooms[room]?.runs ?? []), ...(rooms[room]?.types ?? [])]
        .filter((used) => !names.slice(0, at).includes(used))
        .map((used) => `${room} -> ${used}`),
    );
    expect(upward).toEqual([]);
    expect([...new Set(sources.map(roomOf))].toSorted()).toEqual(names.toSorted());
  });

  const wrongOf = (file: string): { edge: string; to: string }[] => {
    const room = roomOf(file);
    const { runs = [], types = [] } = rooms[room] ?? {};
    return importsOf(file)
      .filter(({ to }) => to.startsWith("src/") && roomOf(to) !== room)
      .filter(({ to, isType }) => !runs.includes(roomOf(to)) && !(isType && types.includes(roomOf(to))))
      .map(({ to }) => ({ edge: `${room} -> ${roomOf(to)}`, to }));
  };
  test.each(sources.map((file) => [file]))("%s", (file) => {
    expect(wrongOf(file)).toEqual([]);
  });
});

test("no file imports itself by way of others, type imports included", () => {
  const found = circles(new Map(sources.map((file) => [file, importsOf(file).map(({ to }) => to)])));
  expect(found).toEqual([]);
});

test("a circle is found", () => {
  const graph = { a: ["b"], b: ["c", "d"], c: ["a"], d: ["e"], e: [] };
  expect(circles(new Map(Object.entries(graph)))).toEqual([["a", "b", "c"]]);
});

/** Groups of files that reach one another, each sorted. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const reachedFrom = (start: string): ReadonlySet<string> => {
    const reached = new Set<string>();
    const waiting = [start];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      for (const next of graph.get(file) ?? []) {
        if (reached.has(next)) continue;
        reached.add(next);
        waiting.push(next);
      }
    }
    return reached;
  };
  const reach = new Map([...graph.keys()].map((file) => [file, reachedFrom(file)]));
  const groups = [...graph.keys()]
    .filter((file) => reach.get(file)?.has(file))
    .map((file) => [...graph.keys()].filter((other) => reach.get(file)?.has(other) && reach.get(other)?.has(file)));
  return [...new Map(groups.map((group) => [group.toSorted().join(" "), group.toSorted()])).values()];
}

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

/** Rooms whose breaches others mend at present. This list may only become shorter. */
const pendingRooms: readonly string[] = [];

test("functions take at most four positional parameters and 70 lines of code; a longer one says `Long because` at its head", () => {
  const rules = {
    plugins: ["eslint"],
    categories: { correctness: "off" },
    rules: {
      "eslint/max-params": ["error", { max: 4 }],
      "eslint/max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true, IIFEs: true }],
    },
  };
  const folder = mkdtempSync(join(tmpdir(), "tidy-"));
  try {
    writeFileSync(join(folder, "rules.json"), JSON.stringify(rules));
    // A file of the test's own shows that functions inside functions are measured.
    const long = [
      "const make = () => {",
      "  const inner = () => {",
      ...Array<string>(70).fill("    run();"),
      "  };",
      "};",
    ];
    writeFileSync(join(folder, "planted.ts"), `${long.join("\n")}\nmake((a, b, c, d, e) => a);\n`);
    const lint = (cwd: string, ...paths: string[]): Breach[] => {
      const command = [
        join(root, "node_modules/.bin/oxlint"),
        "-c",
        join(folder, "rules.json"),
        "-f",
        "json",
        ...paths,
      ];
      const { stdout } = Bun.spawnSync(command, { cwd });
      return (JSON.parse(stdout.toString()) as { readonly diagnostics: Breach[] }).diagnostics;
    };
    const planted = lint(folder, "planted.ts").map(({ code, labels: [label] }) => `${code} ${label?.span.line}`);
    expect(planted.toSorted()).toEqual([
      "eslint(max-lines-per-function) 1",
      "eslint(max-lines-per-function) 2",
      "eslint(max-params) 75",
    ]);

    const isTest = (file: string): boolean => file.endsWith(".test.ts");
    const breaches = lint(root, "src", "scripts", "test").filter(({ filename, code, labels: [label] }) => {
      if (isTest(filename) || pendingRooms.some((room) => filename.startsWith(room))) return false;
      if (code.includes("max-params")) return true;
      const line = label?.span.line ?? 1;
      const head = read(filename)
        .split("\n")
        .slice(line - 1, line + 15);
      return !filename.startsWith("test/") && !head.some((text) => text.startsWith("  // Long because "));
    });
    expect(
      breaches.map(({ filename, message, labels: [label] }) => `${filename}:${label?.span.line} ${message}`),
    ).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

interface Breach {
  readonly filename: string;
  readonly code: string;
  readonly message: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

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
  expect(importers("src/cli/mount/caller.ts")).toEqual(["src/cli/mount-command.ts"]);
  expect(importers("src/cli/mount-command.ts")).toEqual(["src/main.ts"]);
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
