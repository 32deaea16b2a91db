// One HTTP request to a service: proxy, TLS roots, time limits, bounds on the answer. The one place that calls fetch.
// Bun's fetch follows its own reading of HTTP(S)_PROXY unless these are gone from the environment: main.ts removes them, `proxyFor` decides.
import { connect } from "node:net";
import { abortable, linkAbort } from "./abort.ts";

export interface OutboundRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
  /** PEM roots to trust instead of the system's, for this request alone. */
  readonly ca?: string | undefined;
  /** Client certificate of a kubeconfig, PEM. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string } | undefined;
  /** Whole attempt, ms. */
  readonly timeoutMs: number;
  /** Longest answer that is read, bytes. */
  readonly bodyBytesMax: number;
  readonly signal: AbortSignal;
}

export interface OutboundResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export type Outbound = (request: OutboundRequest) => Promise<OutboundResponse>;

/** A request that got no usable answer. `name` and `code` are what the AWS SDK's retry rules look at (@smithy/core retry, service-error-classification). */
export class OutboundError extends Error {
  readonly code: string;
  readonly host: string;
  constructor(host: string, code: string, text: string) {
    super(`${host}: ${text}`);
    this.host = host;
    this.code = code;
    this.name = code === "ETIMEDOUT" || code === unknownCode ? "TimeoutError" : "OutboundError";
  }
}

/** What the runtime has no code for: an answer that is no HTTP. Tried again like a connection that broke. */
const unknownCode = "EIO";
const connectMs = 3_000;
const probeAfterMs = 2_000;
/** Names and values of an answer's header. AWS's have less than 2 KiB, a proxy may add some. */
const headBytesMax = 64 << 10;

/** Makes the function that sends requests. `proxyFor` gives the proxy of a URL, undefined = direct. */
export function createOutbound(proxyFor: (url: URL) => string | undefined): Outbound {
  return async (request) => {
    const { url, signal, timeoutMs } = request;
    const proxy = proxyFor(url);
    const timedOut = (): OutboundError =>
      new OutboundError(url.host, "ETIMEDOUT", `no complete answer within ${timeoutMs / 1000} s`);
    const attempt = linkAbort(signal, timeoutMs, timedOut);
    const stopProbe = watchConnect(proxy === undefined ? url : new URL(proxy), attempt.signal, (text) =>
      attempt.abort(new OutboundError(url.host, "ETIMEDOUT", text)),
    );
    const exchange = async (): Promise<OutboundResponse> => {
      const response = await fetch(url, {
        method: request.method,
        headers: { "accept-encoding": "identity", ...request.headers },
        body: request.body ?? null,
        redirect: "manual",
        decompress: false, // the runtime would unpack before anything is counted
        signal: attempt.signal,
        ...(proxy === undefined ? {} : { proxy }),
        ...tlsOf(request),
      });
      stopProbe();
      const { status, headers } = response;
      checkHead(headers, url.host);
      return { status, headers, body: await readBody(response, request.bodyBytesMax, url.host) };
    };
    try {
      return await abortable(exchange(), attempt.signal);
    } catch (error) {
      attempt.abort(undefined); // ends a body that was left unread
      if (signal.aborted) throw signal.reason;
      if (error instanceof OutboundError) throw error;
      throw describe(error, url.host, proxy);
    } finally {
      stopProbe();
      attempt.release();
    }
  };
}

/** Left out where there is nothing to say: the runtime reads the option anew for each request. */
function tlsOf({ ca, clientCertificate }: OutboundRequest): { tls?: object } {
  if (ca === undefined && clientCertificate === undefined) return {};
  return { tls: { ...(ca === undefined ? {} : { ca }), ...clientCertificate } };
}

/**
 * fetch has no limit of its own for connecting. When no answer has begun after two seconds, a plain TCP connection shows whether the
 * host can be reached at all; if that takes more than another second the attempt is given up. Costs nothing for a host that answers.
 */
function watchConnect(to: URL, signal: AbortSignal, giveUp: (text: string) => void): () => void {
  let stop = (): void => undefined;
  const timer = setTimeout(() => {
    if (signal.aborted) return;
    const probe = linkAbort(signal);
    stop = () => probe.abort(undefined);
    // What else ends it, an abort or a refusal, fetch reports in its own words.
    canConnect(to, connectMs - probeAfterMs, probe.signal)
      .then((isConnected) => isConnected || giveUp(`connecting took more than ${connectMs / 1000} s`))
      .catch(() => undefined)
      .finally(probe.release);
  }, probeAfterMs);
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** Whether a TCP connection to the URL's host comes about within a time. A refusal is an answer too. Rejects with the signal's reason. */
export async function canConnect(
  { hostname, port, protocol }: URL,
  limitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  const limit = linkAbort(signal, limitMs);
  const usualPort = protocol === "https:" ? 443 : 80;
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? usualPort : Number(port) });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(true));
      limit.signal.addEventListener("abort", () => resolve(false), { once: true });
    });
  } finally {
    limit.release();
    socket.destroy();
    signal.throwIfAborted();
  }
}

/**
 * Refuses an answer that is packed, or whose length is said in two ways. The runtime itself refuses lengths that differ or are no numbers, more than
 * 256 fields and about 1 MiB of header. It reads on through interim (1xx) answers, chunk extensions and trailers without keeping them: those end
 * with the attempt's time. Bytes after the announced length are dropped with their connection.
 */
function checkHead(headers: Headers, host: string): void {
  if (JSON.stringify(headers.toJSON()).length > headBytesMax)
    throw new OutboundError(host, "EMSGSIZE", `the answer's header is larger than ${headBytesMax} bytes`);
  const encoding = headers.get("content-encoding") ?? "";
  if (!/^(?:identity)?$/i.test(encoding))
    throw new OutboundError(host, "EBADMSG", "the answer is compressed, which was not asked for (Content-Encoding)");
  const transfer = headers.get("transfer-encoding");
  if (transfer === null) return;
  if (!/^chunked$/i.test(transfer))
    throw new OutboundError(host, "EBADMSG", "the answer is packed in an unknown way (Transfer-Encoding)");
  if (headers.has("content-length"))
    throw new OutboundError(host, "EBADMSG", "the answer has a Content-Length and is chunked, which contradict");
}

/** The body, counted as it comes. */
async function readBody({ headers, body }: Response, bytesMax: number, host: string): Promise<Uint8Array> {
  const tooLarge = (): OutboundError =>
    new OutboundError(host, "EMSGSIZE", `the answer is larger than ${bytesMax} bytes`);
  const announced = headers.get("content-length")?.split(",")[0]; // said twice: the same, or the runtime refuses it
  if (announced !== undefined && Number(announced) > bytesMax) throw tooLarge();
  if (body === null) return new Uint8Array();
  const announcedBytes = announced === undefined ? 0 : Number(announced);
  // One buffer, as long as announced, or growing: a body that comes byte by byte must not cost an object each.
  let held: Uint8Array = new Uint8Array();
  let size = 0;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const chunk = read.value;
    const end = size + chunk.byteLength;
    if (end > bytesMax) throw tooLarge();
    if (size === 0) held = chunk;
    else {
      if (end > held.byteLength) {
        const larger = new Uint8Array(end <= announcedBytes ? announcedBytes : Math.min(bytesMax, 2 * end));
        larger.set(held.subarray(0, size));
        held = larger;
      }
      held.set(chunk, size);
    }
    size = end;
  }
  if (announced !== undefined && Number(announced) !== size)
    throw new OutboundError(host, "EBADMSG", `the answer has ${size} bytes instead of the announced ${announced}`);
  return held.subarray(0, size);
}

/** Answers that Bun itself refuses, by its code (Bun 1.4.5): the system's code and words for them. */
const refusedByRuntime: ReadonlyMap<string, readonly [code: string, text: string]> = new Map([
  ["InvalidContentLength", ["EBADMSG", "the answer's Content-Length is not a number, or there are two that differ"]],
  ["UnsupportedTransferEncoding", ["EBADMSG", "the answer is packed in an unknown way (Transfer-Encoding)"]],
  ["ResponseHeadersTooLarge", ["EMSGSIZE", "the answer's header is too large"]],
]);

/** Bun's error of a failed fetch -> host and the system's words. */
function describe(error: unknown, host: string, proxy: string | undefined): OutboundError {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : unknownCode;
  const verdict = refusedByRuntime.get(code);
  if (verdict !== undefined) return new OutboundError(host, ...verdict);
  const words: Record<string, string> = {
    ECONNREFUSED: "connection refused",
    ECONNRESET: "connection closed before the answer was complete",
    ENOTFOUND: "no such host (DNS)",
    EAI_AGAIN: "DNS lookup failed for the moment",
    EPROTO: "TLS handshake failed",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate signed by an unknown authority",
    SELF_SIGNED_CERT_IN_CHAIN: "certificate signed by an unknown authority",
    UNABLE_TO_GET_ISSUER_CERT: "certificate signed by an unknown authority",
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "certificate signed by an unknown authority",
    CERT_SIGNATURE_FAILURE: "certificate signed by an unknown authority",
    CERT_NOT_YET_VALID: "certificate is not valid yet",
    DEPTH_ZERO_SELF_SIGNED_CERT: "certificate is self-signed",
    CERT_HAS_EXPIRED: "certificate has expired",
    ERR_TLS_CERT_ALTNAME_INVALID: "certificate is for another host",
  };
  const via = proxy === undefined ? "" : ` (through proxy ${new URL(proxy).host})`;
  // The runtime's own text may hold more than the code says; only codes that name themselves are passed on.
  const known = /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : unknownCode;
  return new OutboundError(host, known, `${words[known] ?? "request failed"} (${known})${via}`);
}
