// Lines as YAML 1.1 counts them: from 1, by five kinds of line breaks, where editors know two.
import { isBreak } from "./characters.ts";

/** Each line break of a text; CR LF is one. */
export const lineBreaks = /\r\n|[\n\r\u0085\u2028\u2029]/g;

/** Offset of the first character of a line; the text's length when it has fewer lines. */
export function startOfLine(text: string, line: number): number {
  let start = 0;
  for (let left = line - 1; left > 0 && start < text.length; start += 1) {
    const unit = text.charCodeAt(start);
    if (isBreak(unit) && !(unit === 0x0d && text.charCodeAt(start + 1) === 0x0a)) left -= 1;
  }
  return start;
}

/** Offset of the break that ends the line at an offset, at most `max` characters on. */
export function endOfLine(text: string, start: number, max: number): number {
  const end = Math.min(start + max, text.length);
  let at = start;
  while (at < end && !isBreak(text.charCodeAt(at))) at += 1;
  return at;
}
