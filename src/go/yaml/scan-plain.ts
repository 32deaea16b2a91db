// Plain scalars: texts without quotes. One that ends on its line is read in one go; one over several lines, or a long one, is a work that can be cut.
// Follows yaml_parser_scan_plain_scalar.
import type { Work } from "../../work.ts";
import { code, codeAt, endOfRun, isBlank, isBlankOrEnd, isBreak, meaningOfBreak, runMax } from "./characters.ts";
import { addPiece, createPieces, textOfPieces } from "./pieces.ts";
import { fail, isDocumentMarker, need, pushScalar, skipBreak } from "./scan-state.ts";
import { fetchValueBehind, saveKey } from "./scan-keys.ts";
import type { Scanner } from "./scan-state.ts";

const blockRun = /[^ \t\n\r\u0085\u2028\u2029:]{1,4096}/y;
const flowRun = /[^ \t\n\r\u0085\u2028\u2029:,?[\]{}]{1,4096}/y;
const blanks = /[ \t]{1,4096}/y;
const spaces = / {1,4096}/y;

/** A run that is long enough to let others go first. */
const longRun = 512;
/** Empty lines behind a short scalar that are passed over in one go. */
const emptyLinesMax = 16;

/** Reads a plain scalar, or begins to. @throws YamlError */
export function fetchPlain(s: Scanner): void {
  saveKey(s);
  s.isKeyAllowed = false;
  if (s.buffer !== undefined || !readShort(s)) s.work = readLong(s);
  else fetchValueBehind(s);
}

/** Whether a `:` or a bracket ends a plain scalar here. */
function endsAt({ text, flow }: Scanner, at: number, unit: number): boolean {
  if (unit === code.colon) return isBlankOrEnd(codeAt(text, at + 1));
  if (flow === 0) return false;
  return (
    unit === code.comma ||
    unit === code.question ||
    unit === code.openBracket ||
    unit === code.closeBracket ||
    unit === code.openBrace ||
    unit === code.closeBrace
  );
}

/** A scalar on one line. False where it may be longer: then nothing is done. */
function readShort(s: Scanner): boolean {
  const { text, pos: start, line, lineStart } = s;
  const run = s.flow > 0 ? flowRun : blockRun;
  let at = start;
  let end = start;
  let unit = 0;
  for (let word = start; at - start < runMax;) {
    at = endOfRun(run, text, at);
    unit = codeAt(text, at);
    if (unit === code.colon && !endsAt(s, at, unit)) {
      at++;
      continue;
    }
    if (at > word) end = at;
    if (!isBlank(unit)) break;
    at = endOfRun(blanks, text, at);
    word = at;
    unit = codeAt(text, at);
    if (unit === code.hash || isBlankOrEnd(unit)) break;
  }
  if (at - start >= runMax) return false;
  s.pos = at;
  if (isBreak(unit)) {
    if (!passBreaks(s)) {
      s.pos = start;
      s.line = line;
      s.lineStart = lineStart;
      return false;
    }
    s.isKeyAllowed = true;
  }
  pushScalar(s, "plain", { start, end, line }, text.slice(start, end));
  return true;
}

/** Goes over line breaks and indentation; whether the scalar ends with them. */
function passBreaks(s: Scanner): boolean {
  const { text } = s;
  for (let lines = 0; lines < emptyLinesMax; lines++) {
    skipBreak(s);
    s.pos = endOfRun(spaces, text, s.pos);
    const unit = codeAt(text, s.pos);
    if (isBreak(unit)) continue;
    if (isBlank(unit)) return false;
    if (s.flow === 0 && s.pos - s.lineStart <= s.indent) return true;
    return unit === 0 || unit === code.hash || isDocumentMarker(s) || endsAt(s, s.pos, unit);
  }
  return false;
}

/** Any scalar, from its first character on. */
function* readLong(s: Scanner): Work<void> {
  const { text, pos: start, line } = s;
  const pieces = createPieces();
  const space: Space = { blanks: createPieces(), breaks: createPieces(), first: 0 };
  let end = start;
  let runs = 0;
  for (;;) {
    need(s, s.pos, s.pos, 4);
    if (isDocumentMarker(s) || codeAt(text, s.pos) === code.hash) break;
    for (let unit = codeAt(text, s.pos); !isBlankOrEnd(unit) && !endsAt(s, s.pos, unit); unit = codeAt(text, s.pos)) {
      addSpace(pieces, space);
      const to = Math.max(s.pos + 1, endOfRun(s.flow > 0 ? flowRun : blockRun, text, s.pos));
      addPiece(pieces, text.slice(s.pos, to));
      need(s, s.pos + 1, to, 2);
      const isLong = to - s.pos > longRun;
      s.pos = end = to;
      if (++runs % 8 === 0 || isLong) yield;
    }
    const unit = codeAt(text, s.pos);
    if (!isBlank(unit) && !isBreak(unit)) break;
    yield* readSpace(s, space);
    if (s.flow === 0 && s.pos - s.lineStart <= s.indent) break;
  }
  if (space.first !== 0) s.isKeyAllowed = true;
  pushScalar(s, "plain", { start, end, line }, textOfPieces(pieces));
}

/** What lies between two words. */
interface Space {
  blanks: ReturnType<typeof createPieces>;
  breaks: ReturnType<typeof createPieces>;
  /** The first line break, 0 without one: then the blanks count. */
  first: number;
}

/** Blanks stay; one line break is a blank, of more all but the first stay. */
function addSpace(pieces: Space["blanks"], space: Space): void {
  if (space.first !== 0) {
    const rest = textOfPieces(space.breaks);
    const first = meaningOfBreak(space.first);
    addPiece(pieces, first === "\n" ? rest || " " : first + rest);
    space.breaks = createPieces();
    space.first = 0;
  } else {
    const between = textOfPieces(space.blanks);
    if (between === "") return;
    addPiece(pieces, between);
  }
  space.blanks = createPieces();
}

/** Goes over blanks and line breaks. */
function* readSpace(s: Scanner, space: Space): Work<void> {
  const { text } = s;
  let runs = 0;
  for (let unit = codeAt(text, s.pos); isBlank(unit) || isBreak(unit); unit = codeAt(text, s.pos)) {
    if (isBreak(unit)) {
      need(s, s.pos, s.pos, 2);
      if (space.first === 0) {
        space.blanks = createPieces();
        space.first = unit;
      } else addPiece(space.breaks, meaningOfBreak(unit));
      skipBreak(s);
      need(s, s.pos, s.pos, 1);
    } else {
      if (space.first !== 0 && unit === code.tab && s.pos - s.lineStart <= s.indent)
        fail("a tab can't be used for indentation", s.line, "tab");
      const isIndent = space.first !== 0 && unit === code.space;
      const to = unit === code.tab ? s.pos + 1 : endOfRun(isIndent ? spaces : blanks, text, s.pos);
      if (space.first === 0) addPiece(space.blanks, text.slice(s.pos, to));
      need(s, s.pos + 1, to, 1);
      s.pos = to;
    }
    if (++runs % 8 === 0) yield;
  }
}
