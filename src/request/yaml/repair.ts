// Texts that go-yaml v2 takes and js-yaml refuses, rewritten so that both read the same. Only for what stands in manifests that work today: each
// repair answers one refusal, and a text that needs none is never touched.
import { parseEvents, YAMLException } from "js-yaml";
import type { Event } from "js-yaml";

/** Repairs of one text: each costs another parse. A manifest needs one for each list or quoted text that ends at its key's column. */
const repairsMax = 200;
/** Characters parsed again, over all repairs: bounds the work for a hostile text. */
const reparsedMax = 2_000_000;

export interface Parsed {
  /** What the events point into. */
  readonly text: string;
  readonly events: readonly Event[];
}

/** @throws YAMLException, and RangeError where the nesting is deeper than the stack */
export function parseRepaired(source: string, depthMax: number): Parsed {
  let text = source;
  let reparsed = 0;
  for (let repairs = 0; ; repairs++) {
    try {
      return { text, events: parseEvents(text, { maxDepth: depthMax }) };
    } catch (error) {
      reparsed += text.length;
      const isLast = repairs === repairsMax || reparsed > reparsedMax;
      const repaired = isLast || !(error instanceof YAMLException) ? undefined : repair(text, error);
      if (repaired === undefined) throw error;
      text = repaired;
    }
  }
}

function repair(text: string, { reason, mark }: YAMLException): string | undefined {
  if (mark === undefined) return undefined;
  const at = mark.position;
  if (reason === "deficient indentation") return indentLine(text, at);
  // go-yaml knows `\'` between double quotes.
  if (reason === "unknown escape sequence" && text[at] === "'") return text.slice(0, at - 1) + text.slice(at);
  if (reason === "end of the stream or a document separator is expected") return cutAtMargin(text, at);
  return undefined;
}

/**
 * Lists, mappings and texts between brackets or quotes may go on in any column; blanks before a line of them mean nothing. Lines that start with a
 * closing bracket are all indented at once, unless one might be the text of a block.
 */
function indentLine(text: string, at: number): string {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  const before = text.slice(0, lineStart);
  const deepest = (before.match(/^[ ?-]*/gm) ?? []).reduce((most, start) => Math.max(most, start.length), 0);
  const blanks = " ".repeat(deepest + 1);
  const mayHoldBlocks = /[|>][-+0-9]*[ \t]*(?:#.*)?$/m.test(text);
  const rest = mayHoldBlocks ? text.slice(lineStart) : text.slice(lineStart).replace(/^ *(?=[\]}])/gm, blanks);
  return `${before}${rest.startsWith(blanks) ? "" : blanks}${rest}`;
}

/** A document whose first line is indented ends where a line is indented less: go-yaml never reads on. */
function cutAtMargin(text: string, at: number): string | undefined {
  const first = text.split("\n").find((line) => !/^ *(?:#|$)|^%|^---/.test(line)) ?? "";
  const column = at - (text.lastIndexOf("\n", at - 1) + 1);
  return column < first.search(/[^ ]/) ? text.slice(0, at) : undefined;
}
