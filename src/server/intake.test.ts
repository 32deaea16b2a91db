// The intake of requests: so many are received at once, and one that ends early lets the next one in.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:http2";
import type { ClientHttp2Stream } from "node:http2";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOpenMounts } from "../sharing/open-mounts.ts";
import { createIntake } from "./intake.ts";

async function startEcho(messagesAtOnce: number) {
  const folder = mkdtempSync(join(tmpdir(), "intake-"));
  const path = join(folder, "socket");
  const server = new Server({
    interceptors: [createIntake({ messagesAtOnce, openMounts: createOpenMounts(), isMount: () => true })],
  });
  const same = (bytes: Buffer): Buffer => bytes;
  const coding = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  const served: string[] = [];
  const echo = { path: "/test/Echo", requestStream: false, responseStream: false, ...coding } as const;
  server.addService(
    { Echo: echo },
    {
      Echo: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        served.push(call.request.toString());
        callback(null, call.request);
      },
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  const session = connect("http://localhost", { createConnection: () => createConnection(path) });
  const headers = { ":method": "POST", ":path": "/test/Echo", "content-type": "application/grpc", te: "trailers" };
  /** Sends a message, or but the beginning of it. */
  const send = (text: string, isWhole: boolean): ClientHttp2Stream => {
    const stream = session.request(headers);
    const message = Buffer.from(`\0\0\0\0${String.fromCharCode(text.length)}${text}`);
    if (isWhole) stream.end(message);
    else stream.write(message.subarray(0, 6));
    stream.resume();
    return stream;
  };
  const close = (): void => {
    session.destroy();
    server.forceShutdown();
    rmSync(folder, { recursive: true, force: true });
  };
  return { send, served, [Symbol.dispose]: close };
}

test("the streams of further messages wait until one is received or given up", async () => {
  using server = await startEcho(2);
  const [first, second] = [server.send("first", false), server.send("second", false)];
  await Bun.sleep(50);
  for (const text of ["third", "fourth", "fifth"]) server.send(text, true);
  await Bun.sleep(50);
  expect(server.served).toEqual([]);
  second.close();
  while (server.served.length < 3) await Bun.sleep(5);
  first.end("irst");
  while (server.served.length < 4) await Bun.sleep(5);
  expect(server.served).toEqual(["fifth", "third", "fourth", "first"]); // the newest and the oldest in turns
});
