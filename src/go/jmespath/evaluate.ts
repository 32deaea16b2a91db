// Evaluates a JMESPath expression as go-jmespath 0.4.0 does (interpreter.go), quirks included where they change a result.
import type { JsonValue } from "../json.ts";
import type { Work } from "../../work.ts";
import { callFunction } from "./functions.ts";
import { JmesPathError } from "./lexer.ts";
import type { Comparison } from "./lexer.ts";
import type { Expression } from "./expression.ts";
import { BudgetError, Reference, charge, isEqual, isList, isObject, making, spend } from "./value.ts";
import type { Budget, Run, Value } from "./value.ts";

/** Evaluations inside one another: long chains, and references that apply themselves. */
const depthMax = 2000;

/** @throws JmesPathError for wrong types and arities, unknown functions, and more work than the budget has (BudgetError). */
export function search(expression: Expression, document: JsonValue, budget: Budget): Work<Value> {
  return evaluate(expression, document, { budget, depth: 0, stretch: 0, evaluate });
}

/** Names with dots between them, what most paths are (the grammar's unquoted-string). They need no tree. */
const namesOnly = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const namesLengthMax = 200;

/** The names of such a path; undefined = it is another one, or long. */
export function namesOf(path: string): readonly string[] | undefined {
  return path.length <= namesLengthMax && namesOnly.test(path) ? path.split(".") : undefined;
}

/** The same for names with dots between them. @throws BudgetError */
export function searchNames(names: readonly string[], document: JsonValue, budget: Budget): Value {
  spend({ budget, depth: 0, stretch: 0 }, 2 * names.length); // a step for each name, and for each dot
  budget.spent?.(2 * names.length);
  let value: Value = document;
  for (const name of names) value = isObject(value) ? (value.get(name) ?? null) : null;
  return value;
}

function* evaluate(node: Expression, value: Value, run: Run): Work<Value> {
  if (charge(run, 1)) yield;
  if (++run.depth > depthMax) throw new BudgetError(`the expression is nested deeper than ${depthMax}`);
  const result = yield* evaluateNode(node, value, run);
  run.depth--;
  return result;
}

function* evaluateNode(node: Expression, value: Value, run: Run): Work<Value> {
  switch (node.op) {
    case "current":
      return value;
    case "field":
      return isObject(value) ? (value.get(node.name) ?? null) : null;
    case "literal":
      return node.value;
    case "index":
      return isList(value) ? (value.at(node.index) ?? null) : null;
    case "slice":
      return isList(value) ? yield* slice(value, node, run) : null;
    case "then":
      return yield* evaluate(node.right, yield* evaluate(node.left, value, run), run);
    case "and":
    case "or": {
      const left = yield* evaluate(node.left, value, run);
      return isFalse(left) === (node.op === "and") ? left : yield* evaluate(node.right, value, run);
    }
    case "not":
      return isFalse(yield* evaluate(node.of, value, run));
    case "compare": {
      const left = yield* evaluate(node.left, value, run);
      return yield* compare(node.comparison, left, yield* evaluate(node.right, value, run), run);
    }
    case "list":
      return value === null ? null : yield* evaluateAll(node.items, value, run);
    case "hash": {
      if (value === null) return null;
      const fields = new Map<string, Value>();
      for (const [name, item] of node.items) fields.set(name, yield* evaluate(item, value, run));
      return fields;
    }
    case "project": {
      const items = yield* evaluate(node.of, value, run);
      return isList(items) ? yield* project(node.each, items, run) : null;
    }
    case "flatten": {
      const items = yield* orNull(node.of, value, run);
      return isList(items) ? yield* flatten(items, run) : null;
    }
    case "project values": {
      const fields = yield* orNull(node.of, value, run);
      if (!isObject(fields)) return null;
      // go-jmespath projects as many nulls first as there are values: a slip of its own that `*.to_string(@)` shows.
      yield* making(run, fields.size * 2);
      const values = [...fields.values()];
      return yield* project(node.each, [...values.map(() => null), ...values], run);
    }
    case "filter": {
      const items = yield* orNull(node.of, value, run);
      if (!isList(items)) return null;
      return yield* project(node.each, items, run, node.condition);
    }
    case "call":
      return yield* callFunction(node.name, yield* evaluateAll(node.args, value, run), run);
    case "reference":
      return new Reference(node.of);
  }
}

/** go-jmespath takes the failure of some operands for null. */
function* orNull(operand: Expression, value: Value, run: Run): Work<Value> {
  const { depth } = run;
  try {
    return yield* evaluate(operand, value, run);
  } catch (error) {
    if (!(error instanceof JmesPathError) || error instanceof BudgetError) throw error;
    run.depth = depth;
    return null;
  }
}

function* evaluateAll(nodes: readonly Expression[], value: Value, run: Run): Work<readonly Value[]> {
  const results: Value[] = [];
  for (const node of nodes) results.push(yield* evaluate(node, value, run));
  return results;
}

function* project(each: Expression, items: readonly Value[], run: Run, condition?: Expression): Work<readonly Value[]> {
  run.budget.hold?.(items.length * 8);
  const results: Value[] = [];
  for (const item of items) {
    if (condition !== undefined && isFalse(yield* evaluate(condition, item, run))) continue;
    const result = yield* evaluate(each, item, run);
    if (result !== null) results.push(result);
  }
  return results;
}

function* flatten(items: readonly Value[], run: Run): Work<readonly Value[]> {
  const flat: Value[] = [];
  for (const item of items) {
    yield* making(run, isList(item) ? item.length : 1);
    if (!isList(item)) flat.push(item);
    else for (const inner of item) flat.push(inner);
  }
  return flat;
}

function* slice(items: readonly Value[], parts: Expression & { op: "slice" }, run: Run): Work<readonly Value[]> {
  const step = parts.step ?? 1;
  if (step === 0) throw new JmesPathError("the step of a slice is 0");
  const cap = (place: number): number => {
    const fromStart = place < 0 ? place + items.length : place;
    if (fromStart < 0) return step < 0 ? -1 : 0;
    return fromStart >= items.length ? (step < 0 ? items.length - 1 : items.length) : fromStart;
  };
  const start = parts.start === undefined ? (step < 0 ? items.length - 1 : 0) : cap(parts.start);
  const stop = parts.stop === undefined ? (step < 0 ? -1 : items.length) : cap(parts.stop);
  const taken: Value[] = [];
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) {
    if (charge(run, 1)) yield;
    taken.push(items[i] ?? null);
  }
  run.budget.hold?.(taken.length * 8);
  return taken;
}

/** Only numbers have an order; `==` and `!=` compare anything. */
function* compare(comparison: Comparison, left: Value, right: Value, run: Run): Work<Value> {
  if (comparison === "==") return yield* isEqual(left, right, run);
  if (comparison === "!=") return !(yield* isEqual(left, right, run));
  if (typeof left !== "number" || typeof right !== "number") return null;
  if (comparison === "<") return left < right;
  if (comparison === "<=") return left <= right;
  return comparison === ">" ? left > right : left >= right;
}

function isFalse(value: Value): boolean {
  if (isList(value)) return value.length === 0;
  return isObject(value) ? value.size === 0 : value === null || value === false || value === "";
}
