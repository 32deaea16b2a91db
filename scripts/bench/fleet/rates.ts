// Token buckets: AWS's, the one in front of Kubernetes, and the SDK's adaptive rate (CUBIC, as the SDKs' retry behaviour describes it).

export interface Bucket {
  /** Takes one if there is one. */
  readonly take: (now: number) => boolean;
  /** Takes one that may still have to come; how long to wait for it, s. */
  readonly reserve: (now: number) => number;
}

/** Makes a full bucket. */
export function createBucket(perSecond: number, size: number): Bucket {
  let tokens = size;
  let last = 0;
  const fill = (now: number): void => {
    tokens = Math.min(size, tokens + (now - last) * perSecond);
    last = now;
  };
  return {
    take: (now) => {
      fill(now);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    reserve: (now) => {
      fill(now);
      tokens -= 1;
      return tokens >= 0 ? 0 : -tokens / perSecond;
    },
  };
}

export interface AdaptiveRate {
  /** How long a call has to wait before it may be sent, s. */
  readonly wait: (now: number) => number;
  /** Learns from an answer. */
  readonly learn: (now: number, throttled: boolean) => void;
}

const keep = 0.7;
const scale = 0.4;
const smooth = 0.8;
const leastRate = 0.5;

/** Makes a rate that is unlimited until the first throttled answer. */
export function createAdaptiveRate(): AdaptiveRate {
  let on = false;
  let rate = 0;
  let capacity = 1;
  let tokens = 1;
  let filledAt = 0;
  let measured = 0;
  let countedFrom = 0;
  let count = 0;
  let bestRate = 0;
  let throttledAt = 0;
  const fill = (now: number): void => {
    tokens = Math.min(capacity, tokens + (now - filledAt) * rate);
    filledAt = now;
  };
  const measure = (now: number): void => {
    const slot = Math.floor(now * 2) / 2;
    count += 1;
    if (slot <= countedFrom) return;
    measured = (count / (slot - countedFrom)) * smooth + measured * (1 - smooth);
    count = 0;
    countedFrom = slot;
  };
  return {
    wait: (now) => {
      if (!on) return 0;
      fill(now);
      tokens -= 1;
      return tokens >= 0 ? 0 : -tokens / rate;
    },
    learn: (now, throttled) => {
      measure(now);
      let next: number;
      if (throttled) {
        bestRate = on ? Math.min(measured, rate) : measured;
        throttledAt = now;
        on = true;
        next = bestRate * keep;
      } else {
        const window = Math.cbrt((bestRate * (1 - keep)) / scale);
        next = scale * (now - throttledAt - window) ** 3 + bestRate;
      }
      if (!on) return;
      fill(now);
      rate = Math.max(leastRate, Math.min(next, 2 * measured));
      capacity = Math.max(1, rate);
      tokens = Math.min(tokens, capacity);
    },
  };
}
