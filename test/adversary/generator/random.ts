// Numbers that look random and are the same for the same seed and case: mulberry32. Sizes are small nearly always, and as large as it gets now and then.

export interface Random {
  /** 0 <= x < 1 */
  readonly next: () => number;
  /** Whole, 0 <= x < end. */
  readonly below: (end: number) => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(list: readonly [T, ...T[]]) => T;
  /** 1..max: mostly of the case's scale, evenly spread over orders of magnitude. */
  readonly size: (max: number) => number;
  readonly times: <T>(count: number, make: (at: number) => T) => T[];
}

/** Largest size of a case, and how often cases have that scale. */
const scales = [
  { share: 0.002, most: Infinity },
  { share: 0.03, most: 400 },
  { share: 1, most: 12 },
] as const;

/** The numbers of one case. */
export function createRandom(seed: number, index: number): Random {
  let state = mix(seed ^ mix(index + 1));
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(next() * end);
  const drawn = next();
  const most = scales.find(({ share }) => drawn < share)?.most ?? 12;
  return {
    next,
    below,
    chance: (share) => next() < share,
    pick: (list) => list[below(list.length)] ?? list[0],
    size: (max) => Math.floor(Math.min(max, most) ** next()),
    times: (count, make) => Array.from({ length: count }, (_, at) => make(at)),
  };
}

function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
