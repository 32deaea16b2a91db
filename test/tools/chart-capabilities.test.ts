// The capabilities that the chart leaves to root are enough for what the program writes, and none is to spare: a mount and its remount by the
// compiled binary, with just those in its bounding set (setpriv, which takes root). Two owners' habits: tmpfs as the driver makes it, fsGroup.
import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secret, startBinaryLab } from "../binary-lab.ts";
import { containerOf, goldenObjects } from "../chart/chart.ts";

const { drop = [], add = [] } = containerOf(goldenObjects("defaults")).securityContext?.capabilities ?? {};
const region = "eu-west-1";
const modes = ["0000", "0040", "0400", "0644"];

const runnerWith = (capabilities: readonly string[]): readonly string[] => [
  process.env["SETPRIV"] ?? "setpriv",
  "--no-new-privs",
  "--clear-groups",
  "--inh-caps=-all",
  `--bounding-set=${["-all", ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(",")}`,
];

/** A volume of the mode and group that pods' volumes have. */
function newVolume(mode: number, group: number): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "volume-"));
  chownSync(path, 0, group);
  chmodSync(path, mode);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

const objects = modes.map((filePermission) => secret(`s${filePermission}`, { filePermission }));

describe("root with the chart's capabilities alone", () => {
  test("the chart drops all and adds some back", () => {
    expect(drop).toEqual(["ALL"]);
    expect(add.length).toBeGreaterThan(0);
  });

  const volumes: readonly [string, number, number][] = [
    ["a tmpfs volume", 0o1777, 0],
    ["a volume with fsGroup", 0o2770, 2000],
  ];
  for (const [title, mode, group] of volumes) {
    test(`mounts and mounts again, with new values too: ${title}`, async () => {
      await using lab = await startBinaryLab({ runner: runnerWith(add) });
      using volume = newVolume(mode, group);
      for (const value of ["one", "one", "two"]) {
        for (const name of modes) lab.world.cloud.putSecret(region, `s${name}`, value);
        const mounted = await lab.run({ objects, targetPath: volume.path });
        expect(mounted.contents).toEqual(Object.fromEntries(modes.map((name) => [`s${name}`, value])));
        for (const name of modes) {
          const { mode: bits, uid, gid } = statSync(join(volume.path, `s${name}`));
          expect([(bits & 0o7777).toString(8).padStart(4, "0"), uid, gid]).toEqual([name, 0, group]);
        }
      }
      expect(await lab.stop()).toBe(0);
    });
  }

  for (const one of add) {
    test(`can't do without ${one}`, async () => {
      await using lab = await startBinaryLab({ runner: runnerWith(add.filter((name) => name !== one)) });
      using volume = newVolume(0o1777, 0);
      for (const name of modes) lab.world.cloud.putSecret(region, `s${name}`, "one");
      await lab.run({ objects, targetPath: volume.path });
      expect((await lab.failure({ objects, targetPath: volume.path })).details).toContain("EACCES");
      expect(await lab.stop()).toBe(0);
    });
  }
});
