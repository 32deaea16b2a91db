// JMESPath text -> tokens, as go-jmespath 0.4.0 (lexer.go) cuts them: what a literal may hold, which escapes count, where a number ends.
import { JsonError, readJson } from "../json.ts";
import type { JsonValue } from "../json.ts";
import type { Work } from "../../work.ts";

/** The expression is not JMESPath, or fails on the document. `message` may be shown: it quotes neither. */
export class JmesPathError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "JmesPathError";
  }
}

export type Operator =
  "." | "*" | "," | ":" | "{" | "}" | "]" | "(" | ")" | "@" | "[" | "[?" | "[]" | "|" | "||" | "&" | "&&" | "!";
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

export type Token =
  | { readonly kind: Operator | Comparison | "=" | "end" }
  | { readonly kind: "name" | "quoted name"; readonly text: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "literal"; readonly value: JsonValue };

export const comparisonPower = 5;
/** How strongly an operator binds what stands to its left. */
const levels = {
  1: "|",
  2: "||",
  3: "&&",
  5: "== != < <= > >=",
  9: "[]",
  20: "*",
  21: "[?",
  40: ".",
  45: "!",
  50: "{",
  55: "[",
  60: "(",
};
const powers: ReadonlyMap<string, number> = new Map(
  Object.entries(levels).flatMap(([level, kinds]) => kinds.split(" ").map((kind) => [kind, Number(level)] as const)),
);
/** Of a token; 0 when it is no operator. */
export const power = (token: Token): number => powers.get(token.kind) ?? 0;

/** Characters of one expression: far beyond any in use, and few enough for one token to be read in a step that can't be cut. */
const expressionMax = 8192;

/** Tokens between two places where the work can be cut. */
export const stretchTokens = 16;

const whitespace = /[ \t\r\n]*/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /-[0-9]*|[0-9]+/y;
const operator = /\[\?|\[\]|\|\||&&|[=!<>]=|[.*,:{}\]()@[|&!<>=]/y;
const quotedName = /"([^"\\]*(?:\\[^][^"\\]*)*)"/y;
const jsonLiteral = /`([^`\\]*(?:\\[^][^`\\]*)*)`/y;
/** `\'` is the one escape; a backslash before anything else, another backslash too, is a backslash. */
const rawText = /'([^'\\]*(?:\\(?:'|(?!'))[^'\\]*)*)'/y;

/** @throws JmesPathError */
export function* tokenize(expression: string): Work<readonly Token[]> {
  if (expression.length > expressionMax)
    throw new JmesPathError(`the expression is longer than ${expressionMax} characters`);
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(expression);
    at += match?.[0].length ?? 0;
    return match;
  };
  for (;;) {
    if (tokens.length % stretchTokens === 0) yield;
    take(whitespace);
    const next = at === expression.length ? ({ kind: "end" } as const) : yield* readToken(take);
    if (next === undefined) throw new JmesPathError(`there is no token at character ${at + 1}`);
    tokens.push(next);
    if (next.kind === "end") return tokens;
  }
}

function* readToken(take: (pattern: RegExp) => RegExpExecArray | null): Work<Token | undefined> {
  const word = take(name)?.[0];
  if (word !== undefined) return { kind: "name", text: word };
  const symbol = take(operator)?.[0];
  if (symbol !== undefined) return { kind: symbol as Operator | Comparison };
  const digits = take(number)?.[0];
  if (digits !== undefined) return { kind: "number", text: digits };
  const raw = take(rawText)?.[1];
  if (raw !== undefined) return { kind: "literal", value: raw.replaceAll("\\'", "'").toWellFormed() };
  const quoted = take(quotedName)?.[1];
  if (quoted !== undefined) return { kind: "quoted name", text: (yield* readLiteral(`"${quoted}"`)) as string };
  const json = take(jsonLiteral)?.[1];
  return json === undefined ? undefined : { kind: "literal", value: yield* readLiteral(json.replaceAll("\\`", "`")) };
}

function* readLiteral(text: string): Work<JsonValue> {
  try {
    return yield* readJson(text);
  } catch (error) {
    if (error instanceof JsonError) throw new JmesPathError("a quoted name or literal is not JSON");
    throw error;
  }
}
