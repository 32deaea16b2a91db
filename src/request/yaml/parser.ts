// Tokens -> the tree of the first document. A machine that is given one token after the other and keeps its own stack, so that no nesting is too deep and
// no token is asked for that go-yaml would not look at. Its states are those of go-yaml v2's parserc.go, cut where that one peeks at a second token.
import { addEmpty, addNode, closeCollection, startNode } from "./parser-node.ts";
import type { Parser } from "./parser-node.ts";
import { acceptFlow } from "./parser-flow.ts";
import { fail, kind } from "./scan-state.ts";
import type { Token } from "./scan-state.ts";
import { state } from "./parser-state.ts";

/** A parser at the beginning of a text. */
export function createParser(): Parser {
  return {
    root: undefined,
    isDone: false,
    state: state.documentStart,
    states: [],
    open: [],
    anchors: new Map(),
    handles: new Map(),
    hasVersion: false,
    isBlock: true,
    mayIndentLess: false,
    anchor: "",
    tag: undefined,
  };
}

/** Gives it the next token; `isDone` once the document has ended. @throws YamlError */
export function acceptToken(p: Parser, token: Token): void {
  while (!accept(p, token));
}

/** One step; whether the token is used up by it. */
function accept(p: Parser, token: Token): boolean {
  switch (p.state) {
    case state.documentStart:
    case state.directives:
      return acceptStart(p, token);
    case state.documentContent:
      return acceptContent(p, token);
    case state.documentEnd:
      p.isDone = true;
      return true;
    case state.node:
      return addNode(p, token);
    case state.sequenceEntry:
    case state.sequenceItem:
    case state.indentlessEntry:
    case state.indentlessItem:
      return acceptSequence(p, token);
    case state.mappingKey:
    case state.mappingKeyNode:
    case state.mappingValue:
    case state.mappingValueNode:
      return acceptMapping(p, token);
    default:
      return acceptFlow(p, token);
  }
}

function acceptStart(p: Parser, token: Token): boolean {
  switch (token.kind) {
    case kind.versionDirective:
      if (p.hasVersion) fail("%YAML is given twice", token.line);
      if (token.suffix !== "1.1") fail(`YAML ${token.suffix} is not known here: remove the %YAML line`, token.line);
      p.hasVersion = true;
      p.state = state.directives;
      return true;
    case kind.tagDirective:
      if (p.handles.has(token.text)) fail(`%TAG ${token.text.slice(0, 40)} is given twice`, token.line);
      p.handles.set(token.text, token.suffix);
      p.state = state.directives;
      return true;
    case kind.documentStart:
      p.states.push(state.documentEnd);
      p.state = state.documentContent;
      return true;
    case kind.streamEnd:
      if (p.state === state.directives) break;
      p.isDone = true;
      return true;
    default:
      if (p.state === state.directives) break;
      p.states.push(state.documentEnd);
      startNode(p, true);
      return false;
  }
  return fail("'---' is expected behind the directives", token.line);
}

function acceptContent(p: Parser, token: Token): boolean {
  switch (token.kind) {
    case kind.versionDirective:
    case kind.tagDirective:
    case kind.documentStart:
    case kind.documentEnd:
    case kind.streamEnd:
      p.state = p.states.pop() ?? state.documentEnd;
      addEmpty(p, token);
      return false;
    default:
      startNode(p, true);
      return false;
  }
}

function acceptSequence(p: Parser, token: Token): boolean {
  const isEntry = token.kind === kind.blockEntry;
  switch (p.state) {
    case state.sequenceEntry:
      if (isEntry) p.state = state.sequenceItem;
      else if (token.kind === kind.blockEnd) closeCollection(p, token.end);
      else fail("a list entry (-) is expected here: correct the indentation", token.line);
      return true;
    case state.sequenceItem:
      if (isEntry || token.kind === kind.blockEnd) return empty(p, token, state.sequenceEntry);
      return node(p, state.sequenceEntry, false);
    case state.indentlessEntry:
      if (isEntry) p.state = state.indentlessItem;
      else closeCollection(p, token.start);
      return isEntry;
    default:
      if (isEntry || token.kind === kind.key || token.kind === kind.value || token.kind === kind.blockEnd)
        return empty(p, token, state.indentlessEntry);
      return node(p, state.indentlessEntry, false);
  }
}

function acceptMapping(p: Parser, token: Token): boolean {
  const { kind: found } = token;
  const isNone = found === kind.key || found === kind.value || found === kind.blockEnd;
  switch (p.state) {
    case state.mappingKey:
      if (found === kind.key) p.state = state.mappingKeyNode;
      else if (found === kind.blockEnd) closeCollection(p, token.end);
      else fail("a key and ':' are expected here: correct the indentation or the quotes", token.line);
      return true;
    case state.mappingKeyNode:
      return isNone ? empty(p, token, state.mappingValue) : node(p, state.mappingValue, true);
    case state.mappingValue:
      if (found !== kind.value) return empty(p, token, state.mappingKey);
      p.state = state.mappingValueNode;
      return true;
    default:
      return isNone ? empty(p, token, state.mappingKey) : node(p, state.mappingKey, true);
  }
}

function empty(p: Parser, token: Token, next: number): false {
  p.state = next;
  addEmpty(p, token);
  return false;
}

function node(p: Parser, next: number, mayIndentLess: boolean): false {
  p.states.push(next);
  startNode(p, true, mayIndentLess);
  return false;
}
