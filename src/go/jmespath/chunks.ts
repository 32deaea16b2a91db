// Long texts in pieces: what native code does with a whole one can't be cut.

/** UTF-16 units of a piece: the slowest use takes about a millisecond for it with the JIT off. */
const chunkUnits = 4096;

/** The pieces of a text, in order, of at most 4,097 units. No pair of surrogates is in two of them. Of the empty text there is one, empty. */
export function* chunksOf(text: string): Generator<string, void, void> {
  let start = 0;
  do {
    let end = start + chunkUnits;
    if (/^[\uD800-\uDBFF]$/.test(text[end - 1] ?? "")) end += 1;
    yield text.slice(start, end);
    start = end;
  } while (start < text.length);
}
