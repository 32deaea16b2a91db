// YAML 1.1 text -> tokens: indentation, simple keys, document markers, as in go-yaml v2.4.2 (scannerc.go, after libyaml: Copyright (c) 2006-2010
// Kirill Simonov, MIT licence). Tokens are made when asked for, so that what follows the first document is never looked at.
import { fail, isBlank, isBlankOrEnd, isBreak, isDocumentMarker, peek, readBreak, skip } from "./yaml-text.ts";
import { scanAnchor, scanBlock, scanDirective, scanPlain, scanQuoted, scanTag } from "./yaml-text.ts";
import type { Cursor, Directive } from "./yaml-text.ts";

type Mark =
  | ("document start" | "document end" | "stream end" | "block sequence" | "block mapping" | "block end")
  | ("[" | "]" | "{" | "}" | "," | "-" | "key" | "value");

/** `line` counts from 1. */
export type Token = { readonly line: number } & (
  | { readonly kind: Mark }
  | { readonly kind: "scalar"; readonly text: string; readonly plain: boolean }
  | { readonly kind: "anchor" | "alias"; readonly name: string }
  | { readonly kind: "tag"; readonly handle: string; readonly suffix: string }
  | { readonly kind: "directive"; readonly directive: Directive }
);

export interface Scanner {
  readonly peek: () => Token;
  readonly next: () => Token;
  /** How much of the text has been looked at. */
  readonly position: () => number;
}

/** A token that turns out to be a key when `:` follows it on the same line. */
interface SimpleKey {
  /** Which token, counted from the start of the text. */
  readonly token: number;
  readonly at: number;
  readonly line: number;
  readonly column: number;
  readonly required: boolean;
  readonly level: number;
}

/** go-yaml: max_flow_level and max_indents. */
const depthMax = 10_000;
/** YAML 1.1, 7.1: the `:` of a simple key follows within 1024 characters. */
const simpleKeyMax = 1024;

/** `text` has no line breaks but `\n`, U+2028, U+2029. Both functions throw YamlError. */
export function createScanner(text: string): Scanner {
  const cursor: Cursor = { text, at: 0, line: 0, column: 0 };
  const queue: Token[] = [];
  let taken = 0;
  let indent = -1;
  const indents: number[] = [];
  let flowLevel = 0;
  let keyAllowed = true;
  /** By flow level. */
  const keys: (SimpleKey | undefined)[] = [undefined];
  const keyOfToken = new Map<number, SimpleKey>();
  let ended = false;

  const push = (kind: Mark): void => void queue.push({ kind, line: cursor.line + 1 });

  /** The possible key of this flow level, if it still can be one. */
  function validKey(key: SimpleKey | undefined): key is SimpleKey {
    if (key === undefined) return false;
    if (key.line === cursor.line && key.at + simpleKeyMax >= cursor.at) return true;
    if (key.required) fail(cursor, "could not find expected ':'");
    forget(key);
    return false;
  }
  function forget(key: SimpleKey): void {
    keys[key.level] = undefined;
    keyOfToken.delete(key.token);
  }
  function saveKey(): void {
    if (!keyAllowed) return;
    dropKey();
    const required = flowLevel === 0 && indent === cursor.column;
    const { at, line, column } = cursor;
    const key: SimpleKey = { token: taken + queue.length, at, line, column, required, level: flowLevel };
    keys[flowLevel] = key;
    keyOfToken.set(key.token, key);
  }
  function dropKey(): void {
    const key = keys[flowLevel];
    if (key?.required === true) fail(cursor, "could not find expected ':'");
    if (key !== undefined) forget(key);
  }

  function rollIndent(column: number, kind: "block sequence" | "block mapping", token = taken + queue.length): void {
    if (flowLevel > 0 || indent >= column) return;
    indents.push(indent);
    if (indents.length > depthMax) fail(cursor, `exceeded max depth of ${depthMax}`);
    indent = column;
    queue.splice(token - taken, 0, { kind, line: cursor.line + 1 });
  }
  function unrollIndent(column: number): void {
    while (flowLevel === 0 && indent > column) {
      push("block end");
      indent = indents.pop() ?? -1;
    }
  }

  function skipToToken(): void {
    for (;;) {
      while (peek(cursor) === " " || (peek(cursor) === "\t" && (flowLevel > 0 || !keyAllowed))) skip(cursor);
      if (peek(cursor) === "#") while (peek(cursor) !== "" && !isBreak(peek(cursor))) skip(cursor);
      if (readBreak(cursor) === "") return;
      if (flowLevel === 0) keyAllowed = true;
    }
  }

  /** Before anything at the margin of a document: its collections end. */
  function leaveCollections(): void {
    unrollIndent(-1);
    dropKey();
    keyAllowed = false;
  }

  function fetchNext(): void {
    skipToToken();
    unrollIndent(cursor.column);
    const char = peek(cursor);
    const line = cursor.line + 1;
    if (char === "") {
      leaveCollections();
      push("stream end");
      ended = true;
    } else if (cursor.column === 0 && char === "%") {
      leaveCollections();
      queue.push({ kind: "directive", line, directive: scanDirective(cursor) });
    } else if (isDocumentMarker(cursor)) {
      leaveCollections();
      push(char === "-" ? "document start" : "document end");
      skip(cursor, 3);
    } else if (char === "[" || char === "{") {
      saveKey();
      if (++flowLevel > depthMax) fail(cursor, `exceeded max depth of ${depthMax}`);
      mark(char, true);
    } else if (char === "]" || char === "}") {
      dropKey();
      if (flowLevel > 0) flowLevel--;
      mark(char, false);
    } else if (char === ",") {
      dropKey();
      mark(char, true);
    } else if (char === "-" && isBlankOrEnd(peek(cursor, 1))) fetchEntry();
    else if (char === "?" && (flowLevel > 0 || isBlankOrEnd(peek(cursor, 1)))) fetchKey();
    else if (char === ":" && (flowLevel > 0 || isBlankOrEnd(peek(cursor, 1)))) fetchValue();
    else fetchContent(char, line);
  }

  function mark(kind: Mark, keyMayFollow: boolean): void {
    keyAllowed = keyMayFollow;
    push(kind);
    skip(cursor);
  }
  function fetchEntry(): void {
    if (flowLevel === 0) {
      if (!keyAllowed) fail(cursor, "block sequence entries are not allowed in this context");
      rollIndent(cursor.column, "block sequence");
    }
    dropKey();
    mark("-", true);
  }
  function fetchKey(): void {
    if (flowLevel === 0) {
      if (!keyAllowed) fail(cursor, "mapping keys are not allowed in this context");
      rollIndent(cursor.column, "block mapping");
    }
    dropKey();
    mark("key", flowLevel === 0);
  }
  function fetchValue(): void {
    const key = keys[flowLevel];
    if (validKey(key)) {
      queue.splice(key.token - taken, 0, { kind: "key", line: key.line + 1 });
      rollIndent(key.column, "block mapping", key.token);
      forget(key);
      return mark("value", false);
    }
    if (flowLevel === 0) {
      if (!keyAllowed) fail(cursor, "mapping values are not allowed in this context");
      rollIndent(cursor.column, "block mapping");
    }
    mark("value", flowLevel === 0);
  }

  function fetchContent(char: string, line: number): void {
    if ((char === "|" || char === ">") && flowLevel === 0) {
      dropKey();
      keyAllowed = true;
      queue.push({ kind: "scalar", line, text: scanBlock(cursor, indent), plain: false });
      return;
    }
    const startsPlain =
      !"-?:,[]{}#&*!|>'\"%@`\t".includes(char) ||
      (char === "-" && !isBlank(peek(cursor, 1))) ||
      (flowLevel === 0 && (char === "?" || char === ":"));
    if (!startsPlain && !"&*!'\"".includes(char)) fail(cursor, "found character that cannot start any token");
    saveKey();
    keyAllowed = false;
    if (char === "*" || char === "&")
      queue.push({ kind: char === "*" ? "alias" : "anchor", line, name: scanAnchor(cursor) });
    else if (char === "!") queue.push({ kind: "tag", line, ...scanTag(cursor) });
    else if (char === "'" || char === '"') queue.push({ kind: "scalar", line, text: scanQuoted(cursor), plain: false });
    else {
      const { text: plain, broken } = scanPlain(cursor, flowLevel > 0, indent + 1);
      queue.push({ kind: "scalar", line, text: plain, plain: true });
      if (broken) keyAllowed = true;
    }
  }

  /** The first token is ready when no key can come before it any more. */
  function fill(): Token {
    for (;;) {
      const [head] = queue;
      if (head !== undefined && (ended || !validKey(keyOfToken.get(taken)))) return head;
      fetchNext();
    }
  }

  return {
    peek: fill,
    next: () => {
      const token = fill();
      queue.shift();
      taken++;
      return token;
    },
    position: () => cursor.at,
  };
}
