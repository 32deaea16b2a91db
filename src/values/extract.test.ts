// The texts of parity 8.3. That expressions give what go-jmespath gives is test/parity/jmespath.test.ts.
import { describe, expect, test } from "bun:test";
import type { ProviderError } from "../errors.ts";
import type { JmesPathEntry, SecretObject } from "../request/secret-object.ts";
import { extract } from "./extract.ts";
import { createBudget } from "../budget.ts";
import { finish } from "../work.ts";

function anObject(...paths: string[]): SecretObject {
  const ref = { objectName: "app/db", objectVersion: "", objectVersionLabel: "" };
  const jmesPath = paths.map((path, i): JmesPathEntry => ({
    path,
    objectAlias: `alias${i}`,
    mode: undefined,
    filePath: `file${i}`,
  }));
  return {
    type: "secretsmanager",
    objectName: "app/db",
    objectAlias: "",
    primary: ref,
    failover: ref,
    mode: undefined,
    filePath: "app_db",
    jmesPath,
  };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const contentsOf = (value: string, ...paths: string[]): string[] =>
  finish(extract(anObject(...paths), bytes(value), createBudget())).map(({ contents }) =>
    new TextDecoder().decode(contents),
  );

function failureOf(value: string | Uint8Array, ...paths: string[]): ProviderError {
  try {
    finish(extract(anObject(...paths), typeof value === "string" ? bytes(value) : value, createBudget()));
  } catch (error) {
    return error as ProviderError;
  }
  throw new Error("the entries were extracted");
}

test("gives one text for each entry, in order", () => {
  expect(contentsOf('{"a":"1","b":{"c":"é"},"e":""}', "b.c", "a", "e")).toEqual(["é", "1", ""]);
});

test("does not look at the value when there are no entries", () => {
  expect(finish(extract(anObject(), Uint8Array.of(0xff), createBudget()))).toEqual([]);
});

describe("values", () => {
  test.each([
    ['{"a":"x","a":"y"}', "a", "y"],
    ['{"a":"\\ud800"}', "a", "\uFFFD"],
    ['"top"', "@", "top"],
    ['["x"]', "[0]", "x"],
    ['{"hy-phen":"x"}', '"hy-phen"', "x"],
    ['{"__proto__":"own"}', "__proto__", "own"],
    ['{"n":1.0}', "to_string(n)", "1"],
  ])("%s by %s", (value, path, expected) => {
    expect(contentsOf(value, path)).toEqual([expected]);
  });
  test("bad bytes inside a text become U+FFFD, one for each", () => {
    const value = Uint8Array.of(...bytes('{"a":"'), 0xff, 0xe2, 0x82, ...bytes('"}'));
    const [first] = finish(extract(anObject("a"), value, createBudget()));
    expect(new TextDecoder().decode(first?.contents)).toBe("\uFFFD\uFFFD\uFFFD");
  });
  test.each(["constructor", "toString", "hasOwnProperty", "__proto__", '"__proto__"', "constructor.name", "a.length"])(
    "%s is not inherited",
    (path) => {
      expect(failureOf('{"a":"x"}', path).message).toEndWith("does not point to a valid object.");
    },
  );
});

describe("texts", () => {
  test.each(["", "hunter2", '{"a":"hunter2"', '{"a":1} hunter2', "\uFEFF{}", "{'a':'hunter2'}", "[1e400]", "NaN"])(
    "%p is no JSON",
    (value) => {
      const { reason, message, fix } = failureOf(value, "a");
      expect(reason).toBe("JmesPathFailed");
      expect(message).toBe("Invalid JSON used with jmesPath in secret: app/db.");
      expect(fix).not.toContain("hunter2");
    },
  );
  test.each([
    "hy-phen",
    "a/b",
    "$",
    "$.a",
    "é",
    "1a",
    "",
    "'open",
    "`open",
    "'",
    "`foo`",
    "``",
    "a.",
    "foo(a)",
    "length(a, a)",
    "length(n)",
    "l[::0]",
    "l[999999999999999999999]",
  ])("%p is no path, or fails", (path) => {
    const { reason, message, fix } = failureOf('{"a":"hunter2","n":1,"l":[1]}', path);
    expect({ reason, message }).toEqual({ reason: "JmesPathFailed", message: `Invalid JMES Path: ${path}.` });
    expect(fix).not.toContain("hunter2");
  });
  test.each(["zz", "a.b", "l[7]", "`null`", "'a' < 'b'", "a[0:2]", "a[::-1]"])("%p points nowhere", (path) => {
    const message = `JMES Path - ${path} for object alias - alias0 does not point to a valid object.`;
    expect(failureOf('{"a":"x","l":[1]}', path).message).toBe(message);
  });
  test.each(["n", "l", "@", "`true`", "&a", "avg(`[]`)"])("%p is no text", (path) => {
    const message = `Invalid JMES search result type for path:${path}. Only string is allowed.`;
    expect(failureOf('{"n":1,"l":["hunter2"]}', path).message).toBe(message);
  });
  test("a bare hyphen gets the hint to quote it", () => {
    expect(failureOf("{}", "db.hy-phen").fix).toContain(`'"hy-phen"'`);
    expect(failureOf("{}", '"hy-phen".').fix).not.toContain("hyphen");
  });
  test("the first failing entry is the one that is told", () => {
    expect(failureOf('{"a":"x"}', "a", "y", "(").message).toContain("JMES Path - y for object alias - alias1");
  });
});

describe("parity 12.1 row 1: jmesPath that kills the reference fails the mount, or works", () => {
  test.each([
    "@()",
    "`1`()",
    "merge('x')",
    "[0](a)",
    "map(&map(@, [@]), [&map(@, [@])])",
    "l[1::9223372036854775807]",
    "a\u0080",
  ])("%s", (path) => {
    expect(["JmesPathFailed", "TooLarge"]).toContain(failureOf('{"a":"x","l":[1,2]}', path).reason);
  });
  test("contains of an object compares it", () => {
    expect(contentsOf('{"l":[{"a":1}]}', "to_string(contains(l, l[0]))", 'to_string(contains(l, `{"a":2}`))')).toEqual([
      "true",
      "false",
    ]);
  });
});

test("parity 12.1 row 18: sort_by leaves the document as it is for the entries that follow", () => {
  const value = '{"l":[{"k":2,"n":"second"},{"k":1,"n":"first"}]}';
  expect(contentsOf(value, "sort_by(l,&k)[0].n", "l[0].n", "l | sort_by(@, &n)[0].n", "l[0].n")).toEqual([
    "first",
    "second",
    "first",
    "second",
  ]);
});

describe("bounds", () => {
  const long = JSON.stringify({ a: "x".repeat(60_000), l: [1, 2, 3] });
  const deep = "[".repeat(9000) + "]".repeat(9000);
  test.each([
    ["brackets", "{}", "(".repeat(60_000)],
    ["a megabyte of brackets", "{}", "(".repeat(2 ** 20)],
    ["a chain of names", "{}", `a${".a".repeat(30_000)}`],
    ["nots", "{}", `${"!".repeat(60_000)}a`],
    ["backslashes", "{}", `'${"\\".repeat(60_000)}`],
    ["a literal of brackets", "{}", `\`${"[".repeat(60_000)}\``],
    ["a text that doubles", long, `a${"|join('',[@,@])".repeat(40)}`],
    ["a list that doubles", long, `l${"|[@,@][]".repeat(40)}`],
    ["a list of itself, written out", long, `l${"|[@,@]".repeat(100)}|to_string(@)`],
    ["a list of itself, compared", long, `[l${"|[@,@]".repeat(100)},l${"|[@,@]".repeat(100)}]|[0]==[1]`],
    ["a reference to itself", "null", "map(&map(@, [@]), [&map(@, [@])])"],
    ["a deep document, compared", deep, "@==@|@"],
  ])("%s: an error, soon", (_, value, path) => {
    expect(["JmesPathFailed", "TooLarge"]).toContain(failureOf(value, path).reason);
  });

  test("a full secret is far inside them", () => {
    const users = JSON.stringify({ users: Array.from({ length: 2000 }, (_, i) => ({ name: `n${i}`, age: i })) });
    expect(
      contentsOf(users, "users[?age > `1998` && name != 'x'].name | [0]", "sort_by(users, &name)[1].name"),
    ).toEqual(["n1999", "n1"]);
  });
});
