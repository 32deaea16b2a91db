// The one error that a mount may fail with on purpose. Anything else that is thrown is a bug of ours: the caller gets a fixed text, the log the stack.
// Long because the catalogue of reasons is one table, from which the README's comes.
import { byteLength, cutBytes, joinSentences, startOf } from "./text/cut.ts";
import { visible } from "./text/visible.ts";

interface Explanation {
  /** How the text of the event may begin; `<x>` stands for a value. */
  readonly leads: readonly string[];
  readonly meaning: string;
  /** What to do, in general; the event's own advice is more exact. */
  readonly fix: string;
}

/** Why a mount failed: a closed set, for logs and metrics. The README's table comes from here. */
export const reasons = {
  RequestInvalid: {
    leads: ["Missing mount path", "failed to unmarshal <what>, error: <why>"],
    meaning: "The driver's part of the request can't be read.",
    fix: "Check the driver's version; nothing in the class is wrong.",
  },
  TokenMissing: {
    leads: ["CSI token error: <why>", "<IRSA or Pod Identity> token extraction failed: <why>"],
    meaning: "kubelet gave no service account token for the audience.",
    fix: "Set `tokenRequests` of the CSIDriver for both audiences.",
  },
  ParametersInvalid: {
    leads: [
      "failed to parse <parameter> value, error: <why>",
      "pathTranslation must be either",
      "invalid input region <region>",
      "<region>: failover region cannot be the same as the primary region",
    ],
    meaning: "A parameter of the class other than `objects` is wrong.",
    fix: "Correct the class; `check` finds it without a pod.",
  },
  ObjectsInvalid: {
    leads: [
      "Failed to load SecretProviderClass: <why>",
      "Invalid <what>",
      "found descriptor with duplicate object name <name>",
    ],
    meaning: "`objects` is not readable, or an entry of it is wrong.",
    fix: "Correct the class; `check` finds it without a pod.",
  },
  RegionUnknown: {
    leads: ["failed to retrieve region from node. error <why>"],
    meaning: "No region is given, and none was found at the node.",
    fix: "Set `region` in the class or `awsRegion` in the chart.",
  },
  KubernetesUnavailable: {
    leads: ["failed to get service account <namespace>/<name>: <why>"],
    meaning: "The Kubernetes API did not give what was asked for.",
    fix: "Check that the object is there, that the ClusterRole allows to get it, and that the node reaches the API.",
  },
  RoleMissing: {
    leads: ["An IAM role must be associated with service account <name>"],
    meaning: "IRSA, and the service account names no role.",
    fix: "Annotate it with `eks.amazonaws.com/role-arn`, or set `usePodIdentity`.",
  },
  CredentialsRefused: {
    leads: ["<region>: Failed fetching <what>: <why>"],
    meaning: "STS refused the token itself, or the Pod Identity agent refused it: every region would.",
    fix: "By the code in the text: OIDC provider, association of the service account, expired token.",
  },
  CredentialsUnavailable: {
    leads: ["Failed to fetch <what> from all regions. <why>"],
    meaning: "STS or the Pod Identity agent could not be asked, or gave no answer to use.",
    fix: "Check that the agent runs on the node, and that the node reaches STS.",
  },
  AccessDenied: {
    leads: ["Failed to fetch <what> from all regions. <why>"],
    meaning: "AWS knows who asks and does not allow it: the role's trust, its permissions, or the KMS key.",
    fix: "The text names the action, the role and the resource: allow it there.",
  },
  ObjectNotFound: {
    leads: ["<region>: Failed fetching <what>: <why>", "400: <region>: invalid parameters: <names>"],
    meaning: "AWS has no such secret, parameter, version or label in this region.",
    fix: "Check name, version, label and region.",
  },
  ObjectUnreadable: {
    leads: ["<region>: Failed fetching <what>: <why>"],
    meaning: "It is there and has no value to give: scheduled for deletion, key turned off, empty answer.",
    fix: "Restore it, or turn its key on.",
  },
  Throttled: {
    leads: ["Failed to fetch <what> from all regions. <why>"],
    meaning: "AWS limits the account's calls, and the retries are used up.",
    fix: "kubelet tries again; fewer mounts at once, or `batch` for secrets.",
  },
  AwsUnavailable: {
    leads: ["Failed to fetch <what> from all regions. <why>"],
    meaning: "No answer, an answer that is none, or an error on AWS's side.",
    fix: "The text has the host and the system's error: DNS, routes, security groups, proxy, VPC endpoint. After a 5xx with a code: AWS Health Dashboard.",
  },
  AwsRefused: {
    leads: ["Failed to fetch <what> from all regions. <why>"],
    meaning: "AWS answered with another error code.",
    fix: "By the code in the text.",
  },
  JmesPathFailed: {
    leads: ["Failed to fetch <what> from all regions. <why>"],
    meaning: "The value is no JSON, or the path gives no text.",
    fix: "Correct `jmesPath`: spelling, quotes around names with a hyphen, `to_string()`.",
  },
  ValueUnusable: {
    leads: ["Failed to fetch <what> from all regions. <why>"],
    meaning: "A value is not as the class says: no object for `expandKeys`, no base64, no name for a file.",
    fix: "Correct the class or the value.",
  },
  WriteFailed: {
    leads: ["failed to write <path>: <why>"],
    meaning: "The files could not be written.",
    fix: "The text has the path and the system's error.",
  },
  TooLarge: {
    leads: ["Failed to load SecretProviderClass: <why>", "the class asks for too much work: <why>"],
    meaning: "The class, a value or an answer is larger than what one mount may cost the node.",
    fix: "Split the class; the text says which bound it is.",
  },
  Overloaded: {
    leads: ["client rate limiter Wait returned an error: <why>", "<n> mounts are waiting already"],
    meaning: "The mount had no turn before its deadline.",
    fix: "kubelet tries again; `k8sThrottlingParams`, or `awsRegion`, which saves two calls.",
  },
  DeadlineExceeded: {
    leads: ["the mount was given up after <n> s", "the mount was given up shortly before its caller's deadline"],
    meaning: "Something was too slow; the text before says what.",
    fix: "kubelet tries again; look at what was waited for.",
  },
  Cancelled: {
    leads: ["the caller gave the mount up", "the provider is stopping"],
    meaning: "kubelet or the driver gave up, or the provider is being stopped.",
    fix: "kubelet tries again.",
  },
  Internal: {
    leads: ["internal error of the provider: see its log"],
    meaning: "A bug of this provider.",
    fix: "Report it with the log's lines about the mount; they hold no token and no value.",
  },
} as const satisfies Record<string, Explanation>;
export type Reason = keyof typeof reasons;

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
  /** Whoever was asked gave nothing but a network error or a 5xx. */
  readonly isOutage?: boolean;
  /** Every region would say the same, so that no other is asked; absent = as the reason says. */
  readonly isFinal?: boolean;
  /** The operating system's code of a failed call, such as ENOSPC; absent = no such call failed. */
  readonly systemCode?: string;
  /** For the log: all that the message had to leave out, with it; absent = nothing. */
  readonly detail?: string;
  /** For the log alone, since events of one text are counted and others are not: what is new at each try. */
  readonly passing?: Passing;
}

/** What an answer holds that is another one at the next try. */
export interface Passing {
  /** AWS's ids of the requests that failed. */
  readonly requestIds: readonly string[];
  /** Answers as they were worded, where the message has less. */
  readonly exact: readonly string[];
  /** How long was waited in queues of this process, and who was ahead; absent = nothing. */
  readonly waits?: readonly string[];
}

/** A failure that is explained: `message` and `fix` go to the pod event as they are. A shape of its own since it alone is thrown and has the text of the event. */
export class ProviderError extends Error {
  readonly reason: Reason;
  readonly fix: string;
  readonly brief: string;
  readonly at: FieldPath;
  readonly isOutage: boolean;
  readonly isFinal: boolean;
  /** Empty = none. */
  readonly systemCode: string;
  /** Empty = the message has it all. */
  readonly detail: string;
  readonly passing: Passing;
  constructor(failure: Failure) {
    const { reason, message, brief = message, fix = "", at = [], cause, isOutage = false, passing } = failure;
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ProviderError";
    this.reason = reason;
    this.fix = fix;
    this.brief = brief;
    this.at = at;
    this.isOutage = isOutage;
    this.isFinal = failure.isFinal ?? reason === "CredentialsRefused";
    this.systemCode = failure.systemCode ?? "";
    this.detail = failure.detail ?? "";
    this.passing = passing ?? { requestIds: [], exact: [] };
  }
}

/** Bytes of message and fix together: what an event of Kubernetes may hold (k8s.io/kubernetes pkg/apis/core/validation, NoteLengthLimit = 1 KiB). */
export const eventBytesMax = 1_023;
const fixBytesMax = 400;

/**
 * The text for the pod event: the message, then what to do. Where the two are longer than an event, the message's end is cut. Names of the class and
 * AWS's words are in it: what could act on a terminal is shown as an escape, which counts.
 */
export function errorText({ message, fix }: ProviderError): string {
  const shownFix = cutBytes(shown(fix), fixBytesMax);
  return joinSentences(cutBytes(shown(message), eventBytesMax - byteLength(shownFix) - (fix === "" ? 0 : 2)), shownFix);
}

/** As much of a text as can fit. */
function shown(text: string): string {
  return visible(startOf(text, eventBytesMax + 1).toWellFormed());
}
