// Pure rooms are pure: one impurity of each kind, planted in each of them, is found by the lint. The plants stand in a temporary folder.
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = dirname(import.meta.dir);

/** A file to plant in each; rooms of one file are planted as that file. */
const places = [
  "src/aws/advice/planted.ts",
  "src/files/plan/planted.ts",
  "src/go/planted.ts",
  "src/go/yaml/planted.ts",
  "src/request/planted.ts",
  "src/store/advice/planted.ts",
  "src/text/planted.ts",
  "src/values/planted.ts",
  "src/budget.ts",
  "src/errors.ts",
  "src/lazy.ts",
  "src/secret.ts",
  "src/work.ts",
];

const impurities: Readonly<Record<string, readonly string[]>> = {
  "file system": [
    'import { readFileSync } from "node:fs";\nexport const planted = readFileSync("a");',
    'import { readFileSync } from "fs";\nexport const planted = readFileSync("a");',
    'export { readFile } from "node:fs/promises";',
    'export const planted = import("node:fs");',
    'export const planted: unknown = require("node:fs");',
    'export const planted = Bun.file("a").text();',
    'import { file } from "bun";\nexport const planted = file("a");',
    'export const planted: unknown = process.getBuiltinModule("fs");',
    'import { Database } from "bun:sqlite";\nexport const planted = new Database("a");',
  ],
  network: [
    'export const planted = fetch("http://a");',
    'export const planted = globalThis.fetch("http://a");',
    'import { fetch } from "bun";\nexport const planted = fetch("http://a");',
    'import { request } from "node:http";\nexport const planted = request("http://a");',
    'import { request } from "node:https";\nexport const planted = request("https://a");',
    'import { connect } from "node:net";\nexport const planted = connect(1);',
    'import * as net from "node:net";\nexport const planted = net.connect(1);',
    'import { lookup } from "node:dns/promises";\nexport const planted = lookup("a");',
    'export const planted = new WebSocket("ws://a");',
    'export const planted = Bun.connect({ hostname: "a", port: 1, socket: {} });',
    'import { SSMClient } from "@aws-sdk/client-ssm";\nexport const planted = new SSMClient({});',
    'import { Server } from "@grpc/grpc-js";\nexport const planted = new Server();',
  ],
  clock: [
    "export const planted = Date.now();",
    "export const planted = new Date();",
    "export const planted = Date();",
    "const { now } = Date;\nexport const planted = now();",
    "export const planted = performance.now();",
    "export const planted = process.hrtime.bigint();",
    "export const planted = Bun.nanoseconds();",
    "export const planted = new Intl.DateTimeFormat().format();",
    'import { performance } from "node:perf_hooks";\nexport const planted = performance.now();',
    'import { setTimeout } from "node:timers/promises";\nexport const planted = setTimeout(1);',
    "export const planted = setTimeout(() => undefined, 1);",
    "export const planted = setInterval(() => undefined, 1);",
  ],
  randomness: [
    "export const planted = Math.random();",
    'export const planted = Math["random"]();',
    "const { random } = Math;\nexport const planted = random();",
    "export const planted = crypto.randomUUID();",
    "export const planted = crypto.getRandomValues(new Uint8Array(1));",
    "export const planted = Bun.randomUUIDv7();",
    'import { randomBytes } from "node:crypto";\nexport const planted = randomBytes(1);',
  ],
  environment: [
    'export const planted = process.env["A"];',
    'export const planted = Bun.env["A"];',
    'import { env } from "bun";\nexport const planted = env["A"];',
    'import { env } from "node:process";\nexport const planted = env["A"];',
    'import process from "process";\nexport const planted = process.env["A"];',
    'import { hostname } from "node:os";\nexport const planted = hostname();',
    "export const planted = process.argv;",
    'export const planted: unknown = eval("process.env");',
  ],
};

/** What is allowed: the parts of node:net that compute, dates and randomness handed in. */
const pure = [
  'import { BlockList, isIP } from "node:net";\nexport const planted = [BlockList, isIP];',
  "export const planted = (nowMs: number, random: () => number): number => nowMs + Math.floor(random());",
];

/** The rule names by planted text and place. */
function lint(texts: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "purity-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  // Types of packages are not there, and no rule about purity needs them. Each text has a tree of its own.
  const rules = readFileSync(join(root, ".oxlintrc.json"), "utf8")
    .replace('"typeAware": true', '"typeAware": false')
    .replaceAll('"src/', '"*/src/');
  writeFileSync(join(folder, ".oxlintrc.json"), rules);
  for (const [at, text] of texts.entries()) {
    for (const place of places) {
      const file = join(folder, `${at}`, place);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${text}\n`);
    }
  }
  const found = new Map<string, string[]>();
  const { stdout } = Bun.spawnSync([join(root, "node_modules/.bin/oxlint"), "-f", "json", "."], { cwd: folder });
  const { diagnostics } = JSON.parse(stdout.toString()) as {
    readonly diagnostics: readonly { readonly filename: string; readonly code: string }[];
  };
  for (const { filename, code } of diagnostics) {
    const [at = "", ...rest] = filename.split("/");
    const key = `${texts[Number(at)] ?? ""} in ${rest.join("/")}`;
    found.set(key, [...(found.get(key) ?? []), code]);
  }
  return found;
}

const found = lint([...Object.values(impurities).flat(), ...pure]);
const guards = /no-restricted-(?:imports|globals|properties)|no-eval|no-process-env|prefer-node-protocol/;

describe.each(Object.entries(impurities))("%s", (_kind, texts) => {
  describe.each(texts.map((text) => [text]))("%j", (text) => {
    test.each(places.map((place) => [place]))("in %s", (place) => {
      expect(found.get(`${text} in ${place}`)).toContainEqual(expect.stringMatching(guards));
    });
  });
});

test("what is pure is not an impurity", () => {
  expect(pure.flatMap((text) => places.flatMap((place) => found.get(`${text} in ${place}`) ?? []))).toEqual([]);
});

test("every pattern of the lint finds a file", () => {
  const { overrides } = Bun.JSON5.parse(readFileSync(join(root, ".oxlintrc.json"), "utf8")) as {
    readonly overrides: readonly { readonly files: readonly string[] }[];
  };
  const patterns = overrides.flatMap(({ files }) => files);
  expect(patterns.length).toBeGreaterThan(5);
  expect(patterns.filter((pattern) => [...new Bun.Glob(pattern).scanSync(root)].length === 0)).toEqual([]);
});
