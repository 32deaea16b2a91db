// Where the credentials of a mount come from: the shape that the exchanges, the caches and the stores share.
import type { Credentials } from "../aws/credentials.ts";
import type { Context } from "../context.ts";

/** The credentials of one mount's identity, region by region. Nothing is exchanged before `get` is called. */
export interface CredentialSource {
  readonly method: "irsa" | "pod-identity";
  /** Who gives them, for error texts. */
  readonly from: string;
  /** Whose they are, for error texts: an ARN where it is known. */
  readonly role: string;
  /** Names the identity, as caches do; empty when the token is not by its own word the pod's: then nothing is shared. It changes when `get` or `renew` find another role. */
  readonly workload: string;
  readonly get: (region: string, context: Context) => Promise<Credentials>;
  /** Whether this mount itself exchanged them, so that fresher ones would say the same. */
  readonly isFresh: (credentials: Credentials) => boolean;
  /** Whether the identity itself is another one by now: the role annotation is up to ten seconds old, and AWS denied the role. */
  readonly renew: (context: Context) => Promise<boolean>;
  /** Forget these, since AWS refused them; the next `get` exchanges anew, with the role re-read. */
  readonly drop: (region: string, refused: Credentials) => void;
}
