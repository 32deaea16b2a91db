// Anchors, aliases, tags and directives. Follows yaml_parser_scan_anchor, _tag and _directive.
import type { Work } from "../../work.ts";
import { code, codeAt, endOfRun, isBlank, isBlankOrEnd, isBreak } from "./characters.ts";
import { endOfLine, fail, kind, need, skipBreak } from "./scan-state.ts";
import { addPiece, createPieces, textOfPieces } from "./pieces.ts";
import { removeKey, saveKey, unrollIndent } from "./scan-keys.ts";
import type { Kind, Scanner } from "./scan-state.ts";

const nameRun = /[0-9A-Za-z_-]{1,4096}/y;
const uriRun = /[0-9A-Za-z_;/?:@&=+$,.!~*'()[\]-]{1,4096}/y;
const blanks = /[ \t]{1,4096}/y;
/** What may follow an anchor besides blanks and line breaks. */
const afterAnchor: ReadonlySet<number> = new Set(Array.from("?:,]}%@`", (char) => char.charCodeAt(0)));

/** Begins to read an anchor or an alias. @throws YamlError */
export function fetchAnchor(s: Scanner, token: Kind): void {
  saveKey(s);
  s.isKeyAllowed = false;
  s.work = readAnchor(s, token);
}

/** Begins to read a tag. @throws YamlError */
export function fetchTag(s: Scanner): void {
  saveKey(s);
  s.isKeyAllowed = false;
  s.work = readTag(s);
}

/** Begins to read a directive. @throws YamlError */
export function fetchDirective(s: Scanner): void {
  unrollIndent(s, -1);
  removeKey(s);
  s.isKeyAllowed = false;
  s.work = readDirective(s);
}

/** Goes over a run of characters, in stretches, and gives it. */
function* take(s: Scanner, run: RegExp): Work<string> {
  const from = s.pos;
  for (;;) {
    const to = endOfRun(run, s.text, s.pos);
    need(s, s.pos, to, 1);
    if (to === s.pos) return s.text.slice(from, to);
    s.pos = to;
    if (to - from > 256) yield;
  }
}

function* readAnchor(s: Scanner, token: Kind): Work<void> {
  const { pos: start, line, text } = s;
  s.pos++;
  const name = yield* take(s, nameRun);
  const after = codeAt(text, s.pos);
  if (name === "" || !(isBlankOrEnd(after) || afterAnchor.has(after))) {
    const what = token === kind.anchor ? "an anchor (&)" : "an alias (*)";
    fail(`the name of ${what} has letters, digits, - and _ only; put other texts in quotes`, line);
  }
  s.tokens.push({ kind: token, start, end: s.pos, line, text: name, suffix: "", style: "plain" });
}

function* readTag(s: Scanner): Work<void> {
  const { pos: start, line, text } = s;
  need(s, start, start, 2);
  let handle = "";
  let suffix: string;
  if (codeAt(text, start + 1) === code.less) {
    s.pos += 2;
    suffix = yield* readUri(s, "");
    if (codeAt(text, s.pos) !== code.greater) fail("a tag that begins with !< ends with >", line);
    s.pos++;
  } else {
    handle = yield* readHandle(s, false);
    if (handle.length > 1 && handle.endsWith("!")) suffix = yield* readUri(s, "");
    else {
      suffix = yield* readUri(s, handle);
      handle = suffix === "" ? "" : "!";
      if (suffix === "") suffix = "!";
    }
  }
  need(s, s.pos, s.pos, 1);
  if (!isBlankOrEnd(codeAt(text, s.pos))) fail("a blank is expected behind a tag", line);
  s.tokens.push({ kind: kind.tag, start, end: s.pos, line, text: handle, suffix, style: "plain" });
}

/** `!`, `!name!`, or `!name`, which is the start of a whole tag. */
function* readHandle(s: Scanner, isDirective: boolean): Work<string> {
  const { text, pos: start } = s;
  need(s, start, start, 1);
  if (codeAt(text, start) !== code.exclamation) fail("a tag begins with !", s.line);
  s.pos++;
  yield* take(s, nameRun);
  if (codeAt(text, s.pos) === code.exclamation) s.pos++;
  else if (isDirective && s.pos !== start + 1) fail("the name of a tag ends with ! in a %TAG directive", s.line);
  return text.slice(start, s.pos);
}

/** `head`: what has been read as a handle and was none. */
function* readUri(s: Scanner, head: string): Work<string> {
  const uri = createPieces();
  addPiece(uri, head.slice(1));
  let isEmpty = head === "";
  for (;;) {
    const run = yield* take(s, uriRun);
    const isEscape = codeAt(s.text, s.pos) === code.percent;
    addPiece(uri, run);
    isEmpty &&= run === "" && !isEscape;
    if (!isEscape) break;
    addPiece(uri, readUriEscape(s));
    yield;
  }
  if (isEmpty) fail("a tag has no name", s.line);
  return textOfPieces(uri);
}

/** The octets of one character in UTF-8. They are not put together: no tag that means anything has such a one. */
function readUriEscape(s: Scanner): string {
  let octets = "";
  for (let left = 1, isFirst = true; left > 0; left--, isFirst = false) {
    need(s, s.pos, s.pos, 3);
    const digits = /^%([0-9A-Fa-f]{2})$/.exec(s.text.slice(s.pos, s.pos + 3))?.[1];
    if (digits === undefined) fail("% in a tag needs two hexadecimal digits", s.line);
    const octet = Number.parseInt(digits ?? "", 16);
    if (isFirst)
      left = octet < 0x80 ? 1 : octet < 0xc0 ? 0 : octet < 0xe0 ? 2 : octet < 0xf0 ? 3 : octet < 0xf8 ? 4 : 0;
    if (left === 0 || (!isFirst && (octet & 0xc0) !== 0x80)) fail("% in a tag is not UTF-8", s.line);
    octets += String.fromCharCode(octet);
    s.pos += 3;
  }
  return octets;
}

function* readDirective(s: Scanner): Work<void> {
  const { pos: start, line, text } = s;
  s.pos++;
  const name = yield* take(s, nameRun);
  yield;
  if (name === "") fail("% at the start of a line begins a directive: put the text in quotes", line);
  if (!isBlankOrEnd(codeAt(text, s.pos))) fail("the name of a directive has letters only", line);
  let handle = "";
  let suffix = "";
  let end = s.pos;
  if (name === "YAML") {
    yield* take(s, blanks);
    const major = readNumber(s);
    if (codeAt(text, s.pos) !== code.dot) fail("%YAML needs a version such as 1.1", line);
    s.pos++;
    suffix = `${major}.${readNumber(s)}`;
    end = s.pos;
  } else if (name === "TAG") {
    yield* take(s, blanks);
    handle = yield* readHandle(s, true);
    need(s, s.pos, s.pos, 1);
    if (!isBlank(codeAt(text, s.pos))) fail("%TAG needs a blank behind the name", line);
    yield* take(s, blanks);
    suffix = yield* readUri(s, "");
    end = s.pos;
    if (!isBlankOrEnd(codeAt(text, end))) fail("%TAG needs a blank behind the prefix", line);
  } else fail(`the directive %${name.slice(0, 40)} is not known`, line);
  yield* passRest(s, line);
  const token = name === "YAML" ? kind.versionDirective : kind.tagDirective;
  s.tokens.push({ kind: token, start, end, line, text: handle, suffix, style: "plain" });
}

function readNumber(s: Scanner): number {
  const [digits = ""] = /^[0-9]{0,3}/.exec(s.text.slice(s.pos, s.pos + 3)) ?? [];
  need(s, s.pos, s.pos + digits.length, 1);
  if (digits === "" || digits.length > 2) fail("%YAML needs a version such as 1.1", s.line);
  s.pos += digits.length;
  return Number(digits);
}

/** Blanks, a comment and the line break behind a directive. */
function* passRest(s: Scanner, line: number): Work<void> {
  yield* take(s, blanks);
  if (codeAt(s.text, s.pos) === code.hash) {
    for (let end = endOfLine(s); end > s.pos; end = endOfLine(s)) {
      need(s, s.pos, end, 1);
      s.pos = end;
      yield;
    }
  }
  const unit = codeAt(s.text, s.pos);
  if (unit === 0) return;
  if (!isBreak(unit)) fail("only a comment can follow on the line of a directive", line);
  need(s, s.pos, s.pos, 2);
  skipBreak(s);
}
