// A text inside a scalar of a manifest (`objects: |`) -> where each of its characters stands in the manifest. Exact for block scalars of kind `|`;
// for folded and quoted ones, line breaks and escapes are followed as they are written.
import type { Scalar } from "yaml";
import { createLines } from "./places.ts";

/** Maps offsets of the scalar's value to offsets of `text`, the document that holds the scalar. Offsets past the end stay inside. */
export function createEmbedding(
  text: string,
  { range, type }: Scalar.Parsed,
  value: string,
): (offset: number) => number {
  const [start, end] = range;
  const isBlock = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
  const from = isBlock ? text.indexOf("\n", start) + 1 : start;
  if (isBlock && (from === 0 || from > end)) return () => start;
  if (type === "BLOCK_LITERAL") return literal(text, from, end, value);
  const map = align(text.slice(from, end), value, type);
  return (offset) => from + (map[Math.min(Math.max(0, offset), map.length - 1)] ?? 0);
}

/** Each line of the value is the end of its line in the text: what comes before is indentation. */
function literal(text: string, from: number, end: number, value: string): (offset: number) => number {
  const written = text.slice(from, end).split("\n");
  const lines = value.split("\n");
  const starts: number[] = [];
  let at = from;
  for (const [i, line] of written.entries()) {
    starts.push(at + Math.max(0, line.replace(/\r$/, "").length - (lines[i] ?? "").length));
    at += line.length + 1;
  }
  const placeOf = createLines(value);
  return (offset) => {
    const { line, column } = placeOf(Math.min(Math.max(0, offset), value.length));
    return Math.min(end, (starts[line - 1] ?? end) + column - 1);
  };
}

/** Characters of an escape by the one after the backslash; 2 if not here. */
const escapeLengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

function align(raw: string, value: string, type: string | null | undefined): Int32Array {
  const map = new Int32Array(value.length + 1);
  const isBreak = (c = ""): boolean => c === "\n" || c === "\r";
  const isBlank = (c = ""): boolean => c === " " || c === "\t" || isBreak(c);
  let at = type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE" ? 1 : 0;
  let i = 0;
  while (i < value.length && at < raw.length) {
    if (type === "QUOTE_DOUBLE" && raw[at] === "\\") {
      const length = escapeLengths[raw[at + 1] ?? ""] ?? 2;
      if (!isBreak(raw[at + 1])) map[i++] = at;
      if (length === 10 && (value.codePointAt(i - 1) ?? 0) > 0xffff) map[i++] = at;
      at += length;
    } else if (type === "QUOTE_SINGLE" && raw.startsWith("''", at)) {
      map[i++] = at;
      at += 2;
    } else if (raw[at] === value[i] && !isBreak(raw[at])) map[i++] = at++;
    else if (isBreak(raw[at]) && isBlank(value[i])) {
      map[i++] = at++;
      for (; isBlank(raw[at]); at++) if (isBreak(raw[at]) && value[i] === "\n") map[i++] = at;
    } else if (isBlank(value[i]) && !isBlank(raw[at])) map[i++] = at;
    else at++;
  }
  for (; i < map.length; i++) map[i] = Math.min(at, raw.length);
  return map;
}
