// JSON as Go's encoding/json reads it into `interface{}`: the rules of every JSON text in a mount (attributes, tokens, secrets for jmesPath).
// Errors never quote the input, because it holds tokens and secret values; that is also why JSON.parse's own messages go no further than this file.
import { finish } from "../work.ts";
import type { Work } from "../work.ts";

/** A decoded JSON value. Objects are Maps: `__proto__` and `constructor` are keys like any other, and there is nothing to inherit. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

/** A text that is not JSON to Go. `message` is in our own words and holds nothing of the text. */
export class JsonError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "JsonError";
  }
}

/** Values, characters or bytes that are gone through between two places where the work can be cut. */
const stretchMax = 256;

/** Arrays and objects inside one another; encoding/json's own limit (scanner.go, maxNestingDepth). */
const depthMax = 10_000;

/**
 * Decodes one JSON text. Duplicate keys: the last wins. Lone surrogates become U+FFFD.
 * @throws JsonError when the text is empty, malformed, nested deeper than 10000, followed by more text, starts with a byte order mark,
 * or holds a number outside float64.
 */
export function parseJson(text: string): JsonValue {
  return finish(readJson(text));
}

/**
 * Decodes an object of texts and nulls, in one go: JSON.parse alone sees that nothing is nested. undefined for anything else, of which parseJson says
 * what it is; a null of its own is that too.
 */
export function parseTexts(text: string): ReadonlyMap<string, string | null> | undefined {
  try {
    const plain = JSON.parse(text) as unknown;
    if (typeof plain !== "object" || plain === null || Array.isArray(plain)) return undefined;
    const texts = new Map<string, string | null>();
    for (const key of Object.keys(plain)) {
      const value = (plain as Record<string, unknown>)[key];
      if (typeof value !== "string" && value !== null) return undefined;
      texts.set(key.toWellFormed(), value?.toWellFormed() ?? null);
    }
    return texts;
  } catch {
    return undefined;
  }
}

/** The same as a computation that can be cut. JSON.parse alone can't: 64 KiB take it about a millisecond. */
export function* readJson(text: string): Work<JsonValue> {
  return yield* toJsonValue(yield* readPlain(text));
}

/** Only looks whether a text is JSON. Numbers may be outside float64: for texts whose values are passed on as they are written. @throws JsonError as readJson */
export function* checkJson(text: string): Work<void> {
  yield* readPlain(text);
}

function* readPlain(text: string): Work<unknown> {
  if (text.startsWith("\uFEFF")) throw new JsonError("the text starts with a byte order mark");
  if (/^[ \t\r\n]*$/.test(text)) throw new JsonError("the text is empty");
  yield* checkDepth(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new JsonError("the text is not one well-formed JSON value");
  }
}

/** Decodes UTF-8 as Go does: each byte that belongs to no character becomes one U+FFFD (a TextDecoder makes one of several). Keeps a byte order mark. */
export function decodeUtf8(bytes: Uint8Array): string {
  return finish(readUtf8(bytes));
}

/** The same as a computation that can be cut. */
export function* readUtf8(bytes: Uint8Array): Work<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return yield* decodeBrokenUtf8(bytes);
  }
}

const chunkLength = 64;

/** The order of Go's sorted keys and string comparisons: by byte of UTF-8, which is by code point. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let start = 0; // what is equal is passed over by native comparisons
  while (start + chunkLength < length && a.startsWith(b.slice(start, start + chunkLength), start)) start += chunkLength;
  for (let i = start; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    // Surrogates stand for code points above U+FFFF, so they come after U+E000..U+FFFF.
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Before JSON.parse, whose own limit is not ours to know. Jumps from bracket to bracket, and only when there are enough of them. */
function* checkDepth(text: string): Work<void> {
  if (count(text, "[") + count(text, "{") <= depthMax) return;
  let depth = 0;
  let seen = 0;
  for (let i = 0; i < text.length; i++) {
    if (++seen % stretchMax === 0) yield;
    const char = text[i];
    if (char === '"') i = yield* endOfString(text, i);
    else if (char === "]" || char === "}") depth--;
    else if ((char === "[" || char === "{") && ++depth > depthMax) {
      throw new JsonError(`the text is nested deeper than ${depthMax}`);
    }
  }
}

function count(text: string, char: string): number {
  let found = 0;
  for (let i = text.indexOf(char); i !== -1 && found <= depthMax; i = text.indexOf(char, i + 1)) found++;
  return found;
}

/** From quote to quote, natively: the text of a class is one long string with as many escapes as it likes. */
function* endOfString(text: string, start: number): Work<number> {
  let seen = 0;
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    if (++seen % stretchMax === 0) yield;
    while (text[end - 1 - backslashes] === "\\") if (++backslashes % stretchMax === 0) yield;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

/** Copies what JSON.parse made, container by container, so that no depth of nesting needs the stack. */
function* toJsonValue(plain: unknown): Work<JsonValue> {
  const pending: [unknown, JsonValue[] | Map<string, JsonValue>][] = [];
  let seen = 0;
  const convert = (source: unknown): JsonValue => {
    if (typeof source === "string") return source.toWellFormed();
    if (typeof source === "number") {
      if (!Number.isFinite(source)) throw new JsonError("the text holds a number outside the range of float64");
      return source;
    }
    if (source === null || typeof source === "boolean") return source;
    const target = Array.isArray(source) ? [] : new Map<string, JsonValue>();
    pending.push([source, target]);
    return target;
  };
  const root = convert(plain);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [source, target] = next;
    if (Array.isArray(target)) {
      for (const item of source as unknown[]) {
        if (++seen % stretchMax === 0) yield;
        target.push(convert(item));
      }
    } else {
      for (const key of Object.keys(source as object)) {
        if (++seen % stretchMax === 0) yield;
        target.set(key.toWellFormed(), convert((source as Record<string, unknown>)[key]));
      }
    }
  }
  return root;
}

function* decodeBrokenUtf8(bytes: Uint8Array): Work<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  let start = 0;
  let seen = 0;
  for (let i = 0; i < bytes.length;) {
    if (++seen % stretchMax === 0) yield;
    const size = sizeOfCharacter(bytes, i);
    if (size === 0) {
      text += `${decoder.decode(bytes.subarray(start, i))}\uFFFD`;
      start = i + 1;
    }
    i += Math.max(size, 1);
  }
  return text + decoder.decode(bytes.subarray(start));
}

/** Bytes of the character at `i`, 0 when there is none (Unicode table 3-7). */
function sizeOfCharacter(bytes: Uint8Array, i: number): number {
  const lead = bytes[i] ?? 0;
  if (lead < 0x80) return 1;
  const size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  for (let k = 1; k < size; k++) {
    const low = k > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = k > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    const byte = bytes[i + k] ?? 0;
    if (byte < low || byte > high) return 0;
  }
  return size;
}
