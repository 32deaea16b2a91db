// The errors of the YAML reader.

/** What an error is about, where advice depends on it: a tab as indentation, a quote or a bracket that is never closed, an escape. */
export type YamlTopic = "tab" | "quote" | "bracket" | "escape";

/** The text is not YAML to go-yaml. `message` is the problem behind its line, where there is one: `line 3: ...`. */
export class YamlError extends Error {
  readonly problem: string;
  /** Counted from 1 by YAML's line breaks; undefined = the text as a whole. go-yaml reports no column. */
  readonly line: number | undefined;
  readonly topic: YamlTopic | undefined;
  constructor(problem: string, line?: number, topic?: YamlTopic) {
    super(line === undefined ? problem : `line ${line}: ${problem}`);
    this.name = "YamlError";
    this.problem = problem;
    this.line = line;
    this.topic = topic;
  }
}

/** The outermost list has more items than the caller takes; what follows was not read. */
export class YamlLengthError extends Error {
  constructor() {
    super("the list is too long");
    this.name = "YamlLengthError";
  }
}
