// Foreign texts (names, AWS's words, manifests) on their way to an event, a log or a terminal: the one place that knows which characters may act there.

/**
 * What ends a line, moves a cursor, turns the reading direction or can't be seen: controls (C0, C1), format characters (bidi, zero width, soft hyphen,
 * BOM, tags), line and paragraph separators, and what Unicode says is ignored when it is shown (fillers, variation selectors).
 * Unicode 17, chapter 23; Trojan Source, CVE-2021-42574.
 */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const hiddenRuns = new RegExp(`(?:${hidden.source})+`, "gu");

/** The text with each such character as an escape: `\n`, `\u202e`, `\u{e0041}`. */
export function visible(text: string): string {
  return text.replace(hidden, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return shorts.get(character) ?? (code > 0xffff ? `\\u{${code.toString(16)}}` : unit(code));
  });
}

/** A JSON text that says the same, with each such character as JSON's own escape; line feeds between its tokens stay. */
export function visibleJson(json: string): string {
  return json.replace(hidden, (character) =>
    character === "\n"
      ? character
      : Array.from({ length: character.length }, (_, i) => unit(character.charCodeAt(i))).join(""),
  );
}

/** As `visible`, but line feeds and tabs stay: for texts of several lines. */
export function visibleLines(text: string): string {
  return text.replace(/[^\n\t]+/g, visible);
}

/** The text with a space for each run of such characters. */
export function oneLine(text: string): string {
  return text.replace(hiddenRuns, " ");
}

const shorts: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
