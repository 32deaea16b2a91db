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
  readonly at: FieldPath;
  constructor({ reason, message, fix = "", at = [], cause }: Failure) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ProviderError";
    this.reason = reason;
    this.fix = fix;
    this.at = at;
  }
}

/** The text for the pod event: the message, then what to do. */
export function errorText({ message, fix }: ProviderError): string {
  if (fix === "") return message;
  return /(?:^|[^.])\.$/.test(message) ? `${message} ${fix}` : `${message}. ${fix}`;
}
