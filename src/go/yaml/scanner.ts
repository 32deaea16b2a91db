// A YAML text -> tokens, one by one, as go-yaml v2's scanner finds them: never further than its parser asks, because what follows the first document is
// not looked at. Follows scannerc.go. Where js and Go differ in counting (bytes, UTF-16 units, characters), see scan-state.ts and buffer.ts.
import { code, codeAt, isBlank, isBlankOrEnd } from "./characters.ts";
import type { Buffer } from "./buffer.ts";
import { fetchBlockScalar } from "./scan-block.ts";
import { passSpace } from "./scan-space.ts";
import { fetchPlain } from "./scan-plain.ts";
import { fetchQuoted } from "./scan-quoted.ts";
import {
  closeFlow,
  fetchValue,
  isHeadAwaited,
  noKey,
  openFlow,
  removeKey,
  rollHere,
  saveKey,
  unrollIndent,
} from "./scan-keys.ts";
import { fail, isDocumentMarker, kind, need, pushIndicator, pushToken } from "./scan-state.ts";
import type { Kind, Scanner, Token } from "./scan-state.ts";
import { fetchAnchor, fetchDirective, fetchTag } from "./scan-words.ts";

/** Tokens read in one go. */
const stretch = 16;

/** `buffer`: only where the text has characters that need it. */
export function createScanner(
  text: string,
  { hasOddBreaks, hasPairs }: Pick<Scanner, "hasOddBreaks" | "hasPairs">,
  buffer: Buffer | undefined,
): Scanner {
  const start = text.startsWith("\uFEFF") ? 1 : 0;
  return {
    text,
    hasOddBreaks,
    hasPairs,
    buffer,
    pos: start,
    line: 1,
    lineStart: start,
    indent: -1,
    indents: [],
    flow: 0,
    isKeyAllowed: true,
    isInSpace: false,
    isInComment: false,
    keys: [noKey(0)],
    keyTokens: new Map(),
    tokens: [],
    head: 0,
    taken: 0,
    work: undefined,
  };
}

/** Reads on for a short while; whether the next token can be taken. A token that may begin a key waits until that is known. @throws YamlError */
export function readAhead(s: Scanner): boolean {
  for (let steps = 0; steps < stretch; steps++) {
    if (s.work !== undefined) {
      if (s.work.next().done !== true) return false;
      s.work = undefined;
    }
    if (!s.isInSpace && s.head < s.tokens.length && !isHeadAwaited(s)) return true;
    s.isInSpace = !fetch(s); // what comes behind the space is looked at before the head is asked again
    if (s.isInSpace) return false;
  }
  return false;
}

/** The next token; only after `readAhead` has said so. */
export function takeToken(s: Scanner): Token {
  const token = s.tokens[s.head] as Token;
  s.head++;
  s.taken++;
  if (s.head === s.tokens.length) {
    s.tokens.length = 0;
    s.head = 0;
  } else if (s.head >= 1024) {
    s.tokens.splice(0, s.head);
    s.head = 0;
  }
  return token;
}

/** One more token, or the beginning of one (`work`). False: not yet, but more blanks and comments are passed over. */
function fetch(s: Scanner): boolean {
  if (!passSpace(s)) return false;
  const { text, pos } = s;
  unrollIndent(s, pos - s.lineStart);
  need(s, pos, pos, 4);
  if (pos >= text.length) fetchEnd(s);
  else if (pos === s.lineStart && text.charCodeAt(pos) === code.percent) fetchDirective(s);
  else if (isDocumentMarker(s))
    fetchMarker(s, text.charCodeAt(pos) === code.dash ? kind.documentStart : kind.documentEnd);
  else fetchToken(s, text.charCodeAt(pos));
  return true;
}

function fetchToken(s: Scanner, unit: number): void {
  const next = codeAt(s.text, s.pos + 1);
  const isBlock = s.flow === 0;
  switch (unit) {
    case code.openBracket:
      return fetchOpen(s, kind.flowSequenceStart);
    case code.openBrace:
      return fetchOpen(s, kind.flowMappingStart);
    case code.closeBracket:
      return fetchClose(s, kind.flowSequenceEnd);
    case code.closeBrace:
      return fetchClose(s, kind.flowMappingEnd);
    case code.comma:
      return fetchComma(s);
    case code.dash:
      if (isBlankOrEnd(next)) return fetchEntry(s);
      break;
    case code.question:
      if (!isBlock || isBlankOrEnd(next)) return fetchKey(s);
      break;
    case code.colon:
      if (!isBlock || isBlankOrEnd(next)) return fetchValue(s);
      break;
    case code.asterisk:
      return fetchAnchor(s, kind.alias);
    case code.ampersand:
      return fetchAnchor(s, kind.anchor);
    case code.exclamation:
      return fetchTag(s);
    case code.bar:
    case code.greater:
      if (isBlock) return fetchBlockScalar(s, unit === code.bar);
      return refuse(s);
    case code.singleQuote:
    case code.doubleQuote:
      return fetchQuoted(s, unit === code.singleQuote);
    case code.tab:
    case code.percent:
    case 0x40:
    case 0x60:
      return refuse(s);
  }
  fetchPlain(s);
}

/** What can't begin a token: a tab, `%`, `@`, a backtick, and between brackets `|` and `>`. */
function refuse(s: Scanner): never {
  const char = s.text.charAt(s.pos);
  if (isBlank(s.text.charCodeAt(s.pos))) fail("a tab can't be used for indentation", s.line, "tab");
  return fail(`a text can't begin with ${char} here: put it in quotes`, s.line);
}

function fetchEnd(s: Scanner): void {
  const { line } = s;
  if (s.pos !== s.lineStart) {
    s.line++;
    s.lineStart = s.pos;
  }
  unrollIndent(s, -1);
  removeKey(s);
  s.isKeyAllowed = false;
  pushToken(s, kind.streamEnd, s.pos, line);
}

function fetchMarker(s: Scanner, token: Kind): void {
  unrollIndent(s, -1);
  removeKey(s);
  s.isKeyAllowed = false;
  pushIndicator(s, token, 3);
}

function fetchOpen(s: Scanner, token: Kind): void {
  saveKey(s);
  openFlow(s);
  s.isKeyAllowed = true;
  pushIndicator(s, token);
}

function fetchClose(s: Scanner, token: Kind): void {
  removeKey(s);
  closeFlow(s);
  s.isKeyAllowed = false;
  pushIndicator(s, token);
}

function fetchComma(s: Scanner): void {
  removeKey(s);
  s.isKeyAllowed = true;
  pushIndicator(s, kind.flowEntry);
}

function fetchEntry(s: Scanner): void {
  if (s.flow === 0)
    rollHere(s, kind.blockSequenceStart, "a list entry (-) can't begin here: put it on a line of its own");
  removeKey(s);
  s.isKeyAllowed = true;
  pushIndicator(s, kind.blockEntry);
}

function fetchKey(s: Scanner): void {
  if (s.flow === 0) rollHere(s, kind.blockMappingStart, "a key (?) can't begin here");
  removeKey(s);
  s.isKeyAllowed = s.flow === 0;
  pushIndicator(s, kind.key);
}
