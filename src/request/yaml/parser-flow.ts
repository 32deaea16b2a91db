// Lists and mappings between brackets: the other half of the parser (parser.ts).
import { addEmpty, closeCollection, openCollection, startNode } from "./parser-node.ts";
import type { Parser } from "./parser-node.ts";
import { state } from "./parser-state.ts";
import { fail, kind } from "./scan-state.ts";
import type { Token } from "./scan-state.ts";

/** One step inside brackets; whether the token is used up by it. @throws YamlError */
export function acceptFlow(p: Parser, token: Token): boolean {
  if (p.state <= state.flowSequenceNext) return acceptList(p, token);
  return p.state <= state.pairEnd ? acceptPair(p, token) : acceptMapping(p, token);
}

function acceptList(p: Parser, token: Token): boolean {
  if (token.kind === kind.flowSequenceEnd) {
    closeCollection(p, token.end);
    return true;
  }
  if (p.state === state.flowSequenceNext) {
    if (token.kind !== kind.flowEntry) fail("',' or ']' is expected here", token.line);
    p.state = state.flowSequenceItem;
    return true;
  }
  if (token.kind !== kind.key) return node(p, state.flowSequenceNext);
  openCollection(p, "mapping", token, "");
  p.state = state.pairKey;
  return true;
}

function acceptPair(p: Parser, token: Token): boolean {
  const isEnd = token.kind === kind.flowEntry || token.kind === kind.flowSequenceEnd;
  switch (p.state) {
    case state.pairKey:
      if (!isEnd && token.kind !== kind.value) return node(p, state.pairValue);
      p.state = state.pairValue;
      addEmpty(p, token);
      return true; // libyaml drops the token here
    case state.pairValue:
      if (token.kind !== kind.value) return empty(p, token, state.pairEnd);
      p.state = state.pairValueNode;
      return true;
    case state.pairValueNode:
      return isEnd ? empty(p, token, state.pairEnd) : node(p, state.pairEnd);
    default:
      p.states.push(state.flowSequenceNext);
      closeCollection(p, token.start);
      return false;
  }
}

function acceptMapping(p: Parser, token: Token): boolean {
  const isEnd = token.kind === kind.flowMappingEnd;
  const isEntry = token.kind === kind.flowEntry;
  switch (p.state) {
    case state.flowMappingNext:
    case state.flowMappingItem:
      if (isEnd) {
        closeCollection(p, token.end);
        return true;
      }
      if (p.state === state.flowMappingNext) {
        if (!isEntry) fail("',' or '}' is expected here", token.line);
        p.state = state.flowMappingItem;
        return true;
      }
      if (token.kind !== kind.key) return node(p, state.flowMappingNoValue);
      p.state = state.flowMappingKeyNode;
      return true;
    case state.flowMappingKeyNode:
      if (isEnd || isEntry || token.kind === kind.value) return empty(p, token, state.flowMappingValue);
      return node(p, state.flowMappingValue);
    case state.flowMappingValue:
      if (token.kind !== kind.value) return empty(p, token, state.flowMappingNext);
      p.state = state.flowMappingValueNode;
      return true;
    case state.flowMappingValueNode:
      return isEnd || isEntry ? empty(p, token, state.flowMappingNext) : node(p, state.flowMappingNext);
    default:
      return empty(p, token, state.flowMappingNext);
  }
}

function empty(p: Parser, token: Token, next: number): false {
  p.state = next;
  addEmpty(p, token);
  return false;
}

function node(p: Parser, next: number): false {
  p.states.push(next);
  startNode(p, false);
  return false;
}
