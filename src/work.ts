// Computations over something that a class, a value or an answer decides the size of. They are written as generators that yield where other mounts
// may go first, so that the same code runs in one go (command line, tests) and in short stretches (the server: pace.ts). Pure.

/** A computation that can be cut at each `yield`. It yields at least once for each 50 us of work at full speed, about. */
export type Work<T> = Generator<void, T, void>;

/** Runs a computation to its end in one go. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
