// Tokens -> the tree of the first document. A machine that is given one token after the other and keeps its own stack, so that no nesting is too deep and
// no token is asked for that go-yaml would not look at. Its states are those of go-yaml v2's parserc.go, cut where that one peeks at a second token; each
// is a function that says whether the token is used up by it. Lists and mappings between brackets are parser-flow.ts.
import { flowMappingItem, flowSequenceItem } from "./parser-flow.ts";
import { awaitNode, closeCollection, leaveEmpty } from "./parser-node.ts";
import type { Parser } from "./parser-node.ts";
import { fail, kind } from "./scan-state.ts";
import type { Token } from "./scan-state.ts";

/** A parser at the beginning of a text. */
export function createParser(): Parser {
  return {
    root: undefined,
    isDone: false,
    state: documentStart,
    states: [],
    open: [],
    anchors: new Map(),
    handles: new Map(),
    hasVersion: false,
    isBlock: true,
    mayIndentLess: false,
    anchor: "",
    tag: undefined,
    beginnings: { flowSequenceItem, flowMappingItem, sequenceEntry, mappingKey, indentlessEntry },
  };
}

/** Gives it the next token; `isDone` once the document has ended. @throws YamlError */
export function acceptToken(p: Parser, token: Token): void {
  while (!p.state(p, token));
}

function documentStart(p: Parser, token: Token): boolean {
  switch (token.kind) {
    case kind.versionDirective:
    case kind.tagDirective:
    case kind.documentStart:
      return directives(p, token);
    case kind.streamEnd:
      p.isDone = true;
      return true;
    default:
      return awaitNode(p, documentEnd, true);
  }
}

/** Before `---`. */
function directives(p: Parser, token: Token): boolean {
  p.state = directives;
  switch (token.kind) {
    case kind.versionDirective:
      if (p.hasVersion) fail("%YAML is given twice", token.line);
      if (token.suffix !== "1.1") fail(`YAML ${token.suffix} is not known here: remove the %YAML line`, token.line);
      p.hasVersion = true;
      return true;
    case kind.tagDirective:
      if (p.handles.has(token.text)) fail(`%TAG ${token.text.slice(0, 40)} is given twice`, token.line);
      p.handles.set(token.text, token.suffix);
      return true;
    case kind.documentStart:
      p.state = documentContent;
      return true;
    default:
      return fail("'---' is expected behind the directives", token.line);
  }
}

function documentContent(p: Parser, token: Token): boolean {
  switch (token.kind) {
    case kind.versionDirective:
    case kind.tagDirective:
    case kind.documentStart:
    case kind.documentEnd:
    case kind.streamEnd:
      return leaveEmpty(p, token, documentEnd);
    default:
      return awaitNode(p, documentEnd, true);
  }
}

/** Whatever follows the root ends the document. */
function documentEnd(p: Parser): boolean {
  p.isDone = true;
  return true;
}

function sequenceEntry(p: Parser, token: Token): boolean {
  if (token.kind === kind.blockEntry) p.state = sequenceItem;
  else if (token.kind === kind.blockEnd) closeCollection(p, token.end);
  else fail("a list entry (-) is expected here: correct the indentation", token.line);
  return true;
}

function sequenceItem(p: Parser, token: Token): boolean {
  if (token.kind === kind.blockEntry || token.kind === kind.blockEnd) return leaveEmpty(p, token, sequenceEntry);
  return awaitNode(p, sequenceEntry, true);
}

/** Entries of a list at the column of its key. */
function indentlessEntry(p: Parser, token: Token): boolean {
  const isEntry = token.kind === kind.blockEntry;
  if (isEntry) p.state = indentlessItem;
  else closeCollection(p, token.start);
  return isEntry;
}

function indentlessItem(p: Parser, token: Token): boolean {
  const isNone = token.kind === kind.blockEntry || isMappingToken(token);
  return isNone ? leaveEmpty(p, token, indentlessEntry) : awaitNode(p, indentlessEntry, true);
}

function isMappingToken({ kind: found }: Token): boolean {
  return found === kind.key || found === kind.value || found === kind.blockEnd;
}

function mappingKey(p: Parser, token: Token): boolean {
  if (token.kind === kind.key) p.state = mappingKeyNode;
  else if (token.kind === kind.blockEnd) closeCollection(p, token.end);
  else fail("a key and ':' are expected here: correct the indentation or the quotes", token.line);
  return true;
}

function mappingKeyNode(p: Parser, token: Token): boolean {
  return isMappingToken(token) ? leaveEmpty(p, token, mappingValue) : awaitNode(p, mappingValue, true, true);
}

function mappingValue(p: Parser, token: Token): boolean {
  if (token.kind !== kind.value) return leaveEmpty(p, token, mappingKey);
  p.state = mappingValueNode;
  return true;
}

function mappingValueNode(p: Parser, token: Token): boolean {
  return isMappingToken(token) ? leaveEmpty(p, token, mappingKey) : awaitNode(p, mappingKey, true, true);
}
