// Which exchange, cached per workload identity, renewed before expiry. Cache keys name the workload, never a token.
import type { Secret } from "../secret.ts";

/** Temporary AWS credentials. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret<string>;
  readonly sessionToken: Secret<string>;
  /** Epoch ms; Infinity = never. */
  readonly expiresAtMs: number;
}

/** The credentials of one mount's identity, region by region. Nothing is exchanged before `get` is called. */
export interface CredentialSource {
  readonly get: (region: string, signal: AbortSignal) => Promise<Credentials>;
  /** Forget these (AWS refused them); the next `get` exchanges anew. */
  readonly drop: (region: string, refused: Credentials) => void;
}
