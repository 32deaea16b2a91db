import { describe, expect, test } from "bun:test";
import { decodeText } from "./decode.ts";

const texts = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

describe("blanks are left out, and nothing else", () => {
  test.each([
    ["base64", "\uFEFF YW\tJj\r\n \n", "abc"],
    ["base64", "YW\fJj", undefined],
    ["base64", "YW\u00A0Jj", undefined],
    ["base64", "YWJ", undefined],
    ["base64", " \uFEFFYWJj", undefined],
    ["hex", "\uFEFF 61\t6 2\r\n63 \n", "abc"],
    ["hex", "61\f62", undefined],
    ["hex", "616", undefined],
  ] as const)("%s %j", (encoding, text, expected) => {
    expect(texts(decodeText(text, encoding))).toBe(expected as string);
  });
});

test("a hexadecimal text has at most 524,288 characters", () => {
  expect(decodeText("61".repeat(262_144), "hex")).toHaveLength(262_144);
  expect(decodeText(`${"61".repeat(262_144)} `, "hex")).toBeUndefined();
});
