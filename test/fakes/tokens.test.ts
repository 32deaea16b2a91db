// Service account tokens: what is in them, and what makes them bad.
import { expect, test } from "bun:test";
import {
  checkToken,
  clusterIssuer,
  mintToken,
  podIdentityAudience,
  serviceAccountTokens,
  stsAudience,
  uidOf,
} from "./tokens.ts";

const claimsOf = (token: string): unknown => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

test("a token holds what kubelet puts into one", () => {
  const token = mintToken({ namespace: "team", serviceAccount: "web", pod: "web-1", node: "node-2" });
  const nowSeconds = Math.floor(Date.now() / 1000);
  expect(claimsOf(token)).toMatchObject({
    aud: [stsAudience],
    iss: clusterIssuer,
    sub: "system:serviceaccount:team:web",
    "kubernetes.io": {
      namespace: "team",
      node: { name: "node-2" },
      pod: { name: "web-1", uid: uidOf("pod", "team", "web-1") },
      serviceaccount: { name: "web", uid: uidOf("serviceaccount", "team", "web") },
    },
  });
  const { exp, iat } = claimsOf(token) as { exp: number; iat: number };
  expect(Math.abs(iat - nowSeconds)).toBeLessThanOrEqual(1);
  expect(exp - iat).toBe(3600);
});

test("two tokens of one pod differ, its UIDs do not", () => {
  expect(mintToken()).not.toBe(mintToken());
  expect(uidOf("pod", "a", "b")).toBe(uidOf("pod", "a", "b"));
  expect(uidOf("pod", "a", "b")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("the attribute has a token for each audience", () => {
  const tokens = JSON.parse(serviceAccountTokens({ namespace: "team" })) as Record<
    string,
    { token: string; expirationTimestamp: string }
  >;
  expect(Object.keys(tokens)).toEqual([stsAudience, podIdentityAudience]);
  for (const [audience, { token, expirationTimestamp }] of Object.entries(tokens)) {
    expect(checkToken(token, audience, Date.now())).toMatchObject({
      claims: { namespace: "team", serviceAccount: "app" },
    });
    expect(expirationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  }
  expect(Object.keys(JSON.parse(serviceAccountTokens({ audiences: ["vault"] })) as object)).toEqual(["vault"]);
});

test("each fault has its name", () => {
  const fault = (token: string): string | undefined => checkToken(token, stsAudience, Date.now()).fault;
  expect(fault(mintToken())).toBeUndefined();
  expect(fault(mintToken({ forged: true }))).toBe("signature");
  expect(fault(mintToken({ issuer: "https://a.example" }))).toBe("issuer");
  expect(fault(mintToken({ audience: podIdentityAudience }))).toBe("audience");
  expect(fault(mintToken({ ttlSeconds: -1 }))).toBe("expired");
  expect(fault(mintToken({ subject: "system:node:x" }))).toBe("subject");
  for (const junk of ["", "a.b", "a.b.c", "..", `${mintToken()}.x`]) expect(fault(junk)).toBe("malformed");
  const [header = "", , signature = ""] = mintToken().split(".");
  const [, claims = ""] = mintToken({ namespace: "other" }).split(".");
  expect(fault(`${header}.${claims}.${signature}`)).toBe("signature");
});
