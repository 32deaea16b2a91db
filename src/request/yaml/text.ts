// The scalars of YAML 1.1, character by character as go-yaml v2.4.2 reads them in scannerc.go (after libyaml: Copyright (c) 2006-2010 Kirill
// Simonov, MIT licence). Its quirks are what manifests rely on: no indentation rule inside quotes, tabs, `\'`.
import {
  blanksAndComment,
  fail,
  isBlank,
  isBlankOrEnd,
  isBreak,
  isBreakOrEnd,
  isDocumentMarker,
  peek,
  readBreak,
  skip,
  take,
} from "./cursor.ts";
import type { Cursor } from "./cursor.ts";

const blockWord = /[^ \t\n\u2028\u2029:]*/y;
const flowWord = /[^ \t\n\u2028\u2029:,?[\]{}]*/y;
const singleQuotedWord = /[^ \t\n\u2028\u2029']*/y;
const doubleQuotedWord = /[^ \t\n\u2028\u2029"\\]*/y;
const blockHeader = /[-+][0-9]?|[0-9][-+]?|/y;
const restOfLine = /[^\n\u2028\u2029]*/y;

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
  const end = inFlow ? flowWord : blockWord;
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

const escapeNames = "0abtnvfre \"'\\N_LP\t";
const escapeValues = "\0\x07\b\t\n\v\f\r\x1B \"'\\\u0085\u00A0\u2028\u2029\t";
const escapeDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** A quoted scalar; the cursor stands on its first quote. */
export function scanQuoted(cursor: Cursor): string {
  const quote = peek(cursor);
  const plain = quote === "'" ? singleQuotedWord : doubleQuotedWord;
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
  if (name !== "" && escapeNames.includes(name)) return escapeValues.charAt(escapeNames.indexOf(name));
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
  const header = take(cursor, blockHeader);
  const width = Number(/[0-9]/.exec(header)?.[0] ?? Number.NaN);
  if (width === 0) fail(cursor, "found an indentation indicator equal to 0");
  take(cursor, blanksAndComment);
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
    text += take(cursor, restOfLine);
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
