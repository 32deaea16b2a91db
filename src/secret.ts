// A value that cannot be printed by accident: tokens, credentials, secret values. `reveal()` is the only way out, so a review is one grep.

const inspectCustom = Symbol.for("nodejs.util.inspect.custom");

/** Wraps a value so that string conversion, JSON, and inspection give `[redacted]`. */
export class Secret<T> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  /** The value itself. Call it only where the value is used. */
  reveal(): T {
    return this.#value;
  }
  toString(): string {
    return "[redacted]";
  }
  toJSON(): string {
    return "[redacted]";
  }
  [inspectCustom](): string {
    return "[redacted]";
  }
}
