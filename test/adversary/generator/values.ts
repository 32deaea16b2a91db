// Values of secrets and parameters: as wide, deep, long, repetitive and broken as whoever may write them likes.
import type { Random } from "./random.ts";

/** AWS's bound of a secret, bytes. */
const secretMax = 65_536;
const keysMax = 10_000;
const depthMax = 4_000;

/** Pieces that a terminal, a path, a JSON text or a prototype trips over. */
export const oddTexts = [
  "\u0000",
  "\u0007",
  "\u001b[2J",
  "\u007f",
  "\u0085",
  "\u009b31m",
  "\u200b",
  "\u202e",
  "\u2066",
  "\u2028",
  "\ufeff",
  "\ud800",
  "😀",
  "é",
  "..",
  "../",
  "/",
  "//",
  ".",
  "~",
  " ",
  "\t",
  "\n",
  "\r\n",
  "\\",
  '"',
  "'",
  "`",
  "${x}",
  "%s",
  "%00",
  "__proto__",
  "constructor",
  "null",
  "-0",
] as const;

/** A name: usual, odd, or long. */
export function name(random: Random): string {
  if (random.chance(0.7)) return random.pick(["a", "b", "c", "k0", "k1", "foo", "foo-bar", "user"]);
  if (random.chance(0.6)) return random.times(random.size(6), () => random.pick(["x", "y/", ...oddTexts])).join("");
  return random.pick(["n", "é", "d/", "p/", "\u202e"]).repeat(random.size(4_096));
}

/** The text of a secret; mostly JSON. */
export function value(random: Random): string | Uint8Array {
  const text = random.chance(0.85) ? json(random) : loose(random);
  const cut = text.length > secretMax && !random.chance(0.05) ? text.slice(0, secretMax) : text;
  if (random.chance(0.06))
    return Buffer.from(cut)
      .toString(random.pick(["base64", "hex"]))
      .slice(0, secretMax);
  if (random.chance(0.05)) return Buffer.from(cut, "latin1").subarray(0, secretMax);
  return random.chance(0.05) ? spoil(random, cut) : cut.toWellFormed();
}

function json(random: Random): string {
  switch (random.below(9)) {
    case 0:
      return wide(random, () => scalar(random));
    case 1:
      return wide(random, () => wide(random, () => "1", 30), 100);
    case 2:
      return `[${random.times(random.size(30_000), () => scalar(random)).join(",")}]`;
    case 3:
      return `[${random.times(random.size(3_000), (at) => `{"a":${at},"b":"${at % 7}","c":[${at}]}`).join(",")}]`;
    case 4:
      return nested(random.size(depthMax), random.pick(["[]", '{"a":}', "[1,]", '{"a":{"b":}}']));
    case 5:
      return JSON.stringify({ a: "x".repeat(random.size(secretMax)), b: random.pick(oddTexts).repeat(random.size(9)) });
    case 6: // keys that repeat, in the text alone
      return `{${random.times(random.size(keysMax), (at) => `"${random.pick(["a", "A", "__proto__", `k${at % 3}`])}":${at}`).join(",")}}`;
    case 7:
      return JSON.stringify(tree(random, random.size(6)));
    default:
      return `{"a":${scalar(random)},"b":${scalar(random)},"k0":{"a":[1,2,{"b":"c"}]}}`;
  }
}

/** An object of many keys. */
function wide(random: Random, inner: () => string, most = keysMax): string {
  const long = random.chance(0.1) ? random.size(3_000) : 0;
  const spread = random.chance(0.2) ? name(random) : "k";
  return `{${random.times(random.size(most), (at) => `${JSON.stringify(`${spread}${at}${"y".repeat(long)}`)}:${inner()}`).join(",")}}`;
}

function tree(random: Random, depth: number): unknown {
  if (depth <= 0 || random.chance(0.3)) return random.pick([1, "text", null, true, "", -0.5, [], {}]);
  if (random.chance(0.5)) return random.times(random.below(4), () => tree(random, depth - 1));
  return Object.fromEntries(random.times(random.below(4), () => [name(random), tree(random, depth - 1)]));
}

/** `[]` -> `[[[[]]]]`, and so on: the last closing bracket of the shape is where the inner one goes. */
function nested(depth: number, shape: string): string {
  const at = shape.search(/[\]}]+$/);
  return shape.slice(0, at).repeat(depth) + "1" + shape.slice(at).repeat(depth);
}

function scalar(random: Random): string {
  return random.pick([
    "0",
    "1",
    "-1",
    "1e400",
    "-0",
    "1.5e-7",
    "12345678901234567890",
    "true",
    "null",
    '""',
    '"text"',
    '"line\\nbreak"',
    '"\\ud800"',
    '"aGVsbG8="',
    '"6869"',
    JSON.stringify(random.pick(oddTexts).toWellFormed()),
    "[]",
    "{}",
    "[1,2]",
    '{"a":1}',
  ]);
}

function loose(random: Random): string {
  const piece = random.pick(["text ", "line\n", "{", "[", '"', "a: b\n", ...oddTexts]);
  return piece.repeat(random.size(Math.ceil(secretMax / piece.length)));
}

/** Breaks a text at some place. */
export function spoil(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + random.pick(oddTexts) + text.slice(at + random.below(3));
}
