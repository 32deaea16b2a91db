// The spellings of a boolean that Go's strconv.ParseBool takes (go1.26 src/strconv/atob.go). Nothing is trimmed, and letter case counts.
const table = [
  ["true", true],
  ["false", false],
  ["True", true],
  ["False", false],
  ["TRUE", true],
  ["FALSE", false],
  ["t", true],
  ["f", false],
  ["T", true],
  ["F", false],
  ["1", true],
  ["0", false],
] as const;

const values: ReadonlyMap<string, boolean> = new Map(table);

/** All spellings, the plain words first. */
export const booleanSpellings = table.map(([spelling]) => spelling);

/** The boolean; undefined for a text that ParseBool rejects. */
export function parseBoolean(text: string): boolean | undefined {
  return values.get(text);
}
