// The time that a mount may take, and the error of one that has taken it. Used by serve.ts.
import { ProviderError } from "../errors.ts";
import { heldUp } from "../context.ts";
import type { CurrentMount } from "../context.ts";

/** kubelet gives a mount two minutes, and the driver the same. */
const mountMsMax = 100_000;

/** How long a mount may take: the call's deadline less two seconds for the answer (half of it if under four), at most 100 s. */
export function timeFor(deadline: Date | number): number {
  const leftMs = Number(deadline) - Date.now();
  return Math.max(0, Math.min(mountMsMax, leftMs < 4_000 ? leftMs / 2 : leftMs - 2_000));
}

/** The error of a mount whose time is over. No measured time: the text would be another at each try. */
export function givenUp(mount: CurrentMount, allowedMs: number): ProviderError {
  const why = heldUp(mount);
  const waits = why === undefined ? [] : [why.figures];
  const end =
    allowedMs === mountMsMax
      ? `the mount was given up after ${mountMsMax / 1000} s`
      : "the mount was given up shortly before its caller's deadline";
  return new ProviderError({
    reason: "DeadlineExceeded",
    message: `${end}${why === undefined ? "" : `: ${why.text}`}`,
    passing: { requestIds: [], exact: [], waits },
    fix: "kubelet tries again by itself.",
  });
}
