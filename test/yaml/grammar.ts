// Lists of entries from a grammar: each node in a style of its own, more or less as YAML wants it.
import type { Random } from "./random.ts";

const fields = [
  "objectName",
  "objectAlias",
  "objectType",
  "objectVersion",
  "objectVersionLabel",
  "filePermission",
  "ObjectName",
  "objectname",
  "extra",
];
const words = [
  "a",
  "b1",
  "app/db",
  "secretsmanager",
  "ssmparameter",
  "arn:aws:ssm:eu-west-1:1:parameter/a",
  "0400",
  "yes",
  "1.50",
  "~",
  "null",
  "12",
  "a b  c",
  "a:b",
  "a#b",
  "a?b",
  "-a",
  "x,y",
  "a[0]",
  "é",
  "\u{1F600}",
  "it's",
  'say "x"',
  "a\tb",
  "2024-01-01",
  "0x1F",
  "{{ a }}",
  "$(X)",
  "a: b",
  "-",
  "",
  "*",
];

/** Keys that are no field's name: aliases, numbers, null, collections. */
const oddKeys = [
  "*a ",
  "*b ",
  "~",
  "1.5",
  "0x1F",
  "yes",
  "!!int 1",
  "[a]",
  "{a: b}",
  "18446744073709551615",
  '"<<"',
  "! <<",
  "''",
];

interface Place {
  readonly random: Random;
  readonly indent: number;
  readonly flow: boolean;
}

/** A whole text. */
export function grammarText(random: Random): string {
  const lead = random.chance(0.1)
    ? random.pick(["---\n", "--- ", "# c\n", "\n", "%YAML 1.1\n---\n", "\uFEFF", "&r\n", "!!seq\n"])
    : "";
  const tail = random.chance(0.1) ? random.pick(["...\n", "---\nx", "# c", "\n\n", " ", "x", "]"]) : "";
  return (
    lead +
    (random.chance(0.25)
      ? flowList({ random, indent: 0, flow: true }, 0)
      : blockList(random, random.chance(0.2) ? 2 : 0)) +
    tail
  );
}

function blockList(random: Random, indent: number): string {
  return Array.from({ length: 1 + random.int(3) }, () => {
    const gap = random.pick([" ", " ", " ", "  ", "   ", random.chance(0.1) ? "\t" : " "]);
    if (random.chance(0.15))
      return `${" ".repeat(indent)}-${gap}${flowMap({ random, indent, flow: true }, 0)}${ending(random)}`;
    const merged = random.chance(0.1)
      ? `<<: ${random.pick(["*a", "*b", "[*a, *b]", "{objectType: ssmparameter}"])}\n`
      : "";
    const entry = merged + blockMap(random, indent + 1 + gap.length, 0);
    const anchor = random.chance(0.15) ? `${random.pick(["&a", "&b"])}\n${" ".repeat(indent + 1 + gap.length)}` : "";
    return `${" ".repeat(indent)}-${gap}${anchor}${entry.trimStart()}`;
  }).join(random.chance(0.05) ? random.pick(["\n", "# c\n", "\t\n"]) : "");
}

function blockMap(random: Random, indent: number, depth: number): string {
  const margin = " ".repeat(indent);
  return Array.from({ length: 1 + random.int(4) }, () => {
    if (depth === 0 && random.chance(0.15))
      return `${margin}jmesPath:${random.pick(["", " ", " # c"])}\n${jmesPaths(random, indent)}`;
    if (depth === 0 && random.chance(0.1))
      return `${margin}failoverObject:\n${blockMap(random, indent + 1 + random.int(3), 1)}`;
    const key = random.pick(
      depth === 0 ? fields : ["path", "objectAlias", "filePermission", "objectName", "objectVersion"],
    );
    const written = random.chance(0.1)
      ? random.pick([`"${key}"`, `'${key}'`, `? ${key}\n${margin}`, `&a ${key}`, `!!str ${key}`, ...oddKeys])
      : key;
    return `${margin}${written}:${value({ random, indent, flow: false })}`;
  }).join("");
}

function jmesPaths(random: Random, indent: number): string {
  const own = indent + random.int(3);
  const entries = Array.from({ length: 1 + random.int(2) }, () =>
    random.chance(0.3)
      ? `${" ".repeat(own)}- ${flowMap({ random, indent: own, flow: true }, 1)}${ending(random)}`
      : `${" ".repeat(own)}- ${blockMap(random, own + 2, 1).trimStart()}`,
  );
  return entries.join("");
}

function ending(random: Random): string {
  return random.chance(0.8)
    ? "\n"
    : random.pick([" # c\n", "#c\n", " \n", "\t\n", "\r\n", "\n\n", "\n# c\n", "\u2028", "\u0085", "\t# c\n", ""]);
}

/** A value and the end of its line. */
function value(place: Place): string {
  const { random, indent } = place;
  const deeper = " ".repeat(indent + 1 + random.int(3));
  const gap = random.chance(0.9) ? " " : random.pick(["  ", "\t", "\n" + deeper, " # c\n" + deeper]);
  const properties = random.chance(0.1)
    ? random.pick(["&a ", "&b ", "!!str ", "! ", "!x ", "&a !!str ", "!!str &a ", "!!int ", "!!binary "])
    : "";
  const kind = random.int(12);
  if (kind < 5) return `${gap}${properties}${random.pick(words)}${ending(random)}`;
  if (kind < 8) return `${gap}${properties}${quoted(place)}${ending(random)}`;
  if (kind === 8) return `${gap}${properties}${block(random, deeper)}`;
  if (kind === 9) return random.chance(0.5) ? ` ${random.pick(["*a", "*b", "*c"])}${ending(random)}` : ending(random);
  if (kind === 10)
    return ` ${random.pick(words)}\n${deeper}${random.pick(words)}${random.chance(0.3) ? `\n\n${deeper}${random.pick(words)}` : ""}${ending(random)}`;
  return `${gap}${random.chance(0.5) ? flowMap({ ...place, flow: true }, 1) : flowList({ ...place, flow: true }, 1)}${ending(random)}`;
}

function block(random: Random, deeper: string): string {
  const head =
    random.pick(["|", ">", "|-", ">-", "|+", ">+", "|2", ">1-", "|-2", "|+1"]) +
    random.pick(["", "", "", " # c", "#c", " ", "\t"]);
  const lines = Array.from({ length: random.int(4) }, () => {
    if (random.chance(0.2)) return random.pick(["", " ", deeper, `${deeper}  `, "\t"]);
    return deeper + random.pick(["", "", " ", "\t", "- "]) + random.pick(words);
  });
  return `${head}\n${lines.map((line) => `${line}\n`).join("")}`;
}

function quoted({ random, indent }: Place): string {
  const single = random.chance(0.5);
  const deeper = " ".repeat(random.int(indent + 4));
  const parts = Array.from({ length: 1 + random.int(2) }, () =>
    single ? random.pick(words).replaceAll("'", "''") : random.pick(words).replaceAll('"', '\\"'),
  );
  const joint = random.pick([
    " ",
    "\n" + deeper,
    "\n\n" + deeper,
    single ? "''" : "\\n",
    single ? "\t" : `\\\n${deeper}`,
    " \n\t",
  ]);
  const quote = single ? "'" : '"';
  return quote + parts.join(joint) + quote;
}

function flowMap(place: Place, depth: number): string {
  const { random } = place;
  const pairs = Array.from({ length: random.int(4) }, () => {
    const key = random.pick(depth === 0 ? fields : ["path", "objectAlias", "filePermission"]);
    const written = random.chance(0.3) ? `"${key}"` : random.chance(0.1) ? random.pick([`? ${key} `, ...oddKeys]) : key;
    if (depth === 0 && random.chance(0.1)) return `jmesPath: ${flowList(place, 1)}`;
    return `${written}${random.pick([": ", ": ", ": ", ":", " : ", ":\t", ":\n "])}${flowValue(place)}`;
  });
  return `{${between(place)}${pairs.join(separator(place))}${random.chance(0.1) ? "," : ""}${between(place)}}`;
}

function flowList(place: Place, depth: number): string {
  const { random } = place;
  const items = Array.from({ length: random.int(3) }, () =>
    random.chance(0.8) ? flowMap(place, depth) : flowValue(place),
  );
  return `[${between(place)}${items.join(separator(place))}${random.chance(0.1) ? "," : ""}${between(place)}]`;
}

function flowValue(place: Place): string {
  const { random } = place;
  const properties = random.chance(0.1) ? random.pick(["&a ", "!!str ", "*a ", "! "]) : "";
  return properties + (random.chance(0.5) ? random.pick(words) : quoted(place));
}

function separator(place: Place): string {
  return between(place) + "," + (between(place) || " ");
}

function between({ random, indent }: Place): string {
  const margin = " ".repeat(random.int(indent + 3));
  return random.chance(0.75)
    ? ""
    : random.pick([
        " ",
        "\t",
        `\n${margin}`,
        ` # c\n${margin}`,
        `#c\n${margin}`,
        `\n\t${margin}`,
        "\n\n",
        "\r\n",
        "\u2028",
      ]);
}
