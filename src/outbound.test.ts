// Requests to services: roots per request, time limits, bounds, what errors say, proxies.
import { afterAll, describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
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

  describe("an answer is not unpacked, and its length has one meaning", () => {
    const zeros = Buffer.alloc(8 << 20);
    const packed = { br: brotliCompressSync, gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync };
    const frames: Readonly<Record<string, (encoding: string, body: Buffer) => string>> = {
      "with its length": (encoding, body) => `content-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`,
      chunked: (encoding, body) =>
        `content-encoding: ${encoding}\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`,
      "until the end": (encoding) => `content-encoding: ${encoding}\r\n\r\n`,
      "in Transfer-Encoding": (encoding, body) =>
        `transfer-encoding: ${encoding}, chunked\r\n\r\n${body.length.toString(16)}\r\n`,
      "after identity": (encoding, body) =>
        `content-encoding: identity\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`,
    };
    const cases = Object.entries(packed).flatMap(([encoding, pack]) =>
      Object.keys(frames).map((frame) => [encoding, frame, pack(zeros)] as const),
    );

    test.each(cases)("%s %s is refused, and nothing of it is in memory", async (encoding, frame, body) => {
      const head = `HTTP/1.1 200 OK\r\n${frames[frame]?.(encoding, body) ?? ""}`;
      const tail = frame === "chunked" || frame.startsWith("in") ? "\r\n0\r\n\r\n" : "";
      const url = await rawServer(
        (socket) => void socket.end(Buffer.concat([Buffer.from(head), body, Buffer.from(tail)])),
      );
      const before = process.memoryUsage.rss();
      const error = await failure(get(url, { bodyBytesMax: 1 << 20 }));
      expect(error).toMatchObject({ code: "EBADMSG", message: expect.stringMatching(/is compressed|is packed/) });
      expect(process.memoryUsage.rss() - before).toBeLessThan(zeros.length);
    });

    test.each([
      [
        "a length and chunks",
        "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "EBADMSG",
      ],
      [
        "chunks and a length",
        "transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "EBADMSG",
      ],
      ["two lengths", "content-length: 3\r\ncontent-length: 5\r\n\r\nhello", "EBADMSG"],
      ["two lengths in a list", "content-length: 5, 3\r\n\r\nhello", "EBADMSG"],
      ["a negative length", "content-length: -1\r\n\r\nhello", "EBADMSG"],
      ["a length that is no number", "content-length: 0x5\r\n\r\nhello", "EBADMSG"],
      ["an unknown framing", "transfer-encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "EBADMSG"],
      ["chunked said twice", "transfer-encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "EBADMSG"],
      ["shorter than announced", "content-length: 9\r\n\r\nhello", "ECONNRESET"],
      ["chunks without an end", "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "ECONNRESET"],
      ["a large header", `x: ${"a".repeat(65 << 10)}\r\ncontent-length: 5\r\n\r\nhello`, "EMSGSIZE"],
      ["a header over the runtime's bound", `x: ${"a".repeat(2 << 20)}\r\ncontent-length: 5\r\n\r\nhello`, "EMSGSIZE"],
      ["a thousand fields", `${"x: y\r\n".repeat(1_000)}content-length: 5\r\n\r\nhello`, "EIO"],
    ])("%s", async (_name, answer, code) => {
      const url = await rawServer((socket) => void socket.end(`HTTP/1.1 200 OK\r\n${answer}`));
      expect(await failure(get(url))).toMatchObject({ code });
    });

    test("the same length twice, identity, and no length at all are read", async () => {
      const bodies = ["content-length: 5\r\ncontent-length: 5\r\n", "content-encoding: Identity\r\n", ""].map(
        async (head) => {
          const url = await rawServer((socket) => void socket.end(`HTTP/1.1 200 OK\r\n${head}\r\nhello`));
          return new TextDecoder().decode((await direct(get(url))).body);
        },
      );
      expect(await Promise.all(bodies)).toEqual(["hello", "hello", "hello"]);
    });

    test("what follows the announced length is no answer to the next request", async () => {
      let connections = 0;
      const url = await rawServer((socket) => {
        connections += 1;
        socket.write(
          "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngoodHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        );
      });
      for (const _ of [1, 2, 3]) expect(new TextDecoder().decode((await direct(get(url))).body)).toBe("good");
      expect(connections).toBe(3);
    });
  });

  describe("an answer without an end costs an attempt's time, and no memory", () => {
    test.each([
      ["interim answers", "HTTP/1.1 100 Continue\r\n\r\n", ""],
      ["a field", "a", "HTTP/1.1 200 OK\r\nx: "],
      ["fields", "x: a\r\n", "HTTP/1.1 200 OK\r\n"],
      ["a status line", "a", "HTTP/1.1 200 "],
      ["a chunk extension", "a", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;"],
      ["trailers", "x: a\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n"],
      ["chunks of a byte", "1\r\na\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"],
      ["a body", "a", "HTTP/1.1 200 OK\r\n\r\n"],
    ])("%s", async (_name, unit, head) => {
      const piece = Buffer.from(unit.repeat(Math.ceil(65_536 / unit.length)));
      let sent = 0;
      const closed = Promise.withResolvers<void>();
      const url = await rawServer((socket) => {
        const pump = (): void => {
          while (!socket.destroyed && socket.write(piece)) sent += piece.length;
        };
        socket.on("drain", pump).on("close", () => closed.resolve());
        socket.write(head);
        pump();
      });
      Bun.gc(true);
      const before = process.memoryUsage.rss();
      const error = await failure(get(url, { timeoutMs: 300, bodyBytesMax: 1 << 20 }));
      expect(error).toMatchObject({ code: expect.stringMatching(/^(?:EMSGSIZE|ETIMEDOUT|EIO)$/) });
      expect(process.memoryUsage.rss() - before).toBeLessThan(24 << 20); // server and client are one process here
      await closed.promise; // nothing goes on reading
      expect(sent).toBeGreaterThan(0);
    });
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
