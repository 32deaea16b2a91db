// The scalars, anchors, tags and directives of YAML 1.1 text, character by character as go-yaml v2.4.2 reads them (scannerc.go, after libyaml:
// Copyright (c) 2006-2010 Kirill Simonov, MIT licence). Its quirks are manifests' reality: no indentation rule inside quotes, tabs, `\'`.

/** The text is not YAML to go-yaml. `message` starts with the line where there is one. */
export class YamlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "YamlError";
  }
}

/** A place in the text. Line breaks of the text are `\n`, U+2028 and U+2029 (the scanner has made the others `\n`). */
export interface Cursor {
  readonly text: string;
  at: number;
  /** Both from 0. */
  line: number;
  column: number;
}

export function fail(cursor: Cursor, problem: string): never {
  throw new YamlError(`line ${cursor.line + 1}: ${problem}`);
}

export function peek(cursor: Cursor, offset = 0): string {
  return cursor.text.charAt(cursor.at + offset);
}

export function skip(cursor: Cursor, count = 1): void {
  cursor.at += count;
  cursor.column += count;
}

export const isBlank = (char: string): boolean => char === " " || char === "\t";
export const isBreak = (char: string): boolean => char === "\n" || char === "\u2028" || char === "\u2029";
export const isBreakOrEnd = (char: string): boolean => char === "" || isBreak(char);
export const isBlankOrEnd = (char: string): boolean => isBlank(char) || isBreakOrEnd(char);

/** Reads a line break: itself, or nothing where there is none. */
export function readBreak(cursor: Cursor): string {
  const char = peek(cursor);
  if (!isBreak(char)) return "";
  cursor.at++;
  cursor.line++;
  cursor.column = 0;
  return char;
}

/** `---` or `...` at the start of a line. */
export function isDocumentMarker(cursor: Cursor): boolean {
  if (cursor.column !== 0 || !isBlankOrEnd(peek(cursor, 3))) return false;
  return cursor.text.startsWith("---", cursor.at) || cursor.text.startsWith("...", cursor.at);
}

/** Reads characters while a sticky pattern matches. */
function take(cursor: Cursor, pattern: RegExp): string {
  pattern.lastIndex = cursor.at;
  const taken = pattern.exec(cursor.text)?.[0] ?? "";
  skip(cursor, taken.length);
  return taken;
}

/** Breaks between two parts of a folded text: one becomes a space, more lose the first. U+2028 and U+2029 stay. */
function fold(first: string, others: string): string {
  if (first !== "\n") return first + others;
  return others === "" ? " " : others;
}

/** Blanks and breaks between the words of a scalar. `beforeBreak` is called on each blank that follows a break. */
function readGap(cursor: Cursor, started: boolean, onIndent: () => void): { text: string; broken: boolean } {
  let blanks = "";
  let first = "";
  let others = "";
  let broken = started;
  for (let char = peek(cursor); isBlank(char) || isBreak(char); char = peek(cursor)) {
    if (isBlank(char)) {
      if (broken) onIndent();
      else blanks += char;
      skip(cursor);
    } else if (broken) others += readBreak(cursor);
    else {
      first = readBreak(cursor);
      broken = true;
    }
  }
  return { text: broken ? fold(first, others) : blanks, broken };
}

/** A plain scalar. `indent` is the least column of its further lines outside flow collections. `broken`: a line break came after its last word. */
export function scanPlain(cursor: Cursor, inFlow: boolean, indent: number): { text: string; broken: boolean } {
  let text = "";
  let gap = { text: "", broken: false };
  const end = inFlow ? /[^ \t\n\u2028\u2029:,?[\]{}]*/y : /[^ \t\n\u2028\u2029:]*/y;
  while (!isDocumentMarker(cursor) && peek(cursor) !== "#") {
    let word = take(cursor, end);
    while (peek(cursor) === ":" && !isBlankOrEnd(peek(cursor, 1))) {
      skip(cursor);
      word += `:${take(cursor, end)}`;
    }
    if (word !== "") {
      text += gap.text + word;
      gap = { text: "", broken: false };
    }
    if (!isBlank(peek(cursor)) && !isBreak(peek(cursor))) break;
    gap = readGap(cursor, false, () => {
      if (cursor.column < indent && peek(cursor) === "\t")
        fail(cursor, "found a tab character that violates indentation");
    });
    if (!inFlow && cursor.column < indent) break;
  }
  return { text, broken: gap.broken };
}

const escapes: Readonly<Record<string, string>> = {
  ...{ "0": "\0", a: "\x07", b: "\b", t: "\t", "\t": "\t", n: "\n", v: "\v", f: "\f", r: "\r", e: "\x1B" },
  ...{ " ": " ", '"': '"', "'": "'", "\\": "\\", N: "\u0085", _: "\u00A0", L: "\u2028", P: "\u2029" },
};
const escapeDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** A quoted scalar; the cursor stands on its first quote. */
export function scanQuoted(cursor: Cursor): string {
  const quote = peek(cursor);
  const plain = quote === "'" ? /[^ \t\n\u2028\u2029']*/y : /[^ \t\n\u2028\u2029"\\]*/y;
  let text = "";
  skip(cursor);
  for (;;) {
    if (isDocumentMarker(cursor)) fail(cursor, "found unexpected document indicator");
    if (peek(cursor) === "") fail(cursor, "found unexpected end of stream");
    let joined = false; // a backslash before the line break
    while (!isBlankOrEnd(peek(cursor)) && !joined) {
      text += take(cursor, plain);
      if (quote === "'" && cursor.text.startsWith("''", cursor.at)) {
        text += "'";
        skip(cursor, 2);
      } else if (peek(cursor) === quote) {
        skip(cursor);
        return text;
      } else if (peek(cursor) === "\\" && quote === '"') {
        joined = isBreak(peek(cursor, 1));
        if (joined) {
          skip(cursor);
          readBreak(cursor);
        } else text += readEscape(cursor);
      }
    }
    text += readGap(cursor, joined, () => undefined).text;
  }
}

function readEscape(cursor: Cursor): string {
  const name = peek(cursor, 1);
  skip(cursor, 2);
  if (Object.hasOwn(escapes, name)) return escapes[name] ?? "";
  const length = Object.hasOwn(escapeDigits, name)
    ? (escapeDigits[name] ?? 0)
    : fail(cursor, "found unknown escape character");
  const digits = cursor.text.slice(cursor.at, cursor.at + length);
  if (!/^[0-9a-fA-F]+$/.test(digits) || digits.length < length) fail(cursor, "did not find expected hexdecimal number");
  const code = Number.parseInt(digits, 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
    fail(cursor, "found invalid Unicode character escape code");
  skip(cursor, length);
  return String.fromCodePoint(code);
}

/** A literal (`|`) or folded (`>`) scalar inside a collection at column `parent` (-1: none). */
export function scanBlock(cursor: Cursor, parent: number): string {
  const folded = peek(cursor) === ">";
  skip(cursor);
  const header = take(cursor, /[-+][0-9]?|[0-9][-+]?|/y);
  const width = Number(/[0-9]/.exec(header)?.[0] ?? Number.NaN);
  if (width === 0) fail(cursor, "found an indentation indicator equal to 0");
  take(cursor, /[ \t]*(?:#[^\n\u2028\u2029]*)?/y);
  if (!isBreakOrEnd(peek(cursor))) fail(cursor, "did not find expected comment or line break");
  readBreak(cursor);
  const opening = readBlockBreaks(cursor, Number.isNaN(width) ? 0 : Math.max(parent, 0) + width);
  const indent = Number.isNaN(width) ? Math.max(opening.column, parent + 1, 1) : Math.max(parent, 0) + width;
  let text = "";
  let first = "";
  let others = opening.breaks;
  let spaced = false; // the line before started with a blank: its break is not folded
  while (cursor.column === indent && peek(cursor) !== "") {
    const blank = isBlank(peek(cursor));
    if (folded && !spaced && !blank && first === "\n") text += others === "" ? " " : others;
    else text += first + others;
    spaced = blank;
    text += take(cursor, /[^\n\u2028\u2029]*/y);
    first = readBreak(cursor);
    others = readBlockBreaks(cursor, indent).breaks;
  }
  return text + (header.includes("-") ? "" : first) + (header.includes("+") ? others : "");
}

/** Indentation and empty lines up to the next text. `indent` 0: not known yet, the deepest column is measured. */
function readBlockBreaks(cursor: Cursor, indent: number): { breaks: string; column: number } {
  let breaks = "";
  let column = 0;
  for (;;) {
    while ((indent === 0 || cursor.column < indent) && peek(cursor) === " ") skip(cursor);
    column = Math.max(column, cursor.column);
    if ((indent === 0 || cursor.column < indent) && peek(cursor) === "\t") {
      fail(cursor, "found a tab character where an indentation space is expected");
    }
    if (!isBreak(peek(cursor))) return { breaks, column };
    breaks += readBreak(cursor);
  }
}

/** The name of an anchor or alias; the cursor stands on `&` or `*`. */
export function scanAnchor(cursor: Cursor): string {
  skip(cursor);
  const name = take(cursor, /[\w-]*/y);
  if (name === "" || !(isBlankOrEnd(peek(cursor)) || "?:,]}%@`".includes(peek(cursor)))) {
    fail(cursor, "did not find expected alphabetic or numeric character");
  }
  return name;
}

const uri = /[\w\-;/?:@&=+$,.!~*'()[\]%]*/y;

/** A tag as handle and suffix; the handle is empty for `!<uri>` and for `!` alone. */
export function scanTag(cursor: Cursor): { handle: string; suffix: string } {
  let handle = "";
  let suffix: string;
  if (peek(cursor, 1) === "<") {
    skip(cursor, 2);
    suffix = readUri(cursor, false);
    if (peek(cursor) !== ">") fail(cursor, "did not find the expected '>'");
    skip(cursor);
  } else {
    const start = take(cursor, /![\w-]*!?/y);
    const isHandle = start.length > 1 && start.endsWith("!");
    suffix = isHandle ? readUri(cursor, false) : start.slice(1) + readUri(cursor, true);
    handle = isHandle ? start : "!";
    if (suffix === "") [handle, suffix] = ["", "!"];
  }
  if (!isBlankOrEnd(peek(cursor))) fail(cursor, "did not find expected whitespace or line break");
  return { handle, suffix };
}

function readUri(cursor: Cursor, mayBeEmpty: boolean): string {
  const raw = take(cursor, uri);
  if (raw === "" && !mayBeEmpty) fail(cursor, "did not find expected tag URI");
  try {
    return decodeURIComponent(raw);
  } catch {
    return fail(cursor, "did not find URI escaped octet");
  }
}

export type Directive = { readonly version: string } | { readonly handle: string; readonly prefix: string };

/** A `%YAML` or `%TAG` line. */
export function scanDirective(cursor: Cursor): Directive {
  const name = take(cursor, /%[\w-]*/y).slice(1);
  if (name === "" || !isBlankOrEnd(peek(cursor))) fail(cursor, "could not find expected directive name");
  if (name !== "YAML" && name !== "TAG") fail(cursor, "found unknown directive name");
  take(cursor, /[ \t]*/y);
  const directive = name === "YAML" ? { version: readVersion(cursor) } : readTagDirective(cursor);
  take(cursor, /[ \t]*(?:#[^\n\u2028\u2029]*)?/y);
  if (!isBreakOrEnd(peek(cursor))) fail(cursor, "did not find expected comment or line break");
  readBreak(cursor);
  return directive;
}

function readVersion(cursor: Cursor): string {
  const version = take(cursor, /[0-9]{1,2}\.[0-9]{1,2}/y);
  if (version === "") fail(cursor, "did not find expected version number");
  return version;
}

function readTagDirective(cursor: Cursor): Directive {
  const handle = take(cursor, /!(?:[\w-]*!)?/y);
  if (handle === "") fail(cursor, "did not find expected '!'");
  if (take(cursor, /[ \t]*/y) === "") fail(cursor, "did not find expected whitespace");
  const prefix = readUri(cursor, false);
  if (!isBlankOrEnd(peek(cursor))) fail(cursor, "did not find expected whitespace or line break");
  return { handle, prefix };
}
