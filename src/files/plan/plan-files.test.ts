import { describe, expect, test } from "bun:test";
import type { SecretObject } from "../../request/secret-object.ts";
import { parseObjects } from "../../request/objects.ts";
import type { FetchedObject } from "../../values/extracted.ts";
import { extract } from "../../values/extract.ts";
import { planFiles as plannedFiles } from "./plan-files.ts";
import { createBudget } from "../../budget.ts";
import { finish } from "../../work.ts";

const planFiles = (...args: Parameters<typeof plannedFiles>) => finish(plannedFiles(...args));

function fetch(entries: readonly object[], values: readonly string[] = [], pathTranslation = ""): FetchedObject[] {
  const text = JSON.stringify(entries.map((entry) => ({ objectType: "secretsmanager", ...entry })));
  const objects: SecretObject[] = finish(parseObjects(text, { pathTranslation, region: "r", failoverRegion: "" }));
  const budget = createBudget();
  return objects.map((object, i) => {
    const value = new TextEncoder().encode(values[i] ?? `value${i}`);
    return { object, value, version: `v${i}`, extracted: finish(extract(object, value, budget)) };
  });
}

const text = (contents: Uint8Array): string => new TextDecoder().decode(contents);

test("files and versions stand in the order of objects, an object before its own entries", () => {
  const jmesPath = [
    { path: "y", objectAlias: "d" },
    { path: "x", objectAlias: "b" },
  ];
  const plan = planFiles(
    fetch([{ objectName: "z" }, { objectName: "c", jmesPath }, { objectName: "a" }], ["1", '{"x":"X","y":"Y"}']),
    0o644,
  );
  expect(plan.files.map(({ path, contents }) => [path, text(contents)])).toEqual([
    ["z", "1"],
    ["c", '{"x":"X","y":"Y"}'],
    ["d", "Y"],
    ["b", "X"],
    ["a", "value2"],
  ]);
  expect(plan.versions).toEqual([
    { id: "z", version: "v0" },
    { id: "c", version: "v1" },
    { id: "d", version: "v1" },
    { id: "b", version: "v1" },
    { id: "a", version: "v2" },
  ]);
  expect(plan.warnings).toEqual([]);
});

test("nothing fetched, nothing planned", () => {
  expect(planFiles([], 0o644)).toEqual({ files: [], versions: [], warnings: [] });
});

test("values are passed on byte for byte", () => {
  const [fetched] = fetch([{ objectName: "a" }]);
  const value = Uint8Array.of(0xef, 0xbb, 0xbf, 0, 0xff, 10);
  expect(fetched && planFiles([{ ...fetched, value }], 0).files[0]?.contents).toBe(value);
});

describe("mode: the entry's, else the object's, else nine bits of the default", () => {
  const jmesPath = [
    { path: "@", objectAlias: "own", filePermission: "4755" },
    { path: "@", objectAlias: "none" },
  ];
  test.each([
    [{ filePermission: "0600" }, 0o100644, [0o600, 0o755, 0o600]],
    [{ filePermission: "0000" }, 0o644, [0, 0o755, 0]],
    [{}, 0o100644, [0o644, 0o755, 0o644]],
    [{}, 0xffffffff, [0o777, 0o755, 0o777]],
    [{}, 0, [0, 0o755, 0]],
  ])("%p with default %d", (fields, defaultMode, modes) => {
    const plan = planFiles(fetch([{ objectName: "a", ...fields, jmesPath }], ['"x"']), defaultMode);
    expect(plan.files.map(({ mode }) => mode)).toEqual(modes);
  });
});

describe("parity 12.1 row 12: of two files with one name the later in objects wins, with one version and a warning", () => {
  test.each([
    [
      "two objects",
      [{ objectName: "a/b" }, { objectName: "c" }, { objectName: "a_b", objectType: "ssmparameter" }],
      ["c", "a_b"],
      "value2",
      "v2",
    ],
    [
      "two labels",
      [
        { objectName: "a", objectVersionLabel: "x" },
        { objectName: "a", objectVersionLabel: "y" },
      ],
      ["a"],
      "value1",
      "v1",
    ],
    ["an entry and its object", [{ objectName: "a", jmesPath: [{ path: "'E'", objectAlias: "a" }] }], ["a"], "E", "v0"],
    [
      "an entry and a later object",
      [{ objectName: "b", jmesPath: [{ path: "'E'", objectAlias: "a" }] }, { objectName: "a" }],
      ["b", "a"],
      "value1",
      "v1",
    ],
  ])("%s", (_, entries, paths, winner, version) => {
    const { files, versions, warnings } = planFiles(fetch(entries, ['{"o":1}']), 0o644);
    expect(files.map(({ path }) => path)).toEqual(paths);
    expect(text(files.at(-1)?.contents ?? new Uint8Array())).toBe(winner);
    expect(versions.map(({ id }) => id)).toEqual(paths);
    expect(versions.at(-1)).toEqual({ id: paths.at(-1) ?? "", version });
    expect(warnings).toHaveLength(1);
  });
  test("the warning names both and the file, and no value", () => {
    const [warning] = planFiles(fetch([{ objectName: "a/b" }, { objectName: "c", objectAlias: "a_b" }]), 0).warnings;
    expect(warning).toContain("object a/b and object c (alias a_b)");
    expect(warning).toContain("file name a_b");
    expect(warning).not.toContain("value");
  });
});

test("the work of all jmesPath entries of a mount is bounded", () => {
  const greedy = { path: `l${"|[@,@][]".repeat(15)}|to_string(length(@))` };
  const entries = Array.from({ length: 400 }, (_, i) => ({
    objectName: `n${i}`,
    jmesPath: [{ ...greedy, objectAlias: `e${i}` }],
  }));
  const values = entries.map(() => '{"l":[1]}');
  expect(planFiles(fetch(entries.slice(0, 1), values), 0).files).toHaveLength(2);
  expect(() => fetch(entries, values)).toThrow("the class asks for too much work");
});

test("more files than a mount may have are refused", () => {
  const [one] = fetch([{ objectName: "a" }]);
  if (one === undefined) throw new Error("nothing fetched");
  const many = (count: number): FetchedObject[] =>
    Array.from({ length: count }, (_, i) => ({ ...one, object: { ...one.object, filePath: String(i) } }));
  expect(planFiles(many(10_000), 0).files).toHaveLength(10_000);
  expect(() => planFiles(many(10_001), 0)).toThrow("the mount has more than 10000 files");
});

test("of many collisions five are named, and the others counted", () => {
  const fetched = fetch(Array.from({ length: 1 }, () => ({ objectName: "a" })));
  const same = Array.from({ length: 9_001 }, () => fetched).flat();
  const { files, warnings } = planFiles(same, 0);
  expect([files.length, warnings.length, warnings.at(-1)]).toEqual([
    1,
    6,
    "8995 more files have the name of a later one",
  ]);
});
