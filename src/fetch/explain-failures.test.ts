import { expect, test } from "bun:test";
import fc from "fast-check";
import { errorText, eventBytesMax } from "../errors.ts";
import type { SecretObject } from "../request/secret-object.ts";
import { explainFailures } from "./explain-failures.ts";
import type { RegionFailure, RegionFailures } from "../identity/region-failure.ts";
import { byteLength } from "../text/cut.ts";

const text = (maxLength: number) => fc.string({ unit: "grapheme", maxLength });
const code = fc.stringMatching(/^[A-Z][A-Za-z]{2,40}$/);
const object = text(300).map((objectName) => ({ objectName }) as SecretObject);
const region = fc.constantFrom("eu-west-1", "us-gov-west-1", "x".repeat(60));

const regionFailure = fc
  .record({ region, code, message: text(800), fix: text(400), isFatal: fc.boolean() })
  .map(({ region: at, code: name, message, fix, isFatal }): RegionFailure => {
    const brief = `${name} (400): begins ${message}`;
    const whole = `operation error X: Y, https response error StatusCode: 400, ${name}: begins ${message}`;
    return { region: at, reason: "AwsRefused", code: name, text: whole, brief, fix, fatalLead: isFatal ? at : "" };
  });
const unit = fc
  .record({
    lead: text(400).map((name) => `Failed to fetch secret from all regions. Verify it: ${name}`),
    objects: fc.array(object, { minLength: 1, maxLength: 10 }),
    first: regionFailure,
    second: fc.option(regionFailure, { nil: undefined }),
  })
  .map(({ lead, objects, first, second }): RegionFailures => {
    const own = { ...first, lead, objects };
    return second === undefined ? [own] : [own, second];
  });

test("whatever fails, the text fits an event, and has the lead, each region's code, the beginning of its message, and an advice", () => {
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 30 }), fc.array(object, { maxLength: 40 }), (units, left) => {
      const [first, ...rest] = units;
      if (first === undefined) return;
      const error = explainFailures([first, ...rest], left);
      const shown = errorText(error);
      expect(byteLength(shown)).toBeLessThanOrEqual(eventBytesMax);
      expect(shown).toStartWith("Failed to fetch secret from all regions. Verify it: ");
      for (const { code: name = "" } of first) expect(shown).toMatch(new RegExp(`${name}\\b.*: begins`, "s"));
      if (first[0].fix !== "") expect(error.fix).not.toBe("");
      if (error.detail === "") expect(shown).toContain(first[0].lead?.toWellFormed() ?? "");
    }),
    { numRuns: 500, seed: 20261124 },
  );
});

test("the same failures in the same order give the same text", () => {
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 8 }), (units) => {
      const [first, ...rest] = units;
      if (first === undefined) return;
      const once = errorText(explainFailures([first, ...rest], []));
      expect(errorText(explainFailures([first, ...rest], []))).toBe(once);
    }),
    { numRuns: 200, seed: 20261124 },
  );
});

test("a hundred thousand objects that fail each in its own way are told in one go", () => {
  const units = Array.from({ length: 100_000 }, (_, n): RegionFailures => {
    const failure = {
      lead: "Failed.",
      objects: [{ objectName: `o${n}` } as SecretObject],
      region: "r",
      reason: "JmesPathFailed" as const,
      text: `failed by ${n}`,
      fix: `Do ${n}.`,
      fatalLead: "",
    };
    return [failure];
  });
  const [first, ...rest] = units;
  if (first === undefined) throw new Error("none");
  const error = explainFailures([first, ...rest], []);
  expect(error.message).toStartWith("Failed. r: failed by 0. Also failed: o1: r: failed by 1. ");
  expect(error.message).toMatch(/And o\d+, .* and 999\d\d more \(see the provider's log\)$/);
  expect(error.fix).toStartWith("Do 0. Do 1.");
  expect(byteLength(error.detail)).toBeLessThanOrEqual(16_000);
});

const failed = (name: string, more: Partial<RegionFailure> = {}): RegionFailures => [
  {
    lead: "Failed.",
    objects: [{ objectName: name } as SecretObject],
    region: "r",
    reason: "AccessDenied",
    text: `denied ${name}`,
    fix: `Allow ${name}.`,
    fatalLead: "",
    ...more,
  },
];
const unfinished = (...names: readonly string[]): SecretObject[] =>
  names.map((objectName) => ({ objectName }) as SecretObject);

test("later objects that are out of reach or on their way are but named, in one order, and the log has what they said", () => {
  const out = { reason: "AwsUnavailable", text: "no route", fix: "Check routes.", isOutage: true } as const;
  const tries = [
    explainFailures([failed("a"), failed("d", out), failed("b", { ...out, text: "reset" })], unfinished("c")),
    explainFailures([failed("a"), failed("c", { ...out, text: "HTTP 503" })], unfinished("d", "b")),
    explainFailures([failed("a")], unfinished("d", "c", "b")),
    explainFailures([failed("a"), failed("b", { ...out, reason: "CredentialsUnavailable" })], unfinished("c", "d")),
    explainFailures([failed("a"), failed("b", { reason: "Throttled" })], unfinished("c", "d")),
  ];
  for (const error of tries)
    expect(errorText(error)).toBe("Failed. r: denied a. Not mounted either: b, c, d. Allow a.");
  expect(tries[0]?.detail).toContain("Also failed: d: r: no route. Also failed: b: r: reset. Not known yet: c");
});

test("what is refused for good is told beside what is out of reach", () => {
  const error = explainFailures(
    [failed("a"), failed("b"), failed("c", { reason: "AwsUnavailable", isOutage: true })],
    [],
  );
  expect(errorText(error)).toBe(
    "Failed. r: denied a. Also failed: b: r: denied b. Not mounted either: c. Allow a. Allow b.",
  );
});

// Each joint of sentences reads all before it: unbounded, this took minutes, which the test's own limit would end.
test("ten thousand objects with long texts", () => {
  const units = Array.from({ length: 10_000 }, (_, n) => failed(`${n}`, { text: `${n} ${"x".repeat(60_000)}` }));
  const [first, ...rest] = units;
  if (first === undefined) throw new Error("none");
  const error = explainFailures([first, ...rest], unfinished(...rest.map((_, n) => `u${n}`)));
  expect(byteLength(errorText(error))).toBeLessThanOrEqual(eventBytesMax);
  expect(byteLength(error.detail)).toBeLessThanOrEqual(16_000);
});
