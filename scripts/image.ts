// Builds the images of Dockerfile.distroless with buildah (root, no daemon) into dist/image/linux-{amd64,arm64}, OCI layouts; the base images are
// assembled here, of packages. Prints sizes and the hash of the binary inside, and fails if dist/ holds another binary of the same commit.
// Needs buildah, apt-get and dpkg-deb (Debian, Ubuntu). Usage: node scripts/run.mjs image [--out=FOLDER] [amd64|arm64 ...]   (default: both)
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { archs, assembleBuildBase, assembleRuntimeBase, hostArch } from "./image/bases.ts";
import type { Arch } from "./image/bases.ts";
import { Buildah } from "./image/buildah.ts";
import { fileOf, readImage, uncompressed } from "./image/layout.ts";

const root = dirname(import.meta.dir);
const name = "secrets-store-csi-driver-provider-aws";

const words = process.argv.slice(2);
const out = words.find((word) => word.startsWith("--out="))?.slice("--out=".length) ?? join(root, "dist/image");
const wanted = words.filter((word) => !word.startsWith("--out="));
if (wanted.some((word) => !archs.includes(word as Arch))) {
  console.error("usage: node scripts/run.mjs image [--out=FOLDER] [amd64|arm64 ...]");
  process.exit(2);
}

const { version } = (await Bun.file(join(root, "package.json")).json()) as { version: string };
const commit = process.env["BUILD_COMMIT"] || git("rev-parse", "--short=12", "HEAD") || "unknown";
const work = mkdtempSync(join(tmpdir(), "image-"));
/** Stands in each build secret, and must stand in no image. */
const mark = `secret-${crypto.randomUUID()}`;
const buildah = new Buildah(join(work, "storage"));
let differs = false;
try {
  const secrets = writeSecrets(join(work, "secrets"));
  buildah.importImage("localhost/build", hostArch, assembleBuildBase(join(work, "build-base")), {});
  for (const arch of archs.filter((one) => wanted.length === 0 || wanted.includes(one))) build(arch, secrets);
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (differs) process.exit(1);

function build(arch: Arch, secrets: readonly string[]): void {
  const base = `localhost/runtime-${arch}`;
  buildah.importImage(base, arch, assembleRuntimeBase(arch, join(work, `runtime-${arch}`)), {
    user: "0",
    env: [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
    ],
  });
  buildah.build({
    context: root,
    dockerfile: join(root, "Dockerfile.distroless"),
    tag: `localhost/${name}:${arch}`,
    arch,
    secrets,
    // The time of the commit for all files and the image, not that of the build.
    timestamp: git("log", "-1", "--format=%ct") || "0",
    buildArgs: {
      BUILD_IMAGE: "localhost/build",
      RUNTIME_IMAGE: base,
      BUILDPLATFORM: `linux/${hostArch}`,
      BUILDARCH: hostArch,
      BUILD_COMMIT: commit,
      BUILD_VERSION: version,
    },
  });
  const layout = join(out, `linux-${arch}`);
  rmSync(layout, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  buildah.push(`localhost/${name}:${arch}`, layout, version);
  report(arch, layout);
}

/** Sizes and hash, and the comparison with the binary that was built outside. */
function report(arch: Arch, layout: string): void {
  const image = readImage(layout);
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  console.log(`linux/${arch}  ${layout}`);
  const total = { compressed: 0, uncompressed: 0 };
  for (const layer of image.layers) {
    const archive = uncompressed(layer);
    if (archive.includes(mark)) throw new Error("a build secret is in a layer");
    console.log(`  layer      ${mib(layer.compressed)} compressed, ${mib(archive.length)} uncompressed`);
    total.compressed += layer.compressed;
    total.uncompressed += archive.length;
  }
  if (image.configText.includes(mark)) throw new Error("a build secret is in the configuration");
  console.log(`  image      ${mib(total.compressed)} compressed, ${mib(total.uncompressed)} uncompressed`);

  const inside = fileOf(image, `bin/${name}`) ?? fileOf(image, `usr/bin/${name}`);
  if (inside === undefined) throw new Error(`the image for ${arch} holds no /bin/${name}`);
  console.log(`  binary     sha256 ${sha256(inside)}, ${mib(inside.length)}, commit ${commit}`);
  const outside = join(root, `dist/linux-${arch === "amd64" ? "x64" : arch}`, name);
  const note = (text: string): void => console.log(`  ${outside.slice(root.length + 1)} ${text}`);
  if (!existsSync(outside)) return note("is not there to compare with");
  const contents = readFileSync(outside);
  // The commit stands in the binary as text.
  if (!contents.includes(commit)) return note("is of another commit: not compared");
  if (contents.equals(inside)) return note("is the same file");
  note(`has sha256 ${sha256(contents)}: ANOTHER binary of the same commit. Of the same sources? \`bun run build\``);
  differs = true;
}

/**
 * What the npm client of this machine needs to reach its registry: addresses and tokens of the user's npmrc and of npm's environment, and a CA
 * bundle. As arguments of `buildah build`; the files are gone with the work folder.
 */
function writeSecrets(folder: string): string[] {
  mkdirSync(folder, { mode: 0o700 });
  const variable = (key: string): string | undefined => process.env[key] ?? process.env[key.toUpperCase()];
  const userFile = variable("npm_config_userconfig") ?? join(homedir(), ".npmrc");
  const lines = existsSync(userFile) ? readFileSync(userFile, "utf8").split("\n") : [];
  const kept = lines.filter((line) => /^\s*(registry|@[^:=]+:registry|\/\/[^=]+)\s*=/.test(line));
  const registry = variable("npm_config_registry");
  if (registry !== undefined) kept.push(`registry=${registry}`);
  const npmrc = join(folder, "npmrc");
  writeFileSync(npmrc, [...kept, `; ${mark}`, ""].join("\n"), { mode: 0o600 });
  const given = [process.env["NODE_EXTRA_CA_CERTS"], process.env["SSL_CERT_FILE"]];
  const bundle = given.find((file) => file !== undefined && existsSync(file));
  if (bundle === undefined) return [`id=npmrc,src=${npmrc}`];
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, `${readFileSync(bundle, "utf8")}\n# ${mark}\n`);
  return [`id=npmrc,src=${npmrc}`, `id=ca,src=${ca}`];
}

function git(...args: readonly string[]): string {
  return Bun.spawnSync(["git", ...args], { cwd: root, stderr: "ignore" })
    .stdout.toString()
    .trim();
}

function sha256(contents: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(contents).digest("hex");
}
