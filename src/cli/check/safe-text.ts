// Texts of a manifest on their way to a terminal or a log: what is written in it must not act there.
import { visible } from "../../text/visible.ts";

/** A message as long as an error text of a mount may be. */
const lengthMax = 4096;

/** Control and format characters, line breaks among them, become visible; a text that is too long ends in dots. */
export function quiet(text: string): string {
  return visible(text.length > lengthMax ? `${text.slice(0, lengthMax).toWellFormed()}...` : text.toWellFormed());
}
