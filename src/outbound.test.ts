// Requests to services: roots per request, time limits, bounds, what errors say, proxies.
import { afterAll, describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createAuthority } from "../test/fakes/pki.ts";
import { createOutbound, OutboundError } from "./outbound.ts";
import type { OutboundRequest } from "./outbound.ts";

const closers: (() => void)[] = [];
afterAll(() => closers.forEach((close) => close()));

/** A raw server; `answer` gets each connection once its request has come. */
async function rawServer(answer: (socket: Socket) => void): Promise<URL> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  const address = server.address();
  return new URL(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`);
}

const direct = createOutbound(() => undefined);
const get = (url: URL, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  url,
  method: "GET",
  headers: {},
  timeoutMs: 2_000,
  bodyBytesMax: 1_000,
  signal: new AbortController().signal,
  ...more,
});
const failure = async (request: OutboundRequest): Promise<unknown> =>
  direct(request).then(
    () => "no error",
    (error: unknown) => error,
  );

describe("createOutbound", () => {
  test("gives status, headers and body; does not follow redirects", async () => {
    const server = Bun.serve({
      port: 0,
      fetch: (request) =>
        request.url.endsWith("/away")
          ? new Response("", { status: 302, headers: { location: "http://example.invalid/" } })
          : new Response("hello", { status: 201, headers: { "x-a": "b" } }),
    });
    closers.push(() => void server.stop(true));
    const answer = await direct(get(server.url));
    expect([answer.status, answer.headers.get("x-a"), new TextDecoder().decode(answer.body)]).toEqual([
      201,
      "b",
      "hello",
    ]);
    expect((await direct(get(new URL("/away", server.url)))).status).toBe(302);
  });

  test.each([
    ["reset before the answer", (s: Socket) => s.resetAndDestroy(), "ECONNRESET"],
    ["closed before the answer", (s: Socket) => s.end(), "ECONNRESET"],
    [
      "reset in the body",
      (s: Socket) =>
        s.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", () => setTimeout(() => s.resetAndDestroy(), 20)),
      "ECONNRESET",
    ],
    ["no answer", () => undefined, "ETIMEDOUT"],
    ["headers, then nothing", (s: Socket) => s.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"), "ETIMEDOUT"],
    ["announced too large", (s: Socket) => s.write("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n"), "EMSGSIZE"],
    [
      "too large in chunks",
      (s: Socket) =>
        s.write(
          `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${"3e8\r\n" + "x".repeat(1000) + "\r\n"}1\r\ny\r\n0\r\n\r\n`,
        ),
      "EMSGSIZE",
    ],
  ] as const)("%s", async (_name, answer, code) => {
    const url = await rawServer(answer);
    const error = await failure(get(url, { timeoutMs: 300 }));
    expect(error).toBeInstanceOf(OutboundError);
    expect(error).toMatchObject({ code, host: url.host, message: expect.stringContaining(url.host) });
  });

  test("refused, and no such host: the host and the system's word", async () => {
    expect(await failure(get(new URL("http://127.0.0.1:1/")))).toMatchObject({
      code: "ECONNREFUSED",
      message: "127.0.0.1:1: connection refused (ECONNREFUSED)",
    });
    expect(await failure(get(new URL("http://nowhere.invalid/")))).toMatchObject({
      message: expect.stringMatching(/^nowhere\.invalid: .*(ENOTFOUND|EAI_AGAIN)/),
    });
  });

  test("the caller's signal ends the request with the caller's reason", async () => {
    const url = await rawServer(() => undefined);
    const mine = new AbortController();
    const pending = failure(get(url, { signal: mine.signal }));
    await Bun.sleep(20);
    mine.abort(new Error("enough"));
    expect(await pending).toMatchObject({ message: "enough" });
    expect(await failure(get(url, { signal: mine.signal }))).toMatchObject({ message: "enough" });
  });

  test("a private CA is trusted for the request that names it, and for no other", async () => {
    const authority = createAuthority("private");
    const server = Bun.serve({
      port: 0,
      tls: authority.issue("localhost", "127.0.0.1"),
      fetch: () => new Response("tls"),
    });
    closers.push(() => void server.stop(true));
    const url = new URL(`https://127.0.0.1:${server.port}/`);
    expect((await direct(get(url, { ca: authority.ca }))).status).toBe(200);
    expect(await failure(get(url))).toMatchObject({ message: expect.stringContaining("unknown authority") });
    expect(await failure(get(url, { ca: createAuthority("other").ca }))).toBeInstanceOf(OutboundError);
  });

  test("goes through the proxy that proxyFor names, and says so when that fails", async () => {
    const proxied = createOutbound(() => "http://127.0.0.1:1");
    const error = await proxied(get(new URL("http://127.0.0.1:9/"))).catch((e: unknown) => e);
    expect(error).toMatchObject({ message: expect.stringContaining("(through proxy 127.0.0.1:1)") });
  });

  test("leaves nothing behind: a finished request ends its probe, timer and listener", async () => {
    const url = await rawServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    await direct(get(url, { signal }));
    expect(listeners).toBe(0);
  });
});
