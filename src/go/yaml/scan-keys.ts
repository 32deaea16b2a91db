// Simple keys and indentation. A simple key is a place where a key without `?` may have begun: whether it did is known when the `:` comes, on the same
// line and within 1024 characters; the tokens of a key, and of a block that begins with it, are then put in before it.
import { code, codeAt, isBlankOrEnd } from "./characters.ts";
import { depthMax, fail, kind, nextNumber, pushIndicator, pushToken } from "./scan-state.ts";
import type { Kind, Scanner, SimpleKey, Token } from "./scan-state.ts";

const keyCharactersMax = 1024;

/** A level's simple key before there is one. */
export function noKey(token: number): SimpleKey {
  return { isPossible: false, isAwaited: false, isRequired: false, token, start: 0, line: 0, column: 0 };
}

function missingColon(key: SimpleKey): never {
  return fail("a ':' is missing behind a key, or the text is indented too little", key.line);
}

/** Whether the token at the head waits for what follows it. @throws YamlError */
export function isHeadAwaited(s: Scanner): boolean {
  const outermost = s.keys[0] as SimpleKey;
  if (outermost.token === s.taken && outermost.isAwaited) return isKeyValid(s, outermost);
  const level = s.flow === 0 ? undefined : s.keyTokens.get(s.taken);
  const key = level === undefined ? undefined : s.keys[level];
  return key !== undefined && isKeyValid(s, key);
}

/** Whether a `:` here would make a key of what began there. @throws YamlError where it has to be one and can't */
function isKeyValid(s: Scanner, key: SimpleKey): boolean {
  if (!key.isPossible) return false;
  if (key.line === s.line && !isFurther(s, key.start)) return true;
  if (key.isRequired) missingColon(key);
  key.isPossible = false;
  return false;
}

/** Whether more than 1024 characters lie between; a pair of surrogates is one. */
function isFurther({ text, pos, hasPairs }: Scanner, start: number): boolean {
  if (pos - start <= keyCharactersMax) return false;
  if (!hasPairs || pos - start > 2 * keyCharactersMax) return true;
  return text.slice(start, pos).replaceAll(/[\uDC00-\uDFFF]/g, "").length > keyCharactersMax;
}

/** Notes that a simple key may begin here. @throws YamlError */
export function saveKey(s: Scanner): void {
  if (!s.isKeyAllowed) return;
  const key = s.keys[s.flow] as SimpleKey;
  if (key.isPossible) removeKey(s);
  const column = s.pos - s.lineStart;
  key.isPossible = true;
  key.isRequired = s.flow === 0 && s.indent === column;
  key.token = nextNumber(s);
  key.start = s.pos;
  key.line = s.line;
  key.column = column;
  if (s.flow === 0) key.isAwaited = true;
  else s.keyTokens.set(key.token, s.flow);
}

/** Forgets the simple key of this level. @throws YamlError where it has to be a key */
export function removeKey(s: Scanner): void {
  const key = s.keys[s.flow] as SimpleKey;
  if (!key.isPossible) return;
  if (key.isRequired) missingColon(key);
  endKey(s, key);
}

function endKey(s: Scanner, key: SimpleKey): void {
  key.isPossible = false;
  key.isAwaited = false;
  if (s.flow > 0) s.keyTokens.delete(key.token);
}

/** Opens a bracket. @throws YamlError */
export function openFlow(s: Scanner): void {
  s.keys.push(noKey(nextNumber(s)));
  if (++s.flow > depthMax) fail(`exceeded max depth of ${depthMax}`, s.line);
}

/**
 * Closes a bracket; one too many is the parser's to refuse. Between brackets without a key, the number is still that of the bracket: go-yaml then
 * forgets that the bracket may begin a key itself, and so do we.
 */
export function closeFlow(s: Scanner): void {
  if (s.flow === 0) return;
  s.flow--;
  const { token } = s.keys.pop() as SimpleKey;
  s.keyTokens.delete(token);
  const outermost = s.keys[0] as SimpleKey;
  if (outermost.token === token) outermost.isAwaited = false;
}

/** Puts a token of no length before the one of a number; at the end where that one has been handed out, as after `[]` in `[]: a`. */
function insertToken(s: Scanner, token: Kind, { start, line }: { start: number; line: number }, number: number): void {
  const inserted: Token = { kind: token, start, end: start, line, text: "", suffix: "", style: "plain" };
  const { tokens } = s;
  const index = number < s.taken ? tokens.length : s.head + number - s.taken;
  if (index !== tokens.length - 1) tokens.splice(index, 0, inserted);
  else {
    tokens.push(tokens[index] as Token); // nearly always: a key is one scalar
    tokens[index] = inserted;
  }
}

interface Beginning {
  readonly start: number;
  readonly line: number;
  readonly column: number;
  readonly token: number;
}

/** Begins a block collection at a column, unless one is open there. @throws YamlError */
function rollIndent(s: Scanner, token: Kind, at: Beginning): void {
  if (s.flow > 0 || s.indent >= at.column) return;
  s.indents.push(s.indent);
  s.indent = at.column;
  if (s.indents.length > depthMax) fail(`exceeded max depth of ${depthMax}`, at.line);
  insertToken(s, token, at, at.token);
}

/** Begins a block collection here, where one may begin. @throws YamlError */
export function rollHere(s: Scanner, token: Kind, problem: string): void {
  if (!s.isKeyAllowed) fail(problem, s.line);
  if (s.indent >= s.pos - s.lineStart) return;
  rollIndent(s, token, { start: s.pos, line: s.line, column: s.pos - s.lineStart, token: nextNumber(s) });
}

/** Ends the block collections that began right of a column. */
export function unrollIndent(s: Scanner, column: number): void {
  if (s.flow > 0) return;
  while (s.indent > column) {
    pushToken(s, kind.blockEnd, s.pos, s.line);
    s.indent = s.indents.pop() ?? -1;
  }
}

/** A `:`. @throws YamlError */
export function fetchValue(s: Scanner): void {
  const key = s.keys[s.flow];
  if (key !== undefined && isKeyValid(s, key)) {
    insertToken(s, kind.key, key, key.token);
    rollIndent(s, kind.blockMappingStart, key);
    endKey(s, key);
    s.isKeyAllowed = false;
  } else {
    const problem = "a key and ':' are not allowed here: correct the indentation, or put a text with ': ' in quotes";
    if (s.flow === 0) rollHere(s, kind.blockMappingStart, problem);
    s.isKeyAllowed = s.flow === 0;
  }
  pushIndicator(s, kind.value);
}

/** The `:` behind a scalar that has just been read and may be a key: its token would be asked for next in any case. @throws YamlError */
export function fetchValueBehind(s: Scanner): void {
  if (codeAt(s.text, s.pos) !== code.colon) return;
  const key = s.keys[s.flow];
  if (key?.isPossible !== true || key.token !== nextNumber(s) - 1) return;
  if (key.line !== s.line || s.pos - key.start > keyCharactersMax) return;
  if (s.flow > 0 || isBlankOrEnd(codeAt(s.text, s.pos + 1))) fetchValue(s);
}
