// The one error that a mount may fail with on purpose. Anything else that is thrown is a bug of ours: the caller gets a fixed text, the log the stack.

/** Why a mount failed: a closed set, used in metrics and to decide what to do next. */
export type Reason =
  | "RequestInvalid" //        target path, attributes, permission: the driver's part of the request
  | "TokenMissing" //          no service account token for the audience
  | "ParametersInvalid" //     SecretProviderClass spec.parameters other than objects
  | "ObjectsInvalid" //        spec.parameters.objects
  | "RegionUnknown" //         no region given and none found
  | "KubernetesUnavailable" // a Kubernetes GET failed
  | "RoleMissing" //           service account without role annotation
  | "CredentialsRefused" //    STS or the Pod Identity agent said no
  | "CredentialsUnavailable" // STS or the agent could not be asked
  | "AccessDenied"
  | "ObjectNotFound"
  | "ObjectUnreadable" //      deleted, not decryptable, answer without value
  | "Throttled"
  | "AwsUnavailable" //        network, 5xx, time-out
  | "AwsRefused" //            any other AWS error code
  | "JmesPathFailed"
  | "ValueUnusable" //         no JSON object for expandKeys, no base64, a name from AWS that is no file name
  | "WriteFailed"
  | "Overloaded" //            no turn before the deadline
  | "DeadlineExceeded"
  | "Cancelled"
  | "Internal";

/** The way to a field: names, and positions in lists. */
export type FieldPath = readonly (string | number)[];

export interface Failure {
  readonly reason: Reason;
  /** What happened, most specific first, with the leading words that runbooks grep (parity). Never a token, key or value. */
  readonly message: string;
  /** The same without the words in front, where there is little room; absent = the message. */
  readonly brief?: string;
  /** One sentence: what the operator should do next. */
  readonly fix?: string;
  /** Which parameter of the class: names and list positions, such as `["objects", 2, "jmesPath", 0, "path"]`. */
  readonly at?: FieldPath;
  /** Kept for the log, never sent. Must not hold a token, key or value either. */
  readonly cause?: unknown;
}

/** A failure that is explained: `message` and `fix` go to the pod event as they are. */
export class ProviderError extends Error {
  readonly reason: Reason;
  readonly fix: string;
  readonly brief: string;
  readonly at: FieldPath;
  constructor({ reason, message, brief = message, fix = "", at = [], cause }: Failure) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ProviderError";
    this.reason = reason;
    this.fix = fix;
    this.brief = brief;
    this.at = at;
  }
}

/** Bytes of message and fix together: what an event of Kubernetes may hold (k8s.io/kubernetes pkg/apis/core/validation, NoteLengthLimit = 1 KiB). */
export const eventBytesMax = 1_023;
const fixBytesMax = 400;

/** The text for the pod event: the message, then what to do. Where the two are longer than an event, the message's end is cut. */
export function errorText({ message, fix }: ProviderError): string {
  const shownFix = cutBytes(fix, fixBytesMax);
  const shown = joinSentences(cutBytes(message, eventBytesMax - byteLength(shownFix) - (fix === "" ? 0 : 2)), shownFix);
  return shown.toWellFormed();
}

/** Two sentences in a row; either may be empty. The first gets its full stop if it has none, and was not cut. */
export function joinSentences(first: string, second: string): string {
  if (first === "" || second === "") return `${first}${second}`;
  return /(?:^|[^.])\.$/.test(first) || first.endsWith("...") ? `${first} ${second}` : `${first}. ${second}`;
}

/** The text in at most `max` bytes of UTF-8; where it is cut it ends in `...`. */
export function cutBytes(text: string, max: number): string {
  if (text.length <= max && byteLength(text) <= max) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(Math.max(0, max - 3)));
  return `${text.slice(0, read)}...`;
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
