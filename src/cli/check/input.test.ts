import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError, readInput } from "./input.ts";

const bounds = { fileBytesMax: 100, totalBytesMax: 250, entriesMax: 12, depthMax: 3 };

function folder(files: Readonly<Record<string, string>>): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "input-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, ".."), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("a directory gives its manifests in order, without binaries, other files and what lies too deep", () => {
  using dir = folder({
    "b/c.yaml": "c",
    "a.yml": "a",
    "z.JSON": "z",
    "other.txt": "x",
    "bin.yaml": "\0",
    "1/2/3/4/deep.yaml": "d",
    "node_modules/x.yaml": "n",
  });
  symlinkSync(dir.path, join(dir.path, "loop"));
  symlinkSync(dir.path, join(dir.path, "loop.yaml"));
  symlinkSync(join(dir.path, "nothing"), join(dir.path, "dangling.yaml"));
  symlinkSync(join(dir.path, "a.yml"), join(dir.path, "link.yaml"));
  const names = [...readInput([dir.path], { ...bounds, entriesMax: 100 })].map(({ name }) =>
    name.slice(dir.path.length + 1),
  );
  expect(names).toEqual(["a.yml", "b/c.yaml", "link.yaml", "z.JSON"]);
});

describe("what can't be read is named", () => {
  const files = { "a.yaml": "x".repeat(100), "b.yaml": "x".repeat(101), "c.yaml": "x".repeat(100), bin: "a\0b" };
  const errorOf = (names: readonly string[]): string => {
    using dir = folder(files);
    try {
      return String(
        [
          ...readInput(
            names.map((name) => join(dir.path, name)),
            bounds,
          ),
        ].length,
      );
    } catch (error) {
      if (error instanceof InputError) return error.message.replaceAll(dir.path, "");
      throw error;
    }
  };
  test.each([
    [["a.yaml", "c.yaml"], "2"],
    [["nothing.yaml"], "/nothing.yaml: no such file or directory"],
    [["b.yaml"], `/b.yaml has more than ${100 / 2 ** 20} MiB`],
    [["a.yaml", "c.yaml", "a.yaml"], `the files have more than ${250 / 2 ** 20} MiB: name fewer`],
    [["bin"], "/bin is not a text file"],
    [["a.yaml/x"], /^\/a\.yaml\/x: .+/],
  ])("%j", (names, message) => {
    expect(errorOf(names)).toMatch(message instanceof RegExp ? message : new RegExp(`^${RegExp.escape(message)}$`));
  });

  test("one of a directory: the others are read all the same", () => {
    using dir = folder(files);
    symlinkSync("/proc/self/mem", join(dir.path, "d.yaml")); // readable to nobody at its beginning
    const read = [...readInput([dir.path], bounds)].map(({ name, text, fault }) => [
      name.slice(dir.path.length + 1),
      text.length,
      fault?.replaceAll(dir.path, ""),
    ]);
    expect(read).toEqual([
      ["a.yaml", 100, undefined],
      ["b.yaml", 0, `/b.yaml has more than ${100 / 2 ** 20} MiB`],
      ["c.yaml", 100, undefined],
      ["d.yaml", 0, expect.stringContaining("/d.yaml: ")],
    ]);
  });

  test("a directory with too much in it", () => {
    using dir = folder(Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`${i}.txt`, ""])));
    expect(() => [...readInput([dir.path], bounds)]).toThrow(
      `${dir.path} holds more than 12 files and folders: name fewer`,
    );
  });
});
