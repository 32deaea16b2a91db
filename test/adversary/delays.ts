// How long something had to wait, counted in steps of a tenth of a millisecond, so that millions of samples cost nothing.

/** What was counted, ms. */
export interface DelayReport {
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Samples of more than 5, 10 and 50 ms. */
  readonly over5: number;
  readonly over10: number;
  readonly over50: number;
  /** The longest: when they ended (epoch ms) and how long they were. */
  readonly longest: readonly { readonly atMs: number; readonly ms: number }[];
}

export interface Delays {
  readonly add: (ms: number) => void;
  readonly report: () => DelayReport;
  readonly reset: () => void;
}

const stepMs = 0.1;
const stepsMax = 600_000;
const longestKept = 20;

/** Makes an empty count. */
export function createDelays(): Delays {
  const counts = new Uint32Array(stepsMax + 1);
  let longest: { atMs: number; ms: number }[] = [];
  let samples = 0;
  let max = 0;

  function quantile(share: number): number {
    let left = samples * (1 - share);
    for (let at = Math.min(stepsMax, Math.ceil(max / stepMs)); at >= 0; at -= 1) {
      left -= counts[at] ?? 0;
      if (left < 0) return at * stepMs;
    }
    return 0;
  }

  const over = (ms: number): number => counts.subarray(Math.ceil(ms / stepMs)).reduce((sum, count) => sum + count, 0);

  return {
    add: (ms) => {
      samples += 1;
      const at = Math.min(stepsMax, Math.max(0, Math.floor(ms / stepMs)));
      counts[at] = (counts[at] ?? 0) + 1;
      if (ms > max) max = ms;
      const least = longest.at(-1);
      if (longest.length === longestKept && least !== undefined && ms <= least.ms) return;
      longest = [...longest, { atMs: Date.now(), ms }].toSorted((a, b) => b.ms - a.ms).slice(0, longestKept);
    },
    report: () => ({
      samples,
      p50: quantile(0.5),
      p99: quantile(0.99),
      p999: quantile(0.999),
      max,
      over5: over(5),
      over10: over(10),
      over50: over(50),
      longest,
    }),
    reset: () => {
      counts.fill(0);
      longest = [];
      samples = 0;
      max = 0;
    },
  };
}
