// --kubeconfig with a tokenFile, in place of a token or beside one.
import { expect, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contextOfNoMount } from "../src/context.ts";
import { createKubernetes } from "../src/kubernetes/kubernetes.ts";
import { createTokenBucket } from "../src/kubernetes/token-bucket.ts";
import { createOutbound } from "../src/outbound.ts";
import { startWorld } from "./fakes/world.ts";
import type { World } from "./fakes/world.ts";

/** A kubeconfig whose user is this. */
async function writeKubeconfig(world: World, user: object): Promise<string> {
  const path = world.kubernetes.writeKubeconfig(join(world.folder, "own"));
  const config = (await Bun.file(path).json()) as object;
  const moved = join(world.folder, "with-token-file");
  writeFileSync(moved, JSON.stringify({ ...config, users: [{ name: "fake", user }] }));
  return moved;
}

function open(kubeconfig: string): { readonly role: () => Promise<string> } {
  const outbound = createOutbound(() => undefined);
  const kubernetes = createKubernetes({ kubeconfig, inCluster: false, outbound, bucket: createTokenBucket(-1, 1) });
  return {
    role: () => kubernetes.roleOfServiceAccount("default", "app", contextOfNoMount(AbortSignal.timeout(30_000))),
  };
}

function putToken(world: World, text: string): void {
  writeFileSync(join(world.folder, "token.new"), text);
  renameSync(join(world.folder, "token.new"), join(world.folder, "token"));
}

test.each([
  ["beside the kubeconfig", {}],
  ["stronger than a token", { token: "of-another-time" }],
])("a tokenFile is read, %s, and read again when it changes", async (_what, more) => {
  await using world = await startWorld();
  putToken(world, `${world.kubernetes.token()}\n`);
  const { role } = open(await writeKubeconfig(world, { ...more, tokenFile: "token" }));
  expect(await role()).toBe(world.cloud.roleArn("app"));
  putToken(world, `${world.kubernetes.rotateToken(true)}\n`);
  expect(await role()).toBe(world.cloud.roleArn("app"));
  rmSync(join(world.folder, "token"));
  expect(await role()).toBe(world.cloud.roleArn("app"));
  world.kubernetes.rotateToken(true);
  rmSync(join(world.folder, "with-token-file"));
  expect(await role().catch((error: unknown) => error)).toMatchObject({ reason: "KubernetesUnavailable" });
});

test("one that is not there stops the start, unless there is a token; it is not quoted", async () => {
  await using world = await startWorld();
  const missing = await writeKubeconfig(world, { tokenFile: "token" });
  expect(() => open(missing)).toThrow(`tokenFile ${join(world.folder, "token")} can not be read`);
  putToken(world, "\n");
  expect(() => open(missing)).toThrow("is empty");
  const { role } = open(await writeKubeconfig(world, { token: world.kubernetes.token(), tokenFile: "nowhere" }));
  expect(await role()).toBe(world.cloud.roleArn("app"));
});
