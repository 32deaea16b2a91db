// Classes of characters as libyaml has them (yamlprivateh.go). A code of 0 is the end of the text: NUL itself is refused before it is seen.

export const code = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  exclamation: 0x21,
  doubleQuote: 0x22,
  hash: 0x23,
  percent: 0x25,
  ampersand: 0x26,
  singleQuote: 0x27,
  asterisk: 0x2a,
  comma: 0x2c,
  dash: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  less: 0x3c,
  greater: 0x3e,
  question: 0x3f,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  bar: 0x7c,
  closeBrace: 0x7d,
} as const;

/** Code of the UTF-16 unit at an offset, 0 from the end of the text on. */
export function codeAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : 0;
}

/** CR, LF, NEL (U+0085), LS (U+2028), PS (U+2029). */
export function isBreak(unit: number): boolean {
  return unit === 0x0a || unit === 0x0d || unit === 0x85 || unit === 0x2028 || unit === 0x2029;
}

export function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

/** A blank, a line break or the end of the text. */
export function isBlankOrEnd(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0 || unit === 0x09 || isBreak(unit);
}

/** Characters taken in one go: some 20 us of a regular expression with the JIT off. */
export const runMax = 4096;

/** The end of the run that a sticky expression finds at an offset; the offset itself where it finds none. */
export function endOfRun(run: RegExp, text: string, at: number): number {
  run.lastIndex = at;
  return run.test(text) ? run.lastIndex : at;
}

/** What a line break means in a text: LF, but LS and PS stay what they are. */
export function meaningOfBreak(unit: number): string {
  return unit === 0x2028 ? "\u2028" : unit === 0x2029 ? "\u2029" : "\n";
}
