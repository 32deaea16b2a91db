// Texts of `objects` for the differential run: real ones, changed as editors, templates and people change them; ones put together from a grammar; and
// ones with single characters changed. One seed gives one row of texts.
import { classTexts } from "./class-texts.ts";
import { grammarText } from "./grammar.ts";
import { createRandom } from "./random.ts";
import type { Random } from "./random.ts";

/** Every `count` texts of a seed. */
export function* generateTexts(seed: number, count: number): Generator<string> {
  const random = createRandom(seed);
  for (let i = 0; i < count; i++) yield generateText(random).toWellFormed(); // Go's texts are UTF-8
}

function generateText(random: Random): string {
  const kind = random.int(10);
  if (kind < 4) return mutate(random.pick(classTexts), random);
  if (kind < 7) return grammarText(random);
  if (kind < 8) return mutate(grammarText(random), random);
  return scramble(random.chance(0.5) ? random.pick(classTexts) : grammarText(random), random);
}

const breaks = ["\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029", "\n\n", "\n\t", "\n \n", "\n\t\n", " \n", "\t\n"];
const snippets = [
  ...Array.from(" \t:,[]{}#'\"|>&*!%@`?-~\\.=<"),
  "  ",
  "- ",
  "-\t",
  ": ",
  ":\t",
  ", ",
  " #",
  "# ",
  "#x",
  "---",
  "--- ",
  "...",
  "...\n",
  "---\n",
  "\n---\n",
  "\n...\n",
  "''",
  '""',
  "\\n",
  "\\\n",
  "\\x41",
  "\\u00e9",
  "\\/",
  "\\'",
  "|-",
  ">-",
  "|+",
  ">2",
  "|1-",
  "|0",
  "|- #c",
  "|-#c",
  ">#c",
  "&a ",
  "*a",
  "*a ",
  "&a\n",
  "!!str ",
  "!!int ",
  "! ",
  "!x ",
  "!!binary ",
  "!<tag:yaml.org,2002:str> ",
  "!e!x ",
  "<<: ",
  "<<: *a",
  "? ",
  "?\n",
  "? a\n: b\n",
  "yes",
  "null",
  "0x1F",
  "0600",
  "1.5",
  "1e3",
  "1_000",
  ".inf",
  "2024-01-01",
  "1:30",
  "{}",
  "[]",
  "{a: b}",
  "[a, b]",
  "[a: b]",
  "{a, b}",
  "{? a}",
  "[? a]",
  "%YAML 1.1\n---\n",
  "%YAML 1.2\n",
  "%TAG !e! tag:yaml.org,2002:\n---\n",
  "\uFEFF",
  "\u00A0",
  "\u0000",
  "\u0007",
  "\u007F",
  "\u{1F600}",
  "é",
  "\uFFFE",
  "\u3000",
  ...breaks,
];

/** Some changes to whole lines, tokens and characters of a text. */
function mutate(text: string, random: Random): string {
  let changed = text;
  for (let left = 1 + random.int(3); left > 0; left--) changed = random.pick(mutations)(changed, random);
  return changed;
}

type Mutation = (text: string, random: Random) => string;

const eachLine =
  (share: number, change: (line: string, random: Random) => string): Mutation =>
  (text, random) =>
    text
      .split("\n")
      .map((line) => (random.chance(share) ? change(line, random) : line))
      .join("\n");

/** The value of a line `key: value`, written in another way. */
function restyle(line: string, random: Random): string {
  const [, before = "", value = "", after = ""] =
    /^(\s*(?:- )?[\w"']+:\s+)([^\s#{["'|>][^#,}\]]*?)(\s*(?:#.*)?)$/.exec(line) ?? [];
  if (value === "") return line;
  const indent = " ".repeat(before.search(/[^ -]/) + 2);
  const style = random.int(12);
  if (style === 0) return `${before}"${value}"${after}`;
  if (style === 1) return `${before}'${value}'${after}`;
  if (style === 2) return `${before}|-\n${indent}${value}`;
  if (style === 3) return `${before}>-\n${indent}${value}`;
  if (style === 4) return `${before}|\n${indent}${value}\n`;
  if (style === 5) return `${before}\n${indent}${value}${after}`;
  if (style === 6) return `${before}"${value}"#note`;
  if (style === 7) return `${before}|-#note\n${indent}${value}`;
  if (style === 8) return `${before}!!str ${value}${after}`;
  if (style === 9) return `${before}&a ${value}${after}`;
  if (style === 10) return `${before}"${value.slice(0, 3)}\\\n${indent}${value.slice(3)}"`;
  return `${before}'${value.slice(0, 3)}\n\n${indent}${value.slice(3)}'`;
}

const mutations: readonly Mutation[] = [
  (text, random) => insert(text, random.pick(snippets), random),
  (text, random) => insert(text, random.pick(snippets), random),
  (text, random) => insert(text, random.pick(breaks), random),
  eachLine(0.3, restyle),
  eachLine(0.5, restyle),
  eachLine(
    0.2,
    (line, random) => line + random.pick([" ", "\t", " # note", "#note", " #", ",", ";", " \t# x", "\r", " &a"]),
  ),
  eachLine(0.1, (line, random) => random.pick([" ", "  ", "\t", "   ", " \t"]) + line),
  eachLine(0.1, (line) => line.replace(/^ {1,2}/, "")),
  eachLine(0.2, (line) => line.replace(/^ {2}/, "\t")),
  eachLine(0.2, (line) => line.replace(": ", ":\t")),
  eachLine(0.2, (line) => line.replace("- ", "-\t")),
  eachLine(0.1, (line) => line.replace(": ", ":")),
  eachLine(0.1, (line) => line.replace(":", " :")),
  eachLine(
    0.1,
    (line, random) => `${line}\n${random.pick(["", " ", "\t", "# c", "  # c", "\t# c", "---", "...", "%", "{{ x }}"])}`,
  ),
  (text, random) => text.replaceAll("\n", random.pick(breaks)),
  (text, random) => text.replaceAll("\n", () => (random.chance(0.2) ? random.pick(breaks) : "\n")),
  (text, random) =>
    random.pick(["\uFEFF", "\uFEFF\uFEFF", "---\n", "--- ", "...\n", "# c\n", "\t\n", "%YAML 1.1\n---\n", "\n", " "]) +
    text,
  (text, random) =>
    text +
    random.pick([
      "\n---\n",
      "---",
      "...",
      "\n...\nx",
      " words",
      ",",
      ";",
      "]",
      "}",
      "\uFEFF",
      "\t",
      "\n\t",
      "\n# c",
      "\nextra: 1",
      "[a]",
      "\u0007",
    ]),
  (text) => text.replace(/\n+$/, ""),
  (text, random) => text.slice(0, random.int(text.length + 1)),
  (text, random) => (random.chance(0.2) ? insert(text, longText(random), random) : text),
  nearReading,
  (text, random) => {
    const lines = text.split("\n");
    lines.splice(random.int(lines.length), 0, random.pick(lines));
    return lines.join("\n");
  },
  (text, random) =>
    text
      .split("\n")
      .filter(() => !random.chance(0.1))
      .join("\n"),
  (text) => text.replaceAll("\n- ", "\n  - ").replaceAll("\n  ", "\n    "),
  (text, random) =>
    text.padStart(400 + random.int(200), random.pick(["\n", "#", " "])).replace(/^#+/, (run) => `${run}\n`),
  (text, random) => `${`# ${"x".repeat(60)}\n`.repeat(random.int(10))}${random.pick(["", "\uFEFF"])}${text}`,
];

/** A byte order mark, or a character that is not allowed, where go-yaml ends a reading of 512 bytes, or behind the end of the document. */
function nearReading(text: string, random: Random): string {
  const lead = random.chance(0.6) ? `#${random.pick(["x", "é", "\u{1F600}", " "]).repeat(random.int(520))}\n` : "";
  const whole = lead + text;
  if (random.chance(0.3))
    return `${whole}\n---\n${"x".repeat(random.int(1100))}${random.pick(["\u0007", "\uFEFF", "\0"])}`;
  const near = 512 * (1 + random.int(2)) - 8 + random.int(14);
  const at = Math.min(whole.length, random.chance(0.5) ? near : whole.indexOf("\n", near) + 1);
  return (
    whole.slice(0, at) + random.pick(["\uFEFF", "\uFEFF", "\uFEFF\n", "\u0007", "é", "\u{1F600}"]) + whole.slice(at)
  );
}

/** About the length that a key may have. */
function longText(random: Random): string {
  const unit = random.pick(["x", "\u{1F600}", "x:", "é"]);
  return unit.repeat((1000 + random.int(50)) / (unit === "x:" ? 2 : 1));
}

function insert(text: string, snippet: string, random: Random): string {
  const at = random.int(text.length + 1);
  return text.slice(0, at) + snippet + text.slice(at + (random.chance(0.3) ? random.int(3) : 0));
}

/** Some characters taken out, doubled, swapped or put in. */
function scramble(text: string, random: Random): string {
  let changed = text;
  for (let left = 1 + random.int(6); left > 0; left--) {
    const at = random.int(changed.length + 1);
    const kind = random.int(5);
    if (kind === 0) changed = changed.slice(0, at) + changed.slice(at + 1);
    else if (kind === 1) changed = changed.slice(0, at) + changed.slice(at, at + 4) + changed.slice(at);
    else if (kind === 2)
      changed =
        changed.slice(0, at) +
        String.fromCharCode(random.int(random.chance(0.9) ? 128 : 0xd800)) +
        changed.slice(at + 1);
    else changed = insert(changed, random.pick(snippets), random);
  }
  return changed;
}
