// Builds dist/linux-{x64,arm64}/secrets-store-csi-driver-provider-aws with `bun build --compile`.
// The runtimes that go into the binaries come out of the npm registry, checked against scripts/runtime/bun.lock; nothing is downloaded by the bundler.
// Usage: bun run build [x64|arm64 ...]   (default: both)
import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { trim } from "./build-trim.ts";

const root = dirname(import.meta.dir);
const name = "secrets-store-csi-driver-provider-aws";
const runtimes = { x64: "bun-linux-x64-baseline", arm64: "bun-linux-aarch64" } as const;
type Arch = keyof typeof runtimes;

const wanted = process.argv.slice(2);
const archs = (Object.keys(runtimes) as Arch[]).filter((arch) => wanted.length === 0 || wanted.includes(arch));
if (archs.length === 0 || wanted.some((word) => !(word in runtimes))) {
  console.error("usage: bun run build [x64|arm64 ...]");
  process.exit(2);
}

const fetched = Bun.spawnSync([process.execPath, "ci", "--cpu=*", "--os=linux", "--ignore-scripts"], {
  cwd: join(root, "scripts/runtime"),
  stderr: "pipe",
});
if (!fetched.success) throw new Error(`the runtimes could not be installed: ${fetched.stderr.toString()}`);
// An image is built without the repository's history; its builder says the commit.
const commit = process.env["BUILD_COMMIT"] || commitOf(root);
for (const arch of archs) await build(arch);

function commitOf(folder: string): string {
  const found = Bun.spawnSync(["git", "rev-parse", "--short=12", "HEAD"], { cwd: folder, stderr: "ignore" });
  return found.stdout.toString().trim() || "unknown";
}

async function build(arch: Arch): Promise<void> {
  const folder = join(root, "dist", `linux-${arch}`);
  const work = join(root, "dist", `.work-${arch}-${process.pid}`);
  mkdirSync(work, { recursive: true });
  const built = await Bun.build({
    entrypoints: [join(root, "src/main.ts")],
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    splitting: false,
    define: {
      __dirname: '"/"', // grpc-js would carry the build's folder otherwise; what it looks for there is never used
      "process.env.NODE_ENV": '"production"',
      BUILD_COMMIT: JSON.stringify(commit),
    },
    plugins: [trim(root)],
    compile: {
      target: arch === "x64" ? "bun-linux-x64-baseline" : "bun-linux-arm64",
      executablePath: join(root, "scripts/runtime/node_modules/@oven", runtimes[arch], "bin/bun"),
      outfile: join(work, name),
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      jitPolicy: 64,
    },
  });
  if (!built.success) throw new AggregateError(built.logs, `build of linux-${arch} failed`);
  mkdirSync(folder, { recursive: true });
  renameSync(join(work, name), join(folder, name));
  rmSync(work, { recursive: true });
  console.log(`dist/linux-${arch}/${name}  ${(statSync(join(folder, name)).size / 2 ** 20).toFixed(1)} MiB`);
}
