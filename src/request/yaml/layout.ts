// The layout of a YAML 1.1 text while it is scanned: tokens in waiting, indentation, flow level, and which tokens may yet turn out to be keys. As in
// go-yaml v2.4.2, scannerc.go (after libyaml: Copyright (c) 2006-2010 Kirill Simonov, MIT licence).
import { fail } from "./cursor.ts";
import type { Cursor } from "./cursor.ts";
import type { Directive } from "./marks.ts";

export type Mark =
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

/** A token that turns out to be a key when `:` follows it on the same line. */
interface SimpleKey {
  /** Which token, counted from the start of the text. */
  readonly token: number;
  readonly at: number;
  readonly line: number;
  readonly column: number;
  /** Nothing but a key can stand there. */
  readonly required: boolean;
  readonly level: number;
}

/** go-yaml: max_flow_level and max_indents. */
const depthMax = 10_000;
/** YAML 1.1, 7.1: the `:` of a simple key follows within 1024 characters. */
const simpleKeyMax = 1024;

export interface Layout {
  /** A key may start at the next token. */
  keyAllowed: boolean;
  /** Column of the innermost block collection, -1 outside. */
  readonly indent: () => number;
  readonly inFlow: () => boolean;
  readonly openFlow: () => void;
  readonly closeFlow: () => void;
  readonly push: (token: Token) => void;
  readonly take: () => void;
  /** The first token in waiting, once it is certain that no key comes before it. */
  readonly head: () => Token | undefined;
  /** The next token may be a key. */
  readonly saveKey: () => void;
  /** What might have been a key is none. */
  readonly dropKey: () => void;
  /** `:` was read: makes a key of what might be one. False when there is nothing. */
  readonly makeKey: () => boolean;
  readonly rollIndent: (kind: "block sequence" | "block mapping") => void;
  readonly unrollIndent: (column: number) => void;
}

/** All functions but the plain questions throw YamlError. */
export function createLayout(cursor: Cursor): Layout {
  const queue: Token[] = [];
  let taken = 0;
  let indent = -1;
  const indents: number[] = [];
  let flowLevel = 0;
  /** By flow level. */
  const keys: (SimpleKey | undefined)[] = [];
  const keyOfToken = new Map<number, SimpleKey>();
  /** By flow level: the token of the opening bracket, until a key is saved inside. */
  const openings: (number | undefined)[] = [];

  const newest = (): number => taken + queue.length;

  /** Where go-yaml would insert before the first token, it appends. */
  function insert(token: number, inserted: Token): void {
    if (token < taken) queue.push(inserted);
    else queue.splice(token - taken, 0, inserted);
  }
  function isPossible(key: SimpleKey | undefined): key is SimpleKey {
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
  function roll(column: number, kind: "block sequence" | "block mapping", token: number, line: number): void {
    if (flowLevel > 0 || indent >= column) return;
    indents.push(indent);
    if (indents.length > depthMax) fail(cursor, `exceeded max depth of ${depthMax}`);
    indent = column;
    insert(token, { kind, line });
  }
  function dropKey(): void {
    const key = keys[flowLevel];
    if (key?.required === true) fail(cursor, "could not find expected ':'");
    if (key !== undefined) forget(key);
  }

  const layout: Layout = {
    keyAllowed: true,
    indent: () => indent,
    inFlow: () => flowLevel > 0,
    openFlow: () => {
      if (++flowLevel > depthMax) fail(cursor, `exceeded max depth of ${depthMax}`);
      openings[flowLevel] = newest();
    },
    closeFlow: () => {
      if (flowLevel === 0) return;
      // go-yaml's table of keys loses an empty collection here: `[]: a` is no key but the end of the document.
      const opening = openings[flowLevel--];
      if (opening !== undefined) keyOfToken.delete(opening);
    },
    push: (token) => void queue.push(token),
    take: () => {
      queue.shift();
      taken++;
    },
    head: () => (queue.length > 0 && !isPossible(keyOfToken.get(taken)) ? queue[0] : undefined),
    saveKey: () => {
      if (!layout.keyAllowed) return;
      dropKey();
      const { at, line, column } = cursor;
      const required = flowLevel === 0 && indent === column;
      const key: SimpleKey = { token: newest(), at, line, column, required, level: flowLevel };
      keys[flowLevel] = key;
      keyOfToken.set(key.token, key);
      openings[flowLevel] = undefined;
    },
    dropKey,
    makeKey: () => {
      const key = keys[flowLevel];
      if (!isPossible(key)) return false;
      insert(key.token, { kind: "key", line: key.line + 1 });
      roll(key.column, "block mapping", key.token, key.line + 1);
      forget(key);
      return true;
    },
    rollIndent: (kind) => roll(cursor.column, kind, newest(), cursor.line + 1),
    unrollIndent: (column) => {
      while (flowLevel === 0 && indent > column) {
        queue.push({ kind: "block end", line: cursor.line + 1 });
        indent = indents.pop() ?? -1;
      }
    },
  };
  return layout;
}
