// docs/architecture.md against the tree: every file that it names is there, every room has its line, and the five ways are written.
import { expect, test } from "bun:test";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

const root = dirname(import.meta.dir);
const text = readFileSync(join(root, "docs/architecture.md"), "utf8");
const named = [...text.matchAll(/`((?:src|test|docs|deployment|charts|scripts)\/[\w./-]+)`/g)].map(
  ([, path = ""]) => path,
);

test("every file and folder that it names is there", () => {
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test("every room has its line", () => {
  const [, table = ""] = text.split("\n## Rooms\n");
  const rooms = readdirSync(join(root, "src")).filter((name) => !name.endsWith(".test.ts"));
  const isRoom = (name: string): boolean => !existsSync(join(root, "src", `${name}.ts`)); // src/wire belongs to src/wire.ts
  expect(rooms.filter((name) => isRoom(name) && !table.split("\n## ")[0]?.includes(`\`src/${name}\``))).toEqual([]);
});

test("the ways of a token, a value and an error, and the five places to add, name files", () => {
  const parts = [...text.matchAll(/^##+ (The way of an? \w+|A new .+|Another store)\n([^]*?)(?=^##)/gm)];
  const last = text.split("\n### Another store\n")[1] ?? "";
  const ways = new Map([...parts.map(([, name = "", body = ""]) => [name, body] as const), ["Another store", last]]);
  expect([...ways.keys()]).toEqual([
    "The way of a token",
    "The way of a value",
    "The way of an error",
    "A new AWS error code with advice",
    "A new object field",
    "A new flag",
    "A new metric",
    "Another store",
  ]);
  for (const [name, body] of ways) expect(body.match(/`src\/[\w./-]+\.ts`/g)?.length, name).toBeGreaterThan(1);
});
