// Texts of a manifest on their way to a terminal or a log: what is written in it must not act there.
import { cutText } from "../../text/cut.ts";
import { visible } from "../../text/visible.ts";

/** A message as long as an error text of a mount may be. */
const lengthMax = 4096;

/** Control and format characters, line breaks among them, become visible; a text that is too long ends in dots. */
export function quiet(text: string): string {
  return visible(cutText(text, lengthMax).toWellFormed());
}
