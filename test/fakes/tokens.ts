// Service account tokens as kubelet mints them, and their checks as STS and the Pod Identity agent make them.
// One signing key per process: a token minted anywhere in a test is good for every world of that process.
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

export const stsAudience = "sts.amazonaws.com";
export const podIdentityAudience = "pods.eks.amazonaws.com";
/** The OIDC issuer of the fake cluster. */
export const clusterIssuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";

/** The pod of a request; what is absent is the pod app-0 of service account app in namespace default on node-1. */
export interface TokenPod {
  readonly namespace?: string;
  readonly serviceAccount?: string;
  readonly pod?: string;
  readonly node?: string;
  /** UIDs other than `uidOf`'s: an object that was deleted and made again under its name. */
  readonly podUid?: string;
  readonly serviceAccountUid?: string;
}

/** A token to mint. */
export interface TokenOptions extends TokenPod {
  readonly audience?: string;
  readonly issuer?: string;
  /** Seconds from now; negative = it has run out. */
  readonly ttlSeconds?: number;
  readonly subject?: string;
  /** Signed with a key that the cluster does not have. */
  readonly forged?: boolean;
}

/** The claims that the fakes look at. */
export interface TokenClaims {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly subject: string;
  readonly expiresAtMs: number;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** Why a token is not good. */
export type TokenFault = "malformed" | "issuer" | "signature" | "audience" | "expired" | "subject";

let clusterKey: KeyObject | undefined;
let foreignKey: KeyObject | undefined;

function newKey(): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** A UID that is always the same for an object of the cluster. */
export function uidOf(kind: string, namespace: string, name: string): string {
  const hex = createHash("sha256").update(`${kind}:${namespace}/${name}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Mints a token; audience sts.amazonaws.com and an hour to live if not told otherwise. */
export function mintToken(options: TokenOptions = {}): string {
  const { namespace = "default", serviceAccount = "app", pod = "app-0", node = "node-1" } = options;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const header = { alg: "RS256", kid: "fake-cluster-key" };
  const claims = {
    aud: [options.audience ?? stsAudience],
    exp: nowSeconds + (options.ttlSeconds ?? 3600),
    iat: nowSeconds,
    iss: options.issuer ?? clusterIssuer,
    jti: crypto.randomUUID(),
    "kubernetes.io": {
      namespace,
      node: { name: node, uid: uidOf("node", "", node) },
      pod: { name: pod, uid: options.podUid ?? uidOf("pod", namespace, pod) },
      serviceaccount: {
        name: serviceAccount,
        uid: options.serviceAccountUid ?? uidOf("serviceaccount", namespace, serviceAccount),
      },
    },
    nbf: nowSeconds,
    sub: options.subject ?? `system:serviceaccount:${namespace}:${serviceAccount}`,
  };
  const key = options.forged === true ? (foreignKey ??= newKey()) : (clusterKey ??= newKey());
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
}

/** What to put into csi.storage.k8s.io/serviceAccount.tokens. */
export interface ServiceAccountTokensOptions extends TokenPod {
  /** Both of the provider's if absent. */
  readonly audiences?: readonly string[];
  readonly ttlSeconds?: number;
}

/** The JSON of csi.storage.k8s.io/serviceAccount.tokens, with fresh tokens. */
export function serviceAccountTokens(options: ServiceAccountTokensOptions = {}): string {
  const { audiences = [stsAudience, podIdentityAudience], ttlSeconds = 3600 } = options;
  const expirationTimestamp = new Date(Date.now() + ttlSeconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const entry = (audience: string): [string, object] => [
    audience,
    {
      token: mintToken({ ...options, audience, ttlSeconds }),
      expirationTimestamp,
    },
  ];
  return JSON.stringify(Object.fromEntries(audiences.map(entry)));
}

/** Checks a token for an audience; `claims` where they could be read. */
export function checkToken(
  token: string,
  audience: string,
  nowMs: number,
): { readonly fault?: TokenFault; readonly claims?: TokenClaims } {
  const claims = readClaims(token);
  if (claims === undefined) return { fault: "malformed" };
  if (claims.issuer !== clusterIssuer) return { fault: "issuer", claims };
  if (!signatureHolds(token)) return { fault: "signature", claims };
  if (!claims.audiences.includes(audience)) return { fault: "audience", claims };
  if (claims.expiresAtMs <= nowMs) return { fault: "expired", claims };
  if (claims.serviceAccount === "") return { fault: "subject", claims };
  return { claims };
}

function signatureHolds(token: string): boolean {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const { alg } = readPart(header) ?? {};
  const key = createPublicKey((clusterKey ??= newKey()));
  return (
    alg === "RS256" && verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))
  );
}

/** The claims of a token, unchecked; undefined if it is not a JWT. */
export function readClaims(token: string): TokenClaims | undefined {
  const parts = token.split(".");
  const claims = parts.length === 3 ? readPart(parts[1] ?? "") : undefined;
  if (claims === undefined || readPart(parts[0] ?? "") === undefined) return undefined;
  const { aud, exp, iss, sub } = claims;
  if (typeof exp !== "number" || typeof iss !== "string" || typeof sub !== "string") return undefined;
  const [, namespace = "", serviceAccount = ""] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(sub) ?? [];
  const audiences = (Array.isArray(aud) ? aud : [aud]).filter((one) => typeof one === "string");
  return {
    issuer: iss,
    audiences,
    subject: sub,
    expiresAtMs: exp * 1000,
    namespace,
    serviceAccount,
  };
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
