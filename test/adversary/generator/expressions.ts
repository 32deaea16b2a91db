// JMESPath expressions: every kind of node, deep, wide and repeated, right and nearly right.
import type { Random } from "./random.ts";
import { oddTexts, spoil } from "./values.ts";

/** Characters, as the lexer's own bound has it. */
const expressionMax = 8192;

/** An expression. */
export function expression(random: Random): string {
  const text = random.chance(0.25) ? repeated(random) : random.chance(0.5) ? simple(random) : node(random, 4);
  const cut = random.chance(0.01) ? text : text.slice(0, expressionMax);
  return random.chance(0.04) ? spoil(random, cut) : cut;
}

function simple(random: Random): string {
  return random.pick([
    "a",
    "b",
    "k0",
    "@",
    "to_string(@)",
    "keys(@)",
    "values(@)",
    "length(@)|to_string(@)",
    "[0]",
    "a.b",
    "[*].a",
    "*",
    "[]",
    "a|b",
    "not_null(a,b,'x')",
    "to_string(a)",
    "join(',', keys(@))",
    "sort(keys(@))",
    "type(@)",
    "k0.a[2].b",
    "a||b",
    "a&&b",
    "!a",
  ]);
}

/** One thing again and again: what costs little to write and much to do. */
function repeated(random: Random): string {
  const count = random.size(8_000);
  const names = (letter: string): string => random.times(count, (at) => `"${letter}${at}":0`).join(",");
  switch (random.below(14)) {
    case 0:
      return `[?\`{${names("a")}}\`==\`{${names(random.pick(["a", "b"]))}}\`]`;
    case 1:
      return `[?@==@]|[?@==@]|length(@)|to_string(@)`;
    case 2:
      return `to_string([${random.times(count, () => "@").join(",")}])`;
    case 3:
      return `{${random.times(count, (at) => `k${at}:@`).join(",")}}`;
    case 4:
      return `join('${"x".repeat(random.size(2_000))}', map(&to_string(@), ${random.pick(["[]", "@", "values(@)", "keys(@)"])}))`;
    case 5:
      return `sort_by(@, &${random.pick(["a", "to_string(@)", "b", "length(to_string(@))"])})`;
    case 6:
      return `${"[]".repeat(Math.min(count, 400))}|to_string(@)`;
    case 7:
      return `@${"|@".repeat(count)}`;
    case 8:
      return `${"map(&".repeat(Math.min(count, 40))}@${",@)".repeat(Math.min(count, 40))}`;
    case 9:
      return `${"(".repeat(count)}a${")".repeat(count)}`;
    case 10:
      return `join('',[${random.times(Math.min(count, 300), () => "to_string(@)").join(",")}])${"|join('',[@,@])".repeat(random.size(30))}`;
    case 11:
      return `merge(${random.times(count, () => random.pick(["@", "a", "`{}`", '`{"a":1}`'])).join(",")})`;
    case 12:
      return `[?contains(to_string(@), '${"y".repeat(random.size(30_000))}')]`;
    default:
      return `reverse(to_string(@))|[@,@]|[0]|ends_with(@,'x')|to_string(@)`;
  }
}

const functions = [
  "abs",
  "avg",
  "ceil",
  "contains",
  "ends_with",
  "floor",
  "join",
  "keys",
  "length",
  "map",
  "max",
  "max_by",
  "merge",
  "min",
  "min_by",
  "not_null",
  "reverse",
  "sort",
  "sort_by",
  "starts_with",
  "sum",
  "to_array",
  "to_number",
  "to_string",
  "type",
  "values",
  "nope",
] as const;

function node(random: Random, depth: number): string {
  if (depth <= 0) return simple(random);
  const inner = (): string => node(random, depth - 1 - random.below(2));
  switch (random.below(13)) {
    case 0:
      return `${inner()}.${random.pick(["a", "b", "*", "[a,b]", "{a:a,b:@}", "keys(@)"])}`;
    case 1:
      return `${inner()}[${random.pick(["0", "-1", "*", "", "::-1", "1:99999999", ":0:0", "99999999999999999999"])}]`;
    case 2:
      return `${inner()}[?${inner()}${random.pick(["==", "!=", "<", "<=", ">", ">="])}${inner()}]`;
    case 3:
      return `${inner()}|${inner()}`;
    case 4:
      return `${inner()}${random.pick(["||", "&&"])}${inner()}`;
    case 5:
      return `[${random.times(1 + random.below(4), inner).join(",")}]`;
    case 6:
      return `{${random.times(1 + random.below(4), (at) => `k${at}:${inner()}`).join(",")}}`;
    case 7:
      return `${random.pick(functions)}(${random.times(random.below(3), inner).join(",")})`;
    case 8:
      return `${random.pick(["map(&", "sort_by(", "max_by(", "min_by("])}${inner()},${random.pick(["&", ""])}${inner()})`;
    case 9:
      return `\`${random.pick(["1", '"x"', "[1,2,3]", '{"a":[1,{"b":2}]}', "null", "1e400", "{", JSON.stringify("x".repeat(random.size(9_000)))])}\``;
    case 10:
      return `'${random.pick(["", "raw", "\\'", ...oddTexts.filter((text) => text !== "'")])}'`;
    case 11:
      return `!${inner()}`;
    default:
      return `"${random.pick(["a", "foo-bar", "\\u0061", "\\ud800", "x"])}"`;
  }
}
