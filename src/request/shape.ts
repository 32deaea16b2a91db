// The shapes of YAML values, as faults of `objects` call them.

/** What a value is, or should be. `none`: a number that JSON has not, such as .inf. */
export type Shape = "fields" | "a list" | "text" | "one value" | "JSON" | "none";

/** A value of another shape than its place takes. */
export interface ShapeProblem {
  readonly expected: Shape;
  readonly found: Shape;
  /** The same in words. */
  readonly words: string;
}

/** The problem of a value of the wrong shape. */
export function wrongShape(expected: Shape, found: Shape): ShapeProblem {
  return { expected, found, words: `expected ${expected}, found ${found}` };
}
