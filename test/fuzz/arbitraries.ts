// What the fuzz targets are fed: texts put together from pieces of each grammar, valid texts with a few characters spoiled, hostile names.
// A marker stands where a token, a key or a value would be: no error may say it.
import * as fc from "fast-check";

export const marker = "MARKERx7q";

/** Pieces of a grammar, written with broken bars between them. */
export function parts(...rows: readonly string[]): readonly string[] {
  return rows.flatMap((row) => row.split("¦"));
}

/** Pieces side by side, at most `maxLength` of them. */
export function pieces(from: readonly string[], maxLength = 24): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...from), { maxLength }).map((chosen) => chosen.join(""));
}

interface Edit {
  readonly at: number;
  readonly cut: number;
  readonly put: string;
}

const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    at: fc.nat(1 << 16),
    cut: fc.constantFrom(0, 0, 1, 1, 2, 5, 40),
    put: fc.oneof(
      fc.constantFrom(
        "",
        "",
        "\\",
        '"',
        "'",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\n",
        "\t",
        "\0",
        "%",
        "\u2028",
        "\ud800",
        "é",
        "😀",
      ),
      fc.constantFrom("__proto__", "constructor", "null", "1e999", "-", "..", "/", "<<: *a", "\uFEFF"),
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
  }),
  { maxLength: 4 },
);

/** A text with up to four places spoiled; often whole. */
export function spoiled(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(texts, edits).map(([text, all]) =>
    all.reduce((rest, { at, cut, put }) => {
      const place = at % (rest.length + 1);
      return rest.slice(0, place) + put + rest.slice(place + cut);
    }, text),
  );
}

/** The same for bytes. */
export function spoiledBytes(messages: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const byteEdits = fc.array(fc.tuple(fc.nat(1 << 16), fc.nat(3), fc.uint8Array({ maxLength: 3 })), { maxLength: 4 });
  return fc.tuple(messages, byteEdits).map(([bytes, all]) =>
    all.reduce<Uint8Array>((rest, [at, cut, put]) => {
      const place = at % (rest.length + 1);
      return Buffer.concat([rest.subarray(0, place), put, rest.subarray(place + cut)]);
    }, bytes),
  );
}

/** Words that mean something to JavaScript, YAML, file systems or Kubernetes. */
const words: readonly string[] = [
  "x".repeat(255),
  "x".repeat(256),
  "é".repeat(128),
  ...parts(
    "¦a¦b¦app/db",
    "😀¦\u212a¦\u017f¦..¦.¦/¦//¦../¦/..¦a/../b¦..a¦a..¦./a¦/etc/passwd¦a\u0000b¦\n¦\r\n¦\ud800¦\u202e¦%2f¦%2e%2e¦%¦a%2fb¦?x=1",
    "#f¦\\¦*¦ ¦C:¦~¦-¦--¦$(id)¦`id`¦__proto__¦constructor¦prototype¦toString¦hasOwnProperty¦valueOf¦length¦null",
    "true¦0644¦1e3¦arn:aws:secretsmanager:eu-west-1:1:secret:s¦arn:aws:ssm:eu-west-1:1:parameter/p¦arn:aws:s3:::b",
    "arn:¦arn:aws:ssm:::::",
  ),
];

export const names: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...words),
  fc.tuple(fc.constantFrom(...words), fc.constantFrom(...words)).map(([a, b]) => a + b),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom("/", ".", "a", "%", "\\", "\0"), maxLength: 12 }),
);

/** Any JSON value, with markers as keys and texts here and there. */
export const jsonValues: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>(marker, `${marker} and more`, "", "text", null, true, 0, -0, 1e308, 5e-324, -1.5, [], {}),
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
    ),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom("a", "b", "foo", "foo-bar", marker, ...words.slice(-16)), names),
      tie("value"),
      { maxKeys: 5 },
    ),
  ),
})).value;

/** Texts of such values. */
export const jsonTexts: fc.Arbitrary<string> = spoiled(jsonValues.map((value) => JSON.stringify(value)));
