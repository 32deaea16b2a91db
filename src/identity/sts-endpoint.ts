// Which endpoint of STS is asked, the ordinary or the FIPS one; and the credentials in its answers.
import { LRUCache } from "lru-cache";
import { ProviderError } from "../errors.ts";
import { OutboundError } from "../outbound.ts";
import { Secret } from "../secret.ts";
import type { Sender } from "../store/aws.ts";
import type { Credentials } from "./credentials.ts";

export interface StsOptions {
  /** STS of a region at its ordinary endpoint. */
  readonly ordinary: Sender;
  /** STS at the FIPS endpoint; undefined = FIPS is off. */
  readonly fips: Sender | undefined;
  /** Whether the ordinary endpoint may serve where the FIPS one can't be reached. */
  readonly fipsRequired: boolean;
  readonly warn: (text: string, signal: AbortSignal) => void;
}

/** Makes a call by one of the senders. Rejects as the call does. */
export type AskSts = <T>(region: string, call: (sender: Sender) => Promise<T>, signal: AbortSignal) => Promise<T>;

const fipsForgetMs = 10 * 60_000;
/** A region is the author's text: beyond this many the least recently used one is tried anew. */
const regionsMax = 64;

/** Makes the choice of the endpoint, one for all that ask STS. */
export function createAskSts({ ordinary, fips, fipsRequired, warn }: StsOptions): AskSts {
  const noFips = new LRUCache<string, true>({ max: regionsMax, ttl: fipsForgetMs });
  return async (region, call, signal) => {
    if (fips === undefined) return call(ordinary);
    if (!fipsRequired && noFips.has(region)) return call(ordinary);
    try {
      return await call(fips);
    } catch (error) {
      if (!(error instanceof OutboundError) || fipsRequired || signal.aborted) throw error;
      noFips.set(region, true);
      warn(
        `the FIPS endpoint of STS in ${region} can't be reached (${error.message}); using the ordinary one (--sts-fips=required forbids this)`,
        signal,
      );
      return call(ordinary);
    }
  };
}

interface StsAnswer {
  readonly Credentials?:
    | {
        readonly AccessKeyId: string | undefined;
        readonly SecretAccessKey: string | undefined;
        readonly SessionToken: string | undefined;
        readonly Expiration: Date | undefined;
      }
    | undefined;
}

/**
 * The credentials of an answer. One without is an error like any other (it ends the reference's process, parity 12.1 row 1).
 * @throws ProviderError CredentialsUnavailable
 */
export function readCredentials({ Credentials: given }: StsAnswer, operation: string): Credentials {
  if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken) {
    throw new ProviderError({
      reason: "CredentialsUnavailable",
      message: `operation error STS: ${operation}, the answer holds no credentials`,
    });
  }
  const expiresAtMs = given.Expiration instanceof Date ? given.Expiration.getTime() : Date.now();
  return {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: new Secret(given.SecretAccessKey),
    sessionToken: new Secret(given.SessionToken),
    expiresAtMs,
  };
}
