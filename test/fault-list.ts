// Everything that can go wrong between a request and its answer, for the fault matrix and the leak test.
import type { FaultAction } from "./fakes/faults.ts";

/** An error in the service's own words. */
export const refused = (status: number, code: string, message: string, retryAfterSeconds?: number): FaultAction => ({
  kind: "answer",
  status,
  code,
  message,
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
});

/** What a fault does, and what must be in the text then. Undefined = nothing certain beyond the place. */
export const faults: readonly (readonly [name: string, action: FaultAction, cause: RegExp | undefined])[] = [
  ["reset before the answer", { kind: "reset" }, /ECONNRESET/],
  [
    "reset in the body",
    { kind: "reset", when: "mid-body" },
    /ECONNRESET|could not be read|no usable credentials|not a JSON object/,
  ],
  ["hang before headers", { kind: "hang" }, /given up|no complete answer/],
  ["hang after headers", { kind: "hang", when: "after-headers" }, /given up|no complete answer/],
  ["slow, 1 byte/s", { kind: "slow", bytesPerSecond: 1 }, /given up|no complete answer/],
  ["500", refused(500, "InternalFailure", "broken for now"), /broken for now/],
  ["503", refused(503, "ServiceUnavailable", "come back"), /come back/],
  ["503 with Retry-After", refused(503, "ServiceUnavailable", "come back", 1), /come back|given up/],
  ["throttling for ever", refused(400, "ThrottlingException", "Rate exceeded"), /Rate exceeded/],
  ["malformed", { kind: "malformed" }, /could not be read|no usable credentials|not a JSON object/],
  ["empty body", { kind: "empty" }, undefined],
  ["a body over any sane bound", { kind: "huge", sizeBytes: 20 << 20 }, /larger than \d+ bytes/],
  ["64 MiB, packed with br", { kind: "packed", encoding: "br", framing: "length" }, /the answer is compressed/],
  [
    "the same in chunks, with zstd",
    { kind: "packed", encoding: "zstd", framing: "chunked" },
    /the answer is compressed/,
  ],
  ["a length and chunks", { kind: "contradicting" }, /Content-Length and is chunked/],
  [
    "a web page with status 200",
    { kind: "raw", contentType: "text/html", body: "<html><body>Please log in</body></html>" },
    /could not be read|no usable credentials|not a JSON object|the answer holds no/,
  ],
  [
    "a web page with status 502",
    { kind: "raw", status: 502, contentType: "text/html", body: "<html><body>Bad gateway</body></html>" },
    /502|Bad gateway/,
  ],
  ["expired credentials", refused(400, "ExpiredTokenException", "The security token has expired"), /has expired/],
  [
    "clock skew",
    refused(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
    /too large/,
  ],
];
