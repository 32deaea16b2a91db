// The errors of the YAML reader.

/** The text is not YAML to go-yaml. `message` starts with the line where there is one. */
export class YamlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "YamlError";
  }
}

/** The outermost list has more items than the caller takes; what follows was not read. */
export class YamlLengthError extends Error {
  constructor() {
    super("the list is too long");
    this.name = "YamlLengthError";
  }
}
