// What an AWS call's failure means and what to say of it. The SDK's errors are read by name; texts that could quote an answer are not passed on.
import type { Passing, Reason } from "../errors.ts";
import { OutboundError } from "../outbound.ts";
import type { Secret } from "../secret.ts";
import { stableText } from "../text/stable.ts";
import { startOf } from "../text/cut.ts";
import { oneLine } from "../text/visible.ts";

/** What one call came to, as AWS answered it. A shape of its own since advice, retries and renewal go by AWS's code and words, not by the mount. */
export interface AwsFailure {
  readonly reason: Reason;
  /** AWS error code, empty when no answer came or it could not be read. */
  readonly code: string;
  /** As the AWS SDK for Go words it: `operation error <service>: <operation>, https response error StatusCode: ..., <code>: <message>`. */
  readonly text: string;
  /** The same where there is little room: code, message; or what the network said. */
  readonly brief: string;
  /** AWS's own words, where the text leaves out what is new at each try. For the log. */
  readonly exact?: string;
  /** AWS's id of the request; empty = none. For the log. */
  readonly requestId: string;
  /** The system's error code where no answer came; else empty. */
  readonly network: string;
  /** HTTP status; 0 = no answer came. */
  readonly status: number;
  /** Nothing but a network error or a 5xx came. */
  readonly isOutage: boolean;
}

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html and the operations' own pages; code -> reason.
const reasons: Record<string, Reason> = {
  AccessDenied: "AccessDenied",
  AccessDeniedException: "AccessDenied",
  ResourceNotFoundException: "ObjectNotFound",
  ParameterNotFound: "ObjectNotFound",
  InvalidRequestException: "ObjectUnreadable",
  DecryptionFailure: "ObjectUnreadable",
  InvalidKeyId: "ObjectUnreadable",
  ThrottlingException: "Throttled",
  Throttling: "Throttled",
  TooManyRequestsException: "Throttled",
  RequestLimitExceeded: "Throttled",
  SlowDown: "Throttled",
  // The rest of what the SDKs take for it (@smithy/core retry, service-error-classification).
  BandwidthLimitExceeded: "Throttled",
  RequestThrottled: "Throttled",
  RequestThrottledException: "Throttled",
  ThrottledException: "Throttled",
};

/** Whether the code says that calls come too fast. */
export function isThrottling(code: string): boolean {
  return Object.hasOwn(reasons, code) && reasons[code] === "Throttled";
}

/** Codes with which AWS says that credentials are no longer good. */
const staleCredentials = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidToken",
  "InvalidClientTokenId",
  "UnrecognizedClientException",
]);

// What the JavaScript SDK names otherwise than AWS's answer does (client-sts models/errors; the trait awsQueryError has the code on the wire).
const renamed: Record<string, string> = {
  IDPCommunicationErrorException: "IDPCommunicationError",
  IDPRejectedClaimException: "IDPRejectedClaim",
  InvalidIdentityTokenException: "InvalidIdentityToken",
  MalformedPolicyDocumentException: "MalformedPolicyDocument",
  PackedPolicyTooLargeException: "PackedPolicyTooLarge",
};

/** The error code as AWS answered it; empty for what is no AWS error. */
export function awsErrorCode(error: unknown): string {
  if (!(error instanceof Error) || !("$fault" in error)) return "";
  const code = clean(error.name, 100);
  return Object.hasOwn(renamed, code) ? (renamed[code] ?? code) : code;
}

/** Whether the credentials of the call should be dropped: `stale` = they are expired or invalid, `denied` = fresher ones might be allowed more. */
export function credentialVerdict(code: string): "stale" | "denied" | "good" {
  if (staleCredentials.has(code)) return "stale";
  return reasons[code] === "AccessDenied" ? "denied" : "good";
}

/** Of an answer over its bound: asking again would not make it shorter, and what is kept of earlier ones is no stand-in. */
const tooLongCode = "EMSGSIZE";

/** What the SDK calls an error without a code (NotFound: of a 404 of STS): what answered is no service of AWS's, as a rule. */
const unreadCodes: ReadonlySet<string> = new Set(["Unknown", "UnknownError", "NotFound"]);

/** No answer, or none that can be read as AWS's. */
interface Unread {
  /** What happened, after the operation's name. */
  readonly why: string;
  /** The same where there is little room; absent = the same words. */
  readonly brief?: string;
  readonly isOutage: boolean;
  readonly network?: string;
  readonly status?: number;
}

/** Reads an error that an SDK client threw. `sent` is what the call carried and no text may quote, as AWS does when a signature is wrong. */
export function readAwsError(
  error: unknown,
  service: string,
  operation: string,
  sent: readonly Secret<string>[],
): AwsFailure {
  const lead = `operation error ${service}: ${operation}`;
  const place = service === "STS" ? "STS: " : ""; // the stores are known from the object
  const unavailable = ({ why, brief = why, isOutage, network = "", status = 0 }: Unread): AwsFailure => ({
    isOutage,
    network,
    status,
    reason: "AwsUnavailable",
    code: "",
    requestId: "",
    text: `${lead}, ${why}`,
    brief: `${place}${brief}`,
  });
  if (error instanceof OutboundError) {
    const isTooLong = error.code === tooLongCode;
    const { message: brief, code: network } = error;
    const failure = unavailable({ why: `request send failed, ${brief}`, brief, isOutage: !isTooLong, network });
    return isTooLong ? { ...failure, reason: "TooLarge" } : failure;
  }
  if (error instanceof Error && "$metadata" in error) {
    const { httpStatusCode: status = 0, requestId = "" } = error.$metadata as {
      httpStatusCode?: number;
      requestId?: string;
    };
    const code = awsErrorCode(error);
    if ("$fault" in error && !unreadCodes.has(code)) {
      const reason = Object.hasOwn(reasons, code) ? (reasons[code] as Reason) : reasonOf(status);
      const response = `https response error StatusCode: ${status}`;
      // The SDK takes the fields of the body as they are: a message need not be a text.
      const message = redact(typeof error.message === "string" ? error.message : "", sent);
      const said = clean(stableText(message), 600);
      const exact = clean(message, 2_000);
      return {
        reason,
        code,
        text: `${lead}, ${response}, ${code}: ${said}`,
        brief: `${place}${code} (${status}): ${said}`,
        ...(exact.startsWith(said) ? {} : { exact: `${code}: ${exact}` }),
        requestId: typeof requestId === "string" ? clean(requestId, 100) : "",
        isOutage: reason === "AwsUnavailable",
        network: "",
        status,
      };
    }
    const unread = "the answer could not be read";
    return unavailable({
      why: `https response error StatusCode: ${status}, ${unread}`,
      brief: `HTTP ${status}, ${unread}`,
      isOutage: status >= 500,
      status,
    });
  }
  return unavailable({ why: "the answer could not be read", isOutage: false });
}

/** Of a code that the table does not have. */
function reasonOf(status: number): Reason {
  if (status === 429) return "Throttled";
  return status >= 500 ? "AwsUnavailable" : "AwsRefused";
}

/** What a failure of STS is to a mount: who may not, or comes too often, is told as everywhere; all else is that there are no credentials. */
export function exchangeReason(reason: Reason): Reason {
  return reason === "AccessDenied" || reason === "Throttled" ? reason : "CredentialsUnavailable";
}

/** What of a failure is for the log alone. */
export function passingOf({ requestId, exact }: AwsFailure): Passing {
  return { requestIds: requestId === "" ? [] : [requestId], exact: exact === undefined ? [] : [exact] };
}

/** Reads one of the errors that a batch lists beside its values. The fields are taken as they come: each may be of any type. */
export function readListedError(listed: {
  readonly SecretId?: unknown;
  readonly ErrorCode?: unknown;
  readonly Message?: unknown;
}): Pick<AwsFailure, "reason" | "code" | "text"> & { readonly id: string } {
  const [id, code, message] = [listed.SecretId, listed.ErrorCode, listed.Message].map((field, at) =>
    typeof field === "string" ? clean(at === 2 ? stableText(field) : field, [200, 100, 600][at] ?? 0) : "",
  ) as [string, string, string];
  const reason = Object.hasOwn(reasons, code) ? (reasons[code] as Reason) : "AwsRefused";
  return { id, reason, code, text: `${id}: ${code}: ${message}` };
}

/** What is shorter is no secret of AWS's or Kubernetes', and would blot out words. */
const redactedMin = 8;

/** To be done before anything is cut: what is left of a secret would no longer be found. */
function redact(text: string, sent: readonly Secret<string>[]): string {
  return sent
    .map((secret) => secret.reveal())
    .filter((secret) => secret.length >= redactedMin)
    .reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
}

/** Foreign text for one line of an event: no control characters, bounded. */
function clean(text: string, max: number): string {
  return startOf(oneLine(text), max);
}
