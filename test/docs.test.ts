// README, SECURITY, CONTRIBUTING and CHANGELOG against the tree: what they name is there, and texts of errors are those of the code.
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { trim } from "../scripts/build-trim.ts";
import { chartFolder, readYaml } from "./chart/chart.ts";

const root = dirname(import.meta.dir);
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const documents = ["README.md", "SECURITY.md", "CONTRIBUTING.md"];
const { version, scripts } = JSON.parse(read("package.json")) as {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
};
const scan = (pattern: string): string[] => [...new Bun.Glob(pattern).scanSync(root)];

/** The part of a document below a heading, to the next one of the same level. */
function section(document: string, heading: string): string {
  const [, body = ""] = read(document).split(`\n${heading}\n`);
  const [marks = ""] = heading.split(" ");
  return body.split(`\n${marks} `)[0] ?? "";
}

describe.each(documents)("%s", (document) => {
  const text = read(document);

  test("names files and folders that are there", () => {
    const folders = "src|test|scripts|charts|deployment|proto|\\.github|\\.ci";
    const named = [...text.matchAll(new RegExp(`(?<![\\w./-])\\.?/?((?:${folders})(?:/[\\w.@-]+)+/?)`, "g"))];
    const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)];
    const paths = [...named, ...linked].map(([, path = ""]) => path.replace(/[.,:]+$/, ""));
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(paths).not.toHaveLength(0);
  });

  test("names scripts that are there", () => {
    const npm = [...text.matchAll(/\b(?:npm run|bun run) ([a-z]\w*)/g)].map(([, name = ""]) => name);
    expect(npm.filter((name) => !(name in scripts))).toEqual([]);
    const tasks = [...text.matchAll(/\brun\.mjs ([a-z-]+)/g)].map(([, name = ""]) => name);
    expect(tasks.filter((name) => !existsSync(join(root, `scripts/${name}.ts`)))).toEqual([]);
  });

  test("links to headings that are there", () => {
    const anchorOf = (heading: string): string =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-");
    const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });

  test("speaks of this version", () => {
    const own = /secrets-store-csi-driver-provider-aws(?::| --version |\/v)(\d+\.\d+\.\d+)/g;
    const others = [...text.matchAll(own)].map(([, found]) => found).filter((found) => found !== version);
    expect(others.filter((found) => found !== "3.1.1")).toEqual([]);
  });

  test("holds no machine's paths and no tables that lack a cell", () => {
    expect(text.match(/(?<=[\s"'`(=])\/(?:work|home|root|usr|tmp\/(?!provider-))\/?[\w/-]+/g)).toBeNull();
    for (const [table] of text.matchAll(/(?:^\|.*\|\n)+/gm)) {
      const cells = table
        .trimEnd()
        .split("\n")
        .map((row) => row.replaceAll("\\|", "").split("|").length);
      expect(new Set(cells).size, table.slice(0, 120)).toBe(1);
    }
  });
});

test("what documents take from the code is up to date (`npm run docs` writes it)", () => {
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, join(root, "scripts/docs.ts"), "--check"]);
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
});

test("the changelog begins with the version of package.json, or with what comes after it", () => {
  const sections = [...read("CHANGELOG.md").matchAll(/^## (.+)$/gm)].map(([, name]) => name);
  expect(sections.filter((name) => name !== "Unreleased")[0]).toBe(version);
  expect(sections.indexOf("Unreleased")).toBeLessThanOrEqual(0);
});

test("the changelog has the chart's table of differences, row by row", () => {
  const rows = (text: string): string[] =>
    [...text.matchAll(/^\|.*\|$/gm)].map(([row]) => row.replace(/ +/g, " ").replace(/-{3,}/g, "---"));
  const chart = readFileSync(join(chartFolder, "README.md"), "utf8");
  const differences = rows(chart.split("\n## What differs from ")[1] ?? "");
  expect(differences.length).toBeGreaterThan(5);
  expect(differences.filter((row) => !rows(read("CHANGELOG.md")).includes(row))).toEqual([]);
});

describe("SECURITY.md: each promise has tests, and they are there", () => {
  const promises = section("SECURITY.md", "## What is promised, and the test that holds it")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (promise|---) /.test(line));
  test.each(promises.map((line) => [line.split("|")[1]?.trim() ?? "", line]))("%s", (_promise, line) => {
    const cited = [...line.matchAll(/`([\w./-]+\.test\.ts)`: ((?:"[^"]+"(?:, )?)+)/g)];
    expect(cited).not.toHaveLength(0);
    for (const [, file = "", names = ""] of cited) {
      const source = read(file);
      for (const [, name = ""] of names.matchAll(/"([^"]+)"/g)) {
        const titles = ['"', "'", "`"].map((quote) => `${quote}${name}${quote}`);
        expect(
          titles.some((title) => source.includes(title)),
          `${file}: ${name}`,
        ).toBe(true);
      }
    }
  });
});

describe("README: values and texts", () => {
  const values = readYaml(join(chartFolder, "values.yaml"));
  const at = (path: string): boolean => {
    let here: unknown = values;
    for (const key of path.split(".")) {
      if (typeof here !== "object" || here === null || !(key in here)) return false;
      here = (here as Record<string, unknown>)[key];
    }
    return true;
  };

  test("the values that it lists are the chart's", () => {
    const rows = section("README.md", "## Values")
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    const named = rows.flatMap((row) =>
      [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path),
    );
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((path) => !at(path))).toEqual([]);
  });

  test("the parameters and fields that it lists are read by the code", () => {
    const code = ["parameters", "object-fields"].map((name) => read(`src/request/${name}.ts`)).join("\n");
    const rows = section("README.md", "## SecretProviderClass")
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    const named = rows.map((row) => /^\| `([\w.]+)`/.exec(row)?.[1] ?? "").filter((name) => !name.startsWith("spec."));
    expect(named.length).toBe(25);
    expect(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
    const known = [...read("src/request/parameters.ts").matchAll(/^ {2}readonly (\w+): string;$/gm)].map(
      ([, name = ""]) => name,
    );
    expect(known.filter((name) => !named.includes(name))).toEqual([]);
  });

  const sources = scan("src/**/*.ts").filter((file) => !file.endsWith(".test.ts"));
  // As the code writes them: `${...}` for what is inserted, no line breaks between parts.
  const code = sources.map(read).join("\n");
  const [own = ""] = section("README.md", "## Troubleshooting").split("\nTexts of the driver:\n");
  const texts = [...own.matchAll(/^\| `([^`]+)` \|/gm)].map(([, text = ""]) => text);

  test("has some texts", () => expect(texts.length).toBeGreaterThan(40));
  test.each(texts)("the code says: %s", (text) => {
    for (const part of text.split(/<[^>]+>/)) {
      const words = part.replace(/^[\s:,.()]+|[\s:,.()]+$/g, "");
      if (words.length > 3) expect(code.includes(words), words).toBe(true);
    }
  });
});

test("docs/features.md has every field that 3.x ignores, its links lead somewhere, and each field has an example that uses it", () => {
  const text = read("docs/features.md");
  const fields = [...read("src/request/written-object.ts").matchAll(/^ {2}(\w+)\?: /gm)].map(([, name = ""]) => name);
  expect(fields.length).toBeGreaterThan(10);
  const examples = [...text.matchAll(/\]\(\.\.\/(deployment\/examples\/[\w-]+\.yaml)\)/g)].map(([, file = ""]) =>
    read(file),
  );
  for (const field of fields) {
    expect(text).toContain(`\`${field}\``);
    expect(
      examples.some((example) => example.includes(`${field}:`)),
      field,
    ).toBe(true);
  }
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
  const links = [
    ...text.matchAll(/\]\(#([\w-]+)\)/g),
    ...read("README.md").matchAll(/\]\(docs\/features\.md#([\w-]+)\)/g),
  ];
  expect(links.map(([, anchor = ""]) => anchor).filter((anchor) => !headings.includes(anchor))).toEqual([]);
  expect(links.length).toBeGreaterThan(9);
});

test("NOTICE names every package that goes into the binary, and no other", async () => {
  const { success, outputs } = await Bun.build({
    entrypoints: [join(root, "src/main.ts")],
    target: "bun",
    sourcemap: "external",
    plugins: [trim(root)],
    define: { BUILD_COMMIT: '"x"' },
  });
  expect(success).toBe(true);
  const inside = new Set<string>();
  for (const output of outputs.filter(({ kind }) => kind === "sourcemap")) {
    const { sources } = (await output.json()) as { readonly sources: readonly string[] };
    for (const source of sources) {
      const name = [...source.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)].at(-1)?.[1];
      if (name !== undefined) inside.add(name.replace(/^(@aws-sdk|@aws|@smithy)\/.*/, "$1/*"));
    }
  }
  const [, list = ""] = read("NOTICE").split("\nApache License 2.0\n");
  const named = [...list.matchAll(/^ {2}([^\s,]+(?:, [^\s,]+)*)/gm)].flatMap(([, names = ""]) => names.split(", "));
  expect(named.toSorted()).toEqual([...inside].toSorted());
});
