// The HTTP port of the compiled binary: when each path says yes, what it refuses, and that nothing about it stops mounts.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { httpOf, newFolder, runToEnd, secret, startBinaryLab, until } from "./binary-lab.ts";
import type { BinaryLab, BinaryLabOptions } from "./binary-lab.ts";

setDefaultTimeout(60_000);
const objects = [secret("s")];

async function startWithHttp(options: BinaryLabOptions = {}): Promise<BinaryLab & { readonly url: string }> {
  const lab = await startBinaryLab({ args: ["--http-addr=127.0.0.1:0"], ...options });
  lab.world.cloud.putSecret("eu-west-1", "s", "v");
  return { ...lab, url: await httpOf(lab) };
}

async function statusOf(url: string, init?: RequestInit): Promise<number> {
  return (await fetch(url, init)).status;
}

async function textOf(url: string, init?: RequestInit): Promise<string> {
  return (await fetch(url, init)).text();
}

/** A port that is taken. */
async function startTaken(): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

describe("a serving process", () => {
  test("is live and ready, and tells its metrics as plain text or OpenMetrics", async () => {
    await using lab = await startWithHttp();
    await lab.run({ objects });
    expect(await statusOf(`${lab.url}livez`)).toBe(200);
    expect(await statusOf(`${lab.url}readyz`)).toBe(200);
    const plain = await fetch(`${lab.url}metrics`);
    expect(plain.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await plain.text()).toContain('secrets_store_csi_provider_aws_mounts_total{result="ok",reason="None"} 1\n');
    const accept =
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    const open = await fetch(`${lab.url}metrics`, { headers: { accept } });
    expect(open.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(await open.text()).toEndWith("\n# EOF\n");
    for (const other of [
      "*/*",
      "text/plain",
      "application/openmetrics-text;q=0.1,text/plain",
      "application/openmetrics-text;q=0",
    ])
      expect(await textOf(`${lab.url}metrics`, { headers: { accept: other } })).not.toContain("# EOF");
    expect(await lab.stop()).toBe(0);
  });

  test("answers GET and HEAD on three paths, nothing else, and takes no body", async () => {
    await using lab = await startWithHttp();
    for (const path of ["", "metrics/", "debug/pprof/", "..%2fmetrics", "metrics%00", "LIVEZ"])
      expect(await statusOf(`${lab.url}${path}`)).toBe(404);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const answer = await fetch(`${lab.url}metrics`, { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET, HEAD");
    }
    expect(await statusOf(`${lab.url}metrics`, { method: "POST", body: "x".repeat(1 << 20) })).toBe(413);
    const head = await fetch(`${lab.url}metrics`, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    expect(await statusOf(`${lab.url}readyz`)).toBe(200);
  });

  test("asked a hundred times at once, looks once", async () => {
    await using lab = await startWithHttp();
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetch(`${lab.url}metrics`)));
    const texts = new Set<string>();
    for (const answer of answers) {
      expect([200, 503]).toContain(answer.status);
      if (answer.status === 200) texts.add(await answer.text());
    }
    expect(texts.size).toBeWithin(1, 3); // they come within a second, or run into the next
    expect(await statusOf(`${lab.url}livez`)).toBe(200);
  });

  test("answers its probes while five hundred mounts are under way or wait", async () => {
    await using lab = await startWithHttp();
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "delay", delayMs: 20 });
    const mounts = Array.from({ length: 500 }, () => lab.run({ objects }));
    let done = false;
    void Promise.allSettled(mounts).then(() => (done = true));
    let asked = 0;
    while (!done) {
      expect(await statusOf(`${lab.url}livez`)).toBe(200);
      expect(await statusOf(`${lab.url}readyz`)).toBe(200);
      asked += 1;
    }
    expect(asked).toBeGreaterThan(3);
    expect((await Promise.all(mounts)).length).toBe(500);
  });
});

test("a socket that is removed is bound again; until then it is not ready", async () => {
  await using lab = await startWithHttp();
  await lab.run({ objects });
  rmSync(lab.socket);
  expect(await statusOf(`${lab.url}readyz`)).toBe(503);
  await lab.logs("aws.sock was removed: bound again");
  expect(await statusOf(`${lab.url}readyz`)).toBe(200);
  expect(await statusOf(`${lab.url}livez`)).toBe(200);
  expect((await lab.run({ objects })).contents).toEqual({ s: "v" });
});

test("without a directory for its socket it is not live: a new container has it mounted anew", async () => {
  using folder = newFolder();
  const away = `${folder.path}-away`;
  await using lab = await startWithHttp({ socketFolder: folder.path, args: ["--http-addr=127.0.0.1:0"] });
  await lab.run({ objects });
  renameSync(folder.path, away);
  expect(await statusOf(`${lab.url}livez`)).toBe(200); // a mount has just been answered
  while ((await statusOf(`${lab.url}livez`)) === 200) await Bun.sleep(200);
  expect(await statusOf(`${lab.url}livez`)).toBe(503);
  expect(await statusOf(`${lab.url}readyz`)).toBe(503);
  await lab.logs("/livez: the gRPC server does not answer on ");
  await lab.logs("can not be bound again. error: ENOENT");
  renameSync(away, folder.path);
  while ((await statusOf(`${lab.url}livez`)) === 503) await Bun.sleep(200);
  expect(await statusOf(`${lab.url}readyz`)).toBe(200);
});

test("draining: not ready, still live, and gone at the end", async () => {
  await using lab = await startWithHttp();
  const stall = lab.world.faults.inject({ service: "secrets-manager" }, { kind: "delay", delayMs: 2_000 });
  const running = lab.run({ objects });
  await until(() => lab.world.inFlight("secrets-manager") > 0);
  lab.kill("SIGTERM");
  await lab.logs("received signal:terminated to terminate");
  expect(await statusOf(`${lab.url}readyz`)).toBe(503);
  expect(await statusOf(`${lab.url}livez`)).toBe(200);
  stall.remove();
  expect((await running).contents).toEqual({ s: "v" });
  expect(await lab.exited).toBe(0);
  const gone: unknown = await fetch(`${lab.url}livez`).catch((error: unknown) => error);
  expect(gone).toBeInstanceOf(Error);
});

describe("an address that can't be had is logged, and mounts are served", () => {
  test("a busy port", async () => {
    await using taken = await startTaken();
    await using lab = await startBinaryLab({ args: [`--http-addr=127.0.0.1:${taken.port}`] });
    lab.world.cloud.putSecret("eu-west-1", "s", "v");
    await lab.logs(`Can not listen on --http-addr 127.0.0.1:${taken.port}. error: `);
    expect((await lab.run({ objects })).contents).toEqual({ s: "v" });
    expect(await lab.stop()).toBe(0);
  });

  test("the port of another provider, which keeps it to itself", async () => {
    await using first = await startWithHttp();
    const { port } = new URL(first.url);
    await using second = await startBinaryLab({ args: [`--http-addr=127.0.0.1:${port}`] });
    second.world.cloud.putSecret("eu-west-1", "s", "v");
    await second.logs(`Can not listen on --http-addr 127.0.0.1:${port}. error: `);
    expect(second.output()).toContain("Mounts are served, health and metrics are not");
    expect((await second.run({ objects })).contents).toEqual({ s: "v" });
    for (let n = 0; n < 20; n += 1) {
      const answer = await fetch(`${first.url}metrics`, { headers: { connection: "close" } });
      expect(await answer.text()).not.toContain('mounts_total{result="ok",reason="None"} 1\n');
    }
  });

  test.each(["192.0.2.1:8989", "[2001:db8::1]:8989", "no-such-host.invalid:8989"])("%s", async (address) => {
    await using lab = await startBinaryLab({ args: [`--http-addr=${address}`] });
    lab.world.cloud.putSecret("eu-west-1", "s", "v");
    await lab.logs(`Can not listen on --http-addr ${address}. error: `);
    expect((await lab.run({ objects })).contents).toEqual({ s: "v" });
  });
});

test("every address: both families", async () => {
  await using lab = await startWithHttp({ args: ["--http-addr=:0"] });
  const { port } = new URL(lab.url);
  expect(await statusOf(`http://127.0.0.1:${port}/readyz`)).toBe(200);
  expect(await statusOf(`http://[::1]:${port}/readyz`)).toBe(200);
});

test("a text that is no address ends the start with 2", async () => {
  const { code, stderr } = await runToEnd(["--http-addr=8989"]);
  expect(code).toBe(2);
  expect(stderr).toContain(
    'invalid value "8989" for flag -http-addr: must be HOST:PORT or :PORT, an IPv6 address in brackets',
  );
});

/** The TCP ports that a process listens on, by the kernel's tables. */
function portsOf(pid: number): number[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  const listening = "0A";
  return ["tcp", "tcp6"].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === listening && links.includes(`socket:[${inode}]`))
      .map(([, local = ""]) => Number.parseInt(local.split(":")[1] ?? "", 16)),
  );
}

test("off by default: no port is opened; on, the one that was given", async () => {
  await using off = await startBinaryLab({ env: { PORT: "8989", BUN_PORT: "8989" } });
  expect(portsOf(off.pid)).toEqual([]);
  await using on = await startWithHttp();
  expect(portsOf(on.pid)).toEqual([Number(new URL(on.url).port)]);
});
