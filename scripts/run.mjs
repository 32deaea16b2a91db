// Runs a task of this project (scripts/<task>.ts) with the pinned Bun on a machine that has only Node and npm.
// Brings in Bun from the npm registry and checks it against the integrity in scripts/runtime/bun.lock before it is ever run.
// Usage: node scripts/run.mjs TASK [ARG...]; `bun run TASK` does the same where Bun is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runtimeFolder = join(root, "scripts", "runtime");
const [task = "", ...args] = process.argv.slice(2);
if (!/^[a-z][a-z-]*$/.test(task) || !existsSync(join(root, "scripts", `${task}.ts`))) {
  fail(`no such task: ${task}`);
}

const bun = pinnedBun();
if (
  !existsSync(join(root, "node_modules", ".complete")) ||
  !sameText(join(root, "node_modules", ".complete"), lockHash(root))
) {
  must(bun, ["ci", "--ignore-scripts"], root);
  writeFileSync(join(root, "node_modules", ".complete"), lockHash(root));
}
const done = spawnSync(bun, [join(root, "scripts", `${task}.ts`), ...args], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: `${dirname(bun)}:${process.env.PATH ?? ""}` },
});
process.exit(done.status ?? 1);

/** The pinned Bun: the one that runs this script if it is that version, else the one from the registry. */
function pinnedBun() {
  const { dependencies } = JSON.parse(readFileSync(join(runtimeFolder, "package.json"), "utf8"));
  const name = { x64: "@oven/bun-linux-x64-baseline", arm64: "@oven/bun-linux-aarch64" }[process.arch];
  const version = dependencies["@oven/bun-linux-aarch64"];
  if (process.versions.bun === version) return process.execPath;
  if (process.platform !== "linux" || name === undefined) {
    fail(`on ${process.platform}/${process.arch} install Bun ${version} yourself and use \`bun run ${task}\``);
  }
  const folder = join(runtimeFolder, "node_modules", name);
  const executable = join(folder, "bin", "bun");
  const mark = join(folder, ".verified");
  if (existsSync(executable) && sameText(mark, version)) return executable;
  console.error(`Bringing in Bun ${version} (${name}) from the npm registry...`);
  const temporary = mkdtempSync(join(tmpdir(), "bun-"));
  try {
    const packed = must(
      "npm",
      ["pack", `${name}@${version}`, "--json", "--pack-destination", temporary],
      temporary,
      true,
    );
    const [{ filename }] = JSON.parse(packed);
    const archive = readFileSync(join(temporary, filename));
    const expected = integrity(name, version);
    const actual = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    if (actual !== expected)
      fail(`${name}@${version} from the registry is ${actual}, scripts/runtime/bun.lock says ${expected}`);
    const unpacked = join(runtimeFolder, "node_modules", `.unpacked-${process.pid}`);
    unpack(gunzipSync(archive), unpacked);
    chmodSync(join(unpacked, "bin", "bun"), 0o755);
    writeFileSync(join(unpacked, ".verified"), version);
    mkdirSync(dirname(folder), { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    renameSync(unpacked, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return executable;
}

/** The integrity of a package in scripts/runtime/bun.lock. */
function integrity(name, version) {
  const lock = readFileSync(join(runtimeFolder, "bun.lock"), "utf8");
  const line = lock.split("\n").find((l) => l.includes(`["${name}@${version}"`)) ?? "";
  return /"(sha512-[^"]+)"/.exec(line)?.[1] ?? fail(`scripts/runtime/bun.lock does not name ${name}@${version}`);
}

/** Unpacks the regular files of an npm tar archive (all under `package/`) into a folder. */
function unpack(tar, into) {
  const text = (at, length) => tar.toString("latin1", at, at + length).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const name = text(at, 100).replace(/^package\//, "");
    if (text(at + 156, 1) === "0" && !name.split("/").includes("..") && !name.startsWith("/")) {
      mkdirSync(dirname(join(into, name)), { recursive: true });
      writeFileSync(join(into, name), tar.subarray(at + 512, at + 512 + size));
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

function lockHash(folder) {
  return createHash("sha256")
    .update(readFileSync(join(folder, "bun.lock")))
    .digest("hex");
}

function sameText(file, text) {
  return existsSync(file) && readFileSync(file, "utf8") === text;
}

function must(command, commandArgs, cwd, capture = false) {
  const run = spawnSync(command, commandArgs, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", capture ? "pipe" : "inherit", "inherit"],
    maxBuffer: 1 << 26,
  });
  if (run.error !== undefined || run.status !== 0)
    fail(`${command} ${commandArgs.join(" ")} failed${run.error ? `: ${run.error.message}` : ""}`);
  return run.stdout;
}

function fail(text) {
  console.error(text);
  process.exit(1);
}
