import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProviderError } from "../errors.ts";
import { createPacer } from "../sharing/pace.ts";
import type { MountFile } from "./plan/mount-file.ts";
import { finish } from "../work.ts";
import type { Work } from "../work.ts";
import { writeFiles } from "./write.ts";

/** A tmpfs, as the volumes of the driver are, where there is one. */
const root = fs.mkdtempSync(join(fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "write-"));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** A user without any right of root's. */
const nobody = 65534;
let count = 0;
function newTarget(): string {
  const target = join(root, `target-${(count += 1)}`);
  fs.mkdirSync(target);
  return target;
}

function file(path: string, contents: string | Uint8Array = `contents of ${path}`, mode = 0o644): MountFile {
  return { path, mode, contents: typeof contents === "string" ? Buffer.from(contents) : contents };
}

/** Every file, link and directory below a target, by path. (Bun's recursive readdir follows links.) */
function tree(target: string, below = ""): Record<string, string> {
  const entries = fs
    .readdirSync(join(target, below), { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return Object.assign(
    {},
    ...entries.map((entry) => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return { [path]: "dir", ...tree(target, path) };
      const full = join(target, path);
      return { [path]: entry.isSymbolicLink() ? `-> ${fs.readlinkSync(full)}` : fs.readFileSync(full, "utf8") };
    }),
  ) as Record<string, string>;
}

async function failure(target: string, files: readonly MountFile[]): Promise<ProviderError> {
  const error = await writeFiles(target, files).catch((caught: unknown) => caught);
  if (!(error instanceof ProviderError)) throw new Error(`expected a ProviderError, got ${String(error)}`);
  expect(error.reason).toBe("WriteFailed");
  return error;
}

const old = new Date("2020-01-01");
/** Puts the directory's time back, to see it move. */
function age(target: string): void {
  fs.utimesSync(target, old, old);
}

describe("files", () => {
  test("are complete and of their exact mode, whatever the umask", async () => {
    const target = newTarget();
    const modes = [0, 0o400, 0o600, 0o644, 0o666, 0o777];
    const before = process.umask(0o077);
    try {
      await writeFiles(
        target,
        modes.map((mode) => file(`f${mode}`, "x", mode)),
      );
    } finally {
      process.umask(before);
    }
    expect(modes.map((mode) => fs.statSync(join(target, `f${mode}`)).mode & 0o7777)).toEqual(modes);
  });

  test("keep the nine low bits of a mode alone", async () => {
    const target = newTarget();
    await writeFiles(target, [file("a", "x", 0o4755), file("b", "x", 0o1777)]);
    expect(["a", "b"].map((name) => fs.statSync(join(target, name)).mode & 0o7777)).toEqual([0o755, 0o777]);
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["every byte", Uint8Array.from({ length: 256 }, (_, i) => i)],
    ["a view into a larger buffer", new Uint8Array(1000).fill(7).subarray(10, 20)],
    ["megabytes", new Uint8Array((3 << 20) + 1).fill(9)],
  ])("hold %s", async (_what, contents) => {
    const target = newTarget();
    await writeFiles(target, [file("a", contents)]);
    expect(Buffer.compare(fs.readFileSync(join(target, "a")), contents)).toBe(0);
  });

  test("of one path twice: the later one counts", async () => {
    const target = newTarget();
    await writeFiles(target, [file("a", "first"), file("b"), file("a", "second")]);
    expect(tree(target)).toEqual({ a: "second", b: "contents of b" });
  });

  test("that the mount does not name stay", async () => {
    const target = newTarget();
    fs.writeFileSync(join(target, "other"), "other");
    await writeFiles(target, [file("a", "x")]);
    expect(tree(target)).toEqual({ a: "x", other: "other" });
  });

  test.each([
    ["*"],
    [" "],
    ["a b"],
    ["日本😀"],
    ["a\nb"],
    ["..x"],
    ["x.."],
    ["..."],
    [".hidden"],
    ["arn:aws:ssm:x"],
    ["a\\b"],
    ["_a_b"],
  ])("may be called %j", async (name) => {
    const target = newTarget();
    await writeFiles(target, [file(name, "x")]);
    expect(tree(target)).toEqual({ [name]: "x" });
  });

  test.each([[245], [246], [254], [255]])("parity 12.1 row 21: a name of %d bytes works", async (length) => {
    const target = newTarget();
    await writeFiles(target, [file("n".repeat(length), "x")]);
    await writeFiles(target, [file("n".repeat(length), "y")]);
    expect(tree(target)).toEqual({ ["n".repeat(length)]: "y" });
  });
});

describe("what is there already", () => {
  test("and equal stays as it is, but the directory's time moves", async () => {
    const target = newTarget();
    const files = [file("a"), file("empty", ""), file("d/b")];
    await writeFiles(target, files);
    const before = ["a", "empty", "d/b"].map((name) => fs.statSync(join(target, name)));
    age(target);
    await writeFiles(target, files);
    const after = ["a", "empty", "d/b"].map((name) => fs.statSync(join(target, name)));
    expect(after.map(({ ino, mtimeMs }) => [ino, mtimeMs])).toEqual(before.map(({ ino, mtimeMs }) => [ino, mtimeMs]));
    expect(Date.now() - fs.statSync(target).mtimeMs).toBeLessThan(10_000);
  });

  test("moves the directory's time when a file deep inside is new, and when there is none at all", async () => {
    const target = newTarget();
    await writeFiles(target, [file("d/b", "1")]);
    age(target);
    await writeFiles(target, [file("d/b", "2")]);
    expect(fs.statSync(target).mtimeMs).toBeGreaterThan(old.getTime());
    age(target);
    await writeFiles(target, []);
    expect(fs.statSync(target).mtimeMs).toBeGreaterThan(old.getTime());
  });

  test.each<[what: string, prepare: (path: string) => void]>([
    ["other contents", (path) => fs.writeFileSync(path, "other text")],
    ["contents of the same length", (path) => fs.writeFileSync(path, "contents of b")],
    ["another mode", (path) => fs.chmodSync(path, 0o600)],
    ["a set-id bit", (path) => fs.chmodSync(path, 0o4644)],
    ["a second name", (path) => fs.linkSync(path, join(root, `link-${(count += 1)}`))],
  ])("with %s is replaced, not changed in place", async (_what, prepare) => {
    const target = newTarget();
    await writeFiles(target, [file("a")]);
    const path = join(target, "a");
    prepare(path);
    const { ino } = fs.statSync(path);
    await writeFiles(target, [file("a")]);
    expect(fs.readFileSync(path, "utf8")).toBe("contents of a");
    expect(fs.statSync(path).mode & 0o7777).toBe(0o644);
    expect(fs.statSync(path).ino).not.toBe(ino);
  });

  test("and not readable for its owner is replaced: root without DAC_OVERRIDE is such a user", async () => {
    const target = newTarget();
    fs.chmodSync(root, 0o755);
    if (process.getuid?.() === 0) fs.chownSync(target, nobody, nobody);
    // An ordinary user, from whom root's capabilities are gone.
    const script = `import { writeFiles } from ${JSON.stringify(join(import.meta.dir, "write.ts"))};
      if (process.getuid() === 0) { process.setegid(${nobody}); process.seteuid(${nobody}); }
      for (const text of ["1", "1", "2"]) {
        const contents = new TextEncoder().encode(text);
        await writeFiles(${JSON.stringify(target)}, [0, 0o040, 0o400].map((mode) => ({ path: "f" + mode, mode, contents })));
      }`;
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, "-e", script]);
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
    const modes = ["f0", "f32", "f256"].map((name) => fs.statSync(join(target, name)).mode & 0o7777);
    expect(modes).toEqual([0, 0o040, 0o400]);
    for (const name of fs.readdirSync(target)) fs.chmodSync(join(target, name), 0o600);
    expect(tree(target)).toEqual({ f0: "2", f256: "2", f32: "2" });
  });

  test("as a link is replaced; what it leads to is neither read nor written", async () => {
    const target = newTarget();
    const outside = join(root, `outside-${(count += 1)}`);
    fs.writeFileSync(outside, "contents of a");
    for (const to of [outside, "/nonexistent", "a", "/dev/null", "."]) {
      fs.rmSync(join(target, "a"), { force: true });
      fs.symlinkSync(to, join(target, "a"));
      await writeFiles(target, [file("a", "new")]);
      expect(fs.lstatSync(join(target, "a")).isFile()).toBe(true);
      expect(tree(target)).toEqual({ a: "new" });
    }
    expect(fs.readFileSync(outside, "utf8")).toBe("contents of a");
  });

  test("as a pipe is replaced without waiting for it", async () => {
    const target = newTarget();
    Bun.spawnSync(["mkfifo", join(target, "a")]);
    await writeFiles(target, [file("a", "x")]);
    expect(tree(target)).toEqual({ a: "x" });
  });

  test("as a directory is an error, before anything is changed", async () => {
    const target = newTarget();
    fs.mkdirSync(join(target, "d"));
    const { message } = await failure(target, [file("a"), file("d"), file("new/b")]);
    expect(message).toBe(`failed to write ${target}/d: EISDIR: a directory is in its place`);
    expect(tree(target)).toEqual({ d: "dir" });
  });
});

describe("parity 12.1 row 13: a name with a slash", () => {
  test("makes directories of mode 0755, whatever the umask", async () => {
    const target = newTarget();
    const before = process.umask(0o077);
    try {
      await writeFiles(target, [file("a/b/c", "1"), file("a/b/d", "2"), file("a/e", "3"), file("f", "4")]);
    } finally {
      process.umask(before);
    }
    expect(tree(target)).toEqual({ a: "dir", "a/b": "dir", "a/b/c": "1", "a/b/d": "2", "a/e": "3", f: "4" });
    expect(["a", "a/b"].map((name) => fs.statSync(join(target, name)).mode & 0o7777)).toEqual([0o755, 0o755]);
  });

  test("leaves the mode of a directory that is there", async () => {
    const target = newTarget();
    fs.mkdirSync(join(target, "a"), { mode: 0o700 });
    await writeFiles(target, [file("a/b", "1")]);
    expect(fs.statSync(join(target, "a")).mode & 0o7777).toBe(0o700);
  });

  test.each([
    ["to a directory outside", ""],
    ["to a directory outside, deeper", "deep"],
  ])("never follows a link %s", async (_what, deep) => {
    const target = newTarget();
    const outside = newTarget();
    const parent = join(target, deep);
    fs.mkdirSync(parent, { recursive: true });
    fs.symlinkSync(outside, join(parent, "a"));
    const path = join(deep, "a/b");
    const { message } = await failure(target, [file("first"), file(path)]);
    expect(message).toBe(`failed to write ${target}/${path}: ENOTDIR: not a directory`);
    expect(tree(outside)).toEqual({});
    expect(Object.keys(tree(target)).filter((name) => name.startsWith("."))).toEqual([]);
    expect(tree(target)).not.toHaveProperty("first");
  });

  test("does not follow a link inside the mount either, nor a file in a directory's place", async () => {
    const target = newTarget();
    fs.mkdirSync(join(target, "real"));
    fs.symlinkSync("real", join(target, "link"));
    fs.writeFileSync(join(target, "plain"), "");
    for (const path of ["link/b", "plain/b"])
      expect((await failure(target, [file(path)])).message).toContain("ENOTDIR");
    expect(tree(target)).toEqual({ real: "dir", link: "-> real", plain: "" });
  });

  test("writes nothing outside while another process swaps the directory for a link", async () => {
    const target = newTarget();
    const outside = newTarget();
    const script = `const fs = require("node:fs");
      const [a, other] = [${JSON.stringify(join(target, "a"))}, ${JSON.stringify(join(target, "other"))}];
      console.log("ready");
      for (;;) {
        try { fs.renameSync(a, other); fs.symlinkSync(${JSON.stringify(outside)}, a); } catch {}
        try { fs.unlinkSync(a); } catch {}
        try { fs.renameSync(other, a); } catch {}
      }`;
    fs.mkdirSync(join(target, "a"));
    const run = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
    try {
      await run.stdout.getReader().read();
      const outcomes = { written: 0, refused: 0 };
      for (let i = 0; i < 1000; i += 1) {
        await writeFiles(target, [file("a/x", String(i))]).then(
          () => (outcomes.written += 1),
          () => (outcomes.refused += 1),
        );
      }
      expect(outcomes.written).toBeGreaterThan(0);
      expect(tree(outside)).toEqual({});
    } finally {
      run.kill("SIGKILL");
      await run.exited;
    }
  });

  test("of two hundred levels works", async () => {
    const target = newTarget();
    const path = Array<string>(200).fill("d").join("/");
    await writeFiles(target, [file(path, "x")]);
    let depth = 0;
    let folder = fs.openSync(target, "r");
    for (; depth < 199; depth += 1) {
      const inner = fs.openSync(`/proc/self/fd/${folder}/d`, "r");
      fs.closeSync(folder);
      folder = inner;
    }
    expect(fs.readFileSync(`/proc/self/fd/${folder}/d`, "utf8")).toBe("x");
    fs.closeSync(folder);
  });
});

describe("names that are refused before any write", () => {
  test.each([
    ["", "it is empty"],
    [".", "each part between slashes must be a name, not empty, . or .."],
    ["..", "each part between slashes must be a name, not empty, . or .."],
    ["/etc/passwd", "each part between slashes must be a name, not empty, . or .."],
    ["a/", "each part between slashes must be a name, not empty, . or .."],
    ["a//b", "each part between slashes must be a name, not empty, . or .."],
    ["../x", "each part between slashes must be a name, not empty, . or .."],
    ["a/../../x", "each part between slashes must be a name, not empty, . or .."],
    ["a/./b", "each part between slashes must be a name, not empty, . or .."],
    ["a/..", "each part between slashes must be a name, not empty, . or .."],
    ["a\0b", "it holds a NUL character"],
    ["n".repeat(256), "it is longer than 255 bytes"],
    ["é".repeat(128), "it is longer than 255 bytes"],
    [`${"a/".repeat(2048)}b`, "it is longer than 4096 bytes"],
    [`a/${"n".repeat(256)}/b`, "it is longer than 255 bytes"],
  ])("%j", async (path, why) => {
    const target = newTarget();
    fs.writeFileSync(join(target, ".aws-00000000.tmp"), "leftover");
    const { message, fix } = await failure(target, [file("fine"), file(path)]);
    expect(message).toStartWith(`failed to write ${target}/${path}: `);
    expect(message).toEndWith(why);
    expect(fix).toContain("objectAlias");
    expect(Object.keys(tree(target))).toEqual([".aws-00000000.tmp"]);
  });

  test.each([
    [["a", "a/b"], "a/b", "a"],
    [["a/b/c", "a/b"], "a/b/c", "a/b"],
    [["x/y/z", "x"], "x/y/z", "x"],
  ])("a file that is a directory of another file: %j", async (paths, path, folder) => {
    const target = newTarget();
    const { message } = await failure(
      target,
      paths.map((name) => file(name)),
    );
    expect(message).toBe(`failed to write ${target}/${path}: ENOTDIR: ${folder} is a file of the same mount`);
    expect(tree(target)).toEqual({});
  });
});

describe("in a volume of our own", () => {
  const owned = { complete: async <T>(work: Work<T>): Promise<T> => finish(work), ownsTarget: true };
  test("a key path may become a folder, and a folder a file", async () => {
    const target = newTarget();
    await writeFiles(target, [file("a/b/c", "1"), file("a/d", "2"), file("x", "3")], owned);
    await writeFiles(target, [file("a", "4"), file("x/y", "5")], owned);
    expect(tree(target)).toEqual({ a: "4", x: "dir", "x/y": "5" });
    await writeFiles(target, [file("a/b/c", "1"), file("x", "3")], owned);
    expect(tree(target)).toEqual({ a: "dir", "a/b": "dir", "a/b/c": "1", x: "3" });
  });
  test.each<[string, (target: string, outside: string) => void]>([
    ["an empty directory", (target) => fs.mkdirSync(join(target, "a"))],
    ["a directory with a link in it", (target, outside) => fs.symlinkSync(outside, join(target, "a", "link"))],
    [
      "a directory with a file of two names",
      (target, outside) => fs.linkSync(join(outside, "kept"), join(target, "a/k")),
    ],
  ])("%s in a file's place is an error, and stays", async (what, prepare) => {
    const target = newTarget();
    const outside = newTarget();
    fs.writeFileSync(join(outside, "kept"), "x");
    if (what !== "an empty directory") {
      fs.mkdirSync(join(target, "a"));
      fs.writeFileSync(join(target, "a/own"), "x");
    }
    prepare(target, outside);
    const before = fs.readdirSync(join(target, "a"));
    const error = await writeFiles(target, [file("a", "1")], owned).catch((caught: unknown) => caught);
    expect((error as Error).message).toContain("EISDIR: a directory is in its place");
    expect([fs.readdirSync(join(target, "a")), tree(outside)]).toEqual([before, { kept: "x" }]);
  });
  test("a directory put aside by a mount that was killed goes at the next", async () => {
    const target = newTarget();
    fs.mkdirSync(join(target, ".aws-11111111.tmp/deep"), { recursive: true });
    fs.writeFileSync(join(target, ".aws-11111111.tmp/deep/f"), "x");
    await writeFiles(target, [file("a", "1")], owned);
    expect(tree(target)).toEqual({ a: "1" });
  });
});

describe("leftovers of a mount that was killed", () => {
  test("are removed at the next mount of that target; nothing else is", async () => {
    const target = newTarget();
    const others = [
      ".aws-xyz.tmp",
      ".aws-0123456.tmp",
      ".aws-01234567.tmp.x",
      "x.aws-01234567.tmp",
      ".aws-ABCDEF01.tmp",
    ];
    for (const name of [".aws-01234567.tmp", ".aws-89abcdef.tmp", ...others]) fs.writeFileSync(join(target, name), "x");
    fs.symlinkSync("/etc/hostname", join(target, ".aws-00000000.tmp"));
    fs.mkdirSync(join(target, ".aws-11111111.tmp"));
    await writeFiles(target, [file("a")]);
    expect(Object.keys(tree(target)).toSorted()).toEqual([...others, ".aws-11111111.tmp", "a"].toSorted());
    expect(fs.existsSync("/etc/hostname")).toBe(true);
  });

  test("that a mount wants to be called by are its files", async () => {
    const target = newTarget();
    await writeFiles(target, [file(".aws-01234567.tmp", "x")]);
    const { ino } = fs.statSync(join(target, ".aws-01234567.tmp"));
    await writeFiles(target, [file(".aws-01234567.tmp", "x")]);
    expect(fs.statSync(join(target, ".aws-01234567.tmp")).ino).toBe(ino);
  });

  test("a process that is killed leaves each file old or new, never half", async () => {
    const target = newTarget();
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    await writeFiles(
      target,
      names.map((name) => file(name, "0".repeat(50_000))),
    );
    const script = `import { writeFiles } from ${JSON.stringify(join(import.meta.dir, "write.ts"))};
      console.log("ready");
      for (let n = 1; ; n += 1) {
        const contents = new TextEncoder().encode(String(n % 10).repeat(50_000));
        await writeFiles(${JSON.stringify(target)}, ${JSON.stringify(names)}.map((path) => ({ path, mode: 0o644, contents })));
      }`;
    for (let round = 0; round < 5; round += 1) {
      const run = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
      await run.stdout.getReader().read();
      await Bun.sleep(10 + round * 7);
      run.kill("SIGKILL");
      await run.exited;
      for (const name of names) expect(fs.readFileSync(join(target, name), "utf8")).toMatch(/^(\d)\1{49999}$/);
    }
    await writeFiles(target, [file("f0", "end")]);
    expect(Object.keys(tree(target)).toSorted()).toEqual(names.toSorted());
  });
});

describe("a target", () => {
  test.each([
    ["that is absent", "absent", "ENOENT: no such file or directory"],
    ["that is a file", "plain", "ENOTDIR: not a directory"],
  ])("%s is a clear error", async (_what, name, words) => {
    fs.writeFileSync(join(root, "plain"), "");
    const target = join(root, name);
    expect((await failure(target, [file("a")])).message).toBe(`failed to write ${target}: ${words}`);
    expect(fs.existsSync(join(root, "absent"))).toBe(false);
  });

  test("may be reached through a link: kubelet's directory often is", async () => {
    const target = newTarget();
    fs.symlinkSync(target, `${target}-link`);
    await writeFiles(`${target}-link`, [file("a", "x")]);
    expect(tree(target)).toEqual({ a: "x" });
  });

  test("takes one write after the other, also under another spelling of its path", async () => {
    const target = newTarget();
    const versions = Array.from({ length: 20 }, (_, i) => String(i));
    const large = (text: string): MountFile[] => ["a", "b", "c"].map((name) => file(name, text.padEnd(600_000, ".")));
    const done: string[] = [];
    await Promise.all(
      versions.map(async (text, i) => {
        await writeFiles(i % 2 === 0 ? target : `${target}/.//`, large(text));
        const seen = ["a", "b", "c"].map((name) => fs.readFileSync(join(target, name), "utf8").replace(/\..*$/, ""));
        expect(new Set(seen).size).toBe(1); // no other write came in between
        done.push(text);
      }),
    );
    expect(done).toEqual(versions);
    expect(Object.keys(tree(target))).toEqual(["a", "b", "c"]);
  });

  test("whose write failed takes the next one", async () => {
    const target = newTarget();
    fs.mkdirSync(join(target, "d"));
    const [first, second] = await Promise.allSettled([
      writeFiles(target, [file("d")]),
      writeFiles(target, [file("a", "x")]),
    ]);
    expect([first.status, second.status]).toEqual(["rejected", "fulfilled"]);
    expect(tree(target)).toEqual({ a: "x", d: "dir" });
  });
});

test("the event loop goes on while megabytes are written", async () => {
  const target = newTarget();
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const { complete, close } = createPacer().open({ namespace: "a", signal: new AbortController().signal });
  await writeFiles(
    target,
    Array.from({ length: 100 }, (_, i) => file(`f${i}`, new Uint8Array(1 << 20).fill(i))),
    { complete, ownsTarget: true },
  );
  close();
  isOver = true;
  expect(turns).toBeGreaterThan(3);
});

test("no file descriptor is left open, whether it went well or not", async () => {
  const target = newTarget();
  fs.mkdirSync(join(target, "d"));
  fs.symlinkSync(root, join(target, "l"));
  const open = (): number => fs.readdirSync("/proc/self/fd").length;
  const before = open();
  for (let i = 0; i < 20; i += 1) {
    await writeFiles(target, [file("a/b/c", String(i)), file("a/d", "same")]);
    await failure(target, [file("a/b/c", `new ${i}`), file("d")]);
    await failure(target, [file("x/y/z"), file("l/x")]);
    await failure(target, [file("..")]);
    await failure(join(target, "absent"), [file("a")]);
  }
  expect(open()).toBeLessThanOrEqual(before);
  expect(tree(target)).toEqual({ a: "dir", "a/b": "dir", "a/b/c": "19", "a/d": "same", d: "dir", l: `-> ${root}` });
});

/** Whether this machine lets tests mount (root with the capability). */
const canMount = (() => {
  const probe = fs.mkdtempSync(join(root, "probe-"));
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=64k", "none", probe], {
    stderr: "ignore",
  }).success;
  if (mounted) Bun.spawnSync(["umount", probe]);
  return mounted;
})();

describe.skipIf(!canMount)("a volume", () => {
  async function withVolume(
    options: string,
    use: (target: string, remount: (options: string) => void) => Promise<void>,
  ): Promise<void> {
    const target = newTarget();
    Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options, "none", target]);
    try {
      await use(target, (more) => void Bun.spawnSync(["mount", "-o", `remount,${more}`, target]));
    } finally {
      Bun.spawnSync(["umount", target]);
    }
  }

  test("that is full fails the mount with what was there untouched and nothing left behind", async () => {
    await withVolume("size=512k", async (target) => {
      await writeFiles(target, [file("a", "old"), file("d/b", "old")]);
      const { message, fix } = await failure(target, [
        file("a", "hunter2"),
        file("e/c", "hunter2"),
        file("d/b", new Uint8Array(1 << 20)),
      ]);
      expect(message).toBe(`failed to write ${target}/d/b: ENOSPC: no space left on device`);
      expect(fix).not.toBe("");
      expect(tree(target)).toEqual({ a: "old", d: "dir", "d/b": "old" });
      await writeFiles(target, [file("a", "new")]);
    });
  });

  test("that is read-only fails the mount", async () => {
    await withVolume("size=1m", async (target, remount) => {
      await writeFiles(target, [file("a", "old")]);
      remount("ro");
      expect((await failure(target, [file("a", "new")])).message).toBe(
        `failed to write ${target}/a: EROFS: read-only file system`,
      );
      expect((await failure(target, [file("d/a", "new")])).message).toBe(
        `failed to write ${target}/d/a: EROFS: read-only file system`,
      );
      expect(tree(target)).toEqual({ a: "old" });
    });
  });
});

describe("work on many files is cut", () => {
  /** Runs a write to its end and counts where it could be cut. */
  async function yieldsOf(target: string, files: readonly MountFile[]): Promise<number> {
    let yields = 0;
    const complete = async <T>(work: Work<T>): Promise<T> => {
      for (; ; yields++) {
        const step = work.next();
        if (step.done === true) return step.value;
      }
    };
    await writeFiles(target, files, { complete, ownsTarget: false }).catch(() => undefined);
    return yields;
  }
  const many = Array.from({ length: 320 }, (_, i) => file(`d${i}/f`, ""));

  test("before anything is written", async () => {
    const bad = file("../x");
    expect(await yieldsOf(newTarget(), [...many, bad])).toBeGreaterThanOrEqual(2 * (many.length / 16));
  });

  test("where a late failure takes everything back", async () => {
    const target = newTarget();
    fs.mkdirSync(join(target, "zz"));
    const yields = await yieldsOf(target, [...many, file("zz", "")]);
    expect(yields).toBeGreaterThanOrEqual(many.length + 2 * (many.length / 16) + 2 * (many.length / 8));
    expect(tree(target)).toEqual({ zz: "dir" });
  });
});
