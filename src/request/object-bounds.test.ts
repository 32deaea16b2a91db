// Texts of a class that are a thousand times as long as what belongs there: what is made of them, and what an error keeps of them.
import { describe, expect, test } from "bun:test";
import { ProviderError } from "../errors.ts";
import { finish } from "../work.ts";
import { faultOfPath, filePath } from "./file-path.ts";
import { parseTexts } from "../go/json.ts";
import { objectFault } from "./fault.ts";
import { checkName } from "./object-name.ts";
import type { NameFault } from "./object-name.ts";
import { describeSelector } from "./object-selector.ts";
import { parseObjects } from "./objects.ts";
import { byteLength } from "../text/cut.ts";

const megabyte = 1_000_000;
const context = { pathTranslation: "False", region: "eu-west-1", failoverRegion: "" };

function failureOf(text: string): ProviderError {
  try {
    finish(parseObjects(text, context));
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error("the class was taken");
}

describe("a fault", () => {
  test("keeps little of a long text", () => {
    const { message, fix, at } = objectFault("file-name", "é".repeat(megabyte), "f".repeat(megabyte), [
      "objects",
      3,
      "k".repeat(megabyte),
    ]);
    expect([byteLength(message), message.slice(-3), byteLength(fix)]).toEqual([1_099, "...", 400]);
    expect(at).toEqual(["objects", 3, "k".repeat(200)]);
  });
  test("is as it was made where nothing is long", () => {
    expect(objectFault("file-name", "m".repeat(1_100), "f".repeat(400), ["objects", "k".repeat(200)])).toMatchObject({
      message: "m".repeat(1_100),
      fix: "f".repeat(400),
      at: ["objects", "k".repeat(200)],
    });
  });
  test.each([
    ["objectName", `{objectName: "${"x".repeat(megabyte)}"}`],
    ["objectAlias", `{objectName: a, objectType: ssmparameter, objectAlias: "${"a/".repeat(megabyte / 2)}"}`],
    ["filePermission", `{objectName: a, objectType: ssmparameter, filePermission: "${"7".repeat(megabyte)}"}`],
    ["namePrefix", `{objectType: secretsmanager, objectSelector: {namePrefix: "${"n".repeat(megabyte)}"}}`],
  ])("of a %s of a megabyte is short", (_field, entry) => {
    const { message, fix } = failureOf(`- ${entry}\n`);
    expect(byteLength(message)).toBeLessThanOrEqual(1_100);
    expect(byteLength(fix)).toBeLessThanOrEqual(400);
  });
});

test("a path that is too long is cut, and still too long", () => {
  for (const translation of ["off", { character: "_" }, { character: "/" }] as const) {
    const path = filePath("a/".repeat(megabyte / 2), translation);
    expect(path).toHaveLength(4_097);
    expect(faultOfPath(path)).toBe("it is longer than 4096 bytes");
  }
  expect(filePath(`${"/".repeat(megabyte)}a/b`, "off")).toBe("a/b");
  expect(faultOfPath(filePath(`a${"/".repeat(megabyte)}`, { character: "_" }))).toBe("it is longer than 4096 bytes");
});

test("an ARN is cut at its first five colons", () => {
  const long = `arn:aws:ssm:eu-west-1:1:${":".repeat(megabyte)}`;
  const faults: NameFault[] = [];
  const check = (name: string) => checkName(name, "", "eu-west-1", (fault) => faults.push(fault));
  expect([check(long), faults]).toEqual(["ssmparameter", []]);
  check("arn:aws:ssm:eu-west-1:1");
  expect(faults.map(({ fix }) => fix)).toEqual(["An ARN has six parts between colons."]);
});

test("too many keys are counted before they are compared", () => {
  const keys = (count: number): string =>
    `- {objectName: a, objectType: ssmparameter, expandKeys: "true", keys: [${"k,".repeat(count)}]}\n`;
  expect(failureOf(keys(1000)).message).toStartWith("keys has an entry twice");
  expect(failureOf(keys(1001)).message).toStartWith("keys has more than 1000 entries");
});

test("a selector is shown with the start of each part", () => {
  const tags = new Map(Array.from({ length: 100_000 }, (_, i) => [`tag${i}`, "v"]));
  const shown = describeSelector({ path: "p".repeat(megabyte), namePrefix: "é".repeat(megabyte), tags });
  const [path = "", prefix = "", tagged = ""] = shown.split(", ");
  expect(path).toBe(`objectSelector path ${"p".repeat(197)}...`);
  expect(prefix).toBe(`namePrefix ${"é".repeat(98)}...`);
  expect(tagged).toMatch(/^tags tag0=v tag1=v .*\.\.\.$/);
  expect(byteLength(tagged)).toBe(205);
});

describe("an object of texts is read without a look at what its texts hold", () => {
  test("brackets, quotes, backslashes", () => {
    const texts = { a: `${"[".repeat(20_000)}${'"'.repeat(20_000)}`, b: "\\".repeat(20_001), __proto__x: "c" };
    expect(Object.fromEntries(parseTexts(JSON.stringify(texts)) ?? [])).toEqual(texts);
    expect([...(parseTexts('{"__proto__":"\\ud800","a":1e999,"a":null}') ?? [])]).toEqual([
      ["__proto__", "\uFFFD"],
      ["a", null],
    ]);
  });
  test.each(["", "null", "[]", '"a"', '{"a":1}', '{"a":{}}', '{"a":[]}', "{}x", "\uFEFF{}", "[".repeat(20_000)])(
    "%# is something else",
    (text) => expect(parseTexts(text)).toBeUndefined(),
  );
});

test("a list that is too long is not read to its end", () => {
  const text = `[${"~,".repeat(66_000)}~]`;
  let stretches = 0;
  const work = parseObjects(text, context);
  expect(() => {
    while (work.next().done !== true) stretches += 1;
  }).toThrow("objects has more than 10000 entries");
  expect(stretches).toBeLessThan(3_000); // read to its end it takes some 8,000
});
