// Scalars between quotes. A short one on one line and without escapes is read in one go, any other is a work that can be cut.
// Follows yaml_parser_scan_flow_scalar.
import type { Work } from "../../work.ts";
import { code, codeAt, endOfRun, isBlank, isBlankOrEnd, isBreak, meaningOfBreak } from "./characters.ts";
import { addPiece, createPieces, textOfPieces } from "./pieces.ts";
import type { Pieces } from "./pieces.ts";
import { fail, isDocumentMarker, need, pushScalar, skipBreak } from "./scan-state.ts";
import { fetchValueBehind, saveKey } from "./scan-keys.ts";
import type { Scanner } from "./scan-state.ts";

const shortSingle = /'[^'\n\r\u0085\u2028\u2029]{0,1024}'(?!')/y;
const shortDouble = /"[^"\\\n\r\u0085\u2028\u2029]{0,1024}"/y;
const singleRun = /[^' \t\n\r\u0085\u2028\u2029]{1,4096}/y;
const doubleRun = /[^"\\ \t\n\r\u0085\u2028\u2029]{1,4096}/y;
/** A run that is long enough to let others go first. */
const longRun = 512;
const blanks = /[ \t]{1,4096}/y;

/** Reads a scalar between quotes, or begins to. @throws YamlError */
export function fetchQuoted(s: Scanner, isSingle: boolean): void {
  saveKey(s);
  s.isKeyAllowed = false;
  const { text, pos: start, line } = s;
  const end = s.buffer === undefined ? endOfRun(isSingle ? shortSingle : shortDouble, text, start) : start;
  if (end === start) {
    s.work = readLong(s, isSingle);
    return;
  }
  s.pos = end;
  pushScalar(s, isSingle ? "single" : "double", { start, end, line }, text.slice(start + 1, end - 1));
  fetchValueBehind(s);
}

function* readLong(s: Scanner, isSingle: boolean): Work<void> {
  const { text, pos: start, line } = s;
  const quote = isSingle ? code.singleQuote : code.doubleQuote;
  const pieces = createPieces();
  s.pos++;
  let runs = 0;
  for (;;) {
    need(s, s.pos, s.pos, 4);
    if (isDocumentMarker(s)) fail("a line begins with a document marker inside a quoted text", s.line);
    if (s.pos >= text.length) fail("the quote that begins here is never closed", line, "quote");
    let isJoined = false; // by a backslash before the line break
    for (let unit = codeAt(text, s.pos); !isBlankOrEnd(unit) && !isJoined; unit = codeAt(text, s.pos)) {
      if (unit === quote) {
        if (!isSingle || codeAt(text, s.pos + 1) !== quote) break;
        addPiece(pieces, "'");
        s.pos += 2;
        need(s, s.pos, s.pos, 2);
      } else if (unit === code.backslash && !isSingle) isJoined = readEscape(s, pieces, line);
      else {
        const to = endOfRun(isSingle ? singleRun : doubleRun, text, s.pos);
        addPiece(pieces, text.slice(s.pos, to));
        need(s, s.pos + 1, to, 2);
        if (to - s.pos > longRun) runs = -1;
        s.pos = to;
      }
      if (++runs % 8 === 0) yield;
    }
    if (codeAt(text, s.pos) === quote) break;
    yield* readSpace(s, pieces, isJoined);
  }
  s.pos++;
  pushScalar(s, isSingle ? "single" : "double", { start, end: s.pos, line }, textOfPieces(pieces));
}

const escapes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "0": "\0",
    a: "\u0007",
    b: "\b",
    t: "\t",
    "\t": "\t",
    n: "\n",
    v: "\v",
    f: "\f",
    r: "\r",
    e: "\u001B",
    " ": " ",
    '"': '"',
    "'": "'",
    "\\": "\\",
    N: "\u0085",
    _: "\u00A0",
    L: "\u2028",
    P: "\u2029",
  }),
);
const codeLengths: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

/** One escape; whether it was that of a line break. */
function readEscape(s: Scanner, pieces: Pieces, line: number): boolean {
  const { text } = s;
  if (isBreak(codeAt(text, s.pos + 1))) {
    need(s, s.pos, s.pos, 3);
    s.pos++;
    skipBreak(s);
    need(s, s.pos, s.pos, 1);
    return true;
  }
  const letter = text.charAt(s.pos + 1);
  const meaning = escapes.get(letter);
  const length = codeLengths.get(letter);
  if (meaning !== undefined) {
    addPiece(pieces, meaning);
    s.pos += 2;
  } else if (length !== undefined) {
    need(s, s.pos + 2, s.pos + 2, length);
    const digits = text.slice(s.pos + 2, s.pos + 2 + length);
    if (digits.length < length || !/^[0-9A-Fa-f]+$/.test(digits))
      fail(`an escape \\${letter} needs ${length} hexadecimal digits`, s.line, "escape");
    const point = Number.parseInt(digits, 16);
    if ((point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff)
      fail(`the escape \\${letter}${digits} is not a Unicode character`, s.line, "escape");
    addPiece(pieces, String.fromCodePoint(point));
    s.pos += 2 + length;
  } else if (letter === "") fail("the quote that begins here is never closed", line, "quote");
  else fail(`\\${letter} is not an escape of YAML; between single quotes a backslash is a backslash`, s.line, "escape");
  need(s, s.pos, s.pos, 2);
  return false;
}

/** Blanks and line breaks between words: blanks stay; one line break is a blank, of more all but the first stay. */
function* readSpace(s: Scanner, pieces: Pieces, isJoined: boolean): Work<void> {
  const { text } = s;
  const between = createPieces();
  const breaks = createPieces();
  let first = "";
  let hasBreak = isJoined;
  let runs = 0;
  for (let unit = codeAt(text, s.pos); isBlank(unit) || isBreak(unit); unit = codeAt(text, s.pos)) {
    if (isBreak(unit)) {
      need(s, s.pos, s.pos, 2);
      if (hasBreak) addPiece(breaks, meaningOfBreak(unit));
      else first = meaningOfBreak(unit);
      hasBreak = true;
      skipBreak(s);
      need(s, s.pos, s.pos, 1);
    } else {
      const to = endOfRun(blanks, text, s.pos);
      if (!hasBreak) addPiece(between, text.slice(s.pos, to));
      need(s, s.pos + 1, to, 1);
      s.pos = to;
    }
    if (++runs % 8 === 0) yield;
  }
  const rest = textOfPieces(breaks);
  if (!hasBreak) addPiece(pieces, textOfPieces(between));
  else addPiece(pieces, first === "\n" ? rest || " " : first + rest);
}
