// The mount directory's time moves when the driver's volume holds just the files of the answer, and only then.
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { MountFile } from "./plan/mount-file.ts";
import { renewIfUnchanged } from "./rotation-interval.ts";
import { finish } from "../work.ts";

const root = mkdtempSync(join(tmpdir(), "interval-"));
afterAll(() => rmSync(root, { recursive: true }));
const file = (path: string, text: string, mode = 0o644): MountFile => ({ path, mode, contents: Buffer.from(text) });
const files = [file("a", "one"), file("deep/b", "two", 0o400), file("deep/er/c", "three")];
let target = "";

/** A volume as the driver's atomic writer leaves it: a folder of the day, `..data` to it, a link for each first element. */
beforeEach(() => {
  target = mkdtempSync(join(root, "target-"));
  const day = join(target, "..2026_11_24");
  for (const { path, mode, contents } of files) {
    mkdirSync(dirname(join(day, path)), { recursive: true });
    writeFileSync(join(day, path), contents);
    chmodSync(join(day, path), mode);
  }
  symlinkSync("..2026_11_24", join(target, "..data"));
  symlinkSync("..data/a", join(target, "a"));
  symlinkSync("..data/deep", join(target, "deep"));
  utimesSync(target, 1_000, 1_000);
});

const moved = async (wanted: readonly MountFile[], path = target): Promise<boolean> => {
  await renewIfUnchanged(wanted, path, async (work) => finish(work));
  return statSync(target).mtimeMs !== 1_000_000;
};

describe("renewIfUnchanged", () => {
  test("moves the time when nothing has changed", async () => {
    expect(await moved(files)).toBe(true);
  });

  test.each([
    ["other contents", [file("a", "ONE"), ...files.slice(1)]],
    ["another mode", [file("a", "one", 0o600), ...files.slice(1)]],
    ["a new file", [...files, file("d", "four")]],
    ["a new file in a folder", [...files, file("deep/d", "four")]],
    ["a file less", files.slice(1)],
    ["a file less in a folder", [files[0] ?? file("a", ""), files[1] ?? file("b", "")]],
    ["no files", []],
  ])("leaves it alone: %s", async (_name, wanted) => {
    expect(await moved(wanted)).toBe(false);
  });

  test("leaves a first mount and an absent directory alone", async () => {
    rmSync(target, { recursive: true });
    await renewIfUnchanged(files, target, async (work) => finish(work));
    mkdirSync(target);
    utimesSync(target, 1_000, 1_000);
    expect(await moved(files)).toBe(false);
  });

  test("does not take a link out of the volume for a mounted file", async () => {
    rmSync(join(target, "a"));
    writeFileSync(join(root, "outside"), "one");
    symlinkSync(join(root, "outside"), join(target, "a"));
    utimesSync(target, 1_000, 1_000);
    expect(await moved(files)).toBe(false);
  });
});
