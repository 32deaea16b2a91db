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
  /** The longest: when they ended (epoch ms), how long they were, and what was running if that is known. */
  readonly longest: readonly { readonly atMs: number; readonly ms: number; readonly where: string }[];
}

export interface Delays {
  readonly add: (ms: number, where?: string) => void;
  readonly report: () => DelayReport;
  readonly reset: () => void;
}

const stepMs = 0.1;
const stepsMax = 60_000;
const longestKept = 20;

/** Makes an empty count. */
export function createDelays(): Delays {
  const counts = new Uint32Array(stepsMax + 1);
  let longest: { atMs: number; ms: number; where: string }[] = [];
  let samples = 0;
  let max = 0;
  let [over5, over10, over50] = [0, 0, 0];

  function quantile(share: number): number {
    let left = samples * (1 - share);
    for (let at = Math.min(stepsMax, Math.ceil(max / stepMs)); at >= 0; at -= 1) {
      left -= counts[at] ?? 0;
      if (left < 0) return at * stepMs;
    }
    return 0;
  }

  return {
    add: (ms, where = "") => {
      samples += 1;
      const at = Math.min(stepsMax, Math.max(0, Math.floor(ms / stepMs)));
      counts[at] = (counts[at] ?? 0) + 1;
      if (ms > max) max = ms;
      if (ms > 5) over5 += 1;
      if (ms > 10) over10 += 1;
      if (ms > 50) over50 += 1;
      const least = longest.at(-1);
      if (longest.length === longestKept && least !== undefined && ms <= least.ms) return;
      longest = [...longest, { atMs: Date.now(), ms, where }].toSorted((a, b) => b.ms - a.ms).slice(0, longestKept);
    },
    report: () => ({
      samples,
      p50: quantile(0.5),
      p99: quantile(0.99),
      p999: quantile(0.999),
      max,
      over5,
      over10,
      over50,
      longest,
    }),
    reset: () => {
      counts.fill(0);
      longest = [];
      [samples, max, over5, over10, over50] = [0, 0, 0, 0, 0];
    },
  };
}
