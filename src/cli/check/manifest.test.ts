import { describe, expect, test } from "bun:test";
import { runCheck } from "./check-files.ts";

const head =
  "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: a}\nspec:\n  provider: aws\n  parameters:\n    region: eu-west-1\n";

/** `line:column rule` of what is found. */
function found(text: string, count = 1): string[] {
  const { findings, classes } = runCheck([{ name: "f", text }], { region: "", rotation: "unknown" });
  expect(classes).toBe(count);
  return findings.map(({ line, column, rule }) => `${line}:${column} ${rule}`);
}

/** The place of `ssm` in a text, which stands there once. */
function placeOf(text: string, part = "ssm"): string {
  const before = text.slice(0, text.indexOf(part));
  return `${before.split("\n").length}:${before.length - before.lastIndexOf("\n")}`;
}

describe("a place in objects is found however the text is written", () => {
  const list = ["- objectName: a", "  objectType: ssm"];
  const block = (header: string, indent: string): string =>
    `${head}    objects: ${header}\n${list.map((line) => `${indent}${line}\n`).join("")}`;
  test.each([
    ["a block", block("|", "      ")],
    ["a block without its last line break", block("|-", "      ").trimEnd()],
    ["a block with a comment after its header", block("| # the list", "      ")],
    ["a block with an indentation of its own", block("|2", "          ")],
    ["a block with blank lines first", block("|+\n\n   \n", "      ")],
    ["a block at the end of a file of Windows", block("|", "      ").replaceAll("\n", "\r\n")],
    ["a block after a byte order mark", `\uFEFF${block("|", "      ")}`],
    ["a block in the second document", `kind: Pod\n---\n${block("|", "      ")}`],
    ["a block after a document of comments", `# nothing\n--- # here\n${block("|", "      ")}`],
    ["folded", `${head}    objects: >-\n      [{objectName: a,\n      objectType: ssm}]\n`],
    ["folded, with lines indented deeper", `${head}    objects: >\n      - objectName: a\n        objectType: ssm\n`],
    ["single quotes", `${head}    objects: '[{objectName: "it''s", objectType: ssm}]'\n`],
    ["single quotes over lines", `${head}    objects: '[{objectName: a,\n\n      objectType: ssm}]'\n`],
    ["double quotes", `${head}    objects: "- objectName: \\"a\\\\tb\\"\\n  objectType: ssm"\n`],
    [
      "double quotes, characters by number",
      `${head}    objects: "[{objectName: \\u00e9\\U0001F600\\x41, objectType: ssm}]"\n`,
    ],
    ["double quotes over lines", `${head}    objects: "[{objectName: a, \\\n      objectType: ssm}]"\n`],
    [
      "flow",
      `{apiVersion: secrets-store.csi.x-k8s.io/v1, kind: SecretProviderClass,\n spec: {provider: aws, parameters: {region: eu-west-1,\n  objects: '[{objectName: a, objectType: ssm}]'}}}\n`,
    ],
    ["an anchor before it", `${head}    objects: &list |\n      - objectName: a\n        objectType: ssm\n`],
    [
      "a List",
      `apiVersion: v1\nkind: List\nitems:\n- {kind: Pod}\n- ${block("|", "      ").replaceAll("\n", "\n  ").trimEnd()}\n`,
    ],
    [
      "JSON with tabs",
      `${JSON.stringify({ apiVersion: "secrets-store.csi.x-k8s.io/v1", kind: "SecretProviderClass", spec: { provider: "aws", parameters: { region: "eu-west-1", objects: "[{objectName: a, objectType: ssm}]" } } }, null, "\t")}\n`,
    ],
  ])("%s", (_name, text) => {
    const all = found(text);
    expect(all.filter((one) => one.endsWith("type-unknown"))).toEqual([`${placeOf(text)} type-unknown`]);
  });

  test("an alias is shown where it stands", () => {
    const text = `${head}    objects: *list\n`.replace(
      "metadata: {name: a}",
      "metadata: {name: a, annotations: {x: &list '[{objectName: a, objectType: ssm}]'}}",
    );
    expect(found(text)).toEqual([`${placeOf(text)} type-unknown`]);
  });

  test.each(["\r\n", "\u0085      ", "\u2028      ", "\r      "])("lines that end with %j in objects", (end) => {
    const text = `${head}    objects: |\n      - objectName: a${end.replace("\r\n", "\r\n      ")}  objectType: ssm\n`;
    expect(found(text)).toEqual([`${placeOf(text)} type-unknown`]);
  });

  test("JSON with tabs and with escapes that YAML has not", () => {
    const objects = String.raw`[{\"objectName\": \"a\", \"objectType\": \"ssm\"}]`;
    const text = `\t{"kind": "SecretProviderClass", "apiVersion": "secrets-store.csi.x-k8s.io\\/v1", "metadata": {"name": "\\ud83d\\ude00"},
\t"spec": {"provider": "aws", "parameters": {"region": "r", "objects": "${objects}"}}}`;
    expect(found(text)).toEqual([`${placeOf(text, String.raw`\"ssm`)} type-unknown`]);
  });

  test("what follows the list is not read", () => {
    const text = `${head}    objects: |\n      [{objectName: a, objectType: ssmparameter}] # fine\n      ssm: x\n`;
    expect(found(text)).toEqual([`${placeOf(text, "ssm: x")} more-documents`]);
    expect(
      found(`${head}    objects: |\n      - {objectName: a, objectType: ssmparameter}\n      ---\n      # no more\n`),
    ).toEqual([]);
  });

  test("astral characters count as editors count them", () => {
    const text = `${head}    objects: |\n      - {objectName: "😀", objectType: ssm}\n`;
    expect(found(text)).toEqual([`${placeOf(text)} type-unknown`]);
    expect(placeOf(text)).toBe("9:40");
  });
});

test("a line of the YAML reader counts from the first line of objects", () => {
  const text = `${head}    objects: |\n      # one\n      - a: b\n       c: d\n`;
  expect(found(text)[0]).toBe("11:8 objects-yaml");
});

test("a class in a list in a list, and one whose kind is another's", () => {
  const one = `{apiVersion: secrets-store.csi.x-k8s.io/v1, kind: SecretProviderClass, spec: {provider: aws, parameters: {region: r, objects: '[{}]'}}}`;
  const text = `kind: List\nitems:\n- kind: SecretProviderClassList\n  items:\n  - ${one}\n- ${one.replace("secrets-store.csi.x-k8s.io", "example.com")}\n`;
  expect(found(text).map((finding) => finding.split(" ")[1])).toEqual(["name-missing", "api-version"]);
});

test("a key that stands twice in a list is told once, not for each class of the list", () => {
  const one = `{apiVersion: secrets-store.csi.x-k8s.io/v1, kind: SecretProviderClass, spec: {provider: aws, parameters: {region: r, objects: '[{objectName: a, objectType: ssmparameter}]'}}}`;
  expect(found(`kind: List\nitems:\n- ${one}\n- ${one}\n- {kind: Pod, kind: Pod}\n`, 2)).toEqual(["5:15 field-twice"]);
});

test("findings beyond the bound are counted, and count", () => {
  const one = (objects: string): string =>
    `{apiVersion: secrets-store.csi.x-k8s.io/v1, kind: SecretProviderClass, spec: {provider: aws, parameters: {region: r, team: a, objects: '${objects}'}}}`;
  const many = Array.from({ length: 5001 }, () => `---\n${one("[{objectName: a, objectType: ssmparameter}]")}\n`).join(
    "",
  );
  const run = runCheck([{ name: "f", text: `${many}---\n${one("[{}]")}\n` }], { region: "", rotation: "unknown" });
  expect([run.findings.length, run.left, run.counts]).toEqual([5000, 3, { error: 1, warning: 0, info: 5002 }]);
});

describe("all faults of one object are found", () => {
  const rulesOf = (objects: string): string[] =>
    found(`${head}    objects: |\n${objects.replace(/^/gm, "      ")}\n`)
      .filter((one) => !/new-in-4|files-unknown/.test(one))
      .map((one) => one.replace(/^(\d+):\d+/, "$1"));
  test.each([
    [
      "a failoverObject with neither alias nor region",
      "- objectName: a\n  objectType: secretsmanager\n  failoverObject: {objectName: b}",
      ["11 failover-alias", "11 failover-region-missing"],
    ],
    [
      "a selector",
      '- objectType: ssmparameter\n  objectSelector:\n    path: nope\n    max: 5000\n    recursive: perhaps\n  filePermission: "9"\n  objectEncoding: x',
      ["10 selector", "12 selector", "13 selector", "14 file-permission", "15 field-value"],
    ],
    [
      "a field of another shape",
      "- objectName: a\n  objectType: ssm\n  keys: 3\n  jmesPath: x\n  filePermission: '9'",
      ["10 type-unknown", "11 objects-shape", "12 objects-shape", "13 file-permission"],
    ],
    ["an objectName of another shape, alone", "- objectName: [a]\n  objectType: ssm", ["9 objects-shape"]],
  ])("%s", (_what, objects, rules) => {
    expect(rulesOf(objects)).toEqual(rules);
  });

  test("an assumed role of the class is not called useless because of an entry at fault", () => {
    const role = `${head}    assumeRoleArn: arn:aws:iam::111122223333:role/x\n    assumeRoleSessionName: me\n`;
    const text = (type: string): string => `${role}    objects: '[{objectName: a, objectType: ${type}}]'\n`;
    const rules = (type: string): string[] =>
      found(text(type)).flatMap((one) => (one.includes("new-in-4") ? [] : (one.split(" ")[1] ?? "")));
    expect([rules("ssm"), rules("ssmparameter")]).toEqual([["type-unknown"], []]);
  });

  test("a class whose provider is written otherwise", () => {
    const text = `${head.replace("provider: aws", "provider: AWS")}    pathTranslation: ab\n    objects: '[{objectName: a, objectType: ssm}]'\n`;
    expect(found(text).map((one) => one.split(" ")[1])).toEqual(["provider-name", "path-translation", "type-unknown"]);
  });
});

describe("JSON is read as JSON, whatever YAML would make of it", () => {
  const manifest = (objects: string, more: object = {}): string =>
    JSON.stringify({
      apiVersion: "secrets-store.csi.x-k8s.io/v1",
      kind: "SecretProviderClass",
      metadata: { name: "a" },
      spec: { provider: "aws", parameters: { region: "eu-west-1", objects, ...more } },
    });
  const entry = (name: string): string => `[{"objectName": ${JSON.stringify(name)}, "objectType": "ssmparameter"}]`;
  const rules = (text: string, count = 1): string[] => found(text, count).map((one) => one.replace(/^\S+ /, ""));

  test("a line separator inside a text is a character of it", () => {
    expect(rules(manifest(entry("a"), { pathTranslation: "\u2028" }))).toEqual(["path-translation"]);
  });

  test("`<<` is a key like any other", () => {
    const merged = manifest(entry("a")).replace('"spec":', '"<<":{"spec":').replace(/\}$/, "}}");
    expect(rules(merged, 0)).toEqual([]);
  });

  test("escapes of JSON alone: a slash, a pair of surrogates", () => {
    const text = manifest(entry("a")).replace("eu-west-1", "eu-west\\u002d1").replace('"a"', '"\\ud83d\\ude00\\/"');
    expect(rules(text)).toEqual([]);
  });

  test("several values in a row, as jq writes them", () => {
    const texts = [manifest(entry("a"), { x: "}{" }), '{"kind":"Pod"}', manifest(entry("b"))];
    for (const between of ["\n", "", " "]) expect(rules(texts.join(between), 2)).toEqual(["ignored-field"]);
    const lines = texts.join("\n");
    const faulty = lines.replace('[{\\"objectName\\": \\"b\\"', '[{\\"objectName\\": \\"\\"');
    expect(found(faulty, 2)).toEqual([
      expect.stringMatching(/^1:\d+ ignored-field$/),
      expect.stringMatching(/^3:\d+ name-missing$/),
    ]);
  });

  test("what only looks like JSON is YAML", () => {
    expect(
      rules(
        `{apiVersion: secrets-store.csi.x-k8s.io/v1, kind: SecretProviderClass, # a comment\n spec: {provider: aws, parameters: {region: eu-west-1, objects: '${entry("a")}'}},}`,
      ),
    ).toEqual([]);
  });
});
