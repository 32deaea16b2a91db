// Root with no capability at all, as the chart has it, can do what the program does: a mount and its remount by the compiled binary, with an empty
// bounding set (setpriv, which takes root). Volumes as the driver makes them (tmpfs) and as kubelet leaves them for an fsGroup.
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secret, startBinaryLab } from "../binary-lab.ts";
import { containerOf, goldenObjects, objectsOf, root } from "../chart/chart.ts";

const region = "eu-west-1";
const modes = ["0000", "0040", "0400", "0644"];
const readable = ["0400", "0644"];

const runner: readonly string[] = [
  process.env["SETPRIV"] ?? "setpriv",
  "--no-new-privs",
  "--clear-groups",
  "--inh-caps=-all",
  "--bounding-set=-all",
];

/** A volume of the mode and group that pods' volumes have. */
function newVolume(mode: number, group: number): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "volume-"));
  chownSync(path, 0, group);
  chmodSync(path, mode);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

const objects = modes.map((filePermission) => secret(`s${filePermission}`, { filePermission }));

test.each(["defaults", "driver-writes", "aws-region", "fips"])("the chart leaves none: %s", (name) => {
  expect(containerOf(goldenObjects(name)).securityContext?.capabilities).toEqual({ drop: ["ALL"] });
});

test.each(["aws-provider-installer.yaml", "private-installer.yaml"])("nor does %s", (name) => {
  const manifest = objectsOf(readFileSync(join(root, "deployment", name), "utf8"));
  expect(containerOf(manifest).securityContext?.capabilities).toEqual({ drop: ["ALL"] });
});

describe("root without capabilities", () => {
  const volumes: readonly [string, number, number][] = [
    ["a tmpfs volume", 0o1777, 0],
    ["a volume of root's alone", 0o755, 0],
    ["a volume with fsGroup", 0o2770, 2000],
  ];
  test.each(volumes)("mounts and mounts again, with new values too: %s", async (_title, mode, group) => {
    await using lab = await startBinaryLab({ runner });
    const status = readFileSync(`/proc/${lab.pid}/status`, "utf8");
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      expect(status).toContain(`${set}:\t${"0".repeat(16)}\n`);
    expect(status).toContain("Uid:\t0\t0\t0\t0\n");

    using volume = newVolume(mode, group);
    const statOf = (name: string): { ino: number; mode: number; uid: number; gid: number } =>
      statSync(join(volume.path, `s${name}`));
    const filesOf = (names: readonly string[]): readonly number[] => names.map((name) => statOf(name).ino);
    const mount = async (value: string): Promise<void> => {
      for (const name of modes) lab.world.cloud.putSecret(region, `s${name}`, value);
      const { contents } = await lab.run({ objects, targetPath: volume.path });
      expect(contents).toEqual(Object.fromEntries(modes.map((name) => [`s${name}`, value])));
      for (const name of modes) {
        const { mode: bits, uid, gid } = statOf(name);
        expect([(bits & 0o7777).toString(8).padStart(4, "0"), uid, gid]).toEqual([name, 0, mode & 0o2000 ? group : 0]);
      }
    };
    await mount("one");
    const first = filesOf(readable);
    await mount("one");
    expect(filesOf(readable)).toEqual(first); // what can be compared stays
    await mount("two");
    expect(await lab.stop()).toBe(0);
  });

  test("renews the time of a volume that the driver writes, but for files that it may not read", async () => {
    const args = ["--driver-writes-secrets=true", "--restore-rotation-interval=true"];
    await using lab = await startBinaryLab({ runner, args });
    const old = new Date("2020-01-01");
    const renewed: string[] = [];
    for (const name of modes) {
      lab.world.cloud.putSecret(region, `s${name}`, "one");
      using volume = newVolume(0o1777, 0);
      mkdirSync(join(volume.path, "..one"));
      writeFileSync(join(volume.path, "..one", `s${name}`), "one");
      chmodSync(join(volume.path, "..one", `s${name}`), Number.parseInt(name, 8));
      symlinkSync("..one", join(volume.path, "..data"));
      symlinkSync(`..data/s${name}`, join(volume.path, `s${name}`));
      utimesSync(volume.path, old, old);
      const one = [secret(`s${name}`, { filePermission: name })];
      await lab.run({ objects: one, targetPath: volume.path });
      if (statSync(volume.path).mtimeMs > old.getTime()) renewed.push(name);
    }
    expect(renewed).toEqual(readable);
    expect(await lab.stop()).toBe(0);
  });
});
