// What one mount may cost the node: work, memory, files. Charged where the work is done; what is used up fails this mount, and no other.
// The figures and their sources stand in docs/decisions.md ("The budget of a mount").
import { ProviderError } from "./errors.ts";
import type { FieldPath } from "./errors.ts";
import type { MemoryShare } from "./sharing/memory.ts";

/** The bounds of one mount. */
export const bounds = {
  /** Steps of evaluation, about 1 us each with the JIT off: values visited, compared, copied, made. */
  steps: 1_000_000,
  /** Values, outputs and names held at once, bytes. A class of 500 objects of 64 KiB holds as much. */
  bytes: 32 << 20,
  /** Files. */
  files: 10_000,
  /** Folders inside one another; kubelet's and the driver's own limit is the length of a path. */
  folders: 32,
} as const;

/** The budget of one mount. All of its methods throw ProviderError TooLarge when it is used up. */
export interface Budget {
  /** Charges steps of evaluation. */
  readonly spend: (steps: number) => void;
  /** Charges bytes that are held until the mount ends. */
  readonly hold: (bytes: number) => void;
  /** Gives back bytes that are no longer held. */
  readonly release: (bytes: number) => void;
  /** Waits for memory that other mounts hold, where this one holds more than its share; undefined = there is room. */
  readonly room: () => Promise<void> | undefined;
}

/** Makes the budget of a mount. `memory` is called with each change of the bytes, and reports whether there is room. */
export function createBudget(memory?: Pick<MemoryShare, "change" | "room">): Budget {
  let steps: number = bounds.steps;
  let held = 0;
  return {
    spend: (count) => {
      steps -= count;
      if (steps < 0)
        throw tooLarge(
          `the class asks for too much work: more than ${bounds.steps} steps`,
          "Split the class into several, or ask for less in jmesPath.",
        );
    },
    hold: (bytes) => {
      if (held + bytes > bounds.bytes)
        throw tooLarge(
          `the values and files of the mount are larger than ${bounds.bytes >> 20} MiB together`,
          "Split the class into several, or mount fewer keys and copies of a value.",
        );
      held += bytes;
      memory?.change(bytes);
    },
    release: (bytes) => {
      held -= bytes;
      memory?.change(-bytes);
    },
    room: () => memory?.room(),
  };
}

/** A bound of a mount that its class, its values or AWS's answers exceed. */
export function tooLarge(message: string, fix: string, at: FieldPath = []): ProviderError {
  return new ProviderError({ reason: "TooLarge", message, fix, at });
}
