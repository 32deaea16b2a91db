// The arithmetic of Signature Version 4: canonical request, string to sign, signing key. Who may sign what is in sigv4.ts.
import { createHash, createHmac } from "node:crypto";
import type { FakeRequest } from "./service.ts";

/** What the Authorization header says. */
export interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** The signature that a request should carry. */
export function signature(
  request: FakeRequest,
  { date, region, service, signedHeaders }: Authorization,
  secretAccessKey: string,
  payloadHash: string,
): string {
  const header = (name: string): string => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`;
  const canonical = [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    signedHeaders.map(header).join(""),
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${request.headers["x-amz-date"] ?? ""}\n${scope}\n${sha256(canonical)}`;
  const keys = [date, region, service, "aws4_request"];
  const key = keys.reduce<Uint8Array>((previous, part) => hmac(previous, part), Buffer.from(`AWS4${secretAccessKey}`));
  return Buffer.from(hmac(key, toSign)).toString("hex");
}

/** Each segment encoded once more (every service but S3 does so). */
function canonicalPath(path: string): string {
  return path.split("/").map(uriEncode).join("/");
}

function canonicalQuery(query: string): string {
  const pairs = Array.from(new URLSearchParams(query), ([name, value]): [string, string] => [
    uriEncode(name),
    uriEncode(value),
  ]);
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  pairs.sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]));
  return pairs.map((pair) => pair.join("=")).join("&");
}

/** Percent-encoding by RFC 3986. */
function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** SHA-256 in hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function hmac(key: Uint8Array, content: string): Uint8Array {
  return createHmac("sha256", key).update(content).digest();
}
