// Why the program does not start.

/** `text` goes to stderr as it is (empty = nothing), then the process ends with `exitCode`. */
export class StartError extends Error {
  readonly exitCode: 0 | 2 | 255;
  readonly text: string;
  constructor(exitCode: 0 | 2 | 255, text: string) {
    super(text);
    this.name = "StartError";
    this.exitCode = exitCode;
    this.text = text;
  }
}

/** The environment; a variable that is set to nothing counts as not set, as in the AWS SDKs. */
export type Env = Readonly<Record<string, string | undefined>>;
/** Reads a file as UTF-8. @throws Error of the system, with `code` */
export type ReadFile = (path: string) => string;
