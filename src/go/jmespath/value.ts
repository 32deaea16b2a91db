// What JMESPath works on, and the budget of that work: expressions come from a pod's namespace, and a short one can ask for any amount of it.
import { JmesPathError } from "./lexer.ts";
import type { Work } from "../../work.ts";
import type { Expression } from "./expression.ts";

export type Value = null | boolean | number | string | Reference | readonly Value[] | ReadonlyMap<string, Value>;

/** `&expression`, an argument of map, sort_by and the like. */
export class Reference {
  readonly of: Expression;
  constructor(of: Expression) {
    this.of = of;
  }
}

/** The work that is left, in steps of about 1 us: values visited, compared, copied and made. */
export interface Budget {
  steps: number;
  /** Called with the steps of each stretch; may throw. */
  readonly spent?: (steps: number) => void;
  /** Called with the bytes of what an evaluation makes; they are free again when its result is written. */
  readonly hold?: (bytes: number) => void;
}

/** The budget or the stack is used up. Never taken for null, as other failures of an operand may be. */
export class BudgetError extends JmesPathError {}

/** What work is charged to, and where it is. */
export interface Charged {
  readonly budget: Budget;
  /** Evaluations inside one another, now. */
  depth: number;
  /** Steps since the last place where the work could be cut. */
  stretch: number;
}

/** One evaluation. */
export interface Run extends Charged {
  readonly evaluate: (node: Expression, value: Value, run: Run) => Work<Value>;
}

/** Steps between two places where the work can be cut. */
const stretchSteps = 50;

/** Charges steps where the work can't be cut. @throws BudgetError */
export function spend(run: Charged, steps: number): void {
  run.budget.steps -= steps;
  if (run.budget.steps < 0) throw new BudgetError("the expression asks for too much work");
  run.stretch += steps;
}

/** Charges steps; whether it is time to `yield`, so that other mounts may go on. @throws BudgetError */
export function charge(run: Charged, steps: number): boolean {
  spend(run, steps);
  // A resumed computation goes through all that it is inside of: the deeper, the rarer.
  if (run.stretch < stretchSteps + run.depth) return false;
  run.budget.spent?.(run.stretch);
  run.stretch = 0;
  return true;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

/** Items that native code goes through in the time of one step. */
const itemsAStep = 16;

/** Charges a list or text of so many items for what native code does with all of them. */
export function* pass(run: Charged, items: number): Work<void> {
  if (charge(run, 1 + Math.ceil(items / itemsAStep))) yield;
}

/** Charges a list that is made: time for each item, and its memory. */
export function* making(run: Charged, items: number): Work<void> {
  run.budget.hold?.(items * 8);
  if (charge(run, items)) yield;
}

/** Does something with each item, a step each. */
export function* forEach<T>(items: Iterable<T>, run: Charged, use: (item: T, i: number) => void): Work<void> {
  let i = 0;
  for (const item of items) {
    if (charge(run, 1)) yield;
    use(item, i++);
  }
}

/** Deep equality, charged by item. */
export function* isEqual(left: Value, right: Value, run: Charged): Work<boolean> {
  if (charge(run, typeof left === "string" && typeof right === "string" ? 1 + (left.length >> 10) : 1)) yield;
  if (left === right) return true;
  run.depth += 1;
  try {
    if (isList(left)) {
      if (!isList(right) || left.length !== right.length) return false;
      for (const [i, item] of left.entries()) if (!(yield* isEqual(item, right[i] ?? null, run))) return false;
      return true;
    }
    if (!isObject(left) || !isObject(right) || left.size !== right.size) return false;
    for (const [name, item] of left) {
      if (!right.has(name) || !(yield* isEqual(item, right.get(name) ?? null, run))) return false;
    }
    return true;
  } finally {
    run.depth -= 1;
  }
}

/** Moving one item of a sort takes a quarter of a step. */
const moveSteps = 0.25;

/** A new list in order, equal ones as they stood: a merge sort, since a native sort can't be cut. */
export function* sorted<T>(items: readonly T[], run: Charged, order: (a: T, b: T) => number): Work<T[]> {
  yield* making(run, items.length * 2);
  let from = [...items];
  let to = Array.from<T>({ length: items.length });
  for (let width = 1; width < items.length; width *= 2) {
    for (let start = 0; start < items.length; start += width * 2) {
      const middle = Math.min(start + width, items.length);
      const end = Math.min(start + width * 2, items.length);
      let [left, right] = [start, middle];
      for (let at = start; at < end; at++) {
        if (charge(run, moveSteps)) yield;
        const isLeft = right >= end || (left < middle && order(from[left] as T, from[right] as T) <= 0);
        to[at] = from[isLeft ? left++ : right++] as T;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
