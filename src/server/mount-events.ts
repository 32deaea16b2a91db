// The events of a mount that the server knows: whose it is, when its turn began, how it ended. Used by serve.ts.
import type { Emit } from "../events.ts";
import type { ParsedRequest } from "../request/mount-request.ts";
import { bugText, explanationOf } from "./status.ts";

export interface MountEvents {
  readonly parsed: (request: ParsedRequest) => void;
  /** The wait for a turn is over. */
  readonly turnBegan: () => void;
  readonly succeeded: () => void;
  readonly failed: (error: unknown) => void;
}

/** Emits the events of a mount that begins now. */
export function createMountEvents(emit: Emit): MountEvents {
  const startedMs = performance.now();
  let waitMs: number | undefined;
  return {
    parsed: ({ pod: { name, namespace, serviceAccount } }) =>
      emit({ kind: "request-parsed", pod: name, namespace, serviceAccount }),
    turnBegan: () => {
      waitMs = performance.now() - startedMs;
      emit({ kind: "turn-began" });
    },
    succeeded: () =>
      emit({ kind: "mount-ended", failure: undefined, durationMs: performance.now() - startedMs, waitMs }),
    failed: (error) => {
      const explained = explanationOf(error);
      if (explained === undefined) emit({ kind: "bug", place: "mount" });
      const failure = explained ?? ({ reason: "Internal", ...bugText(error) } as const);
      emit({ kind: "mount-ended", failure, durationMs: performance.now() - startedMs, waitMs });
    },
  };
}
