import { describe, expect, test } from "bun:test";
import type { ProviderError } from "../errors.ts";
import type { MountRequest } from "./messages.ts";
import { parseMountRequest } from "./mount-request.ts";

const tokensKey = "csi.storage.k8s.io/serviceAccount.tokens";
const valid = { [tokensKey]: '{"sts.amazonaws.com":{"token":"t"}}' };

function aRequest(attributes: object | string, others: Partial<MountRequest> = {}): MountRequest {
  const text = typeof attributes === "string" ? attributes : JSON.stringify(attributes);
  return {
    attributes: text,
    secrets: "null",
    targetPath: "/mnt",
    permission: "420",
    currentObjectVersions: [],
    ...others,
  };
}

function failureOf(request: MountRequest): ProviderError {
  try {
    parseMountRequest(request);
  } catch (error) {
    return error as ProviderError;
  }
  throw new Error("the request was taken");
}

test("takes a request apart", () => {
  const parsed = parseMountRequest(
    aRequest(
      {
        ...valid,
        "csi.storage.k8s.io/pod.name": "app-0",
        "csi.storage.k8s.io/pod.namespace": "shop",
        "csi.storage.k8s.io/pod.uid": "u1",
        "csi.storage.k8s.io/serviceAccount.name": "app",
        "csi.storage.k8s.io/ephemeral": "true",
        objects: "- objectName: a",
        region: " eu-west-1 ",
        Region: "ignored",
        failoverRegion: "us-east-1",
        pathTranslation: "False",
        usePodIdentity: null,
      },
      { currentObjectVersions: [{ id: "a", version: "1" }] },
    ),
  );
  expect(parsed).toMatchObject({
    pod: { name: "app-0", namespace: "shop", serviceAccount: "app", uid: "u1" },
    parameters: {
      objects: "- objectName: a",
      region: " eu-west-1 ",
      failoverRegion: "us-east-1",
      pathTranslation: "False",
      usePodIdentity: "",
      preferredAddressType: "",
    },
    defaultMode: 420,
    targetPath: "/mnt",
  });
  expect(parsed.tokens.get("sts.amazonaws.com")?.reveal()).toBe("t");
  expect([...parsed.currentVersions]).toEqual([["a", "1"]]);
});

describe("the first fault wins: target path, attributes, tokens, permission", () => {
  test.each([
    ["RequestInvalid", "Missing mount path", aRequest("junk", { targetPath: "", permission: "junk" })],
    ["RequestInvalid", "failed to unmarshal attributes, error: ", aRequest("junk", { permission: "junk" })],
    ["TokenMissing", "CSI token error: serviceAccount.tokens not provided", aRequest({}, { permission: "junk" })],
    ["TokenMissing", "CSI token error: failed to parse", aRequest({ [tokensKey]: "junk" }, { permission: "junk" })],
    ["RequestInvalid", "failed to unmarshal file permission, error: ", aRequest(valid, { permission: "junk" })],
  ] as const)("%s: %s", (reason, message, request) => {
    expect(failureOf(request)).toMatchObject({ reason, message: expect.stringContaining(message) as string });
  });
});

describe("attributes", () => {
  test.each([
    ["empty", ""],
    ["an array", "[]"],
    ["a text", '"a"'],
    ["a number as value", '{"a":1}'],
    ["an object as value", '{"objects":{}}'],
    ["a list as value", '{"objects":[]}'],
    ["a boolean as value", '{"objects":true}'],
    ["a text after the value", "{} x"],
    ["a byte order mark", "\uFEFF{}"],
    ["a million brackets", "[".repeat(2 ** 20)],
  ])("refuses %s", (_, attributes) => {
    expect(failureOf(aRequest(attributes)).message).toStartWith("failed to unmarshal attributes, error: ");
  });
  test("never quotes them", () => {
    for (const text of ['{"a":"hunter2"', '{"a":"hunter2","b":1}', '{"a":"hunter2"}hunter2']) {
      const { message, fix } = failureOf(aRequest(text));
      expect(message + fix).not.toContain("hunter2");
    }
  });
  test.each(["null", " {} ", '{"__proto__":"x"}', `{"${tokensKey}":null}`])("%s misses its tokens only", (text) => {
    expect(failureOf(aRequest(text)).reason).toBe("TokenMissing");
  });
  test("of a duplicate key the last wins, and null is empty", () => {
    const text = JSON.stringify(valid).replace("{", '{"region":"a","region":"b","objects":"a","objects":null,');
    expect(parseMountRequest(aRequest(text)).parameters).toMatchObject({ region: "b", objects: "" });
  });
});

describe("permission", () => {
  test.each([
    ["420", 420],
    [" 420\n", 420],
    ["0", 0],
    ["null", 0],
    ["4294967295", 4294967295],
  ])("%p is %d", (permission, mode) => {
    expect(parseMountRequest(aRequest(valid, { permission })).defaultMode).toBe(mode);
  });
  test.each([
    "",
    " ",
    '"420"',
    "420.0",
    "4.2e2",
    "-1",
    "-0",
    "+1",
    "0644",
    "true",
    "{}",
    "420 1",
    "4294967296",
    "\u00A01",
  ])("refuses %p", (permission) => {
    expect(failureOf(aRequest(valid, { permission })).message).toStartWith("failed to unmarshal file permission");
  });
});
