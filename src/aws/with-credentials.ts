// The rule "refused: drop, renew, once more", for every call that is signed with credentials of a pod: the stores' reads and sts:AssumeRole.
import { abortable } from "../abort.ts";
import type { OnFailedAttempt } from "./attempt.ts";
import type { Credentials } from "./credentials.ts";
import type { Context } from "../context.ts";
import { credentialVerdict, readAwsError } from "./error.ts";
import type { AwsFailure } from "./error.ts";
import { ProviderError } from "../errors.ts";

/** Where the credentials of one region come from. identity/credential-source.ts says more of each field. */
export interface RenewableCredentials {
  readonly get: (region: string, context: Context) => Promise<Credentials>;
  readonly isFresh: (credentials: Credentials) => boolean;
  readonly renew: (context: Context) => Promise<boolean>;
  readonly drop: (region: string, refused: Credentials) => void;
}

/** A call of one operation: whose credentials sign it, where, and how its errors name it. */
export interface SignedCall<Output> {
  readonly source: RenewableCredentials;
  readonly region: string;
  readonly service: string;
  readonly operation: string;
  readonly call: (credentials: Credentials, onFailedAttempt: OnFailedAttempt) => Promise<Output>;
}

/** What became of the call. */
export type Called<Output> =
  | { readonly output: Output }
  /** AWS refused it, or gave no answer to it; `error` is what the call rejected with. */
  | { readonly failure: AwsFailure; readonly error: unknown }
  /** There were no credentials: what their source rejected with. `isAnswered`: AWS has answered an attempt of this call before. */
  | { readonly noCredentials: unknown; readonly isAnswered: boolean }
  /** The context's signal aborted; the last attempt, empty = none had failed. */
  | { readonly lastAttempt: string };

/**
 * Makes one signed call. When AWS refuses credentials that this mount did not exchange itself, or says that they are no longer good, they are dropped
 * and the call is made once more with fresh ones. Where that ends in an outage, a denial of the first try stands. `isOutage` of the failure: no attempt
 * was answered. Never rejects but with a bug of `source.renew` or `source.drop`.
 */
export async function withCredentials<Output>(
  { source, region, service, operation, call }: SignedCall<Output>,
  context: Context,
): Promise<Called<Output>> {
  const { signal } = context;
  let lastAttempt = "";
  let isAnswered = false;
  let denied: Called<Output> | undefined;
  const onFailedAttempt: OnFailedAttempt = (attempt, isAttemptOutage) => {
    lastAttempt = attempt;
    if (!isAttemptOutage) isAnswered = true;
  };
  for (let again = false; ; again = true) {
    let current: Credentials;
    try {
      current = await abortable(source.get(region, context), signal);
    } catch (error) {
      return denied !== undefined && error instanceof ProviderError && error.isOutage
        ? denied
        : { noCredentials: error, isAnswered };
    }
    try {
      return { output: await call(current, onFailedAttempt) };
    } catch (error) {
      if (signal.aborted) return { lastAttempt };
      const said = readAwsError(error, service, operation, [current.sessionToken, current.secretAccessKey]);
      const verdict = credentialVerdict(said.code);
      const wasFresh = source.isFresh(current);
      if (verdict !== "good") source.drop(region, current);
      // The role is asked for first: with an annotation that has changed, the next credentials are another role's.
      const isRenewed = !again && verdict === "denied" && (await source.renew(context));
      const ended = { failure: { ...said, isOutage: said.isOutage && !isAnswered }, error };
      if (again || (verdict !== "stale" && !isRenewed && (verdict !== "denied" || wasFresh)))
        return said.isOutage ? (denied ?? ended) : ended;
      if (verdict === "denied") denied = ended;
    }
  }
}
