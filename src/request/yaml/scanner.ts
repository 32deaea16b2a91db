// YAML 1.1 text -> tokens, as go-yaml v2.4.2 makes them in scannerc.go (after libyaml: Copyright (c) 2006-2010 Kirill Simonov, MIT licence). They
// are made when asked for, so that what follows the first document is never looked at.
import {
  blanksAndComment,
  fail,
  isBlank,
  isBlankOrEnd,
  isDocumentMarker,
  peek,
  readBreak,
  skip,
  take,
} from "./cursor.ts";
import type { Cursor } from "./cursor.ts";
import { createLayout } from "./layout.ts";
import type { Mark, Token } from "./layout.ts";
import { scanAnchor, scanDirective, scanTag } from "./marks.ts";
import { scanBlock, scanPlain, scanQuoted } from "./text.ts";

export interface Scanner {
  readonly peek: () => Token;
  readonly next: () => Token;
  /** How much of the text has been looked at. */
  readonly position: () => number;
}

const spacesAndComment = / *(?:#[^\n\u2028\u2029]*)?/y;

/** `text` has no line breaks but `\n`, U+2028, U+2029. `peek` and `next` throw YamlError; after the last token they go on giving it. */
export function createScanner(text: string): Scanner {
  const cursor: Cursor = { text, at: 0, line: 0, column: 0 };
  const layout = createLayout(cursor);

  const push = (kind: Mark): void => layout.push({ kind, line: cursor.line + 1 });

  function skipToToken(): void {
    for (;;) {
      // Tabs count where no key can start, so that they never stand for indentation.
      take(cursor, layout.inFlow() || !layout.keyAllowed ? blanksAndComment : spacesAndComment);
      if (readBreak(cursor) === "") return;
      if (!layout.inFlow()) layout.keyAllowed = true;
    }
  }

  function fetchNext(): void {
    skipToToken();
    layout.unrollIndent(cursor.column);
    const char = peek(cursor);
    const followed = !isBlankOrEnd(peek(cursor, 1));
    if (char === "" || isDocumentMarker(cursor) || (cursor.column === 0 && char === "%")) fetchMargin(char);
    else if (char === "[" || char === "{") {
      layout.saveKey();
      layout.openFlow();
      mark(char, true);
    } else if (char === "]" || char === "}") {
      layout.dropKey();
      layout.closeFlow();
      mark(char, false);
    } else if (char === ",") {
      layout.dropKey();
      mark(char, true);
    } else if (char === "-" && !followed) fetchIndicator("-", "block sequence", "block sequence entries");
    else if (char === "?" && (layout.inFlow() || !followed)) fetchIndicator("key", "block mapping", "mapping keys");
    else if (char === ":" && (layout.inFlow() || !followed)) fetchValue();
    else if ((char === "|" || char === ">") && !layout.inFlow()) fetchBlock();
    else fetchContent(char);
  }

  /** What stands at the margin of a document, or ends the text: all collections end before it. */
  function fetchMargin(char: string): void {
    if (char === "" && cursor.column !== 0) {
      cursor.line++; // the end of the text ends its last line too: no key there has its `:` yet to come
      cursor.column = 0;
    }
    layout.unrollIndent(-1);
    layout.dropKey();
    layout.keyAllowed = false;
    const line = cursor.line + 1;
    if (char === "%") return layout.push({ kind: "directive", line, directive: scanDirective(cursor) });
    push(char === "" ? "stream end" : char === "-" ? "document start" : "document end");
    if (char !== "") skip(cursor, 3);
  }

  function mark(kind: Mark, keyMayFollow: boolean): void {
    layout.keyAllowed = keyMayFollow;
    push(kind);
    skip(cursor);
  }

  function fetchIndicator(
    kind: "-" | "key" | "value",
    collection: "block sequence" | "block mapping",
    what: string,
  ): void {
    if (!layout.inFlow()) {
      if (!layout.keyAllowed) fail(cursor, `${what} are not allowed in this context`);
      layout.rollIndent(collection);
    }
    if (kind !== "value") layout.dropKey();
    mark(kind, kind === "-" || !layout.inFlow());
  }

  function fetchValue(): void {
    if (layout.makeKey()) mark("value", false);
    else fetchIndicator("value", "block mapping", "mapping values");
  }

  function fetchBlock(): void {
    layout.dropKey();
    layout.keyAllowed = true;
    const line = cursor.line + 1;
    layout.push({ kind: "scalar", line, text: scanBlock(cursor, layout.indent()), plain: false });
  }

  function fetchContent(char: string): void {
    const startsPlain =
      !"-?:,[]{}#&*!|>'\"%@`\t".includes(char) ||
      (char === "-" && !isBlank(peek(cursor, 1))) ||
      (!layout.inFlow() && (char === "?" || char === ":"));
    if (!startsPlain && !"&*!'\"".includes(char)) fail(cursor, "found character that cannot start any token");
    layout.saveKey();
    layout.keyAllowed = false;
    const line = cursor.line + 1;
    if (char === "*" || char === "&")
      layout.push({ kind: char === "*" ? "alias" : "anchor", line, name: scanAnchor(cursor) });
    else if (char === "!") layout.push({ kind: "tag", line, ...scanTag(cursor) });
    else if (char === "'" || char === '"')
      layout.push({ kind: "scalar", line, text: scanQuoted(cursor), plain: false });
    else {
      const plain = scanPlain(cursor, layout.inFlow(), layout.indent() + 1);
      layout.push({ kind: "scalar", line, text: plain.text, plain: true });
      if (plain.broken) layout.keyAllowed = true;
    }
  }

  function head(): Token {
    for (;;) {
      const token = layout.head();
      if (token !== undefined) return token;
      fetchNext();
    }
  }

  let ready: Token | undefined;
  const peekToken = (): Token => (ready ??= head());
  return {
    peek: peekToken,
    next: () => {
      const token = peekToken();
      if (token.kind !== "stream end") {
        layout.take();
        ready = undefined;
      }
      return token;
    },
    position: () => cursor.at,
  };
}
