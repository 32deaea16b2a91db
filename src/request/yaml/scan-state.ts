// The state of the scanner, its tokens and its simple keys. A simple key is a place where a key without `?` may have begun: whether it did is known
// when the `:` comes, on the same line and within 1024 characters. Follows go-yaml's scannerc.go, which follows libyaml.
import type { Work } from "../../work.ts";
import { startsWithMark, touch } from "./buffer.ts";
import type { Buffer } from "./buffer.ts";
import { code, endOfRun, isBreak } from "./characters.ts";
import { YamlError } from "./error.ts";
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
  /** Of a tag what follows the handle, of a tag directive its prefix. */
  readonly suffix: string;
  readonly style: YamlStyle;
}

interface SimpleKey {
  isPossible: boolean;
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
  isInComment: boolean;
  readonly keys: SimpleKey[];
  /** Number of a token -> the level whose simple key would begin with it. */
  readonly keyTokens: Map<number, number>;
  tokens: Token[];
  head: number;
  /** Tokens handed out: the number of the one at the head. */
  taken: number;
  /** A long token that is being read. */
  work: Work<void> | undefined;
}

/** go-yaml's bounds of brackets and of indentations inside one another. */
export const depthMax = 10_000;
const keyCharactersMax = 1024;
const lineRun = /[^\n\r\u0085\u2028\u2029]{1,4096}/y;

/** @throws YamlError always: with the line, and why in plain words */
export function fail(problem: string, line: number): never {
  throw new YamlError(`line ${line}: ${problem}`);
}

/** Asks for characters as go-yaml does. @throws YamlError */
export function need(s: Scanner, from: number, to: number, count: number): void {
  if (s.buffer !== undefined) touch(s.buffer, s, [from, to], count);
}

/** Whether the first character of the line is passed over, as a byte order mark. */
export function isAtMark(s: Scanner): boolean {
  return s.buffer !== undefined && s.pos === s.lineStart && s.pos < s.text.length && startsWithMark(s.buffer);
}

/** Goes over a line break; CR LF is one. */
export function skipBreak(s: Scanner): void {
  const isPair =
    s.text.charCodeAt(s.pos) === code.carriageReturn && s.text.charCodeAt(s.pos + 1) === code.lineFeed;
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

/** Appends a token that reaches from `start` to where the scanner is. */
export function pushToken(s: Scanner, token: Kind, start: number, line: number, text = ""): void {
  s.tokens.push({ kind: token, start, end: s.pos, line, text, suffix: "", style: "plain" });
}

/** Appends a scalar. */
export function pushScalar(
  s: Scanner,
  style: YamlStyle,
  { start, end, line }: { start: number; end: number; line: number },
  text: string,
): void {
  s.tokens.push({ kind: kind.scalar, start, end, line, text, suffix: "", style });
}

/** Where this line ends; a long one only in texts with odd line breaks ends earlier. */
export function endOfLine(s: Scanner): number {
  if (s.hasOddBreaks) return endOfRun(lineRun, s.text, s.pos);
  const end = s.text.indexOf("\n", s.pos);
  return end < 0 ? s.text.length : end;
}

/** Puts a token of no length before the one of a number; at the end where that one has been handed out, as after `[]` in `[]: a`. */
export function insertToken(s: Scanner, token: Kind, at: { start: number; line: number }, number: number): void {
  const { start, line } = at;
  const inserted: Token = { kind: token, start, end: start, line, text: "", suffix: "", style: "plain" };
  if (number < s.taken) s.tokens.push(inserted);
  else s.tokens.splice(s.head + number - s.taken, 0, inserted);
}

function missingColon(key: SimpleKey): never {
  return fail("a ':' is missing behind a key, or the text is indented too little", key.line);
}

/** Whether a `:` here would make a key of what began there. @throws YamlError where it has to be one and can't */
export function isKeyValid(s: Scanner, key: SimpleKey): boolean {
  if (!key.isPossible) return false;
  if (key.line === s.line && !isFurther(s, key.start)) return true;
  if (key.isRequired) missingColon(key);
  key.isPossible = false;
  return false;
}

/** Whether more than 1024 characters lie between; a pair of surrogates is one. */
function isFurther({ text, pos }: Scanner, start: number): boolean {
  if (pos - start <= keyCharactersMax) return false;
  if (pos - start > 2 * keyCharactersMax) return true;
  return [...text.slice(start, pos)].length > keyCharactersMax;
}

/** Notes that a simple key may begin here. @throws YamlError */
export function saveKey(s: Scanner): void {
  if (!s.isKeyAllowed) return;
  const column = s.pos - s.lineStart;
  const token = s.taken + (s.tokens.length - s.head);
  removeKey(s);
  const key = s.keys[s.flow] as SimpleKey;
  key.isPossible = true;
  key.isRequired = s.flow === 0 && s.indent === column;
  key.token = token;
  key.start = s.pos;
  key.line = s.line;
  key.column = column;
  s.keyTokens.set(token, s.flow);
}

/** Forgets the simple key of this level. @throws YamlError where it has to be a key */
export function removeKey(s: Scanner): void {
  const key = s.keys[s.flow] as SimpleKey;
  if (!key.isPossible) return;
  if (key.isRequired) missingColon(key);
  key.isPossible = false;
  s.keyTokens.delete(key.token);
}

/** Opens a bracket. @throws YamlError */
export function openFlow(s: Scanner): void {
  const token = s.taken + (s.tokens.length - s.head);
  s.keys.push({ isPossible: false, isRequired: false, token, start: 0, line: 0, column: 0 });
  if (++s.flow > depthMax) fail(`exceeded max depth of ${depthMax}`, s.line);
}

/**
 * Closes a bracket; one too many is the parser's to refuse. Between brackets without a key, the number is still that of the bracket: go-yaml then
 * forgets that the bracket may begin a key itself, and so do we.
 */
export function closeFlow(s: Scanner): void {
  if (s.flow === 0) return;
  s.flow--;
  const key = s.keys.pop();
  if (key !== undefined) s.keyTokens.delete(key.token);
}

/** Begins a block collection at a column, before the token of a number, unless one is open there. @throws YamlError */
export function rollIndent(s: Scanner, column: number, token: Kind, at: { start: number; line: number; number: number }): void {
  if (s.flow > 0 || s.indent >= column) return;
  s.indents.push(s.indent);
  s.indent = column;
  if (s.indents.length > depthMax) fail(`exceeded max depth of ${depthMax}`, at.line);
  insertToken(s, token, at, at.number);
}

/** Ends the block collections that began right of a column. */
export function unrollIndent(s: Scanner, column: number): void {
  if (s.flow > 0) return;
  while (s.indent > column) {
    pushToken(s, kind.blockEnd, s.pos, s.line);
    s.indent = s.indents.pop() ?? -1;
  }
}
