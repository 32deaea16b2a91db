// The arm64 binary, run by qemu's user mode emulation (QEMU_AARCH64 is its program): answers Version, mounts, stops.
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parameter, secret, startBinaryLab } from "../binary-lab.ts";

setDefaultTimeout(300_000);
const region = "eu-west-1";
const program = join(import.meta.dir, "../../dist/linux-arm64/secrets-store-csi-driver-provider-aws");
const libraries = "/usr/aarch64-linux-gnu";

/** Runs the arm64 binary in place of the one that startProvider names; gives the runner. */
function emulated(): string[] {
  const emulator = process.env["QEMU_AARCH64"];
  if (emulator === undefined)
    throw new Error("QEMU_AARCH64 must name qemu-aarch64 (Debian: qemu-user, libc6-arm64-cross)");
  if (!existsSync(program)) throw new Error(`${program} is missing: bun run build arm64`);
  const script = 'emulator=$1 program=$2; shift 3; exec "$emulator" -L "$0" "$program" "$@"';
  return ["/bin/sh", "-c", script, libraries, emulator, program];
}

test("the file is for arm64", async () => {
  const header = new DataView(await Bun.file(program).slice(0, 20).arrayBuffer());
  const machineArm64 = 183; // ELF: EM_AARCH64
  expect([header.getUint32(0), header.getUint16(18, true)]).toEqual([0x7f454c46, machineArm64]);
});

test.each([false, true])(
  "Version, Mount over IRSA and Pod Identity, SIGTERM; driver writes %p",
  async (driverWrites) => {
    await using lab = await startBinaryLab({
      runner: emulated(),
      args: [`--driver-writes-secrets=${driverWrites}`],
      tls: true,
    });
    expect(await lab.version()).toEqual({
      version: "v1alpha1",
      runtimeName: "secrets-store-csi-driver-provider-aws",
      runtimeVersion: "4.0.0",
    });
    const { cloud } = lab.world;
    const id = cloud.putSecret(region, "db", '{"user":"u","pass":"p"}');
    cloud.putParameter(region, "/app/level", "debug", { type: "SecureString" });
    const objects = [secret("db", { jmesPath: [{ path: "pass", objectAlias: "pw" }] }), parameter("/app/level")];
    for (const usePodIdentity of ["false", "true"]) {
      const mounted = await lab.run({ objects, parameters: { usePodIdentity } });
      expect(mounted.contents).toEqual({ db: '{"user":"u","pass":"p"}', pw: "p", _app_level: "debug" });
      expect(mounted.versions).toEqual({ db: id, pw: id, _app_level: "1" });
      expect(mounted.files).toHaveLength(driverWrites ? 3 : 0);
    }
    expect((await lab.failure({ objects: [secret("gone")] })).details).toContain("ResourceNotFoundException");
    expect(await lab.stop()).toBe(0);
  },
);
