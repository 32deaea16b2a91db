// The built images (dist/image, by scripts/image.ts): what they say of themselves, what is in them, and mounts by this machine's one, run from its
// root file system alone. SKOPEO is skopeo's program; needs root.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { pathsOf, readImage, unpack } from "../../scripts/image/layout.ts";
import { run } from "../../scripts/image/run.ts";
import { chrootRunner } from "./container.ts";
import { caBundle, layoutOf, mountBoth, putObjects, startImageLab } from "./image-lab.ts";

setDefaultTimeout(120_000);
const name = "secrets-store-csi-driver-provider-aws";
const entrypoint = `/bin/${name}`;
const archs = [
  { arch: "amd64", machine: 62 },
  { arch: "arm64", machine: 183 },
] as const;

describe.each(archs)("the image for $arch", ({ arch, machine }) => {
  test("skopeo shows entrypoint, environment, labels, architecture", () => {
    const skopeo = process.env["SKOPEO"] ?? "skopeo";
    const inspect = (...options: string[]): unknown =>
      JSON.parse(run([skopeo, "inspect", ...options, `oci:${layoutOf(arch)}`]));
    const { config, ...platform } = inspect("--config") as { config: Record<string, unknown> };
    expect(inspect()).toMatchObject({ Architecture: arch, Os: "linux" });
    expect(platform).toMatchObject({ architecture: arch, os: "linux" });
    expect(config).toMatchObject({ Entrypoint: [entrypoint], User: "0:0" });
    expect(Object.keys(config)).not.toContainAnyValues(["Cmd", "ExposedPorts", "Volumes", "OnBuild", "Shell"]);
    expect(config["Env"]).toEqual(
      expect.arrayContaining(["BUN_JSC_useJIT=0", "NODE_USE_SYSTEM_CA=1", "HOME=/", "BUN_GC_TIMER_DISABLE=1"]),
    );
    expect(config["Labels"]).toMatchObject({
      "org.opencontainers.image.title": name,
      "org.opencontainers.image.description": packageJson.description,
      "org.opencontainers.image.licenses": packageJson.license,
      "org.opencontainers.image.version": packageJson.version,
      "org.opencontainers.image.revision": expect.stringMatching(/^[0-9a-f]{7,40}$/),
      "org.opencontainers.image.source": expect.stringMatching(/^https:\/\/github\.com\//),
    });
  });

  test("the base gets the binary, the second name of the roots and the licence, nothing else", () => {
    const [, ...own] = readImage(layoutOf(arch)).layers;
    const files = own.flatMap(pathsOf).filter((path) => !path.endsWith("/"));
    expect(files.map((path) => path.replace(/^usr\/bin\//, "bin/")).toSorted()).toEqual([
      `bin/${name}`,
      "etc/pki/tls/certs/ca-bundle.crt",
      "licenses/LICENSE",
    ]);
  });

  test("no shell, package manager, npmrc or registry; one program, for this architecture; roots in both places", () => {
    const folder = mkdtempSync(join(tmpdir(), "image-"));
    try {
      const image = readImage(layoutOf(arch));
      unpack(image, folder);
      const find = (...condition: string[]): string[] =>
        run(["find", folder, ...condition, "-printf", "%P\\n"])
          .trim()
          .split("\n");
      const leaves = find("-not", "-type", "d");
      const files = find("-type", "f");
      expect(leaves.map((path) => basename(path))).not.toContainAnyValues(
        "sh bash dash ash busybox apt apt-get dpkg rpm apk npm npmrc .npmrc bun node perl python3".split(" "),
      );
      const isProgram = (path: string): boolean => (statSync(join(folder, path)).mode & 0o111) !== 0;
      const programs = files.filter((path) => isProgram(path) && !/\.so(\.\d+)*$/.test(path));
      expect(programs).toEqual([`usr/bin/${name}`]);
      const header = new DataView(readFileSync(join(folder, entrypoint)).buffer);
      expect([header.getUint32(0), header.getUint16(18, true)]).toEqual([0x7f454c46, machine]);
      expect(readFileSync(join(folder, caBundle), "utf8").split("BEGIN CERTIFICATE").length).toBeGreaterThan(100);
      expect(realpathSync(join(folder, "etc/pki/tls/certs/ca-bundle.crt"))).toBe(realpathSync(join(folder, caBundle)));

      const configured = Bun.spawnSync(["npm", "config", "get", "registry"]).stdout.toString().trim();
      const registry = new URL(configured).host;
      const isBunsOwn = readFileSync(process.execPath).includes(registry); // its code names the public registry
      const naming = files.filter((path) => readFileSync(join(folder, path)).includes(registry));
      expect(naming.filter((path) => path !== `usr/bin/${name}` || !isBunsOwn)).toEqual([]);
      expect(image.configText).not.toContain(registry);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("the arm64 binary runs on the C library of its image", () => {
  const emulator = process.env["QEMU_AARCH64"];
  if (emulator === undefined) return; // test/tools/arm64.test.ts is named as not run
  const folder = mkdtempSync(join(tmpdir(), "image-"));
  try {
    unpack(readImage(layoutOf("arm64")), folder);
    const answer = run(["env", "-i", emulator, "-L", folder, join(folder, entrypoint), "version"]);
    expect(answer).toStartWith(`${name} ${packageJson.version} (`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("chroot, read-only with its /tmp, only /proc and /dev; arguments only", () => {
  test.each([
    { user: "root", uid: 0, args: [] },
    { user: "65532", uid: 65532, args: ["--driver-writes-secrets=true"] },
  ])("mounts as $user with $args", async ({ uid, args }) => {
    await using lab = await startImageLab(uid, args, ({ rootfs, folders }) => ({
      runner: chrootRunner({ rootfs, uid, folders }, entrypoint),
    }));
    const { provider, world, pods } = lab;
    const process = `/proc/${provider.pid}`;
    expect(/^Uid:\t(\d+)\t(\d+)/m.exec(readFileSync(`${process}/status`, "utf8"))?.slice(1)).toEqual([
      `${uid}`,
      `${uid}`,
    ]);
    const mounts = readFileSync(`${process}/mountinfo`, "utf8").trim().split("\n");
    const wanted = ["/", "/proc", "/dev", join(pods, "../providers"), pods, world.folder];
    expect(new Set(mounts.map((line) => line.split(" ")[4]))).toEqual(new Set(wanted));
    for (const place of ["tmp/x", "x"]) expect(() => writeFileSync(`${process}/root/${place}`, "")).toThrow("EROFS");

    const { objects, contents } = putObjects(world);
    const targetPath = join(pods, "volume");
    mkdirSync(targetPath);
    for (const mounted of await mountBoth(provider, objects, targetPath)) {
      expect(mounted.contents).toEqual(contents);
      expect(mounted.files).toHaveLength(uid === 0 ? 0 : 3);
    }
    for (const file of readdirSync(targetPath)) {
      const { uid: owner, mode } = statSync(join(targetPath, file));
      expect([file, owner, mode & 0o777]).toEqual([file, 0, 0o644]);
    }
    expect(readdirSync(targetPath)).toHaveLength(uid === 0 ? 3 : 0);
    expect(
      (await provider.failure({ objects: [{ objectName: "gone", objectType: "secretsmanager" }], targetPath })).details,
    ).toContain("ResourceNotFoundException");
    expect(await provider.stop()).toBe(0);
    expect(readdirSync(join(pods, "../providers"))).toEqual([]);
  });
});
