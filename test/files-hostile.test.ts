// The compiled binary writing into file systems that are full, closed, gone or prepared by the pod: a clear error, and what was mounted stays as it was.
// Then SIGKILL in the middle of mounts: a file is old or new, never half, and what was left goes at the next mount of that target.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import * as fs from "node:fs";
import { join } from "node:path";
import { newFolder, secret, startBinary, startBinaryLab } from "./binary-lab.ts";
import type { BinaryLab } from "./binary-lab.ts";
import { startWorld } from "./fakes/world.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const unknown = 2;
const names = ["a", "b"];
const objects = names.map((name) => secret(name));

const canMount =
  process.getuid?.() === 0 && Bun.spawnSync(["unshare", "--mount", "true"], { stderr: "ignore" }).success;
if (!canMount)
  console.log("NOT RUN test/files-hostile.test.ts, volumes that are full or read-only: needs root that may mount");

function tmpfs(target: string, options: string): void {
  const { success } = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options, "none", target]);
  if (!success) throw new Error("mount failed");
}

/** A folder in which a volume lies; what is mounted there is gone with the scope. */
function newVolume(): Disposable & { readonly outside: string; readonly target: string } {
  const folder = newFolder();
  const target = join(folder.path, "mount");
  fs.mkdirSync(target);
  return {
    outside: folder.path,
    target,
    [Symbol.dispose]: () => {
      if (canMount) Bun.spawnSync(["umount", "-l", target], { stderr: "ignore" });
      folder[Symbol.dispose]();
    },
  };
}

const moveAway = (target: string): void => fs.renameSync(target, `${target}.old`);

function put(lab: BinaryLab, text: string): void {
  for (const name of names) lab.world.cloud.putSecret(region, name, `${name} ${text}`);
}

const read = (target: string): unknown => names.map((name) => fs.readFileSync(join(target, name), "utf8"));
const before = ["a before", "b before"];

describe("a mount into a volume", () => {
  interface Case {
    readonly needsMount?: boolean;
    readonly prepare: (target: string, outside: string) => void;
    /** The objects of the failing mount; those before and this one. */
    readonly more?: readonly object[];
    readonly parameters?: Record<string, string>;
    readonly words: string;
    /** Where the files of before are now; undefined = gone with the volume. */
    readonly still?: (target: string) => string | undefined;
  }
  const cases: Record<string, Case> = {
    "that is full": {
      needsMount: true,
      prepare: () => undefined,
      more: [secret("large")],
      words: "/large: ENOSPC: no space left on device",
    },
    "that is read-only": {
      needsMount: true,
      prepare: (target) => void Bun.spawnSync(["mount", "-o", "remount,ro", target]),
      words: "/a: EROFS: read-only file system",
    },
    "that is gone": {
      prepare: (target) => fs.rmSync(target, { recursive: true }),
      words: ": ENOENT: no such file or directory",
      still: () => undefined,
    },
    "that is a file now": {
      prepare: (target) => {
        moveAway(target);
        fs.writeFileSync(target, "");
      },
      words: ": ENOTDIR: not a directory",
      still: (target) => `${target}.old`,
    },
    "that is a link to nowhere now": {
      prepare: (target) => {
        moveAway(target);
        fs.symlinkSync("/nowhere", target);
      },
      words: ": ENOENT: no such file or directory",
      still: (target) => `${target}.old`,
    },
    "that is a link to a file now": {
      prepare: (target, outside) => {
        moveAway(target);
        fs.writeFileSync(join(outside, "file"), "kept");
        fs.symlinkSync(join(outside, "file"), target);
      },
      words: ": ENOTDIR: not a directory",
      still: (target) => `${target}.old`,
    },
    "with a directory in a file's place": {
      prepare: (target) => fs.mkdirSync(join(target, "c")),
      more: [secret("c")],
      words: "/c: EISDIR: a directory is in its place",
    },
    "with a link where a directory is needed": {
      prepare: (target, outside) => fs.symlinkSync(outside, join(target, "d")),
      more: [secret("d/x")],
      parameters: { pathTranslation: "False" },
      words: "/d/x: ENOTDIR: not a directory",
    },
    "with a name of 256 bytes": {
      prepare: () => undefined,
      more: [secret("c", { objectAlias: "x".repeat(256) })],
      words: "it is longer than 255 bytes",
    },
    "with a file below another file": {
      prepare: () => undefined,
      more: [secret("a/x")],
      parameters: { pathTranslation: "False" },
      words: "ENOTDIR: a is a file of the same mount",
    },
  };

  test.each(Object.entries(cases).filter(([, { needsMount }]) => canMount || needsMount !== true))(
    "%s fails, and changes nothing",
    async (_name, { needsMount, prepare, more = [], parameters = {}, words, still = (target) => target }) => {
      await using lab = await startBinaryLab();
      using volume = newVolume();
      const { target, outside } = volume;
      if (needsMount === true) tmpfs(target, "size=64k");
      put(lab, "before");
      lab.world.cloud.putSecret(region, "large", "x".repeat(65_000));
      for (const name of ["c", "d/x", "a/x"]) lab.world.cloud.putSecret(region, name, "new");
      await lab.run({ targetPath: target, objects });
      prepare(target, outside);
      const [inside, around] = [still(target), fs.readdirSync(outside).toSorted()];
      const had = inside === undefined ? undefined : fs.readdirSync(inside).toSorted();
      put(lab, "after");
      const mount = lab.run({ targetPath: target, objects: [...objects, ...more], parameters });
      const { code, details } = await mount.then(
        () => ({ code: 0, details: "mounted" }),
        (error: unknown) => error as { code: number; details: string },
      );
      expect([code, details]).toEqual([unknown, expect.stringContaining(words)]);
      expect(details).not.toMatch(/[ab] before|[ab] after|x{500}/);
      if (inside !== undefined) expect([read(inside), fs.readdirSync(inside).toSorted()]).toEqual([before, had]);
      expect(fs.readdirSync(outside).toSorted()).toEqual(around);
      expect((await lab.run({ objects })).contents).toEqual({ a: "a after", b: "b after" }); // another volume
    },
  );

  test("with links planted in the files' places replaces them; what they lead to is not touched", async () => {
    await using lab = await startBinaryLab();
    using volume = newVolume();
    put(lab, "before");
    const victim = join(volume.outside, "victim");
    fs.writeFileSync(victim, "kept");
    fs.symlinkSync(victim, join(volume.target, "a"));
    fs.linkSync(victim, join(volume.target, "b"));
    expect((await lab.run({ targetPath: volume.target, objects })).contents).toEqual({ a: "a before", b: "b before" });
    expect([fs.readFileSync(victim, "utf8"), fs.lstatSync(join(volume.target, "a")).isFile()]).toEqual(["kept", true]);
  });

  test("with names of 255 bytes, and names that no terminal shows, works; the log stays in lines", async () => {
    await using lab = await startBinaryLab({ args: ["--log-level=debug"] });
    const aliases = [
      "x".repeat(255),
      "é".repeat(127),
      "line\nbreak",
      "\u001b[2J\u0007",
      "\u202egnp.exe",
      " ",
      "*",
      "a\\b",
      "\u{1F600}",
    ];
    const all = aliases.map((objectAlias, at) => {
      lab.world.cloud.putSecret(region, `s${at}`, `value ${at}`);
      return secret(`s${at}`, { objectAlias });
    });
    const mounted = await lab.run({ objects: JSON.stringify(all) });
    expect(mounted.contents).toEqual(Object.fromEntries(aliases.map((alias, at) => [alias, `value ${at}`])));
    expect(Object.keys(mounted.versions).toSorted()).toEqual(aliases.toSorted());
    await lab.failure({ objects: JSON.stringify([secret("gone\n\u001b[2J", { objectAlias: "x" })]) });
    expect(await lab.stop()).toBe(0);
    expect(lab.output().replaceAll("\n", "")).not.toMatch(/\p{Cc}|\u202e/u);
  });
});

test("SIGKILL in the middle of mounts leaves every file whole, and the next mount leaves nothing else", async () => {
  await using world = await startWorld();
  using folder = newFolder();
  using volume = newVolume();
  const { target } = volume;
  const many = Array.from({ length: 20 }, (_, at) => `s${at}`);
  const all = many.map((name) => secret(name));
  const putAll = (digit: number): void =>
    many.forEach((name) => world.cloud.putSecret(region, name, String(digit).repeat(60_000)));
  putAll(0);
  const options = { args: world.args, env: world.env, socketFolder: folder.path };
  const leftovers = (): string[] => fs.readdirSync(target).filter((name) => name.startsWith(".aws-"));
  let left = 0;
  for (let round = 0; round < 10; round += 1) {
    await using provider = await startBinary(options);
    await provider.run({ targetPath: target, objects: all });
    expect(fs.readdirSync(target).toSorted()).toEqual(many.toSorted());
    putAll((round + 1) % 10);
    const running = provider.run({ targetPath: target, objects: all }).catch(() => undefined);
    // Killed at another place each time: from before the first staged file to after the last rename.
    while (round > 1 && leftovers().length < round && fs.readFileSync(join(target, "s19"))[0] === 48 + (round % 10))
      await Bun.sleep(0);
    provider.kill("SIGKILL");
    await running;
    await provider.exited;
    left += leftovers().length;
    for (const name of many) expect(fs.readFileSync(join(target, name), "utf8")).toMatch(/^(\d)\1{59999}$/);
  }
  expect(left).toBeGreaterThan(0);
  await using provider = await startBinary(options);
  await provider.run({ targetPath: target, objects: all });
  expect(fs.readdirSync(target).toSorted()).toEqual(many.toSorted());
});
