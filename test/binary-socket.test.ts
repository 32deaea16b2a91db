// The socket of the compiled binary from start to stop: what lay there before, its mode, signals with and without mounts, a successor.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { httpOf, newFolder, runToEnd, secret, startBinary, startBinaryLab, until } from "./binary-lab.ts";
import type { Binary } from "./binary-lab.ts";
import { connectProvider } from "./client.ts";
import { startWorld } from "./fakes/world.ts";

setDefaultTimeout(60_000);
const region = "eu-west-1";
const one = { objects: [secret("s")] };

describe("what lies at the path gives way", () => {
  test.each([
    ["a file", (path: string) => writeFileSync(path, "not a socket")],
    ["an empty directory", (path: string) => mkdirSync(path)],
    ["a link to nowhere", (path: string) => symlinkSync("/nowhere", path)],
    ["a socket that no one listens on", leaveSocket],
  ])("%s", async (_name, leave) => {
    using folder = newFolder();
    const path = join(folder.path, "aws.sock");
    leave(path);
    expect(lstatSync(path).isSymbolicLink() || existsSync(path)).toBe(true);
    await using lab = await startBinaryLab({ socketFolder: folder.path });
    lab.world.cloud.putSecret(region, "s", "v");
    expect((await lab.run(one)).contents).toEqual({ s: "v" });
    expect(lstatSync(path).isSocket()).toBe(true);
    expect(await lab.stop()).toBe(0);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("a directory that is not empty does not: exit code 255, nothing is removed", async () => {
    await using world = await startWorld();
    using folder = newFolder();
    mkdirSync(join(folder.path, "aws.sock/kept"), { recursive: true });
    const ended = await runToEnd([`--provider-volume=${folder.path}`, ...world.args]);
    expect(ended.code).toBe(255);
    expect(ended.stderr).toContain("Failed to listen on unix socket. error: ");
    expect(readdirSync(folder.path)).toEqual(["aws.sock"]);
    expect(readdirSync(join(folder.path, "aws.sock"))).toEqual(["kept"]);
  });

  test("a provider that was killed is followed by the next one, which a waiting mount reaches", async () => {
    using folder = newFolder();
    await using world = await startWorld();
    world.cloud.putSecret(region, "s", "v");
    const options = { args: world.args, env: world.env, socketFolder: folder.path };
    await using first = await startBinary(options);
    first.kill("SIGKILL");
    expect(await first.exited).not.toBe(0);
    expect(lstatSync(join(folder.path, "aws.sock")).isSocket()).toBe(true);
    await using second = await startBinary(options);
    expect((await second.run(one)).contents).toEqual({ s: "v" });
    expect((await first.run(one)).contents).toEqual({ s: "v" }); // the old client, as the driver's, connects again
    expect(await second.stop()).toBe(0);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

test.each(["0022", "0077", "0000", "0777"])("umask %s: the socket is its owner's alone", async (umask) => {
  const runner = ["/bin/sh", "-c", `umask ${umask}; exec "$@"`, "sh"];
  await using lab = await startBinaryLab({ runner });
  expect((lstatSync(lab.socket).mode & 0o7777).toString(8)).toBe("600");
  expect(readdirSync(dirname(lab.socket))).toEqual(["aws.sock"]);
});

describe.each([
  ["SIGTERM", "terminated"],
  ["SIGINT", "interrupt"],
] as const)("%s", (signal, word) => {
  test("without mounts: exit code 0, the socket is gone", async () => {
    using folder = newFolder();
    await using lab = await startBinaryLab({ socketFolder: folder.path });
    lab.kill(signal);
    expect(await lab.exited).toBe(0);
    expect(lab.output()).toContain(`] received signal:${word} to terminate\n`);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("with mounts under way: all of them finish; further signals change nothing", async () => {
    using folder = newFolder();
    await using lab = await startBinaryLab({ socketFolder: folder.path });
    // Secrets of their own: mounts that want the same at the same moment share a call.
    const names = Array.from({ length: 12 }, (_, n) => `s-${n}`);
    for (const name of names) lab.world.cloud.putSecret(region, name, "v");
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "delay", delayMs: 800 });
    const running = names.map((name) => lab.run({ ...one, objects: [secret(name)] }));
    await until(() => lab.world.inFlight("secrets-manager") === 12);
    lab.kill(signal);
    await lab.logs("received signal:");
    for (const again of ["SIGTERM", "SIGINT", "SIGTERM"] as const) lab.kill(again);
    const mounted = await Promise.all(running);
    expect(mounted.map(({ contents }) => contents)).toEqual(names.map((name) => ({ [name]: "v" })));
    expect(await lab.exited).toBe(0);
    expect(lab.output().split("received signal:")).toHaveLength(2);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

test("parity 12.1 row 15: the newer of two providers goes on serving when the older one leaves", async () => {
  using folder = newFolder();
  await using world = await startWorld();
  world.cloud.putSecret(region, "s", "v");
  const options = { args: world.args, env: world.env, socketFolder: folder.path };
  await using older = await startBinary(options);
  const before = lstatSync(older.socket).ino;
  await using newer = await startBinary(options);
  expect(lstatSync(newer.socket).ino).not.toBe(before);
  expect((await older.run(one)).contents).toEqual({ s: "v" }); // its connections are not cut
  expect(await older.stop()).toBe(0);
  expect(readdirSync(folder.path)).toEqual(["aws.sock"]);
  const client = connectProvider(newer.socket); // a connection made after the older one left
  expect((await client.version()).version).toBe("v1alpha1");
  client.close();
  expect((await newer.run(one)).contents).toEqual({ s: "v" });
  expect(await newer.stop()).toBe(0);
  expect(readdirSync(folder.path)).toEqual([]);
});

describe("two providers of one path", () => {
  const taken = "aws.sock is served by secrets-store-csi-driver-provider-aws 4.0.0; taking over";
  const left = "aws.sock is now served by secrets-store-csi-driver-provider-aws 4.0.0: this process is not ready";
  const back = ": bound again";

  test("the second says whom it follows; killed, the first has the path again, and is ready only while it has it", async () => {
    using folder = newFolder();
    await using world = await startWorld();
    world.cloud.putSecret(region, "s", "v");
    const options = {
      args: [...world.args, "--http-addr=127.0.0.1:0"],
      env: world.env,
      socketFolder: folder.path,
    };
    await using first = await startBinary(options);
    const [url, ready] = [await httpOf(first), await readiness(first)];
    expect([await ready(), first.output().includes("taking over")]).toEqual([200, false]);
    await using second = await startBinary(options);
    expect(second.output()).toContain(taken);
    expect(await ready()).toBe(503);
    expect(await (await readiness(second))()).toBe(200);
    await first.logs(left);
    expect((await fetch(`${url}livez`)).status).toBe(200); // killed for it, it would take the path over
    const { ino } = lstatSync(second.socket);
    await Bun.sleep(4_500); // two looks and more
    expect(lstatSync(second.socket).ino).toBe(ino);
    second.kill("SIGKILL");
    await first.logs(back);
    expect(await ready()).toBe(200);
    expect((await first.run(one)).contents).toEqual({ s: "v" });
    expect(first.output().split(left)).toHaveLength(2);
    expect(await first.stop()).toBe(0);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("a second one that ends well gives the path back", async () => {
    using folder = newFolder();
    await using world = await startWorld();
    const options = { args: world.args, env: world.env, socketFolder: folder.path };
    await using first = await startBinary(options);
    await using second = await startBinary(options);
    expect(await second.stop()).toBe(0);
    await first.logs(back);
    expect(readdirSync(folder.path)).toEqual(["aws.sock"]);
  });

  test("in a rolling update the one that stops takes nothing back, even if its successor is gone meanwhile", async () => {
    using folder = newFolder();
    await using world = await startWorld();
    world.cloud.putSecret(region, "s", "v");
    const options = { args: world.args, env: world.env, socketFolder: folder.path };
    await using older = await startBinary(options);
    world.faults.inject({ service: "secrets-manager" }, { kind: "delay", delayMs: 6_000 });
    const running = older.run(one);
    await until(() => world.inFlight("secrets-manager") === 1);
    await using newer = await startBinary(options);
    older.kill("SIGTERM");
    await older.logs("received signal:");
    newer.kill("SIGKILL");
    await newer.exited;
    const { ino } = lstatSync(older.socket);
    expect((await running).contents).toEqual({ s: "v" });
    expect(await older.exited).toBe(0);
    expect(lstatSync(older.socket).ino).toBe(ino);
    expect(older.output()).not.toContain(back);
  });
});

/** Asks a binary for its /readyz. */
async function readiness(binary: Binary): Promise<() => Promise<number>> {
  const url = await httpOf(binary);
  return async () => (await fetch(`${url}readyz`)).status;
}

/** Leaves a socket behind as a killed process does. */
function leaveSocket(path: string): void {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  Bun.spawnSync([process.execPath, "-e", script]);
}
