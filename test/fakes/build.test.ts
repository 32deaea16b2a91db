// The builders: what driver 1.6.0 puts into a request, and YAML that reads back as what was meant.
import { expect, test } from "bun:test";
import { aMountRequest, objectsYaml } from "../build.ts";
import type { MountRequestOptions } from "../build.ts";
import { checkToken, podIdentityAudience, stsAudience, uidOf } from "./tokens.ts";

const attributesOf = (options: MountRequestOptions = {}): Record<string, string> =>
  JSON.parse(aMountRequest(options).attributes) as Record<string, string>;

test("a request is what the driver sends", () => {
  expect(aMountRequest()).toMatchObject({ secrets: "null", permission: "420", currentObjectVersions: [] });
  const { "csi.storage.k8s.io/serviceAccount.tokens": tokens = "", ...attributes } = attributesOf();
  expect(attributes).toEqual({
    "csi.storage.k8s.io/ephemeral": "true",
    "csi.storage.k8s.io/pod.name": "app-0",
    "csi.storage.k8s.io/pod.namespace": "default",
    "csi.storage.k8s.io/pod.uid": uidOf("pod", "default", "app-0"),
    "csi.storage.k8s.io/serviceAccount.name": "app",
    secretProviderClass: "aws-secrets",
    objects: "",
  });
  const parsed = JSON.parse(tokens) as Record<string, { token: string }>;
  for (const audience of [stsAudience, podIdentityAudience]) {
    const claims = { namespace: "default", serviceAccount: "app" };
    expect(checkToken(parsed[audience]?.token ?? "", audience, Date.now())).toMatchObject({ claims });
  }
});

test("every part can be another", () => {
  const own = attributesOf({
    namespace: "team",
    serviceAccount: "web",
    pod: "web-0",
    objects: "[]",
    parameters: { region: "us-east-1", usePodIdentity: "true" },
    attributes: { region: 1 },
    tokens: "{}",
  });
  expect(own).toMatchObject({
    "csi.storage.k8s.io/pod.namespace": "team",
    "csi.storage.k8s.io/serviceAccount.name": "web",
    "csi.storage.k8s.io/pod.name": "web-0",
    "csi.storage.k8s.io/serviceAccount.tokens": "{}",
    objects: "[]",
    usePodIdentity: "true",
    region: 1,
  });
  expect(attributesOf({ tokens: null })).not.toHaveProperty("csi.storage.k8s.io/serviceAccount.tokens");
  expect(aMountRequest({ rawAttributes: "{" }).attributes).toBe("{");
});

test("objects read back as they were given", () => {
  const objects = [
    { objectName: "db", objectType: "secretsmanager", objectVersion: undefined },
    {
      objectName: 'q"uo\nte: # -',
      filePermission: "0400",
      jmesPath: [
        { path: "user.name", objectAlias: "user" },
        { path: "a", objectAlias: "b", filePermission: "0600" },
      ],
      failoverObject: { objectName: "other", objectVersion: "1" },
    },
    { objectName: "empty", jmesPath: [] },
  ];
  expect(Bun.YAML.parse(objectsYaml(objects))).toEqual(JSON.parse(JSON.stringify(objects)));
  expect(objectsYaml([])).toBe("");
  expect(Bun.YAML.parse(attributesOf({ objects: [{ objectName: "a" }] })["objects"] ?? "")).toEqual([
    { objectName: "a" },
  ]);
});
