// What the sub-commands see of the process: where results and complaints go, and the environment. Results go to fd 1, all else to fd 2.
import { isatty } from "node:tty";
import { writeSync } from "node:fs";

export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results, to fd 1. */
  readonly print: (text: string) => void;
  /** Everything that is no result, to fd 2. */
  readonly complain: (text: string) => void;
  /** Whether fd 1 shows colours: a terminal, and neither NO_COLOR (no-color.org) nor TERM=dumb. */
  readonly colour: boolean;
}

/** A sub-command: its arguments without its own name -> exit code. */
export type Command = (args: readonly string[], around: CommandIo) => Promise<number>;

/** EX_IOERR of sysexits(3). */
const exitUnwritten = 74;

/**
 * The surroundings of this process. A reader that has gone away (`check ... | head`) ends the process, as SIGPIPE would; what else can't be written
 * (a full disk) ends it with a line on fd 2 and exit code 74.
 */
export function ownCommandIo(env: CommandIo["env"]): CommandIo {
  return {
    env,
    print: (text) => writeFully(1, text),
    complain: (text) => writeFully(2, text),
    colour: isatty(1) && !env["NO_COLOR"] && env["TERM"] !== "dumb",
  };
}

/** Synchronous, so that nothing is lost when the process ends right after it. */
function writeFully(fd: number, text: string): void {
  let rest: Uint8Array = new TextEncoder().encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPIPE") process.exit(141);
      if (code !== "EAGAIN") endUnwritten(fd, typeof code === "string" ? code : "unknown error");
      Bun.sleepSync(1); // a pipe that somebody else has made non-blocking, and whose reader is slow
    }
  }
}

function endUnwritten(fd: number, why: string): never {
  try {
    if (fd !== 2) writeSync(2, `error: can't write the result: ${why}\n`);
  } catch {
    // Nowhere is left to say it; the exit code does.
  }
  return process.exit(exitUnwritten);
}
