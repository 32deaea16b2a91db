// The jmesPath entries of one object: secret value -> one file for each. Pure. Neither the value nor a parser's words about it reach an error.
import { ProviderError } from "../errors.ts";
import { JsonError, decodeUtf8, parseJson } from "../request/go-json.ts";
import type { JsonValue } from "../request/go-json.ts";
import type { JmesPathEntry, SecretObject } from "../request/objects.ts";
import { decodeText, encodingRules } from "./decode.ts";
import { search } from "./jmespath/evaluate.ts";
import type { Expression } from "./jmespath/expression.ts";
import { JmesPathError } from "./jmespath/lexer.ts";
import { parseJmesPath } from "./jmespath/parser.ts";
import type { Budget, Value } from "./jmespath/value.ts";
import { parseInOrder } from "./json-tokens.ts";
import { OutputError, writeOutput } from "./output.ts";

/** A file that is made of a part of an object's value. */
export interface Extracted {
  readonly entry: Pick<JmesPathEntry, "objectAlias" | "mode" | "filePath">;
  readonly contents: Uint8Array;
  /** By expandKeys, not by a jmesPath entry. */
  readonly isKey?: true;
}

/** Evaluates the entries of the objects of one mount. @throws ProviderError JmesPathFailed */
export type Extractor = (object: SecretObject, value: Uint8Array) => readonly Extracted[];

/** Steps of jmesPath evaluation for one mount: four objects at their own limit. Bounds how long one mount can hold the process. */
const stepsPerMountMax = 4 * 250_000;

/** Makes the extractor of a mount: its objects share a bound on the work. */
export function createExtractor(): Extractor {
  let stepsLeft = stepsPerMountMax;
  return (object, value) => {
    const budget = { steps: Math.min(stepsPerObjectMax, stepsLeft) };
    stepsLeft -= budget.steps;
    try {
      return extract(object, value, budget);
    } finally {
      stepsLeft += Math.max(0, budget.steps);
    }
  };
}

/** Steps of evaluation for one object: ordinary paths need tens, a filter over a full 64 KiB secret some ten thousand. A step takes about 1 us. */
const stepsPerObjectMax = 250_000;

/**
 * Evaluates the entries of an object against its value, in order. The value is decoded once, and only when there are entries.
 * @throws ProviderError JmesPathFailed for the first entry that gives no text; texts as in parity 8.3.
 */
export function extract(
  object: SecretObject,
  value: Uint8Array,
  budget: Budget = { steps: stepsPerObjectMax },
): Extracted[] {
  if (object.jmesPath.length === 0) return [];
  const inOrder = object.jmesPath.some(({ output }) => output === "json");
  const document = readDocument(object.objectName, value, inOrder);
  return object.jmesPath.map((entry) => ({ entry, contents: contentsOf(entry, textOf(entry, document, budget)) }));
}

function contentsOf({ path, objectAlias, encoding }: JmesPathEntry, text: string): Uint8Array {
  if (encoding === undefined) return new TextEncoder().encode(text);
  const decoded = decodeText(text, encoding);
  if (decoded !== undefined) return decoded;
  throw failed(`JMES Path - ${path} for object alias - ${objectAlias} is not ${encoding}`, encodingRules[encoding]);
}

/** `inOrder`: keys stand in the order of the document, also those that look like numbers. */
function readDocument(objectName: string, value: Uint8Array, inOrder: boolean): JsonValue {
  try {
    const text = decodeUtf8(value);
    const document = parseJson(text);
    return inOrder ? parseInOrder(text) : document;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw failed(
      `Invalid JSON used with jmesPath in secret: ${objectName}.`,
      `jmesPath needs a JSON value: ${error.message}.`,
    );
  }
}

function textOf({ path, objectAlias, output }: JmesPathEntry, document: JsonValue, budget: Budget): string {
  const result = evaluate(path, document, budget);
  if (output !== undefined && result !== null) return explained(path, () => writeOutput(result, output, budget));
  if (typeof result === "string") return result;
  if (result === null) {
    throw failed(
      `JMES Path - ${path} for object alias - ${objectAlias} does not point to a valid object.`,
      "Check the spelling against the keys of the secret.",
    );
  }
  throw failed(
    `Invalid JMES search result type for path:${path}. Only string is allowed.`,
    "Wrap the path in to_string() to mount other values.",
  );
}

/** Whether a path is one at all; what it gives depends on the value. @throws ProviderError JmesPathFailed */
export function compileJmesPath(path: string): Expression {
  return explained(path, () => parseJmesPath(path));
}

function evaluate(path: string, document: JsonValue, budget: Budget): Value {
  return explained(path, () => search(parseJmesPath(path), document, budget));
}

function explained<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof OutputError) {
      throw failed(
        `Invalid JMES search result type for path:${path}. ${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`,
        "Change the path or output of the entry, or store the value as a string.",
      );
    }
    // A RangeError is the end of the stack, which a document nested thousands deep can reach.
    if (!(error instanceof JmesPathError || error instanceof RangeError)) throw error;
    const why = error instanceof JmesPathError ? `${error.message}.` : "the value is nested too deep.";
    throw failed(`Invalid JMES Path: ${path}.`, hintOf(path) ?? `${why.charAt(0).toUpperCase()}${why.slice(1)}`);
  }
}

/** A bare hyphen is the usual reason. */
function hintOf(path: string): string | undefined {
  const bare = path.replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "");
  const name = /\b[A-Za-z_]\w*(?:-\w+)+/.exec(bare)?.[0];
  return name === undefined
    ? undefined
    : `Put names with a hyphen in double quotes inside the path, such as '"${name}"' in YAML.`;
}

function failed(message: string, fix: string): ProviderError {
  return new ProviderError({ reason: "JmesPathFailed", message, fix });
}
