// The contract between the stores and the rest of a mount: what to read in one region, what came of it.
import type { Context } from "../context.ts";
import { ProviderError } from "../errors.ts";
import type { Budget } from "../budget.ts";
import type { Credentials } from "../aws/credentials.ts";
import type { CredentialSource } from "../identity/credential-source.ts";
import type { RegionFailure } from "../identity/region-failure.ts";
import type { ObjectRef, SecretObject } from "../request/secret-object.ts";
import { passingOf } from "../aws/error.ts";
import type { AwsFailure } from "../aws/error.ts";
import type { OnFailedAttempt } from "../aws/attempt.ts";
import { withCredentials } from "../aws/with-credentials.ts";

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

/** Does one signed operation with the mount's credentials, renewed once where AWS refuses them (aws/with-credentials.ts). */
export async function callWithCredentials<Output>(
  operation: Operation,
  context: RegionContext,
  call: (credentials: Credentials, onFailedAttempt: OnFailedAttempt) => Promise<Output>,
): Promise<{ readonly output: Output } | { readonly failure: RegionFailure }> {
  const { region, credentials, signal } = context;
  const { service, name } = operation;
  const signed = { source: credentials, region, service, operation: name, call };
  const called = await withCredentials(signed, context);
  if ("output" in called) return called;
  const lead = `operation error ${service}: ${name}`;
  const leadOf = (isFatal: boolean): string => (isFatal ? `${region}: ${operation.fatalLead}` : "");
  if ("failure" in called) {
    const { reason, code, text, brief, isOutage } = called.failure;
    const fix = operation.fix(called.failure, region);
    const fatalLead = leadOf(operation.fatalCodes.has(code));
    const passing = passingOf(called.failure);
    return { failure: { region, reason, code, text, brief, fix, fatalLead, isOutage, passing } };
  }
  if ("lastAttempt" in called) {
    if (!(signal.reason instanceof ProviderError)) throw signal.reason;
    const { reason, message, fix, passing } = signal.reason;
    const last = called.lastAttempt === "" ? "" : ` (last attempt: ${called.lastAttempt})`;
    const brief = `no answer yet: ${message}${last}`;
    return { failure: { region, reason, text: `${lead}, ${brief}`, brief, fix, fatalLead: "", passing } };
  }
  const { noCredentials: error, isAnswered } = called;
  if (!(error instanceof ProviderError)) throw error;
  const wait = signal.aborted ? `no credentials from ${credentials.from} yet: ` : "";
  const { reason, message, fix, passing } = error;
  const known = { region, reason, fix, passing, isOutage: error.isOutage && !isAnswered, noCredentials: true } as const;
  const fatalLead = leadOf(!signal.aborted && error.isFinal);
  return { failure: { ...known, text: `${lead}, ${wait}${message}`, brief: `${wait}${error.brief}`, fatalLead } };
}
