// A long text put together from many short ones. JavaScriptCore keeps `a + b` as a tree until somebody reads it; a tree of millions is read at once.

export interface Pieces {
  head: string[];
  tail: string;
}

const tailMax = 8192;

export function createPieces(): Pieces {
  return { head: [], tail: "" };
}

/** Adds a piece at the end. */
export function addPiece(pieces: Pieces, piece: string): void {
  pieces.tail += piece;
  if (pieces.tail.length < tailMax) return;
  pieces.tail.charCodeAt(0); // reads the tree
  pieces.head.push(pieces.tail);
  pieces.tail = "";
}

/** The whole text. */
export function textOfPieces({ head, tail }: Pieces): string {
  return head.length === 0 ? tail : head.join("") + tail;
}
