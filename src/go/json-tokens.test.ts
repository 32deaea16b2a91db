import { describe, expect, test } from "bun:test";
import { parseJson } from "./json.ts";
import { parseInOrder, readMembers } from "./json-tokens.ts";
import { finish } from "../work.ts";

describe("readMembers", () => {
  test.each([
    ["{}", []],
    [" { } ", []],
    [
      '{"b":"x","a":"y"}',
      [
        ["b", "x"],
        ["a", "y"],
      ],
    ],
    [
      '{"b":1,"10":2,"2":3}',
      [
        ["b", "1"],
        ["10", "2"],
        ["2", "3"],
      ],
    ],
    [
      '{"n":12345678901234567890,"f":1.50,"e":1E+2}',
      [
        ["n", "12345678901234567890"],
        ["f", "1.50"],
        ["e", "1E+2"],
      ],
    ],
    [
      '{ "o" : { "z" : [ 1 , "a b" ] , "a" : null } , "t" : true }',
      [
        ["o", '{"z":[1,"a b"],"a":null}'],
        ["t", "true"],
      ],
    ],
    ['{"a":"\\u00e9\\n\\"}{,:"}', [["a", 'é\n"}{,:']]],
    ['{"a":["\\u00e9","}"]}', [["a", '["\\u00e9","}"]']]],
    [
      '{"a":1,"b":2,"a":{"x":3}}',
      [
        ["a", '{"x":3}'],
        ["b", "2"],
      ],
    ],
    [
      '{"a":{},"b":[],"c":[[]],"":""}',
      [
        ["a", "{}"],
        ["b", "[]"],
        ["c", "[[]]"],
        ["", ""],
      ],
    ],
    [
      '{"__proto__":"p","\\ud800":"\\udfff"}',
      [
        ["__proto__", "p"],
        ["\uFFFD", "\uFFFD"],
      ],
    ],
  ])("%s", (text, members) => {
    expect(finish(readMembers(text))?.map(({ key, text: value }) => [key, value])).toEqual(
      members as [string, string][],
    );
  });
  test.each(["[]", '"a"', "1", "null", '[{"a":1}]', ' "{" '])("%s is no object", (text) => {
    expect(finish(readMembers(text))).toBeUndefined();
  });
});

describe("parseInOrder", () => {
  test.each([
    "null",
    " 1.5 ",
    '"a\\"b"',
    "[]",
    "{}",
    '{"a":{"b":[1,2,{"c":null}],"d":"x"},"e":[[],{}]}',
    '{"__proto__":{"a":1},"a":false}',
    '["a",":","{",{"}":"]"}]',
    '{"a":1,"a":2,"b":{"":3}}',
    '"\\ud800"',
  ])("%s is what parseJson says", (text) => {
    expect(finish(parseInOrder(text))).toEqual(parseJson(text));
  });
  test("keys stand in the order of the text", () => {
    const value = finish(parseInOrder('{"b":{"9":1,"x":2,"1":3},"10":0,"2":0}')) as ReadonlyMap<
      string,
      Map<string, number>
    >;
    expect([...value.keys()]).toEqual(["b", "10", "2"]);
    expect([...(value.get("b")?.keys() ?? [])]).toEqual(["9", "x", "1"]);
  });
  test("as deep as JSON may be", () => {
    const text = "[".repeat(10_000) + "]".repeat(10_000);
    expect(Array.isArray(finish(parseInOrder(text)))).toBe(true);
    expect(finish(readMembers(`{"a":${text.slice(1, -1)}}`))?.[0]?.text).toHaveLength(19_998);
  });
});
