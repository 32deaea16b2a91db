// What `check` finds: one fault or danger, where it stands, and what to do about it.
import type { RuleId, Severity } from "./rules.ts";

/** Counted from 1; columns in UTF-16 units, as editors and SARIF count. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Finding extends Place {
  /** As named on the command line or found below a directory; `-` = standard input. */
  readonly file: string;
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly message: string;
  /** One sentence, or empty. */
  readonly fix: string;
  /** `SecretProviderClass app/db`; empty for a file as a whole. */
  readonly subject: string;
}

/** In the order of the text. */
export function comparePlaces(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}
