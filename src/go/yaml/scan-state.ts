// The state of the scanner, and what all of its parts do with it. Follows go-yaml's scannerc.go, which follows libyaml.
import type { Work } from "../../work.ts";
import { startsWithMark, touch } from "./buffer.ts";
import type { Buffer } from "./buffer.ts";
import { code, endOfRun, isBreak } from "./characters.ts";
import { YamlError } from "./error.ts";
import type { YamlTopic } from "./error.ts";
import type { YamlStyle } from "./node.ts";

/** Kinds of tokens, as libyaml has them. */
export const kind = {
  streamEnd: 1,
  versionDirective: 2,
  tagDirective: 3,
  documentStart: 4,
  documentEnd: 5,
  blockSequenceStart: 6,
  blockMappingStart: 7,
  blockEnd: 8,
  flowSequenceStart: 9,
  flowSequenceEnd: 10,
  flowMappingStart: 11,
  flowMappingEnd: 12,
  blockEntry: 13,
  flowEntry: 14,
  key: 15,
  value: 16,
  alias: 17,
  anchor: 18,
  tag: 19,
  scalar: 20,
} as const;

export type Kind = (typeof kind)[keyof typeof kind];

export interface Token {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  /** Of a scalar its value, of an anchor or alias its name, of a tag or directive its handle. */
  readonly text: string;
  /** Of a tag what follows the handle, of a directive the version or the prefix. */
  readonly suffix: string;
  readonly style: YamlStyle;
}

/** A place where a key without `?` may have begun (scan-keys.ts). */
export interface SimpleKey {
  isPossible: boolean;
  /** Of the outermost level: whether the token waits until it is known if it begins a key. */
  isAwaited: boolean;
  isRequired: boolean;
  token: number;
  start: number;
  line: number;
  column: number;
}

export interface Scanner {
  readonly text: string;
  /** Whether lines end with anything but LF somewhere. */
  readonly hasOddBreaks: boolean;
  /** Whether it holds pairs of surrogates. */
  readonly hasPairs: boolean;
  readonly buffer: Buffer | undefined;
  pos: number;
  /** Counted from 1. */
  line: number;
  lineStart: number;
  /** Column of the innermost block collection; -1 outside of all. */
  indent: number;
  readonly indents: number[];
  /** Brackets that are open. */
  flow: number;
  isKeyAllowed: boolean;
  /** Whether it is on its way over blanks, comments and line breaks; whether in a comment. */
  isInSpace: boolean;
  isInComment: boolean;
  /** For each bracket that is open, and for outside of all. */
  readonly keys: SimpleKey[];
  /** Inside brackets: number of a token -> the level whose simple key would begin with it. */
  readonly keyTokens: Map<number, number>;
  readonly tokens: Token[];
  head: number;
  /** Tokens handed out: the number of the one at the head. */
  taken: number;
  /** A long token that is being read. */
  work: Work<void> | undefined;
}

/** go-yaml's bounds of brackets and of indentations inside one another. */
export const depthMax = 10_000;
const lineRun = /[^\n\r\u0085\u2028\u2029]{1,4096}/y;

/** @throws YamlError always: with the line, and why in plain words */
export function fail(problem: string, line: number, topic?: YamlTopic): never {
  throw new YamlError(problem, line, topic);
}

/** Asks for characters as go-yaml does. @throws YamlError */
export function need(s: Scanner, from: number, to: number, count: number): void {
  if (s.buffer !== undefined && to + 2 * count >= s.buffer.end) touch(s.buffer, s, [from, to], count);
}

/** Goes over the first character of the line where go-yaml takes it for a byte order mark. */
export function skipMark(s: Scanner): void {
  if (s.buffer === undefined || s.pos !== s.lineStart || s.pos >= s.text.length || !startsWithMark(s.buffer)) return;
  const isPair = (s.text.codePointAt(s.pos) ?? 0) > 0xffff;
  s.pos += isPair ? 2 : 1;
  if (isPair) s.lineStart++; // one column
}

/** Goes over a line break; CR LF is one. */
export function skipBreak(s: Scanner): void {
  const isPair = s.text.charCodeAt(s.pos) === code.carriageReturn && s.text.charCodeAt(s.pos + 1) === code.lineFeed;
  s.pos += isPair ? 2 : 1;
  s.line++;
  s.lineStart = s.pos;
}

/** Whether `---` or `...` begins here, at the start of a line. */
export function isDocumentMarker(s: Scanner): boolean {
  const { text, pos } = s;
  if (pos !== s.lineStart || !(text.startsWith("---", pos) || text.startsWith("...", pos))) return false;
  const after = pos + 3 < text.length ? text.charCodeAt(pos + 3) : 0;
  return after === 0 || after === code.space || after === code.tab || isBreak(after);
}

/** Where this line ends; a long one in a text with odd line breaks is cut. */
export function endOfLine(s: Scanner): number {
  if (s.hasOddBreaks) return endOfRun(lineRun, s.text, s.pos);
  const end = s.text.indexOf("\n", s.pos);
  return end < 0 ? s.text.length : end;
}

/** Number of the token that is appended next. */
export function nextNumber(s: Scanner): number {
  return s.taken + s.tokens.length - s.head;
}

/** Appends a token that reaches from `start` to where the scanner is. */
export function pushToken(s: Scanner, token: Kind, start: number, line: number): void {
  s.tokens.push({ kind: token, start, end: s.pos, line, text: "", suffix: "", style: "plain" });
}

/** Goes over an indicator and appends its token. */
export function pushIndicator(s: Scanner, token: Kind, length = 1): void {
  const start = s.pos;
  s.pos += length;
  pushToken(s, token, start, s.line);
}

/** Appends a scalar. */
export function pushScalar(
  s: Scanner,
  style: YamlStyle,
  at: { start: number; end: number; line: number },
  text: string,
): void {
  const { start, end, line } = at;
  s.tokens.push({ kind: kind.scalar, start, end, line, text, suffix: "", style });
}
