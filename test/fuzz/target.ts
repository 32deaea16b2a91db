// How a parser is fuzzed: what goes in, what must hold, and one run with its count and seed. Sizes are bounded by the generators, so is the work.
import * as fc from "fast-check";
import { ProviderError, errorText } from "../../src/errors.ts";
import type { Reason } from "../../src/errors.ts";
import { marker } from "./arbitraries.ts";

/** A parser, or a few that belong together. `check` throws when something does not hold. */
export interface Target<Input = never> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  readonly check: (input: Input) => void | Promise<void>;
}

/** A target whose input type is settled. */
export interface AnyTarget {
  readonly name: string;
  /** Feeds `runs` inputs. */
  readonly fuzz: (runs: number, seed: number) => Promise<Outcome>;
  /** Feeds one input of the right type, as a find in regressions.ts. */
  readonly replay: (input: unknown) => Promise<void>;
}

export interface Outcome {
  readonly runs: number;
  readonly seed: number;
  /** The smallest failing input and why; undefined = everything held. */
  readonly find: string | undefined;
}

export function target<Input>({ name, inputs, check }: Target<Input>): AnyTarget {
  const whole = async (input: Input): Promise<void> => {
    await check(input);
    assertPristine();
  };
  return {
    name,
    replay: (input) => whole(input as Input),
    fuzz: async (runs, seed) => {
      const options = { numRuns: runs, seed, interruptAfterTimeLimit: undefined as never };
      const { numRuns, failed, counterexample, errorInstance } = await fc.check(
        fc.asyncProperty(inputs, whole),
        options,
      );
      const why =
        errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
      return { runs: numRuns, seed, find: failed ? `${fc.stringify(counterexample)}\n${why}` : undefined };
    },
  };
}

/** Runs a parser: gives its result, or undefined when it refused the input as it is meant to. */
export function refusedBy<T, E extends Error>(
  parse: () => T,
  kinds: readonly (abstract new (...args: never[]) => E)[],
  onError: (error: E) => void = quiet,
): T | undefined {
  try {
    return parse();
  } catch (error) {
    const known = kinds.some((kind) => error instanceof kind);
    if (!known) throw error;
    onError(error as E);
    return undefined;
  }
}

/** The error says nothing of what was marked, and is one of the reasons. */
export function quietly(...reasons: readonly Reason[]): (error: Error) => void {
  return (error) => {
    if (!(error instanceof ProviderError) || !reasons.includes(error.reason))
      throw new Error(`an unexpected reason`, { cause: error });
    quiet(error);
    assertQuiet(errorText(error));
  };
}

function quiet(error: Error): void {
  assertQuiet(error.message);
  if (error.cause instanceof Error) quiet(error.cause);
}

export function assertQuiet(text: string): void {
  if (text.includes(marker)) throw new Error(`a text quotes what is secret: ${text}`);
}

export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`does not hold: ${what}`);
}

const prototypes = [
  Object.prototype,
  Array.prototype,
  Map.prototype,
  Function.prototype,
  String.prototype,
  Error.prototype,
];
const before = prototypes.map((prototype) => Reflect.ownKeys(prototype).length);

/** Nothing has put a property where every object would have it. */
function assertPristine(): void {
  prototypes.forEach((prototype, at) =>
    assert(Reflect.ownKeys(prototype).length === before[at], "prototypes are as they were"),
  );
}
