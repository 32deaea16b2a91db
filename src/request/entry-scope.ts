// What the checks of one entry of `objects` share.
import type { FieldPath } from "../errors.ts";
import { objectFault } from "./fault.ts";
import type { FaultRule, Report } from "./fault.ts";
import type { PathTranslation } from "./parameters.ts";

export interface EntryScope {
  /** What messages call the entry. */
  readonly owner: string;
  /** The way to it. */
  readonly at: FieldPath;
  readonly translation: PathTranslation;
  readonly report: Report;
}

/** Reports a fault; `field` is the way to it inside the entry. */
export function reportIn(
  { at, report }: Pick<EntryScope, "at" | "report">,
  rule: FaultRule,
  field: string | FieldPath,
  { message, fix }: { readonly message: string; readonly fix: string },
): void {
  report(objectFault(rule, message, fix, [...at, ...(typeof field === "string" ? [field] : field)]));
}
