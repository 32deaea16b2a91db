// `help [COMMAND]`, and what is said of a first argument that is no command.
import { helpText } from "../config/config.ts";
import { product } from "../version.ts";
import { closestName } from "./check/field-names.ts";
import { quiet } from "./check/safe-text.ts";
import type { Command, CommandIo } from "./command-io.ts";

type Commands = ReadonlyMap<string, Command>;

/** What is shown of a word, UTF-16 units. */
const shownMax = 64;
const exitMisuse = 2;

/** The sub-command: the usage text, or that of the command named. @returns its exit code */
export function help(commands: Commands, args: readonly string[], around: CommandIo): Promise<number> {
  const [name] = args;
  if (name === undefined || name === "help" || name.startsWith("-")) {
    around.print(`${helpText()}\n`);
    return Promise.resolve(0);
  }
  const command = commands.get(name);
  return command === undefined ? refuseWord(name, commands, around) : command(["--help"], around);
}

/** Says that a word is no command, and which one may be meant. @returns exit code 2 */
export function refuseWord(word: string, commands: Commands, around: CommandIo): Promise<number> {
  const names = [...commands.keys()].filter((name) => !name.startsWith("-"));
  const near = closestName(word, names);
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  around.complain(
    `${quiet(word.slice(0, shownMax))}: not a command (${names.join(", ")}).${meant} To serve, give flags only.\nTry: ${product.name} help\n`,
  );
  return Promise.resolve(exitMisuse);
}
