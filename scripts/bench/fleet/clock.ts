// Virtual time and seeded chance: events run in order of their time, and the same seed gives the same run.

export interface Clock {
  readonly now: () => number;
  /** Runs a step so many seconds from now. */
  readonly after: (seconds: number, step: () => void) => void;
  /** Runs the events until none is left, or the time is over. */
  readonly run: (untilSeconds: number) => void;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly step: () => void;
}

/** Makes a clock at 0: a binary heap of events. */
export function createClock(): Clock {
  const heap: Event[] = [];
  let time = 0;
  let order = 0;
  const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(event: Event): void {
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !isBefore(event, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = event;
  }

  function pop(): Event | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = at * 2 + 1;
      let child = heap[down];
      const right = heap[down + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right;
        down += 1;
      }
      if (child === undefined || !isBefore(child, last)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
    return first;
  }

  return {
    now: () => time,
    after: (seconds, step) => push({ at: time + Math.max(0, seconds), order: (order += 1), step }),
    run: (untilSeconds) => {
      for (let event = pop(); event !== undefined && event.at <= untilSeconds; event = pop()) {
        time = event.at;
        event.step();
      }
    },
  };
}

/** Numbers from 0 up to 1 (mulberry32). */
export function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
