// A text inside a scalar of a manifest (`objects: |`) -> where each of its characters stands in the manifest. Exact for block scalars of kind `|`;
// for folded and quoted ones, line breaks and escapes are followed as they are written.
import type { YamlStyle, YamlText } from "../../go/yaml/node.ts";
import { lineBreaks } from "../../go/yaml/lines.ts";
import { lastUpTo } from "./places.ts";

/** Maps offsets of the scalar's value to offsets of `text`, the document that holds the scalar. Offsets past the end stay inside. */
export function createEmbedding(
  text: string,
  { start, end, style }: YamlText,
  value: string,
): (offset: number) => number {
  const isBlock = style === "literal" || style === "folded";
  const head = isBlock ? text.slice(start, end).search(lineBreaks.source) : 0;
  if (head < 0) return () => start;
  const from = isBlock ? start + head + (text.startsWith("\r\n", start + head) ? 2 : 1) : start;
  if (style === "literal") return literal(text, from, end, value);
  const map = align(text.slice(from, end), value, style);
  return (offset) => from + (map[Math.min(Math.max(0, offset), map.length - 1)] ?? 0);
}

interface Line {
  readonly start: number;
  readonly length: number;
}

function linesOf(text: string): Line[] {
  let start = 0;
  const lines = Array.from(text.matchAll(lineBreaks), (found): Line => {
    const line = { start, length: found.index - start };
    start = found.index + found[0].length;
    return line;
  });
  return [...lines, { start, length: text.length - start }];
}

/** Each line of the value is the end of its line in the text: what comes before is indentation. */
function literal(text: string, from: number, end: number, value: string): (offset: number) => number {
  const lines = linesOf(value);
  const written = linesOf(text.slice(from, end));
  const starts = lines.map((line) => line.start);
  return (offset) => {
    const inside = Math.min(Math.max(0, offset), value.length);
    const i = lastUpTo(starts, inside);
    const { start, length } = written[i] ?? { start: end - from, length: 0 };
    const margin = Math.max(0, length - (lines[i]?.length ?? 0));
    return Math.min(end, from + start + margin + inside - (starts[i] ?? 0));
  };
}

/** Characters of an escape by the one after the backslash; 2 if not here. */
const escapeLengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

function align(raw: string, value: string, type: YamlStyle): Int32Array {
  const map = new Int32Array(value.length + 1);
  const isBreak = (c = ""): boolean => c === "\n" || c === "\r";
  const isBlank = (c = ""): boolean => c === " " || c === "\t" || isBreak(c);
  let at = type === "double" || type === "single" ? 1 : 0;
  let i = 0;
  while (i < value.length && at < raw.length) {
    if (type === "double" && raw[at] === "\\") {
      const length = escapeLengths[raw[at + 1] ?? ""] ?? 2;
      if (!isBreak(raw[at + 1])) map[i++] = at;
      if (length === 10 && (value.codePointAt(i - 1) ?? 0) > 0xffff) map[i++] = at;
      at += length;
    } else if (type === "single" && raw.startsWith("''", at)) {
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
