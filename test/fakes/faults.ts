// Faults that a test puts between a request and its answer: where (service, operation, id, ...) and what happens there.
// The first fault that matches and is not used up wins; a fault is looked for before the fake looks at signatures or tokens.
import type { Call, Service } from "./calls.ts";

/** Which calls a fault meets; what is absent matches everything. */
export interface FaultMatch {
  readonly service?: Service;
  readonly operation?: string;
  /** Glob with `*`; matches if one id of the call does. */
  readonly id?: string;
  readonly region?: string;
  /** Name of the role that signed the call. */
  readonly role?: string;
  /** 127.0.0.1 or ::1. */
  readonly listener?: string;
  /** Let this many calls through first. */
  readonly skip?: number;
  /** Meet this many calls; without it, all. */
  readonly times?: number;
}

/** An error in the service's own format. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What happens to a call that a fault meets. `delayMs` comes first, with each kind. */
export type FaultAction = { readonly delayMs?: number } & (
  | { readonly kind: "delay" }
  /** An error answer as the service words it. */
  | ({ readonly kind: "answer"; readonly retryAfterSeconds?: number } & Refusal)
  /** The connection is closed, before a byte of the answer or in the middle of it. */
  | { readonly kind: "reset"; readonly when?: "before-headers" | "mid-body" }
  /** The connection stays open and silent. */
  | {
      readonly kind: "hang";
      readonly when?: "before-headers" | "after-headers";
    }
  /** The true answer, byte by byte. */
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  /** The true answer under another Content-Type. */
  | { readonly kind: "content-type"; readonly contentType: string }
  /** Status 200 with a body that is not one. */
  | { readonly kind: "malformed" }
  | { readonly kind: "empty" }
  | { readonly kind: "huge"; readonly sizeBytes?: number }
  /** Zeros, packed: some hundred bytes that are large when they are unpacked. `contradicting` = with a length and in chunks. */
  | { readonly kind: "packed"; readonly encoding: "br" | "gzip" | "zstd"; readonly framing: "length" | "chunked" }
  | { readonly kind: "contradicting" }
  /** Any other answer, verbatim. */
  | {
      readonly kind: "raw";
      readonly status?: number;
      readonly contentType?: string;
      readonly body: string;
    }
  /** These bytes and nothing else, head and body; then the connection is closed. */
  | { readonly kind: "wire"; readonly bytes: Uint8Array }
);

/** A fault that was injected. */
export interface InjectedFault {
  /** How many calls it has met. */
  readonly hits: () => number;
  readonly remove: () => void;
}

/** The faults of one world. */
export interface Faults {
  readonly inject: (match: FaultMatch, action: FaultAction) => InjectedFault;
  /** The action for a call, undefined = none; counts it. */
  readonly meet: (call: Call) => FaultAction | undefined;
  readonly clear: () => void;
}

interface ArmedFault {
  readonly match: FaultMatch;
  readonly action: FaultAction;
  seen: number;
  hits: number;
}

/** Makes an empty set of faults. */
export function createFaults(): Faults {
  const armed = new Set<ArmedFault>();
  return {
    inject: (match, action) => {
      const fault: ArmedFault = { match, action, seen: 0, hits: 0 };
      armed.add(fault);
      return { hits: () => fault.hits, remove: () => void armed.delete(fault) };
    },
    meet: (call) => {
      for (const fault of armed) {
        if (fault.hits >= (fault.match.times ?? Infinity) || !matches(fault.match, call)) continue;
        fault.seen += 1;
        if (fault.seen <= (fault.match.skip ?? 0)) continue;
        fault.hits += 1;
        return fault.action;
      }
      return undefined;
    },
    clear: () => armed.clear(),
  };
}

function matches(match: FaultMatch, call: Call): boolean {
  const { id } = match;
  return (
    (match.service ?? call.service) === call.service &&
    (match.operation ?? call.operation) === call.operation &&
    (match.region ?? call.region) === call.region &&
    (match.role ?? call.role) === call.role &&
    (match.listener ?? call.listener) === call.listener &&
    (id === undefined || call.ids.some((one) => globMatches(id, one)))
  );
}

/** Whether text matches a pattern in which `*` stands for any text. */
export function globMatches(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? "";
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
