// The Kubernetes API: TLS, bearer tokens, permissions, objects, and the files that lead to it.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { createAuthority } from "./pki.ts";
import { failureOf, readAnswer } from "./raw-call.ts";
import type { RawAnswer } from "./raw-call.ts";
import { startWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const accounts = "/api/v1/namespaces/default/serviceaccounts";

async function ask(path: string, { method = "GET", token = world.kubernetes.token() } = {}): Promise<RawAnswer> {
  const { url, ca } = world.kubernetes;
  return readAnswer(await fetch(url + path, { method, headers: { authorization: `Bearer ${token}` }, tls: { ca } }));
}

test("answers the three objects that a mount needs", async () => {
  expect((await ask(`${accounts}/app`)).json).toMatchObject({
    kind: "ServiceAccount",
    metadata: {
      name: "app",
      namespace: "default",
      annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/app" },
    },
  });
  expect((await ask("/api/v1/namespaces/default/pods/app-0")).json).toMatchObject({
    kind: "Pod",
    spec: { nodeName: "node-1" },
  });
  expect((await ask("/api/v1/nodes/node-1")).json).toMatchObject({
    metadata: { labels: { "topology.kubernetes.io/region": "eu-west-1" } },
  });
  expect(world.calls("kubernetes").map(({ operation, ids }) => `${operation} ${ids.join()}`)).toEqual([
    "serviceaccounts default/app",
    "pods default/app-0",
    "nodes node-1",
  ]);
});

test("answers what is not there with a Status", async () => {
  const { kubernetes } = world;
  kubernetes.putServiceAccount("default", "bare");
  kubernetes.putPod("default", "pending", { serviceAccount: "bare" });
  expect((await ask(`${accounts}/bare`)).json["metadata"]).not.toHaveProperty("annotations");
  expect((await ask("/api/v1/namespaces/default/pods/pending")).json["spec"]).not.toHaveProperty("nodeName");
  kubernetes.remove("serviceaccounts", "default", "bare");
  expect(await ask(`${accounts}/bare`)).toMatchObject({
    status: 404,
    json: {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      message: 'serviceaccounts "bare" not found',
      reason: "NotFound",
      details: { name: "bare", kind: "serviceaccounts" },
      code: 404,
    },
  });
  expect((await ask("/api/v1/namespaces/other/serviceaccounts/app")).status).toBe(404);
  expect((await ask("/api/v1/nodes/none")).json).toMatchObject({ message: 'nodes "none" not found' });
});

const user = "system:serviceaccount:kube-system:csi-secrets-store-provider-aws";
const forbidden: readonly [method: string, path: string, message: string][] = [
  [
    "GET",
    accounts,
    `serviceaccounts is forbidden: User "${user}" cannot list resource "serviceaccounts" in API group "" in the namespace "default"`,
  ],
  ["GET", `${accounts}/app?watch=true`, "cannot watch resource"],
  [
    "GET",
    "/api/v1/namespaces/default/secrets/s",
    `secrets "s" is forbidden: User "${user}" cannot get resource "secrets" in API group "" in the namespace "default"`,
  ],
  ["GET", "/api/v1/nodes", "nodes is forbidden"],
  ["GET", "/api/v1/pods", 'cannot list resource "pods" in API group "" at the cluster scope'],
  ["GET", "/api/v1/namespaces/default/pods/app-0/log", 'cannot get resource "pods/log"'],
  ["POST", `${accounts}/app/token`, 'cannot create resource "serviceaccounts/token"'],
  ["POST", accounts, "cannot create resource"],
  ["PATCH", `${accounts}/app`, "cannot patch resource"],
  ["DELETE", "/api/v1/nodes/node-1", "cannot delete resource"],
  [
    "GET",
    "/apis/apps/v1/namespaces/default/deployments/x",
    'cannot get path "/apis/apps/v1/namespaces/default/deployments/x"',
  ],
  ["GET", "/version", 'cannot get path "/version"'],
];
test.each(forbidden)("forbids %s %s", async (method, path, message) => {
  const { status, json } = await ask(path, { method });
  expect({ status, reason: json["reason"] }).toEqual({ status: 403, reason: "Forbidden" });
  expect(String(json["message"])).toContain(message);
});

test("an encoded slash stays inside its segment", async () => {
  expect((await ask(`${accounts}/..%2Fpods`)).json).toMatchObject({
    reason: "NotFound",
    message: 'serviceaccounts "../pods" not found',
  });
});

test("refuses a wrong, a missing and a revoked token, and keeps a rotated one", async () => {
  const { kubernetes } = world;
  const unauthorized = { status: 401, json: { reason: "Unauthorized", message: "Unauthorized", code: 401 } };
  expect(await ask(`${accounts}/app`, { token: "wrong" })).toMatchObject(unauthorized);
  const bare = await fetch(`${kubernetes.url}${accounts}/app`, { tls: { ca: kubernetes.ca } });
  expect(bare.status).toBe(401);
  const first = kubernetes.token();
  const second = kubernetes.rotateToken();
  expect((await ask(`${accounts}/app`, { token: first })).status).toBe(200);
  expect((await ask(`${accounts}/app`, { token: second })).status).toBe(200);
  const third = kubernetes.rotateToken(true);
  expect(await ask(`${accounts}/app`, { token: second })).toMatchObject(unauthorized);
  expect((await ask(`${accounts}/app`, { token: third })).status).toBe(200);
});

test("only the cluster's own CA vouches for it", async () => {
  const { url } = world.kubernetes;
  expect(await failureOf(fetch(url))).toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  expect(await failureOf(fetch(url, { tls: { ca: createAuthority("kubernetes").ca } }))).toHaveProperty("code");
});

test("client-node reads the kubeconfig, before and after a rotation", async () => {
  const path = world.kubernetes.writeKubeconfig(join(world.folder, "own-kubeconfig"));
  for (const rotate of [false, true]) {
    const token = rotate ? world.kubernetes.rotateToken() : world.kubernetes.token();
    const config = new KubeConfig();
    config.loadFromFile(path);
    expect(config.getCurrentUser()?.token).toBe(token);
    const { server, caData = "" } = config.getCurrentCluster() ?? { server: "" };
    expect(server).toBe(world.kubernetes.url);
    expect(Buffer.from(caData, "base64").toString()).toBe(world.kubernetes.ca);
  }
});

test("the folder of a pod is laid out as kubelet does and follows a rotation", () => {
  const { kubernetes } = world;
  const folder = kubernetes.writeInClusterFolder(join(world.folder, "serviceaccount"));
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  expect([read("token"), read("ca.crt"), read("namespace")]).toEqual([
    kubernetes.token(),
    kubernetes.ca,
    "kube-system",
  ]);
  expect(readlinkSync(join(folder, "token"))).toBe("..data/token");
  const before = readlinkSync(join(folder, "..data"));
  expect(read("token")).not.toBe(kubernetes.rotateToken());
  expect(read("token")).toBe(kubernetes.token());
  expect(readlinkSync(join(folder, "..data"))).not.toBe(before);
});
