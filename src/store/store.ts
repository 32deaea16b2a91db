// The contract between the stores and the rest of a mount: what to read in one region, what came of it.
import { abortable } from "../abort.ts";
import type { Context } from "../context.ts";
import { ProviderError } from "../errors.ts";
import type { Budget } from "../budget.ts";
import type { Credentials } from "../aws/credentials.ts";
import type { CredentialSource } from "../identity/credential-source.ts";
import type { RegionFailure } from "../identity/region-failure.ts";
import type { ObjectRef, SecretObject } from "../request/secret-object.ts";
import { credentialVerdict, passingOf, readAwsError } from "../aws/error.ts";
import type { AwsFailure } from "../aws/error.ts";
import type { OnFailedAttempt } from "../aws/attempt.ts";

export type { RegionFailure };

/** A value read from a store. `value` must never be printed. */
export interface StoredValue {
  readonly value: Uint8Array;
  readonly version: string;
}

/** What a selector found; `name` is AWS's, and starts as the selector says. */
export interface Match extends StoredValue {
  readonly name: string;
}

/** Value and version of a secret, or why there is none to use: the SDK takes the fields of an answer as they are. */
export function readSecret(answer: {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
  readonly VersionId?: string | undefined;
}): StoredValue | string {
  const { SecretString, SecretBinary = new Uint8Array(), VersionId: version } = answer;
  if (typeof version !== "string" || version === "") return "the answer holds no VersionId";
  const value = typeof SecretString === "string" ? new TextEncoder().encode(SecretString) : SecretString;
  if (value === undefined && SecretBinary instanceof Uint8Array) return { value: SecretBinary, version };
  return value === undefined || !(value instanceof Uint8Array)
    ? "the answer holds no readable value"
    : { value, version };
}

/** Which value of an object to read in one region. */
export interface ReadRequest {
  readonly object: SecretObject;
  readonly ref: ObjectRef;
}

export interface RegionContext extends Context {
  readonly region: string;
  readonly credentials: CredentialSource;
  /** Charged for what is gathered over several answers. */
  readonly budget: Pick<Budget, "hold" | "release">;
}

/** An optional object is not there, by the word of this region. */
export interface NotFound {
  readonly notFound: RegionFailure;
}

/** What a region has for one request: a value; for a selector all its matches, one at least. */
export type Found = StoredValue | readonly Match[] | NotFound;

/** What a region answered to one unit of work: something for each request, in order, or one failure. */
export type Outcome = { readonly values: readonly Found[] } | { readonly failure: RegionFailure };

/** A failure to read one object; where that is optional and was not found, no failure. */
export function failedRead(object: SecretObject, failure: RegionFailure): Outcome {
  if (object.optional !== true || failure.reason !== "ObjectNotFound") return { failure };
  return { values: [{ notFound: { ...failure, fatalLead: "", objects: [object] } }] };
}

/** One store: objects are read in units (a secret, a batch of parameters), and each unit may move to the failover region by itself. */
export interface Store {
  /** How many requests one unit may hold. */
  readonly unitMax: number;
  /** Reads a unit in one region. Never rejects but with the signal's reason or a bug. */
  readonly read: (requests: readonly ReadRequest[], context: RegionContext) => Promise<Outcome>;
  /** The leading sentence when no region gave the unit (parity 6). */
  readonly leadText: (requests: readonly ReadRequest[]) => string;
}

/** An AWS operation: how errors speak of it, and which error codes are the caller's fault (the errors that the operation models). */
export interface Operation {
  readonly service: string;
  readonly name: string;
  readonly fatalCodes: ReadonlySet<string>;
  /** Stands in `<region>: <fatalLead>: <text>`. */
  readonly fatalLead: string;
  readonly fix: (failure: AwsFailure, region: string) => string;
}

/**
 * Does one signed operation with the mount's credentials. When AWS refuses credentials that this mount did not exchange itself, or says that
 * they are no longer good, they are dropped and the call is made once more with fresh ones. Where that ends without an answer, a denial stands.
 */
export async function callWithCredentials<Output>(
  operation: Operation,
  context: RegionContext,
  call: (credentials: Credentials, onFailedAttempt: OnFailedAttempt) => Promise<Output>,
): Promise<{ readonly output: Output } | { readonly failure: RegionFailure }> {
  const { region, credentials, signal } = context;
  const failed = (known: Omit<RegionFailure, "region" | "fatalLead">, fatal: boolean): { failure: RegionFailure } => ({
    failure: { region, ...known, fatalLead: fatal ? `${region}: ${operation.fatalLead}` : "" },
  });
  const lead = `operation error ${operation.service}: ${operation.name}`;
  let lastAttempt = "";
  let isAnswered = false;
  let denied: { readonly failure: RegionFailure } | undefined;
  const onFailedAttempt: OnFailedAttempt = (attempt, isOutage) => {
    lastAttempt = attempt;
    if (!isOutage) isAnswered = true;
  };
  for (let again = false; ; again = true) {
    let current: Credentials;
    try {
      current = await abortable(credentials.get(region, context), signal);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const wait = signal.aborted ? `no credentials from ${credentials.from} yet: ` : "";
      const isFatal = !signal.aborted && error.isFinal;
      const { reason, message, brief, fix, passing } = error;
      const isOutage = error.isOutage && !isAnswered;
      if (error.isOutage && denied !== undefined) return denied;
      const text = `${lead}, ${wait}${message}`;
      return failed({ reason, text, brief: `${wait}${brief}`, fix, isOutage, passing, noCredentials: true }, isFatal);
    }
    try {
      return { output: await call(current, onFailedAttempt) };
    } catch (error) {
      if (signal.aborted) {
        if (!(signal.reason instanceof ProviderError)) throw signal.reason;
        const { reason, message, fix } = signal.reason;
        const last = lastAttempt === "" ? "" : ` (last attempt: ${lastAttempt})`;
        const brief = `no answer yet: ${message}${last}`;
        return failed({ reason, text: `${lead}, ${brief}`, brief, fix }, false);
      }
      const known = readAwsError(error, operation.service, operation.name, [
        current.sessionToken,
        current.secretAccessKey,
      ]);
      const verdict = credentialVerdict(known.code);
      const wasFresh = credentials.isFresh(current);
      if (verdict !== "good") credentials.drop(region, current);
      // The role is asked for first: with an annotation that has changed, the next credentials are another role's.
      const isRenewed = !again && verdict === "denied" && (await credentials.renew(context));
      const { reason, code, text, brief } = known;
      const failure = {
        reason,
        code,
        text,
        brief,
        isOutage: known.isOutage && !isAnswered,
        fix: operation.fix(known, region),
        passing: passingOf(known),
      };
      const ended = failed(failure, operation.fatalCodes.has(code));
      if (!again && (verdict === "stale" || isRenewed || (verdict === "denied" && !wasFresh))) {
        if (verdict === "denied") denied = ended;
        continue;
      }
      return known.isOutage ? (denied ?? ended) : ended;
    }
  }
}
