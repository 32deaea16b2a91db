// The tree of a JMESPath expression. Left and right are what go-jmespath calls children; identity and current node are one here.
import type { JsonValue } from "../json.ts";
import type { Comparison } from "./lexer.ts";

export type Expression =
  | { readonly op: "current" }
  | { readonly op: "field"; readonly name: string }
  | { readonly op: "literal"; readonly value: JsonValue }
  | { readonly op: "index"; readonly index: number }
  | {
      readonly op: "slice";
      readonly start: number | undefined;
      readonly stop: number | undefined;
      readonly step: number | undefined;
    }
  /** `right` of what `left` gives: sub-expression, index, pipe. */
  | { readonly op: "then" | "and" | "or"; readonly left: Expression; readonly right: Expression }
  | { readonly op: "compare"; readonly comparison: Comparison; readonly left: Expression; readonly right: Expression }
  | { readonly op: "not" | "flatten"; readonly of: Expression }
  | { readonly op: "list"; readonly items: readonly Expression[] }
  | { readonly op: "hash"; readonly items: readonly (readonly [string, Expression])[] }
  /** `each` of the items of `of`. */
  | { readonly op: "project" | "project values"; readonly of: Expression; readonly each: Expression }
  | { readonly op: "filter"; readonly of: Expression; readonly each: Expression; readonly condition: Expression }
  | { readonly op: "call"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly op: "reference"; readonly of: Expression };
