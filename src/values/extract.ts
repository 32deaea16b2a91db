// The jmesPath entries of one object: secret value -> one file for each. Pure. Neither the value nor a parser's words about it reach an error.
import { ProviderError } from "../errors.ts";
import { JsonError, readJson, readUtf8 } from "../go/json.ts";
import type { JsonValue } from "../go/json.ts";
import type { Budget as MountBudget } from "../budget.ts";
import { tooLarge } from "../budget.ts";
import type { JmesPathEntry, SecretObject } from "../request/secret-object.ts";
import { finish } from "../work.ts";
import type { Work } from "../work.ts";
import { decodeText, encodingRules } from "./decode.ts";
import { fileBytes } from "./extracted.ts";
import type { Extracted } from "./extracted.ts";
import { namesOf, search, searchNames } from "../go/jmespath/evaluate.ts";
import type { Expression } from "../go/jmespath/expression.ts";
import { nullFix, pathFix } from "../go/jmespath/hint.ts";
import { JmesPathError } from "../go/jmespath/lexer.ts";
import { parseJmesPath } from "../go/jmespath/parser.ts";
import { BudgetError } from "../go/jmespath/value.ts";
import type { Budget, Value } from "../go/jmespath/value.ts";
import { parseInOrder } from "../go/json-tokens.ts";
import { OutputError, writeOutput } from "./output.ts";
import { cutBytes } from "../text/cut.ts";

/** Of a path in an error. */
const shownBytesMax = 400;

/** Steps of evaluation for one object: ordinary paths need tens, a filter over a full 64 KiB secret some ten thousand. A step takes about 1 us. */
const stepsPerObjectMax = 250_000;

/**
 * Evaluates the entries of an object against its value, in order. The value is decoded once, and only when there are entries. What an evaluation makes
 * is held until its result is written. @throws ProviderError JmesPathFailed for the first entry that gives no text, texts as in parity 8.3; TooLarge
 */
export function* extract(object: SecretObject, value: Uint8Array, mount: MountBudget): Work<readonly Extracted[]> {
  if (object.jmesPath.length === 0) return [];
  const inOrder = object.jmesPath.some(({ output }) => output === "json");
  let working = 0;
  const hold = (bytes: number): void => {
    mount.hold(bytes);
    working += bytes;
  };
  const budget: Budget = { steps: stepsPerObjectMax, spent: mount.spend, hold };
  try {
    hold(value.length * documentFactor);
    const document = yield* readDocument(object.objectName, value, inOrder);
    const ofDocument = working;
    const files: Extracted[] = [];
    for (const entry of object.jmesPath) {
      hold(Math.min(entry.path.length, pathMax) * pathFactor);
      const contents = contentsOf(entry, yield* textOf(entry, document, budget));
      mount.release(working - ofDocument);
      working = ofDocument;
      mount.hold(contents.length + entry.filePath.length * 2 + fileBytes);
      files.push({ entry, contents });
    }
    return files;
  } finally {
    mount.release(working);
  }
}

/** Bytes of a decoded document for each of its text: measured with a list of maps of one key, `[{"":0},...]`. */
const documentFactor = 64;
/** Bytes of the tokens and the tree of a path for each of its characters. */
const pathFactor = 128;
/** A longer one is refused before it is read to its end (jmespath/lexer.ts). */
const pathMax = 8 << 10;

function contentsOf({ path, objectAlias, encoding }: JmesPathEntry, text: string): Uint8Array {
  if (encoding === undefined) return new TextEncoder().encode(text);
  const decoded = decodeText(text, encoding);
  if (decoded !== undefined) return decoded;
  throw failed(
    `JMES Path - ${shown(path)} for object alias - ${shown(objectAlias)} is not ${encoding}`,
    encodingRules[encoding],
  );
}

/** `inOrder`: keys stand in the order of the document, also those that look like numbers. */
function* readDocument(objectName: string, value: Uint8Array, inOrder: boolean): Work<JsonValue> {
  try {
    const text = yield* readUtf8(value);
    const document = yield* readJson(text);
    return inOrder ? yield* parseInOrder(text) : document;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw failed(
      `Invalid JSON used with jmesPath in secret: ${objectName}.`,
      `jmesPath needs a JSON value: ${error.message}.`,
    );
  }
}

function* textOf({ path, objectAlias, output }: JmesPathEntry, document: JsonValue, budget: Budget): Work<string> {
  const result = yield* explained(path, evaluate(path, document, budget));
  if (output !== undefined && result !== null) return yield* explained(path, writeOutput(result, output, budget));
  if (typeof result === "string") return result;
  if (result === null) {
    throw failed(
      `JMES Path - ${shown(path)} for object alias - ${shown(objectAlias)} does not point to a valid object.`,
      nullFix(path, document),
    );
  }
  throw failed(
    `Invalid JMES search result type for path:${shown(path)}. Only string is allowed.`,
    "Wrap the path in to_string() to mount other values.",
  );
}

/** Whether a path is one at all; what it gives depends on the value. @throws ProviderError JmesPathFailed */
export function compileJmesPath(path: string): Expression {
  return finish(explained(path, parseJmesPath(path)));
}

function* evaluate(path: string, document: JsonValue, budget: Budget): Work<Value> {
  const names = namesOf(path);
  if (names !== undefined) return searchNames(names, document, budget);
  return yield* search(yield* parseJmesPath(path), document, budget);
}

/** Does work on an entry; what it throws becomes the error of its path. */
function* explained<T>(path: string, work: Work<T>): Work<T> {
  try {
    return yield* work;
  } catch (error) {
    if (error instanceof BudgetError) {
      throw tooLarge(
        `Invalid JMES Path: ${shown(path)}. ${sentence(error.message)}`,
        "Ask for less in one path, or split the object into several entries of objects.",
      );
    }
    if (error instanceof OutputError) {
      throw failed(
        `Invalid JMES search result type for path:${shown(path)}. ${sentence(error.message)}`,
        "Change the path or output of the entry, or store the value as a string.",
      );
    }
    // A RangeError is the end of the stack, which a document nested thousands deep can reach.
    if (!(error instanceof JmesPathError || error instanceof RangeError)) throw error;
    const why = error instanceof JmesPathError ? error.message : "the value is nested too deep";
    throw failed(`Invalid JMES Path: ${shown(path)}.`, pathFix(path) ?? sentence(why));
  }
}

/** A path or name in an error: an ordinary one is whole. */
function shown(text: string): string {
  return cutBytes(text, shownBytesMax);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function failed(message: string, fix: string): ProviderError {
  return new ProviderError({ reason: "JmesPathFailed", message, fix });
}
