import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { checkFolders, faultOfPath, filePath, leavesMount } from "./file-path.ts";
import type { PathTranslation } from "./parameters.ts";

const underscore: PathTranslation = { character: "_" };

test.each([
  ["a/b", underscore, "a_b"],
  ["/a/b", underscore, "_a_b"],
  ["arn:aws:ssm:r:1:parameter/a/b", underscore, "arn:aws:ssm:r:1:parameter_a_b"],
  ["/a/b", "off", "a/b"],
  ["//a//b", "off", "a//b"],
  ["/../x", { character: "." }, "....x"],
  ["/a", { character: "/" }, "a"],
  ["* é\n", underscore, "* é\n"],
] as const)("%p with %p becomes %p", (name, translation, expected) => {
  expect(filePath(name, translation)).toBe(expected);
});

describe("leavesMount, the reference's own rule", () => {
  test.each(["../a", "a/../b", "a/..", "/../"])("%p leaves", (path) => {
    expect(leavesMount(path)).toBe(true);
  });
  test.each(["..", "a..", "..a", "a/..b", "a..b/c"])("%p stays", (path) => {
    expect(leavesMount(path)).toBe(false);
  });
});

describe("faultOfPath", () => {
  test.each([
    "",
    ".",
    "..",
    "a/./b",
    "a//b",
    "a/",
    "/a",
    "a\0b",
    "x".repeat(256),
    "é".repeat(128),
    "a/".repeat(2100) + "a",
  ])("no file has the path %p", (path) => {
    expect(faultOfPath(path)).toBeString();
  });
  test.each(["a", "..a", "a..", "...", "a/b", "x".repeat(255), "é".repeat(127), "*", " ", "\n"])(
    "%p is fine",
    (path) => {
      expect(faultOfPath(path)).toBeUndefined();
    },
  );
});

test("what has no fault stays inside the mount", () => {
  const names = fc
    .array(fc.constantFrom("a", "/", ".", "..", "\0", "_", " "), { maxLength: 8 })
    .map((parts) => parts.join(""));
  const translations = fc.constantFrom<PathTranslation>("off", { character: "/" }, { character: "." }, underscore);
  fc.assert(
    fc.property(names, translations, (name, translation) => {
      const path = filePath(name, translation);
      if (faultOfPath(path) !== undefined) return;
      expect(path).not.toStartWith("/");
      expect(path.split("/")).not.toContain("..");
      expect(leavesMount(path)).toBe(false);
    }),
  );
});

test("a file is in at most 32 folders", () => {
  expect(() => checkFolders(`${"d/".repeat(32)}f`, "a", [])).not.toThrow();
  expect(() => checkFolders(`${"d/".repeat(33)}f`, "a", [])).toThrow("the file of a is in more than 32 folders");
  expect(() => checkFolders(`${"d/".repeat(33)}f`, "d/".repeat(2_000), [])).toThrow(
    /^the file of [d/]{90,100}\.{3} is in more than 32/,
  );
});
