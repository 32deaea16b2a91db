// Options of the sub-commands: one table each, from which come the parser and --help. The grammar of one option is that of the server's flags
// (go/flag.ts); unlike there, files may stand before, between and after them.
import { FlagError, parseArguments } from "../go/flag.ts";
import type { FlagTable, FlagValues } from "../go/flag.ts";

/** What `--help` says of a sub-command. */
export interface CommandHelp<Table extends FlagTable> {
  /** The command line after the program's name: `check [OPTION]... FILE...`. */
  readonly synopsis: string;
  /** A few lines. */
  readonly about: string;
  readonly options: Table;
}

export type CommandLine<Table extends FlagTable> =
  | { readonly kind: "run"; readonly values: FlagValues<Table>; readonly words: readonly string[] }
  | { readonly kind: "help" }
  /** Exit code 2. */
  | { readonly kind: "misuse"; readonly why: string };

/** Reads the arguments of a sub-command; `words` are those that are no options, `-` among them. After `--` there are only words. */
export function readCommandLine<Table extends FlagTable>(table: Table, args: readonly string[]): CommandLine<Table> {
  const words: string[] = [];
  try {
    return { kind: "run", values: parseArguments(table, args, words), words };
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    return error.message === "" ? { kind: "help" } : { kind: "misuse", why: error.message };
  }
}

/** The text of `--help`, options in the order of the table, each with its default. */
export function helpText<Table extends FlagTable>(program: string, help: CommandHelp<Table>): string {
  const heads = Object.entries(help.options).map(([name, { placeholder }]) =>
    placeholder === "" ? `--${name}` : `--${name} ${placeholder.toUpperCase()}`,
  );
  const column = 4 + heads.reduce((most, head) => Math.max(most, head.length), "--help".length);
  const lines = Object.values(help.options).map(({ meaning, initialText }, i) => {
    const shown = initialText === "" ? meaning : `${meaning} (default ${initialText.replace(/^"(.*)"$/s, "$1")})`;
    return `  ${(heads[i] ?? "").padEnd(column - 2)}${wrap(shown, 100 - column).join(`\n${" ".repeat(column)}`)}`;
  });
  lines.push(`  ${"--help".padEnd(column - 2)}This text.`);
  return `Usage: ${program} ${help.synopsis}\n\n${help.about}\n\nOptions:\n${lines.join("\n")}\n`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
