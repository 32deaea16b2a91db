// JMESPath tokens -> tree: go-jmespath 0.4.0's parser (parser.go), a Pratt parser with the same binding powers and the same leniencies (commas between
// arguments may be missing). The jmespath package is not used: it refuses `length(@.a)`, and its functions cannot be replaced.
import type { Work } from "../../work.ts";
import type { Expression } from "./expression.ts";
import { JmesPathError, comparisonPower, power, stretchTokens, tokenize } from "./lexer.ts";
import type { Comparison, Token } from "./lexer.ts";

/** Brackets inside one another. Ours: the reference has none, and its stack is larger. */
const depthMax = 500;

const current: Expression = { op: "current" };

/** @throws JmesPathError when the text is no expression to go-jmespath, longer than 8192 characters or nested deeper than 500. */
export function* parseJmesPath(text: string): Work<Expression> {
  // Long because its functions call one another and share the place in the tokens.
  const tokens = yield* tokenize(text);
  let at = 0;
  let depth = 0;
  const end: Token = { kind: "end" };
  const peek = (offset = 0): Token => tokens[at + offset] ?? end;
  const next = (): Token => tokens[at++] ?? end;
  const accept = (kind: Token["kind"]): boolean => peek().kind === kind && next() !== undefined;
  const expect = (kind: Token["kind"]): void => {
    if (!accept(kind)) fail();
  };
  const fail = (): never => {
    throw new JmesPathError(
      peek().kind === "end" ? "the expression is incomplete" : `the expression is wrong at its part ${at + 1}`,
    );
  };

  function* expression(bindingPower: number): Work<Expression> {
    if (++depth > depthMax) throw new JmesPathError(`the expression is nested deeper than ${depthMax}`);
    if (at % stretchTokens === 0) yield;
    let left = yield* prefix(next());
    while (bindingPower < power(peek())) left = yield* infix(next(), left);
    depth--;
    return left;
  }

  function* prefix(token: Token): Work<Expression> {
    switch (token.kind) {
      case "literal":
        return { op: "literal", value: token.value };
      case "name":
        return { op: "field", name: token.text };
      case "quoted name":
        return peek().kind === "(" ? fail() : { op: "field", name: token.text };
      case "*":
        return { op: "project values", of: current, each: peek().kind === "]" ? current : yield* projected(20) };
      case "[?":
        return yield* filter(current);
      case "{":
        return yield* hash();
      case "[]":
        return { op: "project", of: { op: "flatten", of: current }, each: yield* projected(9) };
      case "[":
        if (peek().kind === "number" || peek().kind === ":") return yield* bracket(current);
        return peek().kind === "*" && peek(1).kind === "]" ? yield* star(current) : yield* list();
      case "@":
        return current;
      case "&":
        return { op: "reference", of: yield* expression(0) };
      case "!":
        return { op: "not", of: yield* expression(45) };
      case "(": {
        const inner = yield* expression(0);
        expect(")");
        return inner;
      }
      default:
        at--;
        return fail();
    }
  }

  function* infix(token: Token, left: Expression): Work<Expression> {
    switch (token.kind) {
      case ".":
        if (accept("*")) return { op: "project values", of: left, each: yield* projected(40) };
        return { op: "then", left, right: yield* afterDot(40) };
      case "|":
        return { op: "then", left, right: yield* expression(1) };
      case "||":
        return { op: "or", left, right: yield* expression(2) };
      case "&&":
        return { op: "and", left, right: yield* expression(3) };
      case "(":
        return yield* call(left);
      case "[?":
        return yield* filter(left);
      case "[]":
        return { op: "project", of: { op: "flatten", of: left }, each: yield* projected(9) };
      case "[":
        return peek().kind === "number" || peek().kind === ":" ? yield* bracket(left) : yield* star(left);
      default:
        if (power(token) !== comparisonPower) return fail();
        return { op: "compare", comparison: token.kind as Comparison, left, right: yield* expression(comparisonPower) };
    }
  }

  /** The name is a field or, to go-jmespath, a text: `'length'(@)`. Anything else, `@()`, kills the reference. */
  function* call(callee: Expression): Work<Expression> {
    const name = callee.op === "field" ? callee.name : callee.op === "literal" ? callee.value : undefined;
    if (typeof name !== "string") return fail();
    const args: Expression[] = [];
    while (peek().kind !== ")") {
      args.push(yield* expression(0));
      accept(",");
    }
    expect(")");
    return { op: "call", name, args };
  }

  function* filter(of: Expression): Work<Expression> {
    const condition = yield* expression(0);
    expect("]");
    return { op: "filter", of, each: peek().kind === "[]" ? current : yield* projected(21), condition };
  }

  /** `[*]` after its opening bracket. */
  function* star(of: Expression): Work<Expression> {
    expect("*");
    expect("]");
    return { op: "project", of, each: yield* projected(20) };
  }

  /** An index or a slice after its opening bracket. */
  function* bracket(of: Expression): Work<Expression> {
    if (peek().kind !== ":" && peek(1).kind !== ":") {
      const index = integer(next());
      expect("]");
      return { op: "then", left: of, right: { op: "index", index } };
    }
    const parts: [number?, number?, number?] = [];
    for (let part = 0; part < 3 && peek().kind !== "]";) {
      if (accept(":")) part++;
      else parts[part] = integer(next());
    }
    expect("]");
    const [start, stop, step] = parts;
    return {
      op: "project",
      of: { op: "then", left: of, right: { op: "slice", start, stop, step } },
      each: yield* projected(20),
    };
  }

  function integer(token: Token): number {
    const value = token.kind === "number" && token.text !== "-" ? BigInt(token.text) : fail();
    if (value < -(2n ** 63n) || value >= 2n ** 63n) throw new JmesPathError("an index does not fit into 64 bits");
    return Number(value);
  }

  function* list(): Work<Expression> {
    const items: Expression[] = [];
    do items.push(yield* expression(0));
    while (accept(","));
    expect("]");
    return { op: "list", items };
  }

  function* hash(): Work<Expression> {
    const items: [string, Expression][] = [];
    for (;;) {
      const key = next();
      if (key.kind !== "name" && key.kind !== "quoted name") return fail();
      expect(":");
      items.push([key.text, yield* expression(0)]);
      if (!accept(",") && accept("}")) return { op: "hash", items };
    }
  }

  function* afterDot(bindingPower: number): Work<Expression> {
    const { kind } = peek();
    if (kind === "name" || kind === "quoted name" || kind === "*") return yield* expression(bindingPower);
    if (accept("[")) return yield* list();
    return accept("{") ? yield* hash() : fail();
  }

  function* projected(bindingPower: number): Work<Expression> {
    const token = peek();
    if (power(token) < 10) return current;
    if (token.kind === "[" || token.kind === "[?") return yield* expression(bindingPower);
    return accept(".") ? yield* afterDot(bindingPower) : fail();
  }

  const whole = yield* expression(0);
  return peek().kind === "end" ? whole : fail();
}
