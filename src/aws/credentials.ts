// The shape of AWS credentials: what an exchange gives, and what a call is signed with.
import type { Secret } from "../secret.ts";

/** Temporary AWS credentials. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret<string>;
  /** Empty = none, as with the keys of an IAM user. */
  readonly sessionToken: Secret<string>;
  /** Epoch ms; Infinity = never. */
  readonly expiresAtMs: number;
}
