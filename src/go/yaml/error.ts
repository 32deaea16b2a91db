// The one error of the YAML reader.

/** The text is not YAML to go-yaml. `message` starts with the line where there is one. */
export class YamlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "YamlError";
  }
}
