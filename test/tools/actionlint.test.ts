// The workflows, by actionlint; and what it does not look at: rights at the top, actions by commit, and the tests that CI does not run.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = dirname(dirname(import.meta.dir));
const actionlint = process.env["ACTIONLINT"] ?? "actionlint";
const workflows = [...new Bun.Glob(".github/workflows/*.yml").scanSync({ cwd: root, dot: true })].toSorted();
const read = (file: string): string => readFileSync(join(root, file), "utf8");

test("actionlint has nothing to say", () => {
  const { exitCode, stdout, stderr } = Bun.spawnSync([actionlint, "-no-color", ...workflows], { cwd: root });
  expect({ exitCode, said: stdout.toString() + stderr.toString() }).toEqual({ exitCode: 0, said: "" });
  expect(workflows.length).toBeGreaterThan(5);
});

test("actionlint sees a fault", () => {
  const fault = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps: [{ run: 'echo ${{ nothing.here }}' }]\n";
  const { exitCode } = Bun.spawnSync([actionlint, "-"], { cwd: root, stdin: Buffer.from(fault) });
  expect(exitCode).not.toBe(0);
});

test.each(workflows)("%s: reads alone at the top, more only in a job", (file) => {
  expect(read(file)).toMatch(/^permissions:\n {2}contents: read\n\n/m);
  expect(read(file).match(/^permissions:/gm)).toHaveLength(1);
});

test.each(workflows)(
  "%s: actions by commit with their version, listed in CONTRIBUTING.md with their source",
  (file) => {
    const uses = [...read(file).matchAll(/^\s*(?:- )?uses: (.+)$/gm)].map(([, what = ""]) => what);
    for (const what of uses) {
      if (what.startsWith("./")) continue;
      expect(what).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      expect(read("CONTRIBUTING.md")).toContain(what.replace(/@| # /g, "` | `").replace(/^/, "| `") + "` |");
    }
  },
);

test("release publishes only after the tests of ci.yml", () => {
  const release = read(".github/workflows/release.yml");
  expect(release).toMatch(/\n {2}test:\n {4}needs: versions\n {4}uses: \.\/\.github\/workflows\/ci\.yml\n/);
  expect(release).toMatch(/\n {2}build:\n {4}needs: test\n/);
  expect(release).toMatch(/\n {2}image:\n {4}needs: build\n/);
  expect(release).toMatch(/\n {2}chart:\n {4}needs: image\n/);
  expect(release).toMatch(/\n {2}release:\n {4}needs: \[build, image, chart\]\n/);
  expect(read(".github/workflows/ci.yml")).toContain(" .ci/run\n");
});
