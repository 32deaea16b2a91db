// The path of the socket between processes: taken over with a word, bound again when it is lost, left to whoever serves there.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Client, credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../telemetry/log.ts";
import { encodeVersionResponse } from "./codec.ts";
import { holdSocket } from "./hold.ts";
import type { HeldSocket } from "./hold.ts";
import { bindUnseen } from "./socket.ts";

let folder = "";
let address = "";
const closers: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hold-"));
  address = join(folder, "aws.sock");
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true, force: true });
});

const same = (bytes: Buffer): Buffer => bytes;
const raw = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const path = "/v1alpha1.CSIDriverProvider/Version";

/** A gRPC server that answers Version after a moment. */
function newServer(runtimeName: string, runtimeVersion: string, delayMs = 0): Server {
  const server = new Server();
  const answer = Buffer.from(encodeVersionResponse({ version: "v1alpha1", runtimeName, runtimeVersion }));
  server.addService(
    { Version: { ...raw, path, requestStream: false, responseStream: false } },
    {
      Version: (_call: unknown, callback: (error: null, bytes: Buffer) => void) =>
        setTimeout(() => callback(null, answer), delayMs),
    },
  );
  closers.push(() => server.forceShutdown());
  return server;
}

interface Held extends HeldSocket {
  readonly lines: () => string[];
}

/** A holder that checks every few milliseconds. */
async function hold(server = newServer("ours", "4.0.0")): Promise<Held> {
  let logged = "";
  const log = createLog({ format: "text", level: "debug", write: (line) => (logged += line) });
  const held = await holdSocket({ server, address, log, checkMs: 5 });
  closers.push(held.stopChecks);
  const lines = (): string[] =>
    logged
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `${line[0]} ${line.split("] ")[1]}`);
  return { ...held, lines };
}

/** Another program's provider, which removes what lies at the path and binds there, as 3.x does. */
async function startOther(server = newServer("other", "3.1.1")): Promise<() => void> {
  rmSync(address, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${address}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  return () => server.forceShutdown(); // the runtime unlinks the path
}

/** Asks whoever serves at the path, or through a connection that is already there. */
function newClient(): { readonly ask: () => Promise<string> } {
  const client = new Client(`unix:${address}`, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  closers.push(() => client.close());
  const ask = (): Promise<string> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, same, same, Buffer.alloc(0), (error, bytes) =>
        error === null ? resolve(String(bytes)) : reject(error),
      );
    });
  return { ask };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(1);
}

/** Long enough for many checks. */
const severalChecks = (): Promise<void> => Bun.sleep(100);

describe("who may connect", () => {
  let umask = 0;
  beforeEach(() => (umask = process.umask(0)));
  afterEach(() => process.umask(umask));

  test.each([0o000, 0o022, 0o777])("under umask %o the owner alone, from before the path exists", async (mask) => {
    process.umask(mask);
    const server = newServer("ours", "4.0.0");
    const socket = await bindUnseen(server, address);
    const [hidden = ""] = readdirSync(folder);
    expect(hidden).toMatch(/^\.aws-\w{6}$/);
    expect(lstatSync(join(folder, hidden)).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(folder, hidden, "s")).mode & 0o777).toBe(0o600);
    socket.place();
    expect(readdirSync(folder)).toEqual(["aws.sock"]);
    expect(lstatSync(address).mode & 0o777).toBe(0o600);
    expect(await newClient().ask()).toContain("ours");
  });
});

describe("before it takes the path over", () => {
  test("it says who serves there", async () => {
    await startOther(newServer("secrets-store-csi-driver-provider-aws", "3.1.1"));
    const { lines } = await hold();
    expect(lines()).toEqual([
      `W ${address} is served by secrets-store-csi-driver-provider-aws 3.1.1; taking over. Expected while a rolling update overlaps, else two providers run on this node`,
    ]);
    expect(await newClient().ask()).toContain("ours");
  });

  test("a name is cut, and moves no cursor", async () => {
    await startOther(newServer(`\u001b[2J${"n".repeat(500)}`, "v".repeat(500)));
    const [line = ""] = (await hold()).lines();
    expect(line).toContain(`is served by \\u001b[2J${"n".repeat(60)} ${"v".repeat(64)}; taking over`);
  });

  test.each([
    ["listens without a word", ""],
    ["speaks something else", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ])("a process that %s holds it up for a second at most", async (_name, words) => {
    const stranger = createServer((socket) => void socket.on("error", () => undefined).write(words));
    await new Promise<void>((resolve) => stranger.listen(address, resolve));
    closers.push(() => stranger.close());
    expect((await hold()).lines()).toEqual([
      expect.stringContaining("is served by an unknown process (no valid answer to a Version call); taking over"),
    ]);
  });

  test.each([
    ["nothing", () => undefined],
    ["a file", () => writeFileSync(address, "")],
    ["a file that may not be written", () => writeFileSync(address, "", { mode: 0o400 })],
    ["an empty directory", () => mkdirSync(address)],
    ["a link to nowhere", () => symlinkSync("/nowhere", address)],
    ["a link to itself", () => symlinkSync(address, address)],
    ["a socket that was left behind", leaveSocket],
  ])("%s says nothing", async (_name, leave) => {
    leave();
    expect((await hold()).lines()).toEqual([]);
    expect(await newClient().ask()).toContain("ours");
  });
});

describe("a path that is lost", () => {
  test("is not ours at once, and bound again; calls under way and connections go on", async () => {
    const held = await hold(newServer("ours", "4.0.0", 50));
    const client = newClient();
    await client.ask();
    const running = client.ask();
    expect(held.isOurs()).toBe(true);
    for (let round = 0; round < 5; round += 1) {
      rmSync(address);
      expect([held.isOurs(), held.isOthers()]).toEqual([false, false]);
      await until(held.isOurs);
      expect(lstatSync(address).mode & 0o777).toBe(0o600);
      expect(await newClient().ask()).toContain("ours");
    }
    expect(await running).toContain("ours");
    expect(await client.ask()).toContain("ours");
    await severalChecks();
    expect(held.lines()).toEqual(Array.from({ length: 5 }, () => `W ${address} was removed: bound again`));
    expect(readdirSync(folder)).toEqual(["aws.sock"]);
  });

  test("keeps no listener of its own behind", async () => {
    const held = await hold();
    const count = (): number => readdirSync("/proc/self/fd").length;
    const before = count();
    for (let round = 0; round < 20; round += 1) {
      rmSync(address);
      await until(held.isOurs);
    }
    await until(() => count() <= before);
  });

  test.each([
    ["a file", () => writeFileSync(address, "")],
    ["a socket that was left behind", leaveSocket],
    ["a link to nowhere", () => symlinkSync("/nowhere", address)],
  ])("to %s is bound again", async (_name, leave) => {
    const held = await hold();
    rmSync(address);
    leave();
    await until(held.isOurs);
    expect(await newClient().ask()).toContain("ours");
    expect(held.lines().at(-1)).toEndWith(": bound again");
  });

  test("with its directory is told once, and bound again when the directory is there", async () => {
    const held = await hold();
    renameSync(folder, `${folder}-away`);
    await until(() => held.lines().length > 0);
    await severalChecks();
    expect([held.isOurs(), held.isOthers()]).toEqual([false, false]);
    expect(held.lines()).toEqual([
      expect.stringMatching(/^E .* was removed, and can not be bound again\. error: ENOENT.*Not ready; trying on$/),
    ]);
    mkdirSync(folder);
    await until(held.isOurs);
    expect(held.lines().at(-1)).toBe(`W ${address} was removed: bound again`);
    rmSync(`${folder}-away`, { recursive: true });
  });

  test("and put back is ours again", async () => {
    const held = await hold();
    renameSync(folder, `${folder}-away`);
    await until(() => held.lines().length > 0);
    renameSync(`${folder}-away`, folder);
    await until(() => held.lines().length > 1);
    expect(held.isOurs()).toBe(true);
    expect(held.lines().at(-1)).toBe(`W ${address} is this process's own again`);
    expect(await newClient().ask()).toContain("ours");
  });

  test("stays lost after stopChecks: a process that stops takes nothing back", async () => {
    const held = await hold();
    await held.stopChecks();
    rmSync(address);
    await severalChecks();
    expect([held.isOurs(), readdirSync(folder), held.lines()]).toEqual([false, [], []]);
  });
});

describe("a path that another process serves", () => {
  test("is left to it, said once; when it goes away the path is bound again", async () => {
    const held = await hold();
    const client = newClient();
    await client.ask();
    const stopOther = await startOther();
    await until(held.isOthers);
    await severalChecks();
    expect(held.isOurs()).toBe(false);
    expect(await newClient().ask()).toContain("other");
    expect(await client.ask()).toContain("ours"); // its own connections go on
    expect(held.lines()).toEqual([
      `W ${address} is now served by other 3.1.1: this process is not ready, and binds again when nobody answers there`,
    ]);
    stopOther();
    await until(held.isOurs);
    expect(held.isOthers()).toBe(false);
    expect(held.lines()).toHaveLength(2);
    expect(await newClient().ask()).toContain("ours");
  });

  test("and then another: each is named", async () => {
    const held = await hold();
    await startOther();
    await until(() => held.lines().length === 1);
    await startOther(newServer("third", "1.0.0"));
    await until(() => held.lines().length === 2);
    await severalChecks();
    expect(held.lines().map((line) => /served by (\w+)/.exec(line)?.[1])).toEqual(["other", "third"]);
  });

  test("is not removed at the end", async () => {
    const held = await hold();
    await startOther();
    await held.stopChecks();
    held.removePath();
    expect(await newClient().ask()).toContain("other");
  });

  test("that may not be asked counts as served: between two users it would be a fight else", async () => {
    await startOther();
    chmodSync(folder, 0o755);
    chmodSync(address, 0);
    // Root may ask anybody, so a process of nobody looks.
    const script = `
      const { isServed } = await import(${JSON.stringify(join(import.meta.dir, "occupant.ts"))});
      if (process.getuid() === 0) process.setgid(65534), process.setuid(65534);
      console.log(await isServed(${JSON.stringify(address)}));`;
    const child = Bun.spawnSync([process.execPath, "-e", script]);
    expect(child.stdout.toString()).toBe("true\n");
  });
});

test("never a fight: of two that hold one path, one has it, and the other leaves it alone", async () => {
  const first = await hold(newServer("first", "1"));
  const second = await hold(newServer("second", "2"));
  await until(() => first.isOthers() && second.isOurs());
  for (let round = 0; round < 20; round += 1) {
    rmSync(address);
    await until(() => (first.isOurs() && second.isOthers()) || (second.isOurs() && first.isOthers()));
    const { ino } = lstatSync(address);
    await Bun.sleep(20);
    expect(lstatSync(address).ino).toBe(ino);
  }
  expect(first.lines().length + second.lines().length).toBeLessThan(100);
});

/** Leaves a socket at the path as a killed process does. */
function leaveSocket(): void {
  const script = `require("node:net").createServer().listen(${JSON.stringify(address)}, () => process.kill(process.pid, "SIGKILL"))`;
  Bun.spawnSync([process.execPath, "-e", script]);
}
