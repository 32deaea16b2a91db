// The expected values are what Go 1.26 answered.
import { expect, test } from "bun:test";
import { formatFloat32, parseFloat64 } from "./number.ts";

test.each([
  [0.1, "0.1"],
  [1e6, "1e+06"],
  [999999, "999999"],
  [0.0001, "0.0001"],
  [0.000099, "9.9e-05"],
  [16777216.5, "1.6777216e+07"],
  [3.4028235e38, "3.4028235e+38"],
  [3.5e38, "+Inf"],
  [1.4e-45, "1e-45"],
  [1e-46, "0"],
  [-0, "-0"],
  [1234567.5, "1.2345675e+06"],
  [100000, "100000"],
  [2306867.25, "2.3068672e+06"],
  [1.262177448353619e-29, "1.2621775e-29"],
  [-1.5, "-1.5"],
  [1.2345678901234568e22, "1.2345679e+22"],
  [Number.NaN, "NaN"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
])("formatFloat32(%p) is %s", (value, expected) => {
  expect(formatFloat32(value)).toBe(expected);
});

test.each([
  ["1", 1],
  ["-1.", -1],
  [".1", 0.1],
  ["1e5", 100000],
  ["1_0", 10],
  ["0x1p4", 16],
  ["0x.8p1", 1],
  ["0X_1P+4", 16],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["INFINITY", Number.POSITIVE_INFINITY],
  ["nan", Number.NaN],
  ["1e-400", 0],
  [".", undefined],
  ["1e", undefined],
  ["1__0", undefined],
  ["_1", undefined],
  ["1_.0", undefined],
  ["0x1", undefined],
  ["0x1.8_p0", undefined],
  ["infinit", undefined],
  ["-nan", undefined],
  ["1e400", undefined],
  [" 1", undefined],
  ["0b1", undefined],
  ["", undefined],
])("parseFloat64(%p) is %p", (text, expected) => {
  expect(parseFloat64(text)).toBe(expected as number);
});
