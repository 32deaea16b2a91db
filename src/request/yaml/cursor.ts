// A place in a YAML text, and the characters that YAML 1.1 treats as blanks and breaks.

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
// The empty text, at the end, is part of any text.
export const isBreakOrEnd = (char: string): boolean => "\n\u2028\u2029".includes(char);
export const isBlankOrEnd = (char: string): boolean => " \t\n\u2028\u2029".includes(char);

/** Blanks and a comment, up to the break. */
export const blanksAndComment = /[ \t]*(?:#[^\n\u2028\u2029]*)?/y;

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
  if (cursor.column !== 0) return false;
  const isMarker = cursor.text.startsWith("---", cursor.at) || cursor.text.startsWith("...", cursor.at);
  return isMarker && isBlankOrEnd(peek(cursor, 3));
}

/** Reads what a sticky pattern matches. */
export function take(cursor: Cursor, pattern: RegExp): string {
  const start = cursor.at;
  pattern.lastIndex = start;
  if (pattern.test(cursor.text)) skip(cursor, pattern.lastIndex - start);
  return cursor.text.slice(start, cursor.at);
}
