// Every check of the project: format, types, lint, dead code, build of both binaries, all tests. The last line is `N passed, N failed`.
// Usage: bun run test. Suites under test/tools need another program; without it they are named as not run, with CI=true that is a failure.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = dirname(import.meta.dir);
const bin = (name: string): string => join(root, "node_modules/.bin", name);
const ci = process.env["CI"] === "true";
const results = { passed: 0, failed: 0 };
const notRun: string[] = [];

/** Images are built and run by root, with mounts of its own. */
const imageTools = ["buildah", "skopeo", "apt-get", "dpkg-deb", "unshare"];
const canBuildImages =
  process.getuid?.() === 0 &&
  imageTools.every((tool) => Bun.which(tool) !== null) &&
  Bun.spawnSync(["unshare", "--mount", "true"]).success;
const seccompProfile = "/usr/share/containers/seccomp.json";

/** Suites that need a program which npm does not bring, and how to find it. */
const tools: readonly { suite: string; tool: string; path: string | undefined; variable: string }[] = [
  ...["test/tools/promtool.test.ts", "test/tools/promtool-dashboard.test.ts"].map((suite) => ({
    suite,
    tool: "promtool (Debian: prometheus)",
    path: firstExisting(Bun.which("promtool")),
    variable: "PROMTOOL",
  })),
  {
    suite: "test/tools/moto.test.ts",
    // The one of .ci/run alone: another version answers otherwise, and can't be asked which it is.
    tool: "moto_server 5.2.5 in .tools/moto, or MOTO_SERVER (see .ci/run)",
    path: firstExisting(join(root, ".tools/moto/bin/moto_server"), process.env["MOTO_SERVER"] ?? null),
    variable: "MOTO_SERVER",
  },
  {
    suite: "test/tools/arm64.test.ts",
    tool: "qemu-aarch64 and an arm64 C library (Debian: qemu-user, libc6-arm64-cross)",
    path: existsSync("/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1")
      ? firstExisting(Bun.which("qemu-aarch64"), Bun.which("qemu-aarch64-static"))
      : undefined,
    variable: "QEMU_AARCH64",
  },
  {
    suite: "test/tools/image.test.ts",
    tool: "root and buildah, skopeo, apt-get, dpkg-deb (Debian: buildah, skopeo)",
    path: canBuildImages ? firstExisting(Bun.which("skopeo")) : undefined,
    variable: "SKOPEO",
  },
  {
    suite: "test/tools/image-crun.test.ts",
    tool: `crun, ${seccompProfile} and what image.test.ts needs (Debian: crun, golang-github-containers-common)`,
    path: canBuildImages && existsSync(seccompProfile) ? firstExisting(Bun.which("crun")) : undefined,
    variable: "CRUN",
  },
  ...[
    "test/tools/chart.test.ts",
    "test/tools/chart-values.test.ts",
    "test/tools/chart-new-values.test.ts",
    "test/tools/chart-refusals.test.ts",
  ].map((suite) => ({
    suite,
    tool: "helm 3 (go install helm.sh/helm/v3/cmd/helm@v3.22.0)",
    path: firstExisting(join(root, ".tools/bin/helm"), Bun.which("helm")),
    variable: "HELM",
  })),
  {
    suite: "test/tools/yaml-differential.test.ts",
    tool: "go (it builds test/tools/yaml-oracle)",
    path: firstExisting(Bun.which("go")),
    variable: "GO",
  },
  {
    suite: "test/tools/actionlint.test.ts",
    tool: "actionlint (go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12)",
    path: firstExisting(join(root, ".tools/bin/actionlint"), Bun.which("actionlint")),
    variable: "ACTIONLINT",
  },
  {
    suite: "test/tools/chart-schema.test.ts",
    tool: "kubernetes-validate (pip install kubernetes-validate)",
    path: firstExisting(
      join(root, ".tools/kubernetes-validate/bin/kubernetes-validate"),
      Bun.which("kubernetes-validate"),
    ),
    variable: "KUBERNETES_VALIDATE",
  },
  {
    suite: "test/tools/chart-capabilities.test.ts",
    tool: "setpriv (util-linux), as root",
    path: process.getuid?.() === 0 ? firstExisting(Bun.which("setpriv")) : undefined,
    variable: "SETPRIV",
  },
];

step("format", [process.execPath, "fmt", "--check", "src", "test", "scripts", "package.json", "tsconfig.json"]);
step("types", [process.execPath, "check"]);
step("lint", [bin("oxlint"), "--type-aware", "--deny-warnings", "src", "test", "scripts"]);
step("unused code", [bin("knip")]);
const built = step("build", [process.execPath, join(root, "scripts/build.ts")]);
if (built && canBuildImages) step("images", [process.execPath, join(root, "scripts/image.ts")]);

const environment: Record<string, string> = {
  PROVIDER_BINARY: join(root, "dist/linux-x64/secrets-store-csi-driver-provider-aws"),
};
if (process.arch === "arm64")
  environment["PROVIDER_BINARY"] = join(root, "dist/linux-arm64/secrets-store-csi-driver-provider-aws");
const left = new Set<string>();
for (const { suite, tool, path, variable } of tools) {
  if (path !== undefined) {
    environment[variable] = path;
    continue;
  }
  left.add(suite);
  notRun.push(`${suite}: needs ${tool}`);
}
const suites = [...new Bun.Glob("{src,test}/**/*.test.ts").scanSync(root)].filter((file) => !left.has(file)).toSorted();
if (built) await runTests(suites);
else results.failed += 1;

for (const line of notRun) console.log(`NOT RUN ${line}`);
if (ci) results.failed += notRun.length;
console.log(`${results.passed} passed, ${results.failed} failed`);
process.exit(results.failed === 0 ? 0 : 1);

function firstExisting(...paths: readonly (string | null)[]): string | undefined {
  return paths.find((path): path is string => path !== null && existsSync(path));
}

/** Runs one check and counts it. */
function step(name: string, command: string[]): boolean {
  const startedMs = performance.now();
  const { exitCode } = Bun.spawnSync(command, { cwd: root, stdout: "inherit", stderr: "inherit" });
  console.log(
    `${exitCode === 0 ? "ok    " : "FAILED"} ${name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`,
  );
  results[exitCode === 0 ? "passed" : "failed"] += 1;
  return exitCode === 0;
}

/** Runs the tests and counts them from the report; a run that ends without one is a failure. */
async function runTests(files: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "report-"));
  const report = join(folder, "junit.xml");
  const reporting = ["--timeout=60000", "--reporter=junit", `--reporter-outfile=${report}`];
  const run = Bun.spawn([process.execPath, "test", ...reporting, ...files.map((file) => `./${file}`)], {
    cwd: root,
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...environment },
  });
  await Promise.all([watch(run.stdout, process.stdout), watch(run.stderr, process.stderr)]);
  const exitCode = await run.exited;
  const totals = existsSync(report) ? /<testsuites [^>]*>/.exec(readFileSync(report, "utf8"))?.[0] : undefined;
  rmSync(folder, { recursive: true });
  const count = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(totals ?? "")?.[1] ?? 0);
  results.passed += count("tests") - count("failures") - count("skipped");
  results.failed += count("failures");
  if (count("skipped") > 0) notRun.push(`${count("skipped")} test(s) that the runner skipped`);
  if (count("failures") === 0 && (exitCode !== 0 || count("tests") === 0)) results.failed += 1;
}

/** Passes output on, and notes what a test says that it did not run. */
async function watch(from: ReadableStream<Uint8Array>, to: NodeJS.WriteStream): Promise<void> {
  const decoder = new TextDecoder();
  let line = "";
  for await (const chunk of from) {
    to.write(chunk);
    const lines = (line + decoder.decode(chunk, { stream: true })).split("\n");
    line = lines.pop() ?? "";
    notRun.push(...lines.flatMap((one) => (one.startsWith("NOT RUN ") ? [one.slice("NOT RUN ".length)] : [])));
  }
}
