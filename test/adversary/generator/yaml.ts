// Texts of `objects`: lists of entries with any field set to anything, and YAML that is dear to read.
import type { Random } from "./random.ts";
import { expression } from "./expressions.ts";
import { name, oddTexts, spoil } from "./values.ts";

/** The secrets and parameters that entries may name. */
export interface Known {
  readonly secrets: readonly [string, ...string[]];
  readonly parameters: readonly [string, ...string[]];
  /** Start of both kinds of names: nobody else's begin so. */
  readonly prefix: string;
}

const entriesMax = 30_000;
const prefixMax = 2_000;

/** The text of `objects`. */
export function objectsText(random: Random, known: Known): string {
  if (random.chance(0.2)) return trick(random, known);
  const make = random.chance(0.5) ? soundEntry : entry;
  const list = random.times(random.size(entriesMax), (at) => make(random, known, at));
  const text = random.chance(0.7) ? ascii(JSON.stringify(list)) : list.map(block).join("");
  return random.chance(0.04) ? spoil(random, text) : text;
}

/** YAML takes control characters as escapes alone. */
function ascii(text: string): string {
  return text.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function block(fields: object | null): string {
  if (fields === null) return "-\n";
  return Object.entries(fields)
    .map(([field, value], at) => `${at === 0 ? "- " : "  "}${field}: ${ascii(JSON.stringify(value))}\n`)
    .join("");
}

/** A list of one entry: sensible in itself, so that what is dear comes to be done. */
export function oneEntry(fields: object): string {
  return ascii(JSON.stringify([fields]));
}

/** One entry without a fault of its own: its mount comes to the values. */
function soundEntry(random: Random, known: Known, at: number): object {
  const isParameter = random.chance(0.3);
  const isExpanded = random.chance(0.15);
  return {
    objectName: isParameter ? random.pick(known.parameters) : random.pick(known.secrets),
    objectType: isParameter ? "ssmparameter" : "secretsmanager",
    ...(isExpanded
      ? { expandKeys: "true", keyPrefix: random.chance(0.7) ? `o${at}-` : keyPrefix(random).slice(0, 3_000) }
      : { objectAlias: `file-${at}` }),
    ...(random.chance(0.15) ? { jmesPath: jmesPath(random, at) } : {}),
    ...(random.chance(0.05) ? { filePermission: random.pick(["0644", "0400", "0777"]) } : {}),
    ...(random.chance(0.05) ? { optional: "true" } : {}),
  };
}

/** One entry: usual, with some fields that are not. */
function entry(random: Random, known: Known, at: number): object | null {
  if (random.chance(0.002)) return null;
  const isParameter = random.chance(0.3);
  const objectName = isParameter ? random.pick(known.parameters) : random.pick(known.secrets);
  return {
    objectName: random.chance(0.02) ? `${known.prefix}${name(random)}` : objectName,
    objectType: random.chance(0.98) ? (isParameter ? "ssmparameter" : "secretsmanager") : name(random),
    ...(random.chance(0.8) ? { objectAlias: alias(random, at) } : {}),
    ...(random.chance(0.2) ? { jmesPath: jmesPath(random, at) } : {}),
    ...(random.chance(0.15) ? { expandKeys: random.pick(["true", "True", "1", "x"]) } : {}),
    ...(random.chance(0.05) ? { keyPrefix: keyPrefix(random) } : {}),
    ...(random.chance(0.03) ? { keys: random.times(random.size(1_200), (key) => `k${key}`) } : {}),
    ...(random.chance(0.04) ? { filePermission: permission(random) } : {}),
    ...(random.chance(0.04) ? { objectEncoding: random.pick(["base64", "hex", "x"]) } : {}),
    ...(random.chance(0.05) ? { optional: random.pick(["true", "false", "x"]) } : {}),
    ...(random.chance(0.03) ? { objectVersion: random.pick(["1", "latest", "x".repeat(random.size(3_000)), 7]) } : {}),
    ...(random.chance(0.03) ? { objectVersionLabel: random.pick(["AWSCURRENT", "AWSPREVIOUS", name(random)]) } : {}),
    ...(random.chance(0.02) ? { failoverObject: { objectName: random.pick(known.secrets) } } : {}),
    ...(random.chance(0.01) ? { assumeRoleArn: `arn:aws:iam::111122223333:role/${name(random)}` } : {}),
    ...(random.chance(0.01) ? { [name(random)]: name(random) } : {}),
  };
}

function alias(random: Random, at: number): string {
  if (random.chance(0.85)) return `file-${at}`;
  return random.pick([name(random), "same", `${"p/".repeat(random.size(prefixMax))}f${at}`, "..", `dir/f${at}`]);
}

/** What stands before the names of keys. */
export function keyPrefix(random: Random): string {
  return random.pick(["p/", "dddddddd/", "x", "-", ".", `${"d".repeat(250)}/`]).repeat(random.size(prefixMax));
}

function permission(random: Random): unknown {
  return random.pick<unknown>(["0644", "0000", "7777", "644", 420, "0o644", "", "99999999999", null, [], name(random)]);
}

/** jmesPath entries. */
export function jmesPath(random: Random, from: number): object[] {
  const shared = random.chance(0.5) ? expression(random) : undefined;
  return random.times(random.size(2_000), (at) => ({
    path: shared ?? expression(random).slice(0, 2_000),
    objectAlias: random.chance(0.95) ? `entry-${from}-${at}` : alias(random, at),
    ...(random.chance(0.2) ? { output: random.pick(["json", "lines", "x"]) } : {}),
    ...(random.chance(0.05) ? { objectEncoding: random.pick(["base64", "hex"]) } : {}),
    ...(random.chance(0.02) ? { filePermission: permission(random) } : {}),
  }));
}

/** YAML that says little and asks for much. */
function trick(random: Random, { secrets, prefix }: Known): string {
  const count = random.size(300_000);
  const good = `objectName: ${secrets[0]}, objectType: secretsmanager`;
  const lines = (make: (at: number) => string): string => random.times(Math.min(count, 30_000), make).join("");
  switch (random.below(22)) {
    case 0: // an alias bomb
      return `- &a0 {${good}}\n${random.times(random.size(60), (at) => `- &a${at + 1} [${`*a${at},`.repeat(10)}]\n`).join("")}`;
    case 1:
      return `- &x {${good}}\n${lines(() => "- *x\n")}`;
    case 2: // merge keys
      return `- &m0 {${good}}\n${lines((at) => `- &m${at + 1} {<<: *m${at}, k${at}: 1}\n`)}`;
    case 3:
      return `- &m {${good}}\n- {<<: [${"*m, ".repeat(count)}*m]}`;
    case 4:
      return `[${random.pick(["~", "{}", "[]", "''", "a", "1"])}${`,${random.pick(["~", "{}", "1"])}`.repeat(count)}]`;
    case 5:
      return "[".repeat(count) + (random.chance(0.5) ? "]".repeat(count) : "");
    case 6:
      return `${"{a: ".repeat(Math.min(count, 60_000))}1${"}".repeat(Math.min(count, 60_000))}`;
    case 7:
      return random.times(Math.min(count, 1_500), (at) => `${" ".repeat(at)}-\n`).join("");
    case 8:
      return `- ${random.pick(["", '"', "'", "|\n  ", ">\n  "])}${random.pick(["x", "x ", "x\n  ", "\\x41", "''", "\\u202e"]).repeat(count)}`;
    case 9:
      return `${"#".repeat(count)}\n- {${good}}`;
    case 10:
      return `${lines(() => `# ${"x".repeat(60)}\n`)}- {${good}}`;
    case 11:
      return `- {${good}, ${lines((at) => `k${at}: ${at}, `)}objectAlias: x}`;
    case 12:
      return `- {${good}, ${lines(() => "objectAlias: x, ")}objectAlias: y}`;
    case 13:
      return lines(() =>
        random.pick(["- ? a\n  : b\n", "- ? [a, b]\n  : c\n", "-\ta: b\n", "- !!str a\n", "- !x y\n"]),
      );
    case 14:
      return `- {${good}}\n${lines(() => random.pick(["---\n", "...\n", "%YAML 1.1\n", "\r\n", "\t\n", "\u0085"]))}`;
    case 15:
      return `- {${good}, jmesPath: [${lines((at) => `{path: a, objectAlias: j${at}},`)}]}`;
    case 16:
      return lines((at) => `- {objectName: "${prefix}${at % 3_000}", objectType: secretsmanager, optional: "true"}\n`);
    case 17:
      return `- objectName: |${random.pick(["9", "-", "+", "2-"])}\n${lines((at) => `${" ".repeat(at % 9)}text\n`)}`;
    case 18:
      return `- ${"&a ".repeat(Math.min(count, 3))}${"!!str ".repeat(Math.min(count, 3))}${lines((at) => `- &a${at} x\n`)}`;
    case 19:
      return `- {objectName: ${"1".repeat(count)}, objectType: secretsmanager}`;
    case 20:
      return random
        .times(random.size(400), () =>
          random.pick([
            "- ",
            ": ",
            "\n",
            "  ",
            "[",
            "{",
            "}",
            "]",
            "&a ",
            "*a ",
            "<<",
            "a",
            ",",
            "'",
            '"',
            "|",
            "#",
            ...oddTexts,
          ]),
        )
        .join("");
    default:
      return `- {${good}}\n${`- {${good}, objectAlias: f${random.below(9)}}\n`.repeat(Math.min(count, 20_000))}`;
  }
}
