import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import type { ProviderError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { claimsOf, irsaAudience, ownClaimsOf, parseTokens, podIdentityAudience, tokenFor } from "./tokens.ts";

const hint = "ensure tokenRequests is configured in CSIDriver spec";

function failureOf(act: () => unknown): ProviderError {
  try {
    act();
  } catch (error) {
    return error as ProviderError;
  }
  throw new Error("nothing was thrown");
}

describe("parseTokens", () => {
  test.each([
    ["null", []],
    ["{}", []],
    ['{"a":{"token":"t","expirationTimestamp":"junk","other":1}}', [["a", "t"]]],
    ['{"a":{"Token":"t","EXPIRATIONTIMESTAMP":null}}', [["a", "t"]]],
    ['{"a":{"TOKEN":"x","to\\u212Aen":"t"}}', [["a", "t"]]],
    [
      '{"a":{"token":"t"},"A":{"token":"u"}}',
      [
        ["a", "t"],
        ["A", "u"],
      ],
    ],
    ['{"a":{"token":"t"},"a":{}}', [["a", ""]]],
    ['{"a":null}', [["a", ""]]],
    ['{"a":{"token":null}}', [["a", ""]]],
    ['{"a":{"token":" "}}', [["a", " "]]],
    ['{"__proto__":{"token":"t"}}', [["__proto__", "t"]]],
  ])("%s", (text, expected) => {
    expect([...parseTokens(text)].map(([audience, token]) => [audience, token.reveal()])).toEqual(expected);
  });

  test("says that there are none", () => {
    const message = `CSI token error: serviceAccount.tokens not provided - ensure tokenRequests is configured in CSIDriver - ${hint}`;
    expect(failureOf(() => parseTokens(""))).toMatchObject({ reason: "TokenMissing", message });
  });

  test.each([
    "hunter2",
    '"hunter2"',
    '["hunter2"]',
    '{"hunter2"}',
    '{"a":"hunter2"}',
    '{"a":{"token":["hunter2"]}}',
    '{"a":{"token":"hunter2"},"b":{"token":1}}',
    '{"a":{"token":"hunter2","expirationTimestamp":1}}',
    '{"a":{"token":"hunter2"}} hunter2',
  ])("refuses %s and quotes nothing of it", (text) => {
    const { reason, message, fix } = failureOf(() => parseTokens(text));
    expect(reason).toBe("TokenMissing");
    expect(message).toStartWith("CSI token error: failed to parse serviceAccount.tokens: ");
    expect(message).toEndWith(` - ${hint}`);
    expect(message + fix).not.toContain("hunter2");
  });

  test("keeps tokens where printing does not reach them", () => {
    const tokens = parseTokens('{"a":{"token":"hunter2"}}');
    expect(inspect(tokens) + JSON.stringify([...tokens])).not.toContain("hunter2");
  });
});

describe("tokenFor", () => {
  test("gives the token of the audience", () => {
    expect(tokenFor(parseTokens(`{"${irsaAudience}":{"token":"t"}}`), irsaAudience, "IRSA").reveal()).toBe("t");
  });
  test.each([
    ["IRSA", irsaAudience, "{}", "not found - ensure tokenRequests includes this audience in CSIDriver"],
    [
      "Pod Identity",
      podIdentityAudience,
      "null",
      "not found - ensure tokenRequests includes this audience in CSIDriver",
    ],
    ["IRSA", irsaAudience, `{"${irsaAudience}":{}}`, "is empty"],
    ["Pod Identity", podIdentityAudience, `{"${podIdentityAudience.toUpperCase()}":{"token":"t"}}`, "not found - "],
  ] as const)("%s for %s in %s", (method, audience, text, end) => {
    const { message, reason } = failureOf(() => tokenFor(parseTokens(text), audience, method));
    expect(message).toStartWith(`${method} token extraction failed: token for audience "${audience}" ${end}`);
    expect(reason).toBe("TokenMissing");
  });
});

describe("claimsOf", () => {
  const payload = {
    iss: "https://oidc",
    aud: ["sts.amazonaws.com"],
    exp: 1700000000,
    sub: "system:serviceaccount:shop:app",
    "kubernetes.io": {
      namespace: "shop",
      serviceaccount: { name: "app", uid: "s1" },
      pod: { name: "app-ü", uid: "p1" },
      node: { name: "n", uid: "n1" },
    },
  };
  const base64url = (text: string): string => Buffer.from(text).toString("base64url");
  const jwt = (claims: unknown): Secret<string> =>
    new Secret(`${base64url("{}")}.${base64url(JSON.stringify(claims))}.sig`);

  test("reads a bound token", () => {
    expect(claimsOf(jwt(payload))).toEqual({
      issuer: "https://oidc",
      audiences: ["sts.amazonaws.com"],
      expiresAtMs: 1700000000000,
      notBeforeMs: -Infinity,
      subject: "system:serviceaccount:shop:app",
      namespace: "shop",
      serviceAccount: { name: "app", uid: "s1" },
      pod: { name: "app-ü", uid: "p1" },
    });
    expect(claimsOf(jwt({ ...payload, aud: "one" }))?.audiences).toEqual(["one"]);
  });

  test.each([
    ["no payload", "hunter2"],
    ["no base64", "a.*.c"],
    ["no JSON", `a.${base64url("hunter2")}.c`],
    ["no object", `a.${base64url("[]")}.c`],
    ["nothing", ""],
    ["a megabyte of brackets", `a.${base64url("[".repeat(2 ** 20))}.c`],
  ])("finds no claims in %s", (_, token) => {
    expect(claimsOf(new Secret(token))).toBeUndefined();
  });
  test.each(["iss", "aud", "exp", "sub", "kubernetes.io"])("needs %s", (claim) => {
    expect(claimsOf(jwt({ ...payload, [claim]: undefined }))).toBeUndefined();
    expect(claimsOf(jwt({ ...payload, [claim]: { toString: "x" } }))).toBeUndefined();
  });
  test.each(["namespace", "serviceaccount", "pod"])("needs the %s", (part) => {
    expect(claimsOf(jwt({ ...payload, "kubernetes.io": { ...payload["kubernetes.io"], [part]: {} } }))).toBeUndefined();
  });

  describe("ownClaimsOf", () => {
    const pod = { name: "app-ü", namespace: "shop", serviceAccount: "app" };
    const nowMs = payload.exp * 1000 - 1;
    const own = (claims: object, at = nowMs, of = pod) =>
      ownClaimsOf(jwt({ ...payload, ...claims }), irsaAudience, of, at);
    const bound = (more: object) => ({ "kubernetes.io": { ...payload["kubernetes.io"], ...more } });

    test("the pod's own token, until it expires", () => {
      expect(own({})).toMatchObject({ namespace: "shop" });
      expect(own({ aud: ["other", irsaAudience], nbf: payload.exp + 299 })).toMatchObject({ namespace: "shop" });
      expect(own({}, nowMs + 1)).toBeUndefined();
    });
    test.each([
      ["another audience", { aud: ["pods.eks.amazonaws.com"] }],
      ["not valid yet", { nbf: payload.exp + 301 }],
      ["an unreadable nbf", { nbf: "0" }],
      ["another subject", { sub: "system:serviceaccount:shop:other" }],
      ["another namespace", bound({ namespace: "other" })],
      ["another service account", bound({ serviceaccount: { name: "other", uid: "s1" } })],
      ["another pod", bound({ pod: { name: "other", uid: "p1" } })],
      ["no pod", bound({ pod: undefined })],
    ])("%s: nothing is shared with it", (_name, claims) => {
      expect(own(claims)).toBeUndefined();
    });
    test.each(["name", "namespace", "serviceAccount"])("kubelet names another %s", (field) => {
      expect(own({}, nowMs, { ...pod, [field]: "other" })).toBeUndefined();
      expect(own({}, nowMs, { ...pod, [field]: "" })).toBeUndefined();
    });
  });
});

test("advice: tokenRequests where a token is missing, and not where kubelet's text is none", () => {
  const fixOf = (act: () => unknown): string => failureOf(act).fix;
  expect(fixOf(() => parseTokens(""))).toStartWith("Install the driver with --set 'tokenRequests");
  expect(fixOf(() => tokenFor(parseTokens("{}"), "sts.amazonaws.com", "IRSA"))).toStartWith("Install the driver");
  expect(fixOf(() => parseTokens("{"))).toStartWith("kubelet makes no such tokens");
  const empty = parseTokens('{"sts.amazonaws.com":{"token":""}}');
  expect(fixOf(() => tokenFor(empty, "sts.amazonaws.com", "IRSA"))).toStartWith("kubelet makes no such tokens");
});
