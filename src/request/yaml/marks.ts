// Anchors, aliases, tags and directives of YAML 1.1, as go-yaml v2.4.2 reads them in scannerc.go (after libyaml: Copyright (c) 2006-2010 Kirill
// Simonov, MIT licence).
import { blanksAndComment, fail, isBlankOrEnd, isBreakOrEnd, peek, readBreak, skip, take } from "./cursor.ts";
import type { Cursor } from "./cursor.ts";

/** The name of an anchor or alias; the cursor stands on `&` or `*`. */
export function scanAnchor(cursor: Cursor): string {
  skip(cursor);
  const name = take(cursor, /[\w-]*/y);
  if (name === "" || !(isBlankOrEnd(peek(cursor)) || "?:,]}%@`".includes(peek(cursor)))) {
    fail(cursor, "did not find expected alphabetic or numeric character");
  }
  return name;
}

const uri = /[\w\-;/?:@&=+$,.!~*'()[\]%]*/y;

/** A tag as handle and suffix; the handle is empty for `!<uri>` and for `!` alone. */
export function scanTag(cursor: Cursor): { handle: string; suffix: string } {
  let handle = "";
  let suffix: string;
  if (peek(cursor, 1) === "<") {
    skip(cursor, 2);
    suffix = readUri(cursor, false);
    if (peek(cursor) !== ">") fail(cursor, "did not find the expected '>'");
    skip(cursor);
  } else {
    const start = take(cursor, /![\w-]*!?/y);
    const isHandle = start.length > 1 && start.endsWith("!");
    suffix = isHandle ? readUri(cursor, false) : start.slice(1) + readUri(cursor, true);
    handle = isHandle ? start : "!";
    if (suffix === "") [handle, suffix] = ["", "!"];
  }
  if (!isBlankOrEnd(peek(cursor))) fail(cursor, "did not find expected whitespace or line break");
  return { handle, suffix };
}

function readUri(cursor: Cursor, mayBeEmpty: boolean): string {
  const raw = take(cursor, uri);
  if (raw === "" && !mayBeEmpty) fail(cursor, "did not find expected tag URI");
  try {
    return decodeURIComponent(raw);
  } catch {
    return fail(cursor, "did not find URI escaped octet");
  }
}

export type Directive = { readonly version: string } | { readonly handle: string; readonly prefix: string };

/** A `%YAML` or `%TAG` line. */
export function scanDirective(cursor: Cursor): Directive {
  const name = take(cursor, /%[\w-]*/y).slice(1);
  if (name === "" || !isBlankOrEnd(peek(cursor))) fail(cursor, "could not find expected directive name");
  if (name !== "YAML" && name !== "TAG") fail(cursor, "found unknown directive name");
  take(cursor, /[ \t]*/y);
  const directive = name === "YAML" ? { version: readVersion(cursor) } : readTagDirective(cursor);
  take(cursor, blanksAndComment);
  if (!isBreakOrEnd(peek(cursor))) fail(cursor, "did not find expected comment or line break");
  readBreak(cursor);
  return directive;
}

function readVersion(cursor: Cursor): string {
  const version = take(cursor, /[0-9]{1,2}\.[0-9]{1,2}/y);
  if (version === "") fail(cursor, "did not find expected version number");
  return version;
}

function readTagDirective(cursor: Cursor): Directive {
  const handle = take(cursor, /!(?:[\w-]*!)?/y);
  if (handle === "") fail(cursor, "did not find expected '!'");
  if (take(cursor, /[ \t]*/y) === "") fail(cursor, "did not find expected whitespace");
  const prefix = readUri(cursor, false);
  if (!isBlankOrEnd(peek(cursor))) fail(cursor, "did not find expected whitespace or line break");
  return { handle, prefix };
}
