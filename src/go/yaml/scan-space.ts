// What lies between tokens: blanks, comments, line breaks. Follows yaml_parser_scan_to_next_token.
import { code, codeAt, endOfRun, isBreak, runMax } from "./characters.ts";
import { endOfLine, need, skipBreak, skipMark } from "./scan-state.ts";
import type { Scanner } from "./scan-state.ts";

const spaces = / {1,4096}/y;
const blanks = /[ \t]{1,4096}/y;
/** Lines passed over in one go. */
const stretch = 16;

/** Goes over blanks, comments and line breaks; false: there may be more of them. */
export function passSpace(s: Scanner): boolean {
  const { text } = s;
  for (let lines = 0; lines < stretch; lines++) {
    let unit = codeAt(text, s.pos);
    if (s.buffer !== undefined || unit === code.space || unit === code.tab) {
      if (!s.isInComment && !passBlanks(s)) return false;
      unit = codeAt(text, s.pos);
    }
    if (unit === code.hash || s.isInComment) {
      const end = endOfLine(s);
      need(s, s.pos, end, 1);
      s.pos = end;
      unit = codeAt(text, end);
      s.isInComment = unit !== 0 && !isBreak(unit);
      if (s.isInComment) return false;
    }
    if (!isBreak(unit)) return true;
    need(s, s.pos, s.pos, 2);
    skipBreak(s);
    if (s.flow === 0) s.isKeyAllowed = true;
  }
  return false;
}

/** Blanks; tabs only where they are no indentation. False: there may be more. */
function passBlanks(s: Scanner): boolean {
  need(s, s.pos, s.pos, 1);
  skipMark(s);
  const end = endOfRun(s.flow > 0 || !s.isKeyAllowed ? blanks : spaces, s.text, s.pos);
  need(s, s.pos, end, 1);
  const isAll = end - s.pos < runMax;
  s.pos = end;
  return isAll;
}
