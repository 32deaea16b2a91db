// Assembles root file systems in place of the base images: the runtime of the Debian packages that distroless is made of, the build stage of a
// C library, a shell and the pinned Bun. Packages come from the Debian mirror that this machine uses, with its keys.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { run } from "./run.ts";

export const archs = ["amd64", "arm64"] as const;
export type Arch = (typeof archs)[number];
export const hostArch: Arch = process.arch === "arm64" ? "arm64" : "amd64";

/** The release that base-nossl-debian13 is made of. */
const suite = "trixie";
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** What gcr.io/distroless/base-nossl-debian13 holds, as far as a program can tell. Gives the folder. */
export function assembleRuntimeBase(arch: Arch, folder: string): string {
  unpackPackages(arch, ["base-files", "netbase", "tzdata", "libc6", "ca-certificates"], folder);
  writeCaBundle(folder);
  // Programs and scripts of the packages; distroless has none of them.
  for (const path of [
    "usr/sbin",
    "usr/bin",
    "etc/update-motd.d",
    "etc/ca-certificates",
    "usr/share/ca-certificates",
    "usr/share/doc/ca-certificates/examples",
  ])
    for (const name of readdirSync(join(folder, path))) rmSync(join(folder, path, name), { recursive: true });
  const users = ["root:x:0:0:root:/root:/sbin/nologin", "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin"];
  users.push("nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin");
  writeFileSync(join(folder, "etc/passwd"), `${users.join("\n")}\n`);
  writeFileSync(join(folder, "etc/group"), "root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n");
  writeFileSync(join(folder, "etc/nsswitch.conf"), "hosts: files dns\n");
  return folder;
}

/** A shell, a C library and the pinned Bun, which runs this script. Gives the folder. */
export function assembleBuildBase(folder: string): string {
  unpackPackages(hostArch, ["base-files", "libc6", "busybox-static", "ca-certificates"], folder);
  writeCaBundle(folder);
  const busybox = ["usr/bin/busybox", "bin/busybox"]
    .map((path) => join(folder, path))
    .find((path) => Bun.file(path).size > 0);
  if (busybox === undefined) throw new Error("busybox-static holds no busybox");
  for (const applet of ["sh", "cp", "ln", "mkdir"]) symlinkSync("busybox", join(dirname(busybox), applet));
  const bun = join(folder, "usr/local/bin/bun");
  mkdirSync(dirname(bun), { recursive: true });
  copyFileSync(process.execPath, bun);
  chmodSync(bun, 0o755);
  return folder;
}

/** Downloads packages of any architecture, checked against the archive's keys, and unpacks them; the machine's own package lists stay as they are. */
function unpackPackages(arch: Arch, packages: readonly string[], folder: string): void {
  const state = `${folder}.apt`;
  for (const path of ["lists/partial", "cache/archives/partial", "downloads"])
    mkdirSync(join(state, path), { recursive: true });
  writeFileSync(join(state, "sources.list"), `deb [signed-by=${keyring}] ${mirror()} ${suite} main\n`);
  const settings = {
    "APT::Architecture": arch,
    "APT::Architectures::": arch,
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    "Dir::Etc::SourceList": join(state, "sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State::Lists": join(state, "lists"),
    "Dir::State::Status": "/dev/null",
    "Dir::Cache": join(state, "cache"),
  };
  const apt = ["apt-get", ...Object.entries(settings).map(([key, value]) => `-o${key}=${value}`)];
  run([...apt, "update"]);
  run([...apt, "download", ...packages], join(state, "downloads"));
  mkdirSync(folder, { recursive: true });
  // base-files first: it has the links /bin, /lib and so on, which the others' files go through.
  const files = readdirSync(join(state, "downloads")).toSorted();
  for (const file of files) run(["dpkg-deb", "-x", join(state, "downloads", file), folder]);
  rmSync(state, { recursive: true });
}

/** Address of the Debian archive: of DEBIAN_MIRROR, or of this machine's sources, without those of updates. */
function mirror(): string {
  if (process.env["DEBIAN_MIRROR"] !== undefined) return process.env["DEBIAN_MIRROR"];
  const lines = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"]).split("\n");
  const found = lines.map((line) => line.split(" ")).find(([, release = "-"]) => !release.includes("-"));
  if (found?.[0] === undefined) throw new Error("no Debian archive among this machine's sources: set DEBIAN_MIRROR");
  return found[0];
}

function writeCaBundle(folder: string): void {
  const certificates = join(folder, "usr/share/ca-certificates/mozilla");
  const names = readdirSync(certificates).toSorted();
  const bundle = names.map((name) => readFileSync(join(certificates, basename(name)), "utf8")).join("");
  mkdirSync(join(folder, "etc/ssl/certs"), { recursive: true });
  writeFileSync(join(folder, "etc/ssl/certs/ca-certificates.crt"), bundle);
}
