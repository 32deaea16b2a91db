// What runs with rights in CI: jobs that may push or sign install nothing and build nothing. And the bill of materials, which is made without either.
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = dirname(import.meta.dir);
const files = [...new Bun.Glob(".github/workflows/*.yml").scanSync({ cwd: root, dot: true })].toSorted();

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string | readonly string[];
  readonly uses?: string;
  readonly steps?: readonly { readonly run?: string; readonly uses?: string }[];
}
const jobsOf = (file: string): [string, Job][] =>
  Object.entries((Bun.YAML.parse(readFileSync(join(root, file), "utf8")) as { jobs: Record<string, Job> }).jobs);
const all = files.flatMap((file) => jobsOf(file).map(([name, job]) => [`${file} ${name}`, job] as [string, Job]));
const may = (right: string): [string, Job][] =>
  all.filter(([, { permissions = {} }]) => permissions[right] === "write");
const scriptOf = ({ steps = [] }: Job): string => steps.map(({ run = "" }) => run).join("\n");

/** Brings in or runs packages of a registry, or builds. */
const installs = /\b(?:npx|npm|pnpm|yarn|bun|bunx|pip|pipx|node)\b|docker (?:buildx )?build|scripts\//;
/** The same without a lock. */
const unlocked = /\b(?:npx|bunx|pnpm|yarn|pipx?)\b|\bnpm (?!test\b)|\bbun (?:add|install|i|x)\b/;

test.each([...may("packages"), ...may("contents")])(
  "%s may publish: it installs no package, builds nothing",
  (_name, job) => {
    expect(scriptOf(job)).not.toMatch(installs);
  },
);

test.each(may("id-token"))("%s has an identity: it runs nothing that no lock pins", (_name, job) => {
  expect(scriptOf(job)).not.toMatch(unlocked);
});

describe("release", () => {
  const jobs = new Map(jobsOf(".github/workflows/release.yml"));
  const job = (name: string): Job => jobs.get(name) ?? {};

  test("what is built is built without rights, once, after the tests", () => {
    expect([...jobs].filter(([, one]) => installs.test(scriptOf(one))).map(([name]) => name)).toEqual([
      "versions", // reads package.json
      "build",
    ]);
    expect(job("build")).toMatchObject({ needs: "test", permissions: { contents: "read" } });
    expect(Object.keys(job("build").permissions ?? {})).toEqual(["contents"]);
    expect(scriptOf(job("build")).match(/docker buildx build/g)).toHaveLength(1);
    expect(scriptOf(job("build"))).toContain("run.mjs sbom");
  });

  test("what is pushed is the file that was compared, once; tags are copies of its digest", () => {
    expect(job("image").needs).toBe("build");
    const script = scriptOf(job("image"));
    expect(script.indexOf("CHECKSUMS")).toBeLessThan(script.indexOf("skopeo copy"));
    expect(script.match(/oci-archive:files\/image\.tar/g)).toHaveLength(1);
    expect(script).toContain('skopeo copy --all --preserve-digests "docker://$image@$DIGEST" "docker://$image:$tag"');
    expect(script).not.toContain("--push");
  });

  test.each(["image", "release"])("%s holds what it takes to the checksums of the build", (name) => {
    expect(scriptOf(job(name))).toMatch(/sha256sum -- \* \| sha256sum .* = "\$CHECKSUMS" \]/);
  });
});

describe("the bill of materials", () => {
  const folder = mkdtempSync(join(tmpdir(), "sbom-"));
  const make = (name: string): string => {
    const file = join(folder, name);
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, "scripts/sbom.ts", file], { cwd: root });
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
    return readFileSync(file, "utf8");
  };

  test("has every package that a production install has, with hash, licence and what it needs; the same bytes each time", () => {
    const text = make("a");
    expect(make("b")).toBe(text);
    rmSync(folder, { recursive: true });
    const { components, dependencies } = JSON.parse(text) as {
      components: { "bom-ref": string; purl: string; licenses?: object[]; hashes?: { content: string }[] }[];
      dependencies: { ref: string; dependsOn: string[] }[];
    };
    const refs = components.map((one) => one["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    const { dependencies: direct } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    for (const [name, version] of Object.entries(direct))
      expect(refs).toContain(`pkg:npm/${name.replace("@", "%40")}@${version}`);
    for (const { purl, licenses, hashes } of components.slice(1)) {
      expect([purl, licenses?.length, hashes?.[0]?.content]).toEqual([
        purl,
        1,
        expect.stringMatching(/^[0-9a-f]{128}$/),
      ]);
    }
    const known = new Set(refs);
    for (const { dependsOn } of dependencies) expect(dependsOn.filter((ref) => !known.has(ref))).toEqual([]);
    expect(refs.filter((ref) => /oxlint|typescript@|knip|fast-check/.test(ref))).toEqual([]);
  });
});
