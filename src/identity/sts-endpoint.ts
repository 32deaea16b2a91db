// Which endpoint of STS is asked: FIPS, dual-stack or ordinary; and the credentials in its answers.
import { LRUCache } from "lru-cache";
import type { Context } from "../context.ts";
import { ProviderError } from "../errors.ts";
import { OutboundError } from "../outbound.ts";
import { Secret } from "../secret.ts";
import type { Sender } from "../aws/sender.ts";
import { readAwsError } from "../aws/error.ts";
import type { Credentials } from "../aws/credentials.ts";

/** One of STS's endpoints of a region. */
export interface StsEndpoint {
  readonly sender: Sender;
  readonly isFips: boolean;
  readonly isDualStack: boolean;
}

export interface StsOptions {
  /** In order of preference: each serves where those before it can't be reached, or, of dual-stack ones, something else than STS answers. */
  readonly endpoints: readonly [StsEndpoint, ...StsEndpoint[]];
}

/** Makes a call by one of the senders. Rejects as the call does. */
export type AskSts = <T>(region: string, call: (sender: Sender) => Promise<T>, context: Context) => Promise<T>;

export interface StsWishes {
  /** auto: the ordinary endpoint may serve where the FIPS one can't be reached. */
  readonly fips: "auto" | "required" | "off";
  /** 3.x used the ordinary endpoint in any case, so that it may always serve. */
  readonly isDualStack: boolean;
}

/** The endpoints that settings allow, in order of preference. */
export function stsEndpoints(
  { fips, isDualStack }: StsWishes,
  senderOf: (isFips: boolean, isDualStack: boolean) => Sender,
): StsOptions["endpoints"] {
  const kinds = (isFips: boolean): StsEndpoint[] =>
    (isDualStack ? [true, false] : [false]).map((dual) => ({
      sender: senderOf(isFips, dual),
      isFips,
      isDualStack: dual,
    }));
  const [first, ...more] = [...(fips === "off" ? [] : kinds(true)), ...(fips === "required" ? [] : kinds(false))];
  return [first ?? { sender: senderOf(false, false), isFips: false, isDualStack: false }, ...more];
}

const forgetMs = 10 * 60_000;
/** Endpoints of regions. A region is the author's text: beyond this many the least recently used one is tried anew. */
const unreachableMax = 64;

/** Makes the choice of the endpoint, one for all that ask STS. */
export function createAskSts({ endpoints }: StsOptions): AskSts {
  const unreachable = new LRUCache<string, true>({ max: unreachableMax, ttl: forgetMs });
  const keyOf = (region: string, endpoint: StsEndpoint): string => `${nameOf(endpoint)} ${region}`;

  return async (region, call, { signal, emit }) => {
    const failed: StsEndpoint[] = [];
    /** An endpoint is passed over from now on, since another one was reached in its place. */
    const note = (): void => failed.forEach((endpoint) => unreachable.set(keyOf(region, endpoint), true));
    for (const [i, endpoint] of endpoints.entries()) {
      const next = endpoints[i + 1];
      if (next !== undefined && unreachable.has(keyOf(region, endpoint))) continue;
      try {
        const answer = await call(endpoint.sender);
        note();
        return answer;
      } catch (error) {
        if (signal.aborted) throw error;
        const why = lossOf(error);
        if (why === undefined) note();
        // Some networks lead AWS's dual-stack names to a proxy's page; of the ordinary names such an answer stands.
        const isLost = error instanceof OutboundError || (why !== undefined && endpoint.isDualStack);
        if (!isLost || next === undefined) {
          // The last one is lost as well: the next mount tries all of them.
          if (next === undefined && why !== undefined)
            for (const other of endpoints) unreachable.delete(keyOf(region, other));
          throw error;
        }
        failed.push(endpoint);
        emit({ kind: "warning", about: "sts-endpoint", text: fallbackText(region, endpoint, next, why ?? "") });
      }
    }
    throw new Error("no endpoint of STS was asked");
  };
}

/** Why what came is no answer of STS: no connection, or nothing that has a code or credentials; undefined = STS itself says no. */
function lossOf(error: unknown): string | undefined {
  if (error instanceof OutboundError) return error.message;
  const { code, brief } = readAwsError(error, "STS", "", []);
  return code === "" ? brief.replace(/^STS: /, "") : undefined;
}

function fallbackText(region: string, from: StsEndpoint, to: StsEndpoint, why: string): string {
  const hint = from.isFips && !to.isFips ? " (--sts-fips=required forbids this)" : "";
  return `the ${nameOf(from)} endpoint of STS in ${region} can't be reached (${why}); using the ${nameOf(to)} one${hint}`;
}

function nameOf({ isFips, isDualStack }: StsEndpoint): string {
  if (isFips) return isDualStack ? "dual-stack FIPS" : "FIPS";
  return isDualStack ? "dual-stack" : "ordinary";
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
