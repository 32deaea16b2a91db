// Waiting that can be given up: what ends a wait is always an AbortSignal, and no listener or timer stays behind.

/**
 * Waits for `work`, or rejects with the signal's reason as soon as it aborts. The work itself goes on unless it watches the signal too.
 * (Bun's fetch has been seen not to settle after an abort: oven-sh/bun#26066; so no wait of ours relies on it.)
 */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) {
      work.catch(() => undefined);
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** A signal that aborts with the parent, or by `abort`. Call `release` when the work is over. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  readonly abort: (reason: unknown) => void;
  readonly release: () => void;
}

/** Derives a signal from a parent. With `timeoutMs` it also aborts by itself, with the reason that `timeoutReason` makes. */
export function linkAbort(
  parent: AbortSignal | undefined,
  timeoutMs?: number,
  timeoutReason?: () => unknown,
): LinkedAbort {
  const own = new AbortController();
  const onParent = (): void => own.abort(parent?.reason);
  let timer: ReturnType<typeof setTimeout> | undefined;
  if (parent?.aborted === true) onParent();
  else {
    parent?.addEventListener("abort", onParent, { once: true });
    if (timeoutMs !== undefined) timer = setTimeout(() => own.abort(timeoutReason?.()), timeoutMs);
  }
  const release = (): void => {
    clearTimeout(timer);
    parent?.removeEventListener("abort", onParent);
  };
  return { signal: own.signal, abort: (reason) => own.abort(reason), release };
}

/** Sleeps for `ms`, or rejects with the signal's reason. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slept = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return abortable(slept, signal).finally(() => clearTimeout(timer));
}
