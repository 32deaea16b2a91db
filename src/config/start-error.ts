// Why the program does not start.
import { visible, visibleLines } from "../text/visible.ts";

/** `text` goes to stderr as `shown` has it (empty = nothing), then the process ends with `exitCode`. */
export class StartError extends Error {
  readonly exitCode: 0 | 2 | 255;
  readonly text: string;
  constructor(exitCode: 0 | 2 | 255, text: string) {
    super(text);
    this.name = "StartError";
    this.exitCode = exitCode;
    this.text = text;
  }

  /** The text for a terminal: no character of a name or value acts there. Usage (0 and 2) has lines, all else is one. */
  shown(): string {
    return this.exitCode === 255 ? visible(this.text) : visibleLines(this.text);
  }
}

/** The words for whoever starts the program. */
export interface StarterWords {
  /** Begins what is said of a variable that must not be set; its name follows. */
  readonly refusing: string;
  /** What to do about a variable that must not be set. */
  readonly unset: string;
  /** What to do about a profile that is in none of the files that are named behind it. */
  readonly profile: string;
}

/** For the operator of the provider's pods. */
export const podWords: StarterWords = {
  refusing: "refusing to start: the environment variable",
  unset: "Remove it from the pod's environment.",
  profile: "Correct AWS_PROFILE, or mount the files of",
};

/** The environment; a variable that is set to nothing counts as not set, as in the AWS SDKs. */
export type Env = Readonly<Record<string, string | undefined>>;
/** Reads a file as UTF-8. @throws Error of the system, with `code` */
export type ReadFile = (path: string) => string;
