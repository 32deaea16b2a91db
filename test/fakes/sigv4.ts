// Signature Version 4, checked from its specification with node:crypto alone, so that an error in the SDK's signer or in ours shows.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
import { timingSafeEqual } from "node:crypto";
import type { Cloud, Session } from "./cloud.ts";
import type { Refusal } from "./faults.ts";
import type { FakeRequest } from "./service.ts";
import { sha256, signature } from "./sigv4-signature.ts";
import type { Authorization } from "./sigv4-signature.ts";

export interface VerifyOptions {
  readonly cloud: Cloud;
  /** Signing name: secretsmanager, ssm, sts. */
  readonly service: string;
  /** The only region that is right; absent = any that looks like one. */
  readonly region?: string | undefined;
}

export type Verified =
  | { readonly ok: true; readonly session: Session; readonly region: string }
  | { readonly ok: false; readonly refusal: Refusal };

const skewMs = 5 * 60_000;
const format =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

/** Takes the Authorization header apart; undefined if it is not SigV4. */
export function readAuthorization(request: FakeRequest): Authorization | undefined {
  const found = format.exec(request.headers["authorization"] ?? "");
  if (found === null) return undefined;
  const [, accessKeyId = "", date = "", region = "", service = "", headers = "", signed = ""] = found;
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: headers.split(";"),
    signature: signed,
  };
}

/** Checks a request in full: scope, signed headers, clock, session, signature. */
export function verifySigV4(request: FakeRequest, { cloud, service, region }: VerifyOptions): Verified {
  if (request.headers["authorization"] === undefined) {
    return refuse("MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  const authorization = readAuthorization(request);
  if (authorization === undefined) {
    return refuse(
      "IncompleteSignatureException",
      "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.",
    );
  }
  const session = cloud.session(authorization.accessKeyId);
  const token = request.headers["x-amz-security-token"];
  if (session === undefined || token !== session.sessionToken) {
    return refuse("UnrecognizedClientException", "The security token included in the request is invalid.");
  }
  const problem =
    scopeProblem(authorization, service, region) ??
    headerProblem(request, authorization) ??
    clockProblem(request, authorization, cloud.nowMs()) ??
    signatureProblem(request, authorization, session);
  if (problem !== undefined) return refuse("InvalidSignatureException", problem);
  if (session.expiresAtMs <= cloud.nowMs()) {
    return refuse("ExpiredTokenException", "The security token included in the request is expired");
  }
  return { ok: true, session, region: authorization.region };
}

function refuse(code: string, message: string): Verified {
  return { ok: false, refusal: { status: 400, code, message } };
}

function scopeProblem(authorization: Authorization, service: string, region: string | undefined): string | undefined {
  if (authorization.service !== service) return `Credential should be scoped to correct service: '${service}'.`;
  const looksRight = /^[a-z]{2}(-[a-z]+)+-\d+$/.test(authorization.region);
  const isRight = region === undefined ? looksRight : authorization.region === region;
  return isRight ? undefined : "Credential should be scoped to a valid region.";
}

function headerProblem(request: FakeRequest, { signedHeaders }: Authorization): string | undefined {
  const sorted = signedHeaders.toSorted();
  if (sorted.join(";") !== signedHeaders.join(";") || new Set(sorted).size !== sorted.length) {
    return "'SignedHeaders' must be in alphabetical order, each once.";
  }
  const sent = Object.keys(request.headers);
  // Every x-amz-* header that is sent has to be signed; these three have to be there.
  const needed = new Set([
    "host",
    "x-amz-date",
    "x-amz-security-token",
    ...sent.filter((name) => name.startsWith("x-amz-")),
  ]);
  for (const name of needed) {
    if (signedHeaders.includes(name)) continue;
    if (name === "host") return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
    return `The header '${name}' must be a 'SignedHeader' in the AWS Authorization.`;
  }
  const absent = signedHeaders.find((name) => !sent.includes(name));
  return absent === undefined ? undefined : `The signed header '${absent}' is not part of the request.`;
}

function clockProblem(request: FakeRequest, { date }: Authorization, nowMs: number): string | undefined {
  const stamp = request.headers["x-amz-date"] ?? "";
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  if (parts === null) return "Date must be in ISO-8601 'basic format'.";
  if (!stamp.startsWith(date))
    return `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${stamp.slice(0, 8)}'.`;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const now = basicDate(nowMs);
  if (atMs < nowMs - skewMs)
    return `Signature expired: ${stamp} is now earlier than ${basicDate(nowMs - skewMs)} (${now} - 5 min.)`;
  if (atMs > nowMs + skewMs)
    return `Signature not yet current: ${stamp} is still later than ${basicDate(nowMs + skewMs)} (${now} + 5 min.)`;
  return undefined;
}

function basicDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

function signatureProblem(request: FakeRequest, authorization: Authorization, session: Session): string | undefined {
  const payloadHash = sha256(request.body);
  const claimed = request.headers["x-amz-content-sha256"] ?? payloadHash;
  const expected = signature(request, authorization, session.secretAccessKey, payloadHash);
  const holds = timingSafeEqual(Buffer.from(expected), Buffer.from(authorization.signature));
  return holds && claimed === payloadHash
    ? undefined
    : "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
}
