// An error in `objects`: reason, what is wrong, what to change, and where.
import { ProviderError, cutBytes } from "../errors.ts";
import type { FieldPath } from "../errors.ts";

/** More than an event shows, bytes: errors are kept for a while, and a class may have a megabyte where a name belongs. */
const messageBytesMax = 1_100;
const fixBytesMax = 400;
/** Of each name on the way to the field, characters. */
const nameMax = 200;

/** A fault of `objects`. The message is cut to 1,100 bytes, the fix to 400, and the names in `at` to 200 characters. */
export function invalid(message: string, fix: string, at: FieldPath): ProviderError {
  return new ProviderError({
    reason: "ObjectsInvalid",
    message: copied(message, cutBytes(message, messageBytesMax)),
    fix: copied(fix, cutBytes(fix, fixBytesMax)),
    at: at.map((name) => (typeof name === "string" ? copied(name, name.slice(0, nameMax)) : name)),
  });
}

/** The engine keeps the whole of a text as long as a part of it is in use. */
function copied(text: string, part: string): string {
  return part.length < text.length ? Buffer.from(part).toString() : part;
}
