// Lists and mappings between brackets: the other half of the parser's states (parser.ts).
import { awaitNode, closeCollection, leaveEmpty, openCollection } from "./parser-node.ts";
import type { Parser } from "./parser-node.ts";
import { fail, kind } from "./scan-state.ts";
import type { Token } from "./scan-state.ts";

/** Behind `[` and behind a comma. */
export function flowSequenceItem(p: Parser, token: Token): boolean {
  if (token.kind === kind.flowSequenceEnd) return closeCollection(p, token.end);
  if (token.kind !== kind.key) return awaitNode(p, flowSequenceNext, false);
  openCollection(p, "mapping", token, "");
  p.state = pairKey;
  return true;
}

function flowSequenceNext(p: Parser, token: Token): boolean {
  if (token.kind === kind.flowSequenceEnd) return closeCollection(p, token.end);
  if (token.kind !== kind.flowEntry) refuse(p, token, "[", "]");
  p.state = flowSequenceItem;
  return true;
}

function refuse(p: Parser, token: Token, open: string, close: string): never {
  if (token.kind === kind.streamEnd)
    fail(`the ${open} that begins here is never closed`, p.open.at(-1)?.line ?? 1, "bracket");
  return fail(`',' or '${close}' is expected here`, token.line);
}

function endsPair({ kind: found }: Token): boolean {
  return found === kind.flowEntry || found === kind.flowSequenceEnd;
}

/** The key of a pair without braces between brackets: `[a: b]`. */
function pairKey(p: Parser, token: Token): boolean {
  if (token.kind !== kind.value && !endsPair(token)) return awaitNode(p, pairValue, false);
  leaveEmpty(p, token, pairValue);
  return true; // libyaml drops the token here
}

function pairValue(p: Parser, token: Token): boolean {
  if (token.kind !== kind.value) return leaveEmpty(p, token, pairEnd);
  p.state = pairValueNode;
  return true;
}

function pairValueNode(p: Parser, token: Token): boolean {
  return endsPair(token) ? leaveEmpty(p, token, pairEnd) : awaitNode(p, pairEnd, false);
}

function pairEnd(p: Parser, token: Token): boolean {
  p.states.push(flowSequenceNext);
  closeCollection(p, token.start);
  return false;
}

/** Behind `{` and behind a comma. */
export function flowMappingItem(p: Parser, token: Token): boolean {
  if (token.kind === kind.flowMappingEnd) return closeCollection(p, token.end);
  if (token.kind !== kind.key) return awaitNode(p, flowMappingNoValue, false);
  p.state = flowMappingKeyNode;
  return true;
}

function flowMappingNext(p: Parser, token: Token): boolean {
  if (token.kind === kind.flowMappingEnd) return closeCollection(p, token.end);
  if (token.kind !== kind.flowEntry) refuse(p, token, "{", "}");
  p.state = flowMappingItem;
  return true;
}

function endsEntry({ kind: found }: Token): boolean {
  return found === kind.flowEntry || found === kind.flowMappingEnd;
}

function flowMappingKeyNode(p: Parser, token: Token): boolean {
  if (token.kind === kind.value || endsEntry(token)) return leaveEmpty(p, token, flowMappingValue);
  return awaitNode(p, flowMappingValue, false);
}

function flowMappingValue(p: Parser, token: Token): boolean {
  if (token.kind !== kind.value) return leaveEmpty(p, token, flowMappingNext);
  p.state = flowMappingValueNode;
  return true;
}

function flowMappingValueNode(p: Parser, token: Token): boolean {
  return endsEntry(token) ? leaveEmpty(p, token, flowMappingNext) : awaitNode(p, flowMappingNext, false);
}

/** A key without `:`. */
function flowMappingNoValue(p: Parser, token: Token): boolean {
  return leaveEmpty(p, token, flowMappingNext);
}
