// The command line grammar of Go's flag package (go1.26 src/flag/flag.go), for a table of flags. Not getopt: `--flag false` of a boolean is true.
import { parseBoolean } from "./boolean.ts";
import { DurationError, parseDuration } from "./duration.ts";

/** One flag of a table. */
export interface Flag<T> {
  /** What it does, one sentence, with units. */
  readonly meaning: string;
  /** How the value is called in the usage text; empty for a boolean, which takes its value after `=` only. */
  readonly placeholder: string;
  readonly initial: T;
  /** The default as the usage text shows it; empty = not shown. */
  readonly initialText: string;
  /** @throws FlagError why the value is refused */
  readonly parse: (text: string) => T;
}

export type FlagTable = Readonly<Record<string, Flag<unknown>>>;
export type FlagValues<Table extends FlagTable> = {
  -readonly [Name in keyof Table]: Table[Name] extends Flag<infer T> ? T : never;
};

/** A command line that does not parse, or asks for help (`message` empty). The text is Go's. */
export class FlagError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FlagError";
  }
}

/** A boolean: `--x` or `--x=<value>`; values of Go's strconv.ParseBool. */
export function boolFlag(initial: boolean, meaning: string): Flag<boolean> {
  return { meaning, placeholder: "", initial, initialText: initial ? "true" : "", parse: parseBool };
}

/** A 64 bit integer in Go's literal syntax: base prefix, leading 0 = octal, underscores. Beyond 2^53 it is rounded. */
export function intFlag(initial: number, meaning: string): Flag<number> {
  return { meaning, placeholder: "int", initial, initialText: initial === 0 ? "" : `${initial}`, parse: parseInt64 };
}

export function stringFlag(initial: string, meaning: string): Flag<string> {
  return textFlag(initial, initial, meaning, (text) => text);
}

/** A string with a grammar of its own. */
export function textFlag<T>(initial: T, shown: string, meaning: string, parse: (text: string) => T): Flag<T> {
  return { meaning, placeholder: "string", initial, initialText: shown === "" ? "" : quote(shown), parse };
}

/** One of a few words. */
export function choiceFlag<const Choice extends string>(
  choices: readonly Choice[],
  initial: NoInfer<Choice>,
  meaning: string,
): Flag<Choice> {
  return textFlag<Choice>(initial, initial, meaning, (text) => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new FlagError(`must be one of ${choices.join(", ")}`);
    return found;
  });
}

/** A Go duration in ms, not negative. */
export function durationFlag(initialMs: number, shown: string, meaning: string): Flag<number> {
  const parse = (text: string): number => {
    const nanoseconds = parseGoDuration(text);
    if (nanoseconds < 0n) throw new FlagError("must not be negative");
    return Math.ceil(Number(nanoseconds) / 1e6);
  };
  return { meaning, placeholder: "duration", initial: initialMs, initialText: shown, parse };
}

/**
 * Reads the arguments after the program's name; what follows the first positional argument or `--` is ignored. With `words` (sub-commands, which
 * take files) positional arguments are put there instead, and flags may follow them. @throws FlagError
 */
export function parseArguments<Table extends FlagTable>(
  table: Table,
  argv: readonly string[],
  words?: string[],
): FlagValues<Table> {
  const values = new Map<string, unknown>(Object.entries(table).map(([name, { initial }]) => [name, initial]));
  for (let at = 0; at < argv.length;) {
    const argument = argv[at++] ?? "";
    if (argument.length < 2 || !argument.startsWith("-") || argument === "--") {
      if (words === undefined) break;
      words.push(...(argument === "--" ? argv.slice(at) : [argument]));
      if (argument === "--") break;
      continue;
    }
    const [, name = "", , given] = /^--?([^-=][^=]*)(=([^]*))?$/.exec(argument) ?? [];
    if (name === "") throw new FlagError(`bad flag syntax: ${argument}`);
    const flag = Object.hasOwn(table, name) ? table[name] : undefined;
    if (flag === undefined)
      throw new FlagError(name === "help" || name === "h" ? "" : `flag provided but not defined: -${name}`);
    const isBool = flag.placeholder === "";
    const text = given ?? (isBool ? "true" : argv[at++]);
    if (text === undefined) throw new FlagError(`flag needs an argument: -${name}`);
    try {
      values.set(name, flag.parse(text));
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      throw new FlagError(
        `invalid ${isBool ? "boolean " : ""}value ${quote(text)} for ${isBool ? "" : "flag "}-${name}: ${error.message}`,
      );
    }
  }
  return Object.fromEntries(values) as FlagValues<Table>;
}

/** The usage text: Go's layout, names in alphabetical order, no newline at the end. */
export function usageText(program: string, table: FlagTable): string {
  const lines = Object.entries(table)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { placeholder, meaning, initialText }]) => {
      const head = placeholder === "" ? `  -${name}` : `  -${name} ${placeholder}`;
      return `${head}\n    \t${meaning}${initialText === "" ? "" : ` (default ${initialText})`}`;
    });
  return [`Usage of ${program}:`, ...lines].join("\n");
}

function parseBool(text: string): boolean {
  const value = parseBoolean(text);
  if (value === undefined) throw new FlagError("parse error");
  return value;
}

/** strconv.ParseInt(text, 0, 64). */
function parseInt64(text: string): number {
  const [, sign = "", number = ""] = /^([-+]?)([^]*)$/.exec(text) ?? [];
  // An underscore stands between digits, or between the prefix and a digit.
  const digits = /^0[xX](_?[0-9a-fA-F])+$|^0[bB](_?[01])+$|^0[oO](_?[0-7])+$|^0(_?[0-7])*$|^[1-9](_?[0-9])*$/
    .exec(number)?.[0]
    .replaceAll("_", "");
  if (digits === undefined) throw new FlagError("parse error");
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits}` : digits) * (sign === "-" ? -1n : 1n);
  if (value !== BigInt.asIntN(64, value)) throw new FlagError("value out of range");
  return Number(value);
}

function parseGoDuration(text: string): bigint {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof DurationError) throw new FlagError("parse error");
    throw error;
  }
}

/** Go's %q. */
function quote(text: string): string {
  const names: Record<string, string> = {
    '"': '\\"',
    "\\": "\\\\",
    "\x07": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
  };
  const escaped = text.toWellFormed().replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (names[character] !== undefined) return names[character];
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}
