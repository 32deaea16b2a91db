// When AWS last denied something to which identity. Values that were read while their identity was denied something are not kept: the memories of
// values (value-cache.ts, last-values.ts) ask here.
import { credentialVerdict } from "../aws/error.ts";
import type { RegionFailure } from "./store.ts";

/** The denials of a process. An identity is the first line of a workload, with its line feed (identity/assumed-role.ts). */
export interface Denials {
  readonly add: (identity: string) => void;
  /** The number of denials so far, to ask with later. */
  readonly count: () => number;
  /** Whether the identity was denied anything after that many denials; in doubt it was. */
  readonly isDeniedSince: (identity: string, count: number) => boolean;
}

/** A node runs some hundred pods. Of an identity that is dropped all that is under way counts as denied. */
const identitiesMax = 1024;

/** Makes the record of a process. */
export function createDenials(): Denials {
  const last = new Map<string, number>(); // oldest first
  let count = 0;
  let dropped = 0;
  return {
    add: (identity) => {
      count += 1;
      last.delete(identity);
      last.set(identity, count);
      const [oldest] = last;
      if (last.size <= identitiesMax || oldest === undefined) return;
      dropped = oldest[1];
      last.delete(oldest[0]);
    },
    count: () => count,
    isDeniedSince: (identity, before) => (last.get(identity) ?? dropped) > before,
  };
}

/** Who a workload is: the pod's own identity, whatever roles it has assumed, each of which stands on a further line. */
export function identityOf(workload: string): string {
  return `${workload.split("\n", 1)[0] ?? ""}\n`;
}

/** Whether AWS, STS or the agent denied the identity something. */
export function isDenial({
  reason,
  code = "",
  isDenied,
}: Pick<RegionFailure, "reason" | "code" | "isDenied">): boolean {
  const isRefused = reason === "AccessDenied" || reason === "CredentialsRefused";
  return isRefused || isDenied === true || credentialVerdict(code) !== "good";
}
