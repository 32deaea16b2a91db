// An error in `objects`: reason, what is wrong, what to change, and where.
import { ProviderError } from "../errors.ts";
import type { FieldPath } from "../errors.ts";

/** A fault of `objects`. */
export function invalid(message: string, fix: string, at: FieldPath): ProviderError {
  return new ProviderError({ reason: "ObjectsInvalid", message, fix, at });
}
