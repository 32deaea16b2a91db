// One attempt of an AWS call on the wire: what the SDK clients use in place of their own HTTP handler (two to three times lighter on Bun).
import type { Credentials } from "./credentials.ts";
import { abortable } from "../abort.ts";
import { OutboundError } from "../outbound.ts";
import { isThrottling } from "./error.ts";
import type { Context } from "../context.ts";
import type { AttemptOutcome } from "../events.ts";
import type { Turns } from "../sharing/turns.ts";
import type { Outbound, OutboundResponse } from "../outbound.ts";
import type { OperationName, ServiceName } from "./operations.ts";

/** What every client of a process has in common. */
export interface AwsSettings {
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
  readonly maxAttempts: number;
  readonly retryMode: "standard" | "adaptive";
  readonly caBundle: string | undefined;
  readonly userAgent: string;
  readonly outbound: Outbound;
  /** The process-wide bound on calls under way. */
  readonly turns: Turns;
  /** The same for those whose answer may be large; each has a turn of both. */
  readonly largeTurns: Turns;
}

/** Called with how an attempt failed that may be followed by another: status and error code; and whether that is an outage, a network error or a 5xx. */
export type OnFailedAttempt = (text: string, isOutage: boolean) => void;

/** What a call asks for, and where. */
export interface Asked {
  readonly region: string;
  readonly operation: OperationName;
  /** The operation's own input, as operations.ts has it. */
  readonly input: object;
}

/** What one call carries beside its input; no credentials = unsigned (the STS exchange). */
export interface Call {
  readonly context: Context;
  readonly credentials?: Credentials;
  readonly onFailedAttempt?: OnFailedAttempt;
}

const attemptMs = 10_000;
const requestIdMax = 100;
/**
 * Longest answer of each operation, bytes. JSON writes a control character in six bytes: a secret of 64 KiB takes up to 384 KiB, ten parameters of
 * 8 KiB up to 480 KiB, with their names and ARNs. Twenty full secrets of a batch fit as long as a third of their characters is escaped; those that
 * don't fit are read one by one. A page of ListSecrets has up to 100 secrets with 50 tags. STS answers with less than 8 KiB.
 */
const longestAnswers: Readonly<Partial<Record<OperationName, number>>> = {
  GetSecretValue: 512 << 10,
  DescribeSecret: 512 << 10,
  GetParameters: 1 << 20,
  GetParametersByPath: 1 << 20,
  BatchGetSecretValue: 2 << 20,
  ListSecrets: 2 << 20,
};
const otherBytesMax = 64 << 10;
/** Answers that may be longer are fewer at once: 12 of 2 MiB and 20 of 512 KiB are 34 MiB together, beside the 40 MiB of an idle process. */
const largeBytes = 1 << 20;

/** A request as it goes out, signed already or without need of a signature. */
export interface AwsRequest {
  readonly service: ServiceName;
  readonly region: string;
  readonly operation: OperationName;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Not the first attempt of its call. */
  readonly isRetry: boolean;
}

/** Sends one attempt. Rejects with an OutboundError or the signal's reason. */
export async function sendRequest(
  { turns, largeTurns, outbound, userAgent, caBundle }: AwsSettings,
  { service, region, operation, url, headers, body, isRetry }: AwsRequest,
  { context, onFailedAttempt }: Call,
): Promise<OutboundResponse> {
  const { signal, mount, emit } = context;
  const startedMs = performance.now();
  let outcome: AttemptOutcome = "unavailable";
  let code = "";
  let requestId = "";
  try {
    const bodyBytesMax = longestAnswers[operation] ?? otherBytesMax;
    const pace = mount?.pace;
    const pause = pace?.call();
    if (pause !== undefined) await abortable(pause, signal);
    const done = await (bodyBytesMax > largeBytes ? takeBoth(largeTurns, turns, context) : turns.take(context));
    const request = { url, method: "POST", headers: { ...headers, "user-agent": userAgent }, body } as const;
    const limits = { ca: caBundle, timeoutMs: attemptMs, bodyBytesMax, signal };
    const answer = await outbound({ ...request, ...limits }).finally(done);
    const turn = pace?.answered(answer.body.length);
    if (turn !== undefined) await abortable(turn, signal);
    requestId = (answer.headers.get("x-amzn-requestid") ?? "").slice(0, requestIdMax);
    if (answer.status < 300) outcome = "ok";
    else {
      code = errorCode(answer.body);
      outcome = outcomeOf(answer.status, code);
      onFailedAttempt?.(`HTTP ${answer.status}${code === "" ? "" : ` ${code}`}`, outcome === "unavailable");
    }
    return answer;
  } catch (error) {
    if (error instanceof OutboundError) {
      code = error.code;
      onFailedAttempt?.(error.message, true);
    }
    if (signal.aborted) outcome = "cancelled";
    throw error;
  } finally {
    const durationMs = performance.now() - startedMs;
    emit({ kind: "aws-attempt", service, operation, region, outcome, code, requestId, isRetry, durationMs });
  }
}

/** A turn of each, given back together. */
async function takeBoth(first: Turns, second: Turns, context: Context): Promise<() => void> {
  const firstDone = await first.take(context);
  try {
    const secondDone = await second.take(context);
    return () => {
      firstDone();
      secondDone();
    };
  } catch (error) {
    firstDone();
    throw error;
  }
}

/** The code in an error body, JSON or XML, where there is one. */
function errorCode(body: Uint8Array): string {
  const start = new TextDecoder().decode(body.subarray(0, 2_048));
  const code = /"__type"\s*:\s*"(?:[^"#]*#)?([A-Za-z0-9.]{1,80})"|<Code>([A-Za-z0-9.]{1,80})<\/Code>/.exec(start);
  return code === null ? "" : `${code[1] ?? code[2]}`;
}

function outcomeOf(status: number, code: string): AttemptOutcome {
  if (status === 429 || isThrottling(code)) return "throttled";
  return status >= 500 ? "unavailable" : "refused";
}
