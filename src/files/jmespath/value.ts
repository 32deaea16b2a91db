// What JMESPath works on, and the budget of that work: expressions come from a pod's namespace, and a short one can ask for any amount of it.
import { JmesPathError } from "./lexer.ts";
import type { Expression } from "./expression.ts";

export type Value = null | boolean | number | string | Reference | readonly Value[] | ReadonlyMap<string, Value>;

/** `&expression`, an argument of map, sort_by and the like. */
export class Reference {
  readonly of: Expression;
  constructor(of: Expression) {
    this.of = of;
  }
}

/** The work that is left, in steps: nodes visited, items and pieces of text made. */
export interface Budget {
  steps: number;
}

/** The budget or the stack is used up. Never taken for null, as other failures of an operand may be. */
export class BudgetError extends JmesPathError {}

/** One evaluation. */
export interface Run {
  readonly budget: Budget;
  /** Evaluations inside one another, now. */
  depth: number;
  readonly evaluate: (node: Expression, value: Value, run: Run) => Value;
}

/** @throws BudgetError */
export function charge(run: Run, steps: number): void {
  run.budget.steps -= steps;
  if (run.budget.steps < 0) throw new BudgetError("the expression asks for too much work");
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

/** Deep equality, charged by item. */
export function isEqual(left: Value, right: Value, run: Run): boolean {
  charge(run, typeof left === "string" && typeof right === "string" ? 1 + (left.length >> 10) : 1);
  if (left === right) return true;
  if (isList(left))
    return (
      isList(right) && left.length === right.length && left.every((item, i) => isEqual(item, right[i] ?? null, run))
    );
  if (!isObject(left) || !isObject(right) || left.size !== right.size) return false;
  return [...left].every(([name, item]) => right.has(name) && isEqual(item, right.get(name) ?? null, run));
}
