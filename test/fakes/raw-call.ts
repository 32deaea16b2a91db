// Hand-made requests for the tests of the fakes: signed with the fakes' own arithmetic and then spoiled on purpose.
import type { Session } from "./cloud.ts";
import type { FakeRequest } from "./service.ts";
import { sha256, signature } from "./sigv4-signature.ts";

/** A signed call; every part can be wrong. */
export interface RawCall {
  readonly url: string;
  readonly session: Session;
  /** X-Amz-Target, whole. */
  readonly target: string;
  readonly body: unknown;
  readonly service: string;
  readonly region?: string;
  /** Time of the signature, epoch ms. */
  readonly atMs?: number;
  /** Replaces, adds or (undefined) removes headers before signing. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Leaves headers out of the signature. */
  readonly unsigned?: readonly string[];
  /** Changes what is sent after signing. */
  readonly spoil?: (sent: { headers: Record<string, string>; body: string }) => void;
}

/** What came back. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; empty if it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Signs and sends. */
export async function rawCall(call: RawCall): Promise<RawAnswer> {
  const { url, session, service, region = "eu-west-1", atMs = Date.now(), unsigned = [] } = call;
  const body = typeof call.body === "string" ? call.body : JSON.stringify(call.body);
  const stamp = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const headers: Record<string, string> = {
    "content-type": "application/x-amz-json-1.1",
    host: new URL(url).host,
    "x-amz-date": stamp,
    "x-amz-security-token": session.sessionToken,
    "x-amz-target": call.target,
  };
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  }
  const signedHeaders = Object.keys(headers)
    .filter((name) => !unsigned.includes(name))
    .toSorted();
  const path = new URL(url).pathname;
  const request: FakeRequest = {
    method: "POST",
    target: path,
    path,
    query: "",
    headers,
    body: Buffer.from(body),
    text: body,
  };
  const scope = {
    accessKeyId: session.accessKeyId,
    date: stamp.slice(0, 8),
    region,
    service,
    signedHeaders,
    signature: "",
  };
  const signed = signature(request, scope, session.secretAccessKey, sha256(body));
  const credential = `${session.accessKeyId}/${scope.date}/${region}/${service}/aws4_request`;
  headers["authorization"] =
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signed}`;
  const sent = { headers, body };
  call.spoil?.(sent);
  return readAnswer(await fetch(url, { method: "POST", headers: sent.headers, body: sent.body }));
}

/** Reads a response to its end. */
export async function readAnswer(response: Response): Promise<RawAnswer> {
  const text = await response.text();
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Not JSON: the text is enough.
  }
  return { status: response.status, headers: response.headers, text, json };
}

/** What a promise was rejected with; fails if it was not. */
export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error("expected a failure");
}

/** A session as the SDK's clients take it. */
export function credentialsOf({ accessKeyId, secretAccessKey, sessionToken }: Session): {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
} {
  return { accessKeyId, secretAccessKey, sessionToken };
}
