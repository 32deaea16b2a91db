// One attempt of an AWS call on the wire: what the SDK clients use in place of their own HTTP handler (two to three times lighter on Bun).
import { HttpResponse } from "@smithy/core/protocols";
import type { HttpRequest } from "@smithy/core/protocols";
import type { LimitFunction } from "p-limit";
import type { Credentials } from "../identity/credentials.ts";
import { OutboundError } from "../outbound.ts";
import type { Outbound } from "../outbound.ts";

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
  readonly limit: LimitFunction;
  /** Called once for each attempt on the wire. */
  readonly observe?: (call: {
    service: string;
    operation: string;
    region: string;
    outcome: "ok" | "error";
    durationMs: number;
  }) => void;
}

/** What one call carries beside its input; no credentials = unsigned (the STS exchange). */
export interface Call {
  readonly signal: AbortSignal;
  readonly credentials?: Credentials;
  /** Hears how an attempt failed that may be followed by another: status and error code. */
  readonly onFailedAttempt?: (text: string) => void;
}

const attemptMs = 10_000;
// Ten parameters of 8 KiB or a secret of 64 KiB (base64: 87 KiB) are the largest single answers of today; twenty secrets of a batch stay below.
const bodyBytesMax = 16 << 20;

/** Sends a request that is signed already (or needs no signature). Rejects with an OutboundError or the signal's reason. */
export async function sendRequest(
  { limit, outbound, userAgent, caBundle, observe }: AwsSettings,
  service: string,
  region: string,
  request: HttpRequest,
  { signal, onFailedAttempt }: Call,
): Promise<HttpResponse> {
  const startedMs = performance.now();
  const operation = request.headers["x-amz-target"]?.split(".").at(-1) ?? "AssumeRoleWithWebIdentity";
  let outcome: "ok" | "error" = "error";
  try {
    const { host: _setByFetch, ...headers } = request.headers;
    const answer = await limit(async () => {
      signal.throwIfAborted(); // it may have waited for its place
      return outbound({
        url: urlOf(request),
        method: "POST",
        headers: { ...headers, "user-agent": userAgent },
        body: request.body as string | Uint8Array,
        ca: caBundle,
        timeoutMs: attemptMs,
        bodyBytesMax,
        signal,
      });
    });
    if (answer.status < 300) outcome = "ok";
    else onFailedAttempt?.(`HTTP ${answer.status}${errorCode(answer.body)}`);
    return new HttpResponse({
      statusCode: answer.status,
      headers: answer.headers.toJSON(),
      body: answer.body,
    });
  } catch (error) {
    if (error instanceof OutboundError) onFailedAttempt?.(error.message);
    throw error;
  } finally {
    observe?.({ service, operation, region, outcome, durationMs: performance.now() - startedMs });
  }
}

/** The code in an error body, JSON or XML, where there is one. */
function errorCode(body: Uint8Array): string {
  const start = new TextDecoder().decode(body.subarray(0, 2_048));
  const code = /"__type"\s*:\s*"(?:[^"#]*#)?([A-Za-z0-9.]{1,80})"|<Code>([A-Za-z0-9.]{1,80})<\/Code>/.exec(start);
  return code === null ? "" : ` ${code[1] ?? code[2]}`;
}

function urlOf({ protocol, hostname, port, path }: HttpRequest): URL {
  return new URL(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`);
}
