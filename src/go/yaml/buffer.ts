// go-yaml reads 512 bytes at a time, and what stands there decides two things: a character that is not allowed is an error once its bytes are read,
// even behind the end of the document, and a byte order mark at the start of what it holds makes it pass over the first character of each line.
// Only texts with such characters need this; for all others there is no buffer (`undefined`). Follows readerc.go.
import { isBreak } from "./characters.ts";
import { YamlError } from "./error.ts";

/** What go-yaml holds in memory of the text at one time. */
export interface Buffer {
  readonly text: string;
  /** Offset of the first character that is not allowed; past the text where all are. */
  readonly badAt: number;
  /** Offset of the first character in memory. */
  start: number;
  /** Offset behind the last one that is read. */
  end: number;
  /** NULs behind the end of the text: one for each time that more was asked for. */
  nuls: number;
}

const readingBytes = 512;
const oneByteEach = /^[\t-\x7E]*$/;

/** `badAt`: offset of the first character that is not allowed, or the text's length. */
export function createBuffer(text: string, badAt: number): Buffer {
  return { text, badAt, start: 0, end: 0, nuls: 0 };
}

/** Where the scanner is: for the line of an error. */
interface Position {
  readonly pos: number;
  readonly line: number;
}

/**
 * Asks for `need` characters at each offset from `from` to `to`, as the scanner does while it goes through them.
 * @throws YamlError for a character that is not allowed among those read
 */
export function touch(buffer: Buffer, scanned: Position, [from, to]: readonly [number, number], need: number): void {
  for (let at = from; at <= to; at += width(buffer.text, at)) {
    if (at + 2 * need < buffer.end) {
      at = Math.min(to, buffer.end - 2 * need); // enough is held before here
      if (isLowSurrogate(buffer.text, at)) at--;
    }
    if (held(buffer, at, need) < need) fill(buffer, scanned, at, need);
  }
}

/** Whether go-yaml sees a byte order mark at the start of each line: it looks at the first character of what it holds. */
export function startsWithMark({ text, start }: Buffer): boolean {
  return text.charCodeAt(start) === 0xfeff;
}

function fill(buffer: Buffer, scanned: Position, at: number, need: number): void {
  const { text, badAt } = buffer;
  buffer.start = at;
  while (held(buffer, at, need) < need) {
    if (buffer.end === text.length) {
      buffer.nuls++;
      return;
    }
    buffer.end = endOfReading(text, buffer.end);
    if (buffer.end > badAt) {
      let line = scanned.line;
      for (let i = scanned.pos; i < badAt; i++) if (isBreak(text.charCodeAt(i))) line++;
      throw new YamlError("control characters are not allowed", line);
    }
  }
}

/** Whole characters of at most 512 bytes. */
function endOfReading(text: string, from: number): number {
  if (oneByteEach.test(text.slice(from, from + readingBytes))) return Math.min(text.length, from + readingBytes);
  let bytes = 0;
  for (let at = from; at < text.length;) {
    const point = text.codePointAt(at) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > readingBytes) return at;
    at += point > 0xffff ? 2 : 1;
  }
  return text.length;
}

/** Characters in memory from an offset on, counted as far as `enough`. */
function held({ text, end, nuls }: Buffer, from: number, enough: number): number {
  let count = nuls;
  for (let at = from; at < end && count < enough; at += width(text, at)) count++;
  return count;
}

function width(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
