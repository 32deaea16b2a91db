// The service account tokens that the driver passes on, by audience. Pure. Tokens live in Secret from here on; no message ever quotes the text.
import { ProviderError } from "../errors.ts";
import { JsonError, parseJson } from "../go/json.ts";
import type { JsonValue } from "../go/json.ts";
import { Secret } from "../secret.ts";

/** By audience. */
export type Tokens = ReadonlyMap<string, Secret<string>>;

export const irsaAudience = "sts.amazonaws.com";
export const podIdentityAudience = "pods.eks.amazonaws.com";

/** What a token says of its pod. Read, not verified: only AWS and the cluster can check the signature. */
export interface Claims {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Epoch ms. */
  readonly expiresAtMs: number;
  /** Epoch ms; -Infinity = not given. */
  readonly notBeforeMs: number;
  readonly subject: string;
  readonly namespace: string;
  readonly serviceAccount: NamedObject;
  readonly pod: NamedObject;
}

export interface NamedObject {
  readonly name: string;
  readonly uid: string;
}

const hint = "ensure tokenRequests is configured in CSIDriver spec";

/**
 * Parses the attribute `csi.storage.k8s.io/serviceAccount.tokens` as Go does: `{"<audience>": {"token": "..."}}`, inner keys in any letter case.
 * @throws ProviderError TokenMissing when it is empty or malformed in any entry, whatever the audience.
 */
export function parseTokens(text: string): Tokens {
  if (text === "") {
    throw tokenMissing(
      `CSI token error: serviceAccount.tokens not provided - ensure tokenRequests is configured in CSIDriver - ${hint}`,
    );
  }
  try {
    const value = parseJson(text);
    const entries = value === null ? [] : objectOf(value, "the value");
    return new Map([...entries].map(([audience, entry]) => [audience, new Secret(tokenOf(entry))]));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw tokenMissing(`CSI token error: failed to parse serviceAccount.tokens: ${error.message} - ${hint}`, odd);
  }
}

/** The token for one audience. @throws ProviderError TokenMissing when there is none or it is empty. */
export function tokenFor(tokens: Tokens, audience: string, method: "IRSA" | "Pod Identity"): Secret<string> {
  const token = tokens.get(audience);
  if (token === undefined) {
    throw tokenMissing(
      `${method} token extraction failed: token for audience "${audience}" not found - ensure tokenRequests includes this audience in CSIDriver`,
    );
  }
  if (token.reveal() !== "") return token;
  throw tokenMissing(`${method} token extraction failed: token for audience "${audience}" is empty`, odd);
}

/** The claims of a bound service account token; undefined when it is no JWT or lacks one of them. Never throws. */
export function claimsOf(token: Secret<string>): Claims | undefined {
  try {
    const payload = fieldsOf(JSON.parse(decodeBase64Url(token.reveal().split(".", 2)[1] ?? "")));
    const kubernetes = fieldsOf(payload["kubernetes.io"]);
    const { aud: audience, exp: expiresAt, nbf: notBefore = -Infinity } = payload;
    if (typeof expiresAt !== "number" || typeof notBefore !== "number") return undefined;
    return {
      issuer: textOf(payload["iss"]),
      audiences: Array.isArray(audience) ? audience.map(textOf) : [textOf(audience)],
      expiresAtMs: expiresAt * 1000,
      notBeforeMs: notBefore * 1000,
      subject: textOf(payload["sub"]),
      namespace: textOf(kubernetes["namespace"]),
      serviceAccount: namedObject(kubernetes["serviceaccount"]),
      pod: namedObject(kubernetes["pod"]),
    };
  } catch {
    return undefined; // JSON.parse's message would quote the payload
  }
}

/** The clocks of the API server, which dates tokens, and of the node may differ, ms; AWS allows five minutes too. */
const skewMs = 5 * 60_000;

/** The pod of a request, as kubelet names it. */
export interface TokenOwner {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * The claims of a token that is this pod's by its own word: valid at `nowMs`, for the audience, and naming the namespace, service account and pod that
 * kubelet names. The pod's uid is not compared: a role's credentials are the service account's, and what is a pod's alone is kept under the uid that
 * kubelet names (credentials.ts). Undefined = nothing that is cached or shared may go to it, so AWS judges it. Never throws.
 */
export function ownClaimsOf(
  token: Secret<string>,
  audience: string,
  pod: TokenOwner,
  nowMs: number,
): Claims | undefined {
  const claims = claimsOf(token);
  if (claims === undefined) return undefined;
  const isValid =
    claims.notBeforeMs <= nowMs + skewMs && nowMs < claims.expiresAtMs && claims.audiences.includes(audience);
  const isOwn =
    claims.namespace === pod.namespace &&
    claims.serviceAccount.name === pod.serviceAccount &&
    claims.subject === `system:serviceaccount:${pod.namespace}:${pod.serviceAccount}` &&
    claims.pod.name === pod.name;
  return isValid && isOwn ? claims : undefined;
}

const odd = "kubelet makes no such tokens: check the driver's version, and what stands between kubelet and the driver.";
const install =
  "Install the driver with --set 'tokenRequests[0].audience=sts.amazonaws.com' --set 'tokenRequests[1].audience=pods.eks.amazonaws.com' (with this provider's chart each after secrets-store-csi-driver.).";

function tokenMissing(message: string, fix = install): ProviderError {
  return new ProviderError({ reason: "TokenMissing", message, fix });
}

/** `token` in any letter case; the last one written wins, null leaves what was there. */
function tokenOf(entry: JsonValue): string {
  let token = "";
  for (const [key, value] of entry === null ? [] : objectOf(entry, "an audience")) {
    const field = key.replaceAll("\u212A", "k").toLowerCase();
    if (field !== "token" && field !== "expirationtimestamp") continue;
    if (value !== null && typeof value !== "string")
      throw new JsonError("token and expirationTimestamp must be strings");
    if (field === "token") token = value ?? token;
  }
  return token;
}

function objectOf(value: JsonValue | undefined, what: string): ReadonlyMap<string, JsonValue> {
  if (value instanceof Map) return value;
  throw new JsonError(`${what} must be a JSON object`);
}

/** What is inherited is no text and no object with texts: nothing of it passes for a claim. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new JsonError("an object is missing");
}

function textOf(value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new JsonError("a claim is missing");
}

function namedObject(value: unknown): NamedObject {
  const fields = fieldsOf(value);
  return { name: textOf(fields["name"]), uid: textOf(fields["uid"]) };
}

/** What is no base64 is no JSON either. Ten times lighter than atob. */
function decodeBase64Url(text: string): string {
  return Buffer.from(text, "base64url").toString();
}
