// How a fault changes what goes over the wire: delays, silence, cut connections, bodies that are none.
import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Call } from "./calls.ts";
import type { FaultAction } from "./faults.ts";
import type { Answer, FakeRequest, Protocol } from "./service.ts";

/** A request on its way to its answer. */
export interface Exchange {
  readonly protocol: Protocol;
  readonly request: FakeRequest;
  readonly call: Call;
  readonly outgoing: ServerResponse;
  /** Aborted when the connection has closed. */
  readonly gone: AbortSignal;
  /** The fake itself has cut the connection. */
  cutHere: boolean;
}

const hugeBytes = 64 << 20;

/** Sends the protocol's answer, or what the fault makes of it. */
export async function applyFault(action: FaultAction | undefined, exchange: Exchange): Promise<void> {
  const { protocol, request, call, gone } = exchange;
  if (action?.delayMs !== undefined) await quiet(action.delayMs, gone);
  if (gone.aborted) return;
  const answer = (): Answer => protocol.respond(request, call);
  switch (action?.kind) {
    case undefined:
    case "delay":
      return send(exchange, answer());
    case "answer": {
      const refusal = protocol.refuse(action);
      const retryAfter = action.retryAfterSeconds;
      const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
      return send(exchange, {
        ...refusal,
        headers: { ...refusal.headers, ...headers, ...action.headers },
      });
    }
    case "reset":
      return action.when === "mid-body" ? cutMidBody(exchange, answer()) : cut(exchange);
    case "hang":
      if (action.when !== "after-headers") return;
      return sendHead(exchange, answer());
    case "slow":
      return drip(exchange, answer(), action.bytesPerSecond);
    case "content-type": {
      const { headers, ...rest } = answer();
      return send(exchange, {
        ...rest,
        headers: { ...headers, "content-type": action.contentType },
      });
    }
    case "malformed":
      return send(exchange, { ...answer(), status: 200, body: '{"<broken' });
    case "empty":
      return send(exchange, { ...answer(), status: 200, body: "" });
    case "huge":
      return flood(exchange, answer(), action.sizeBytes ?? hugeBytes);
    case "packed":
      return sendRaw(exchange, action.framing === "chunked", packed(action.encoding), [
        `content-encoding: ${action.encoding}`,
      ]);
    case "contradicting": {
      const body = Buffer.from(answer().body);
      return sendRaw(exchange, true, body, [`content-length: ${body.length}`]);
    }
    case "raw": {
      const headers = { "content-type": action.contentType ?? "text/plain" };
      return send(exchange, {
        status: action.status ?? 200,
        headers,
        body: action.body,
      });
    }
    case "wire":
      exchange.cutHere = true;
      exchange.outgoing.socket?.end(action.bytes);
      return;
    default:
      return action satisfies never;
  }
}

function cut(exchange: Exchange): void {
  exchange.cutHere = true;
  exchange.outgoing.socket?.destroy();
}

async function cutMidBody(exchange: Exchange, { status, headers, body }: Answer): Promise<void> {
  const { outgoing, gone } = exchange;
  const bytes = Buffer.from(body);
  outgoing.writeHead(status, {
    ...headers,
    "content-length": bytes.length + 1,
  });
  outgoing.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
  await quiet(20, gone); // let the first half leave
  cut(exchange);
}

function send({ call, outgoing }: Exchange, { status, headers, body }: Answer): void {
  call.status = status;
  const bytes = Buffer.from(body);
  outgoing.writeHead(status, { ...headers, "content-length": bytes.length });
  outgoing.end(bytes);
}

function sendHead({ call, outgoing }: Exchange, { status, headers, body }: Answer): void {
  call.status = status;
  outgoing.writeHead(status, {
    ...headers,
    "content-length": Buffer.from(body).length,
  });
  outgoing.flushHeaders();
}

async function drip(exchange: Exchange, answer: Answer, bytesPerSecond: number): Promise<void> {
  const { outgoing, gone } = exchange;
  sendHead(exchange, answer);
  const step = Math.max(1, Math.round(bytesPerSecond / 50));
  const bytes = Buffer.from(answer.body);
  for (let at = 0; at < bytes.length && !gone.aborted; at += step) {
    outgoing.write(bytes.subarray(at, at + step));
    await quiet((step / bytesPerSecond) * 1000, gone);
  }
  outgoing.end();
}

/** A body that never ends in good time: the start of a JSON text, then one long string. */
async function flood({ call, outgoing, gone }: Exchange, { headers }: Answer, sizeBytes: number): Promise<void> {
  call.status = 200;
  outgoing.writeHead(200, { ...headers, "content-length": sizeBytes });
  const start = '{"a":"';
  outgoing.write(start);
  const block = Buffer.alloc(64 << 10, "a");
  for (let left = sizeBytes - start.length; left > 0 && !gone.aborted; left -= block.length) {
    const more = outgoing.write(left < block.length ? block.subarray(0, left) : block);
    if (!more) await Promise.race([drained(outgoing), quiet(60_000, gone)]);
  }
  outgoing.end();
}

const packers = { br: brotliCompressSync, gzip: gzipSync, zstd: zstdCompressSync };
const packedOnce = new Map<string, Buffer>();

/** As many zeros as a huge body has, packed. */
function packed(encoding: keyof typeof packers): Buffer {
  return packedOnce.getOrInsertComputed(encoding, () => packers[encoding](Buffer.alloc(hugeBytes)));
}

/** Past the HTTP server, which would keep to the rules. */
function sendRaw({ call, outgoing }: Exchange, isChunked: boolean, body: Buffer, fields: readonly string[]): void {
  call.status = 200;
  const framing = isChunked ? "transfer-encoding: chunked" : `content-length: ${body.length}`;
  const head = ["HTTP/1.1 200 OK", "content-type: application/json", ...fields, framing, "", ""].join("\r\n");
  const parts = isChunked ? [`${head}${body.length.toString(16)}\r\n`, body, "\r\n0\r\n\r\n"] : [head, body];
  outgoing.socket?.end(Buffer.concat(parts.map((part) => Buffer.from(part))));
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => void outgoing.once("drain", () => resolve()));
}

/** Waits, at most until the client is gone. */
async function quiet(ms: number, gone: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal: gone }).catch(() => undefined);
}
