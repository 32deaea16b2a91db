// `check` in the compiled binary: finds what the files of test/check say about themselves, in each format; exit codes; hostile input.
import { describe, expect, test } from "bun:test";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newFolder, until } from "./binary-lab.ts";
import type { Ended } from "./binary-lab.ts";
import { options } from "../src/cli/check/check-options.ts";
import { expectedIn } from "./check/expect.ts";
import { binary } from "./provider.ts";

const folder = join(import.meta.dir, "check");

interface Report {
  readonly summary: Readonly<Record<string, number>>;
  readonly findings: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly rule: string;
    readonly severity: string;
    readonly message: string;
    readonly fix: string;
  }[];
}

function run(args: readonly string[], stdin = ""): Ended {
  const ended = Bun.spawnSync([binary, "check", ...args], { cwd: folder, env: {}, stdin: Buffer.from(stdin) });
  return { code: ended.exitCode, stdout: ended.stdout.toString(), stderr: ended.stderr.toString() };
}

/** Runs with `--output json`. */
function report(...args: readonly string[]): Report & { readonly code: number } {
  const { code, stdout, stderr } = run(["--output", "json", ...args]);
  expect(stderr).toBe("");
  return { code, ...(JSON.parse(stdout) as Report) };
}

const manifest = (objects: string, more = ""): string =>
  `apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: a}\nspec:\n  provider: aws\n  parameters:\n    region: eu-west-1\n    objects: ${objects}\n${more}`;
const fine = manifest("'[{objectName: a, objectType: secretsmanager}]'");

test.each([
  ["version", ""],
  ["check", "-"],
  ["check", "--help"],
  ["mount", "--help"],
])("a result that can't be written is one line and exit code 74: %s %s", (command, word) => {
  const script = `exec "$0" ${command} ${word} >/dev/full`;
  const ended = Bun.spawnSync(["/bin/sh", "-c", script, binary], { env: {}, stdin: Buffer.from(fine) });
  expect([ended.exitCode, ended.stderr.toString()]).toEqual([74, "error: can't write the result: ENOSPC\n"]);
});

test("one run over a set of files finds every error of parity 7 at its line", () => {
  const { code, findings, summary } = report("parity");
  expect(code).toBe(1);
  const files = readdirSync(join(folder, "parity"));
  expect(files).toHaveLength(3);
  for (const file of files) {
    const found = findings.filter((finding) => finding.file === join("parity", file));
    expect(found.map(({ line, rule }) => `${line} ${rule}`).toSorted(), file).toEqual(
      expectedIn(join(folder, "parity", file)),
    );
  }
  expect(summary).toMatchObject({ errors: findings.length - 1, infos: 1, files: 3 });
  // Every text of parity 7.2 to 7.5 that the server has for a class is among them.
  const server = readFileSync(join(import.meta.dir, "../src/cli/check/rules.ts"), "utf8");
  const rules = [...server.matchAll(/^ {2}"?([\w-]+)"?: mount\(/gm)].map(([, rule = ""]) => rule);
  const later = ["region-name", "fields-together", "selector", "field-value", "assume-role", "too-large"]; // not of parity 7
  expect(rules.filter((rule) => !findings.some((finding) => finding.rule === rule))).toEqual(later);
});

test.each(["dangers/class.yaml", "references/workloads.yaml"])("what is dangerous: %s", (file) => {
  const { findings } = report("--rotation=on", file);
  expect(findings.map(({ line, rule }) => `${line} ${rule}`).toSorted()).toEqual(expectedIn(join(folder, file)));
  expect(findings.every(({ message, column }) => message !== "" && column > 0)).toBe(true);
});

test("the report in text: a line and a fix for each finding, no colours in a pipe", () => {
  const { code, stdout } = run(["-"], manifest("|\n      - objectName: app/db\n        objectType: ssm"));
  expect(code).toBe(1);
  expect(stdout).toBe(
    "-:10:21: error: Invalid objectType: ssm [type-unknown]\n    Use ssmparameter.\n1 error, 0 warnings in 1 class (1 file)\n",
  );
});

test("the examples of the repository have nothing to warn of", () => {
  const { findings, code, summary } = report("--strict", "--region=eu-west-1", join(folder, "../../deployment"));
  expect(findings.filter(({ severity }) => severity !== "info")).toEqual([]);
  expect([code, (summary["classes"] ?? 0) > 8]).toEqual([0, true]);
});

describe("regions", () => {
  const arns = manifest("|\n      - objectName: arn:aws:ssm:us-east-1:1:parameter/a\n").replace(
    "    region: eu-west-1\n",
    "",
  );
  const rules = (...args: readonly string[]): string[] => {
    const { stdout } = run(["--output=json", ...args, "-"], arns);
    return (JSON.parse(stdout) as Report).findings.map(({ rule, severity }) => `${severity} ${rule}`);
  };
  test("without one, that of the ARNs is taken, and it is said what was not checked", () => {
    expect(rules()).toEqual(["info region-unknown"]);
  });
  test("--region stands for the cluster's", () => {
    expect(rules("--region=us-east-1")).toEqual([]);
    expect(rules("--region=eu-west-1")).toEqual(["error arn-region"]);
  });
  test("without --rotation=on nothing is said of subPath", () => {
    expect(report("references/workloads.yaml").findings.some(({ rule }) => rule === "sub-path")).toBe(false);
  });
  test("--rotation=off warns of what has no version", () => {
    expect(rules("--region=us-east-1", "--rotation=off")).toEqual(["warning floating-version"]);
  });
});

describe("sizes: kubectl's annotation, what the cluster stores", () => {
  const sized = (kibibytes: number): string => manifest(`"[] #${"x".repeat(kibibytes * 1024)}"`);
  test.each([
    [200, undefined],
    [240, /kubectl apply keeps a copy in an annotation/],
    [800, /kubectl apply keeps a copy in an annotation/],
    [1000, /the cluster stores about 1 MiB/],
  ])("%d KiB", (kibibytes, message) => {
    const { stdout } = run(["--output=json", "-"], sized(kibibytes));
    const found = (JSON.parse(stdout) as Report).findings.find(({ rule }) => rule === "class-size");
    if (message === undefined) expect(found).toBeUndefined();
    else expect(found?.message).toMatch(message);
  });
});

test("regions that could become another host", () => {
  const { stdout } = run(["--output=json", "-"], fine.replace("region: eu-west-1", "region: evil.example/x"));
  expect((JSON.parse(stdout) as Report).findings).toMatchObject([
    { rule: "region-name", line: 7, message: 'invalid input region "evil.example/x"' },
  ]);
});

describe("exit codes; results on fd 1, all else on fd 2", () => {
  const warns = manifest("'[{objectName: a, objectType: secretsmanager, typo: 1, objectNames: b}]'");
  test.each([
    [["-"], fine, 0],
    [["-"], warns, 0],
    [["--strict", "-"], warns, 1],
    [["--strict", "-"], fine, 0],
    [["-"], manifest("'[{}]'"), 1],
    [["--help"], "", 0],
  ])("%j", (args, stdin, code) => {
    const ended = run(args, stdin);
    expect([ended.code, ended.stderr]).toEqual([code, ""]);
    expect(ended.stdout).not.toBe("");
  });

  test.each([
    [[], "", "name a file, a directory or -"],
    [["nothing.yaml"], "", "nothing.yaml: no such file or directory"],
    [["--nope", "-"], fine, "flag provided but not defined: -nope"],
    [["--output=xml", "-"], fine, "must be one of text, json, sarif, github"],
    [["-"], "kind: Pod", "no SecretProviderClass of provider aws found"],
    [["-"], "", "no SecretProviderClass of provider aws found"],
  ])("%j is misuse", (args, stdin, why) => {
    const ended = run(args, stdin);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(ended.stderr).toContain(why);
    expect(ended.stderr).not.toContain("Starting ");
  });

  test("only as the exact first argument: elsewhere the word is nothing, as ever", () => {
    const { exitCode, stderr } = Bun.spawnSync([binary, "--qps=5", "check", "x.yaml"], { env: {} });
    expect([exitCode, stderr.toString().includes("Starting ")]).toEqual([255, true]);
  });
});

test("SARIF is valid against the schema of OASIS", () => {
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(join(folder, "schema/sarif-2.1.0.json"), "utf8")) as object);
  for (const args of [
    ["parity", "dangers", "references"],
    ["../check/dangers/class.yaml"],
    ["-"],
    [join(folder, "parity")],
  ]) {
    const { stdout } = run(["--output=sarif", ...args], manifest("'[{}]'"));
    validate(JSON.parse(stdout));
    expect(validate.errors).toBeNull();
  }
  const { stdout } = run(["--output=sarif", "parity"]);
  const [log] = (
    JSON.parse(stdout) as {
      runs: { results: { ruleId: string; ruleIndex: number }[]; tool: { driver: { rules: { id: string }[] } } }[];
    }
  ).runs;
  expect(log?.results).toHaveLength(report("parity").findings.length);
  expect(log?.results.every(({ ruleId, ruleIndex }) => log.tool.driver.rules[ruleIndex]?.id === ruleId)).toBe(true);
  expect(validate({ version: "2.1.0", runs: [{}] })).toBe(false);
});

test("GitHub's commands: one line for each finding, whatever is in it", () => {
  const objects = JSON.stringify('- {objectName: "a%\\n::stop-commands::x", objectType: ssm}');
  const { stdout } = run(["--output=github", "-"], manifest(objects));
  expect(stdout.split("\n")).toEqual([
    "::error file=-,line=8,col=71,title=type-unknown::Invalid objectType: ssm%0AUse ssmparameter.",
    "1 error, 0 warnings in 1 class (1 file)",
    "",
  ]);
  const named = run(["--output=github", "-"], manifest(objects.replace("ssm", "ssmparameter"))).stdout;
  expect(named.split("\n")[0]).toEndWith(
    "does not allow this name: a%25\\n::stop-commands::x%0ACheck the name, and objectType.",
  );
});

test("a text that is no YAML: told where it speaks of a class, with a word on templates", () => {
  const broken = "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nspec: a: {{ .Values.spec }}\n";
  const { code, stdout } = run(["-"], `kind: {{ .Values.kind }}\n---\n${broken}`);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^-:5:1: error: not YAML: .+ \[not-yaml\]\n {4}Templates are checked after rendering: /);
  expect(stdout).toEndWith("1 error, 0 warnings in 0 classes (1 file)\n");
});

describe("documentation", () => {
  test("the README's example prints what the README says", () => {
    const readme = readFileSync(join(import.meta.dir, "../README.md"), "utf8");
    const [section = ""] = (readme.split("\n## Check your classes\n")[1] ?? "").split("\n## ");
    const [, text = "", printed = ""] = /```yaml\n([^]+?)```\n\n```sh\n[^]+?```\n\n```\n([^]+?)```/.exec(section) ?? [];
    using dir = newFolder();
    writeFileSync(join(dir.path, "class.yaml"), text);
    const ended = Bun.spawnSync([binary, "check", "class.yaml"], { cwd: dir.path, env: {} });
    expect([ended.exitCode, ended.stdout.toString()]).toEqual([1, printed]);
  });

  const page = readFileSync(join(import.meta.dir, "../docs/check.md"), "utf8");
  const examples = [...page.matchAll(/```sh\nsecrets-store\S+ check (.+)\n```\n\n```\w+\n([^]+?)```/g)];
  test("docs/check.md has examples", () => expect(examples).toHaveLength(2));
  test.each(examples.map(([, args = "", printed = ""]) => [args, printed]))(
    "docs/check.md: check %s",
    (args, printed) => {
      const ended = Bun.spawnSync([binary, "check", ...args.split(" ")], { cwd: join(import.meta.dir, ".."), env: {} });
      expect([ended.exitCode, ended.stdout.toString()]).toEqual([0, printed]);
    },
  );

  test("the server's --help names the sub-commands", () => {
    const { stderr } = Bun.spawnSync([binary, "--help"], { env: {} });
    expect(stderr.toString()).toContain("check, mount, version");
  });

  test("--help has every option of the table", () => {
    const { stdout } = run(["--help"]);
    expect([...stdout.matchAll(/^ {2}--([\w-]+)/gm)].map(([, name]) => name)).toEqual([
      ...Object.keys(options),
      "help",
    ]);
  });
});

test("colours on a terminal, not with NO_COLOR", async () => {
  const onTerminal = async (env: Readonly<Record<string, string>>): Promise<string> => {
    let seen = "";
    const terminal = new Bun.Terminal({ data: (_terminal, data) => void (seen += Buffer.from(data).toString()) });
    const child = Bun.spawn([binary, "check", "parity"], { cwd: folder, env, terminal });
    expect(await child.exited).toBe(1);
    await until(() => seen.includes(" (3 files)"));
    terminal.close();
    return seen;
  };
  expect(await onTerminal({ TERM: "xterm" })).toContain("\x1b[31merror:\x1b[0m");
  for (const env of [{ TERM: "xterm", NO_COLOR: "1" }, { TERM: "dumb" }]) {
    const seen = await onTerminal(env);
    expect(seen).toContain("error: ");
    expect(seen).not.toContain("\x1b[31m");
  }
});

describe("hostile input is bounded and never a crash", () => {
  const bomb = `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? "a" : `b${i - 1}`}${`, *${i === 0 ? "a" : `b${i - 1}`}`.repeat(9)}]\n`).join("")}`;
  const million = 2 ** 20;
  test.each([
    ["an alias bomb in objects", manifest(JSON.stringify(bomb)), 1],
    ["an alias bomb beside objects", fine + bomb.replace(/^/gm, "").replace(/^a:/, "x:"), 1],
    ["a megabyte of brackets in objects", manifest(`'${"[".repeat(million)}'`), 1],
    ["a megabyte of brackets", `${fine}x: ${"[".repeat(million)}`, 1],
    ["a megabyte of braces", `${fine}x: ${"{a: ".repeat(million / 4)}`, 1],
    ["nesting that is closed again", `${fine}x: ${"[".repeat(9000)}${"]".repeat(9000)}\n`, 0],
    [
      "the same in objects",
      manifest(`'[{objectName: a, objectType: secretsmanager, x: ${"[".repeat(9000)}${"]".repeat(9000)}}]'`),
      0,
    ],
    [
      "a megabyte of a field's name",
      manifest(`'[{objectName: a, objectType: secretsmanager, ? ${"x".repeat(million)} : 1}]'`),
      1, // a mount does not read so long a text
    ],
    [
      "ten thousand unknown fields",
      manifest(
        `'[{objectName: a, objectType: secretsmanager, ${Array.from({ length: 10_000 }, (_, i) => `x${i}: 1`).join(", ")}}]'`,
      ),
      0,
    ],
    ["ten thousand faults", manifest(`'[${"{},".repeat(10_000)}]'`), 1],
    ["half a million openings of templates", `${fine}# SecretProviderClass\nx: "\n${"{{".repeat(million / 2)}`, 1],
    ["a document of nine megabytes", `${fine}---\nx: [${"SecretProviderClass,".repeat((9 * million) / 20)}]\n`, 1],
    ["a quarter of a megabyte of line breaks", `${fine}${"\n".repeat(million / 4)}`, 0],
    ["a megabyte of documents", `${fine}${"---\n".repeat(million / 4)}`, 0],
    ["seventy thousand documents that are broken", `${fine}${"---\n[SecretProviderClass\n".repeat(70_000)}`, 1],
    ["characters of a terminal", manifest(`"[{objectName: \\"\\\\e[2J\\u202e\\", objectType: ssm}]"`), 1],
  ])("%s", (_name, text, code) => {
    const ended = run(["-"], text);
    expect([ended.code, ended.stderr]).toEqual([code, ""]);
    expect(ended.stdout).not.toMatch(/[\0-\x09\x0B-\x1F\x7F-\x9F\u202e]/);
    expect(ended.stdout.length).toBeLessThan(2 * million);
  });

  test("binaries and loops of links in a directory", () => {
    using dir = newFolder();
    writeFileSync(join(dir.path, "binary.yaml"), readFileSync(binary).subarray(0, million));
    symlinkSync(dir.path, join(dir.path, "loop"));
    symlinkSync("itself.yaml", join(dir.path, "itself.yaml"));
    writeFileSync(join(dir.path, "fine.yaml"), fine);
    expect(run([dir.path])).toEqual({ code: 0, stdout: "0 errors, 0 warnings in 1 class (1 file)\n", stderr: "" });
    const named = run([join(dir.path, "itself.yaml")]);
    expect([named.code, named.stdout]).toEqual([2, ""]);
  });
});
