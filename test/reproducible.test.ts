// Same source, same binary: built in another folder, both architectures have the same bytes.
import { afterAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = dirname(import.meta.dir);
const folders = ["one", "another-with-a-longer-name"].map((name) => mkdtempSync(join(tmpdir(), `${name}-`)));
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Builds a copy of the sources in a folder of its own, with packages of its own: a link would lead back to one place. */
function buildIn(folder: string): Record<string, string> {
  const copied = [
    "src",
    "scripts/build.ts",
    "scripts/build-trim.ts",
    "scripts/runtime/package.json",
    "scripts/runtime/bun.lock",
  ];
  for (const name of [...copied, "package.json", "bun.lock", "bunfig.toml", "tsconfig.json"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  const installed = Bun.spawnSync([process.execPath, "ci", "--production", "--ignore-scripts"], { cwd: folder });
  expect([installed.exitCode, installed.stderr.toString()]).toEqual([0, expect.not.stringContaining("error")]);
  symlinkSync(join(root, "scripts/runtime/node_modules"), join(folder, "scripts/runtime/node_modules"));
  const built = Bun.spawnSync([process.execPath, "scripts/build.ts"], {
    cwd: folder,
    env: { ...process.env, BUILD_COMMIT: "0123456789ab" },
  });
  expect(built.stderr.toString()).toBe("");
  const hash = (arch: string): string =>
    new Bun.CryptoHasher("sha256")
      .update(readFileSync(join(folder, `dist/linux-${arch}/secrets-store-csi-driver-provider-aws`)))
      .digest("hex");
  return { x64: hash("x64"), arm64: hash("arm64") };
}

test("two builds in different folders are equal", () => {
  const [first, second] = folders.map(buildIn);
  console.log(`sha256 x64 ${first?.["x64"]}, arm64 ${first?.["arm64"]}`);
  expect(second).toEqual(first ?? {});
  expect(first?.["x64"]).not.toBe(first?.["arm64"]);
});
