// Block scalars: `|` and `>`. A work that can be cut at each line. Follows yaml_parser_scan_block_scalar.
import type { Work } from "../../work.ts";
import { code, codeAt, endOfRun, isBlank, isBreak, meaningOfBreak } from "./characters.ts";
import { addPiece, createPieces, textOfPieces } from "./pieces.ts";
import type { Pieces } from "./pieces.ts";
import { endOfLine, fail, need, pushScalar, skipBreak } from "./scan-state.ts";
import { removeKey } from "./scan-keys.ts";
import type { Scanner } from "./scan-state.ts";

const blanks = /[ \t]{1,4096}/y;
const spaces = / {1,4096}/y;

/** Begins to read a block scalar. @throws YamlError */
export function fetchBlockScalar(s: Scanner, isLiteral: boolean): void {
  removeKey(s);
  s.isKeyAllowed = true;
  s.work = readBlock(s, isLiteral);
}

function* readBlock(s: Scanner, isLiteral: boolean): Work<void> {
  const { text, pos: start, line } = s;
  const { keep, increment } = yield* readHeader(s);
  const block: Block = {
    indent: increment === 0 ? 0 : Math.max(s.indent, 0) + increment,
    breaks: createPieces(),
    end: s.pos,
  };
  yield* readBreaks(s, block);
  const pieces = createPieces();
  let lead = ""; // the line break before this line
  let isLeadBlank = false;
  for (let lines = 1; s.pos - s.lineStart === block.indent && s.pos < text.length; lines++) {
    const isLineBlank = isBlank(codeAt(text, s.pos));
    const rest = textOfPieces(block.breaks);
    const isFolded = !isLiteral && !isLeadBlank && !isLineBlank && lead === "\n";
    if (!isFolded) addPiece(pieces, lead);
    else if (rest === "") addPiece(pieces, " ");
    if (rest !== "") {
      addPiece(pieces, rest);
      block.breaks = createPieces();
    }
    isLeadBlank = isLineBlank;
    lead = yield* readLine(s, pieces);
    block.end = s.pos;
    yield* readBreaks(s, block);
    if (lines % 4 === 0) yield;
  }
  if (keep !== "strip") addPiece(pieces, lead);
  if (keep === "all") addPiece(pieces, textOfPieces(block.breaks));
  pushScalar(s, isLiteral ? "literal" : "folded", { start, end: block.end, line }, textOfPieces(pieces));
}

interface Block {
  /** Column of its text; 0 = that of the first line that is not empty. */
  indent: number;
  /** Line breaks since the last line with text. */
  breaks: Pieces;
  /** Offset behind the last line. */
  end: number;
}

interface Header {
  readonly keep: "strip" | "one" | "all";
  /** The digit of the header, 0 without one. */
  readonly increment: number;
}

/** `|-`, `>2`, `|+1` and a comment, to the end of the line. */
function* readHeader(s: Scanner): Work<Header> {
  const { text, line } = s;
  s.pos++;
  need(s, s.pos, s.pos, 1);
  const [written = "", before = "", digit = "", after = ""] = header(text, s.pos);
  s.pos += written.length;
  need(s, s.pos - written.length, s.pos, 1);
  if (digit === "0") fail("the indentation of a block can't be 0", line);
  while (isBlank(codeAt(text, s.pos))) {
    const to = endOfRun(blanks, text, s.pos);
    need(s, s.pos, to, 1);
    s.pos = to;
    yield;
  }
  if (codeAt(text, s.pos) === code.hash) yield* passLine(s);
  const unit = codeAt(text, s.pos);
  if (isBreak(unit)) {
    need(s, s.pos, s.pos, 2);
    skipBreak(s);
  } else if (unit !== 0)
    fail(`only a comment can follow ${text.charAt(s.pos - 1)} on the line of a block's head`, line);
  const sign = before || after;
  return { keep: sign === "-" ? "strip" : sign === "+" ? "all" : "one", increment: Number(digit) };
}

/** All of it, the sign before the digit, the digit, the sign after it. */
function header(text: string, at: number): readonly string[] {
  const [written = ""] = /^(?:[-+][0-9]?|[0-9][-+]?)?/.exec(text.slice(at, at + 2)) ?? [];
  const [before = "", digit = "", after = ""] = /^([-+]?)([0-9]?)([-+]?)$/.exec(written)?.slice(1) ?? [];
  return [written, before, digit, after];
}

/** To the end of the line, in stretches. */
function* passLine(s: Scanner): Work<void> {
  for (;;) {
    const to = endOfLine(s);
    need(s, s.pos, to, 1);
    const isDone = to === s.pos || isBreak(codeAt(s.text, to));
    s.pos = to;
    if (isDone) return;
    yield;
  }
}

/** The text of a line, and what its break means; empty at the end of the text. */
function* readLine(s: Scanner, pieces: Pieces): Work<string> {
  const { text, pos } = s;
  yield* passLine(s);
  addPiece(pieces, text.slice(pos, s.pos));
  const unit = codeAt(text, s.pos);
  need(s, s.pos, s.pos, 2);
  if (!isBreak(unit)) return "";
  skipBreak(s);
  return meaningOfBreak(unit);
}

/** Goes over indentation and empty lines, and finds the indentation where it is not known. @throws YamlError for a tab in it */
function* readBreaks(s: Scanner, block: Block): Work<void> {
  const { text } = s;
  let deepest = 0;
  for (let runs = 1; ; runs++) {
    const { indent } = block;
    need(s, s.pos, s.pos, 1);
    while (codeAt(text, s.pos) === code.space && (indent === 0 || s.pos - s.lineStart < indent)) {
      const all = endOfRun(spaces, text, s.pos);
      const to = indent === 0 ? all : Math.min(all, s.lineStart + indent);
      need(s, s.pos, to, 1);
      s.pos = to;
      if (indent === 0 || to === all) yield;
    }
    const column = s.pos - s.lineStart;
    deepest = Math.max(deepest, column);
    const unit = codeAt(text, s.pos);
    if (unit === code.tab && (indent === 0 || column < indent))
      fail("a tab can't be used for indentation", s.line, "tab");
    if (!isBreak(unit)) break;
    need(s, s.pos, s.pos, 2);
    addPiece(block.breaks, meaningOfBreak(unit));
    skipBreak(s);
    block.end = s.pos;
    if (runs % 8 === 0) yield;
  }
  if (block.indent === 0) block.indent = Math.max(deepest, s.indent + 1, 1);
}
