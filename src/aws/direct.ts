// The first attempt of a call without the SDK, which takes more CPU than all the rest of a mount, and 40 ms of it to be loaded. What does not end as
// a plain success here (an error, a body of another form) is handed to the SDK as the answer to its own first attempt: every error, retry and clock
// correction stays the SDK's.
import type { OutboundResponse } from "../outbound.ts";
import { sendRequest } from "./attempt.ts";
import type { Asked, AwsSettings, Call } from "./attempt.ts";
import { plainEndpoint, stsVersion, targets } from "./operations.ts";
import type { OperationName, ServiceName } from "./operations.ts";
import { signed } from "./sigv4.ts";
import { readCredentialsXml } from "./sts-answer.ts";

/** What came of a first attempt: the output, or what the SDK is to make of it. */
export type FirstAttempt =
  { readonly output: object } | { readonly response: OutboundResponse } | { readonly error: unknown };

/** Makes the first attempt of a call; undefined = not in this region, or not with this input. Never rejects. */
export type Lean = (asked: Asked, call: Call, clockOffsetMs: number) => Promise<FirstAttempt> | undefined;

interface Ready {
  readonly region: string;
  readonly operation: OperationName;
  readonly url: URL;
  readonly body: string;
}

/** Makes the lean path of one service. `endpoint` = the override, undefined = AWS's own. */
export function createLean(service: ServiceName, settings: AwsSettings, endpoint: string | undefined): Lean {
  const target = targets[service];
  const attempt = `attempt=1; max=${settings.maxAttempts}`;
  const override = endpoint === undefined ? undefined : URL.parse(endpoint);
  const isUnusual = settings.useFipsEndpoint || settings.useDualstackEndpoint;

  function urlFor(region: string): URL | undefined {
    if (endpoint === undefined) return isUnusual ? undefined : plainEndpoint(service, region);
    return override !== null && override !== undefined && isRoot(override) ? override : undefined;
  }

  async function send({ region, operation, url, body }: Ready, call: Call, atMs: number): Promise<FirstAttempt> {
    const wording: Record<string, string> =
      target === undefined
        ? { "content-type": "application/x-www-form-urlencoded" }
        : { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${target}.${operation}` };
    const plain = { ...wording, "amz-sdk-invocation-id": crypto.randomUUID(), "amz-sdk-request": attempt };
    const { credentials } = call;
    const scope = { region, service };
    const headers =
      credentials === undefined ? plain : signed({ host: url.host, headers: plain, body }, scope, credentials, atMs);
    try {
      const request = { service, region, operation, url, headers, body, isRetry: false };
      const response = await sendRequest(settings, request, call);
      const output = response.status === 200 ? readBody(response.body) : undefined;
      return output === undefined ? { response } : { output };
    } catch (error) {
      return { error };
    }
  }

  const bodyOf = (operation: OperationName, input: object): string | undefined =>
    target === undefined ? formBody(`Action=${operation}&Version=${stsVersion}`, input) : JSON.stringify(input);

  const readBody = (body: Uint8Array): object | undefined => {
    const text = new TextDecoder().decode(body);
    return target === undefined ? readCredentialsXml(text) : readJson(text);
  };

  return ({ region, operation, input }, call, clockOffsetMs) => {
    const isSigned = operation !== "AssumeRoleWithWebIdentity";
    if (isSigned !== (call.credentials !== undefined)) return undefined;
    const url = urlFor(region);
    const body = url === undefined ? undefined : bodyOf(operation, input);
    if (url === undefined || body === undefined) return undefined;
    return send({ region, operation, url, body }, call, Date.now() + clockOffsetMs);
  };
}

function isRoot({ protocol, pathname, search, hash, username, password }: URL): boolean {
  return /^https?:$/.test(protocol) && `${pathname}${search}${hash}${username}${password}` === "/";
}

/** The field of the operations in use that holds bytes. */
const bytesField = "SecretBinary";

function readJson(text: string): object | undefined {
  let answer: unknown;
  try {
    // A name may be escaped: then the text does not show it, and the slow way is the safe one.
    const isPlain = !text.includes(bytesField) && !text.includes("null") && !text.includes("\\u");
    answer = isPlain ? JSON.parse(text) : JSON.parse(text, asSdk);
  } catch {
    return undefined;
  }
  return typeof answer === "object" && answer !== null && !Array.isArray(answer) ? answer : undefined;
}

/** As the SDK reads JSON: bytes out of base64, null as nothing. @throws Error for what is no base64 */
function asSdk(name: string, value: unknown): unknown {
  if (value === null) return undefined;
  if (name !== bytesField) return value;
  if (typeof value !== "string") throw new Error("no text");
  return Uint8Array.fromBase64(value, { lastChunkHandling: "strict" });
}

/** AWS's query protocol, for flat inputs. */
function formBody(start: string, input: object): string | undefined {
  let body = start;
  for (const [name, value] of Object.entries(input) as [string, unknown][]) {
    if (value === undefined) continue;
    if (typeof value !== "string" && typeof value !== "number") return undefined;
    body += `&${name}=${encode(String(value))}`;
  }
  return body;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
