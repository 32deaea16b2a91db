// Texts in bounded room: what is cut, by bytes or by characters, how a cut shows, and sentences in a row. The limits stand beside the code that needs them.
// The engine keeps the whole of a text in memory as long as a slice of it is in use (Bun 1.4.5): what is cut here is always a copy.

/** How a cut shows in a line of the log. */
export const cutMark = "... (cut)";

/** The text in at most `max` bytes of UTF-8; where it is cut it ends in `...`. */
export function cutBytes(text: string, max: number): string {
  if (text.length <= max && byteLength(text) <= max) return text;
  const bytes = Buffer.alloc(Math.max(0, max - 3));
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return `${bytes.toString("utf8", 0, written)}...`;
}

/** The text, or its first `max` UTF-16 units and `mark`. */
export function cutText(text: string, max: number, mark = "..."): string {
  return text.length <= max ? text : `${startOf(text, max)}${mark}`;
}

/** The first `max` UTF-16 units, without a sign that there was more. A half of a surrogate pair at a cut becomes U+FFFD. */
export function startOf(text: string, max: number): string {
  return text.length <= max ? text : Buffer.from(text.slice(0, max)).toString();
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/** Two sentences in a row; either may be empty. The first gets its full stop if it has none, and was not cut. */
export function joinSentences(first: string, second: string): string {
  if (first === "" || second === "") return `${first}${second}`;
  const isEnded = first.endsWith("...") || (first.endsWith(".") && !first.endsWith(".."));
  return isEnded ? `${first} ${second}` : `${first}. ${second}`;
}
