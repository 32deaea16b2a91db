// JSON text by its own tokens, where JSON.parse says too little: it puts keys that look like numbers first, and numbers lose the digits that
// float64 has not. Pure. Takes only what parseJson has taken, so that nothing here can fail or go deeper than is allowed.
import type { JsonValue } from "./json.ts";
import type { Work } from "../work.ts";

/** Strings, punctuation, and what stands between them: numbers, true, false, null. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s"[\]{},:]+/g;

/** Tokens between two places where the work can be cut. */
const stretchTokens = 32;

/** The value with the keys of its objects in the order of the text. A key that comes again keeps its first place and takes the last value. */
export function* parseInOrder(text: string): Work<JsonValue> {
  const open: (JsonValue[] | Map<string, JsonValue>)[] = [];
  const keys: (string | undefined)[] = [];
  let root: JsonValue = null;
  const put = (value: JsonValue): void => {
    const target = open.at(-1);
    if (target === undefined) root = value;
    else if (target instanceof Map) {
      target.set(keys[keys.length - 1] ?? "", value);
      keys[keys.length - 1] = undefined;
    } else target.push(value);
  };
  let seen = 0;
  for (const [token] of text.matchAll(tokens)) {
    if (++seen % stretchTokens === 0) yield;
    if (token === "{" || token === "[") {
      const value = token === "{" ? new Map<string, JsonValue>() : [];
      put(value);
      open.push(value);
      keys.push(undefined);
    } else if (token === "}" || token === "]") {
      open.pop();
      keys.pop();
    } else if (token !== "," && token !== ":") {
      const value = readScalar(token);
      if (open.at(-1) instanceof Map && keys.at(-1) === undefined) keys[keys.length - 1] = String(value);
      else put(value);
    }
  }
  return root;
}

/** One member of an object: the text of a string, or any other value as compact JSON, token by token as it was written. */
export interface Member {
  readonly key: string;
  readonly text: string;
}

/** The top-level members in the order of the text, each key once with its last value; undefined when the text is no object. */
export function* readMembers(text: string): Work<readonly Member[] | undefined> {
  const members = new Map<string, string>();
  let key: string | undefined;
  let value: string[] = [];
  let depth = 0;
  let isObject = false;
  const close = (): void => {
    if (key !== undefined) members.set(key, textOf(value));
    key = undefined;
    value = [];
  };
  let seen = 0;
  for (const [token] of text.matchAll(tokens)) {
    if (++seen % stretchTokens === 0) yield;
    if (depth === 0) isObject = token === "{";
    if (!isObject) return undefined;
    if (token === "}" || token === "]") depth--;
    if (depth === 0 || (depth === 1 && token === ",")) close();
    else if (key === undefined) key = String(readScalar(token));
    else if (value.length > 0 || token !== ":") value.push(token);
    if (token === "{" || token === "[") depth++;
  }
  return [...members].map(([name, contents]) => ({ key: name, text: contents }));
}

function textOf(value: readonly string[]): string {
  const [first = ""] = value;
  return first.startsWith('"') ? String(readScalar(first)) : value.join("");
}

function readScalar(token: string): string | number | boolean | null {
  const value = JSON.parse(token) as string | number | boolean | null;
  return typeof value === "string" ? value.toWellFormed() : value;
}
