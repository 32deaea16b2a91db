// The contract between the stores and the rest of a mount.
import type { SecretObject, ObjectRef } from "../request/objects.ts";
import type { CredentialSource } from "../identity/credentials.ts";
import type { ProviderError } from "../errors.ts";

/** A value read from a store. `value` must never be printed. */
export interface StoredValue {
  readonly value: Uint8Array;
  readonly version: string;
}

/** One object with its value. */
export interface FetchedObject extends StoredValue {
  readonly object: SecretObject;
}

/** A failure of one region; `fatal` decides failover (parity 6): a client fault that the other region would not mend. */
export interface RegionFailure {
  readonly error: ProviderError;
  readonly fatal: boolean;
}

export type Outcome = { readonly ok: StoredValue } | { readonly failed: RegionFailure };

/** What to read in one region. */
export interface ReadRequest {
  readonly object: SecretObject;
  readonly ref: ObjectRef;
}

export interface RegionContext {
  readonly region: string;
  readonly credentials: CredentialSource;
  readonly signal: AbortSignal;
}
