// One fake service on a loopback address: reads a request, records it, lets a fault have its way, sends the protocol's answer.
// node:http rather than Bun.serve, which cannot close a connection in the middle of an answer or hold the headers back.
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Call, Recorder, Service } from "./calls.ts";
import type { Faults, Refusal } from "./faults.ts";
import { applyFault } from "./service-faults.ts";
import type { Exchange } from "./service-faults.ts";

/** A request, read to its end. */
export interface FakeRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly path: string;
  readonly query: string;
  /** Lower-case names; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly text: string;
}

/** An answer, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What a request says about itself, before anything is checked. */
export interface Facts {
  readonly operation: string;
  readonly ids: readonly string[];
  readonly region: string;
  readonly role: string;
}

/** How one service speaks. */
export interface Protocol {
  readonly service: Service;
  /** Must not throw, whatever was sent. */
  readonly identify: (request: FakeRequest) => Facts;
  readonly respond: (request: FakeRequest, call: Call) => Answer;
  /** An error in the service's format. */
  readonly refuse: (refusal: Refusal) => Answer;
}

/** Where and with what a fake listens. */
export interface ListenOptions {
  readonly recorder: Pick<Recorder, "begin" | "end">;
  readonly faults: Faults;
  /** Loopback address; 127.0.0.1 if absent. */
  readonly hostname?: string;
  /** 0 or absent = any free port. */
  readonly port?: number;
  /** PEM; with it the fake speaks HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A fake that listens. */
export interface FakeServer {
  /** Base URL without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Stop listening and cut all connections: callers are refused. */
  readonly down: () => Promise<void>;
  /** Listen again on the same port. */
  readonly up: () => Promise<void>;
  /** Cut all connections but go on listening. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

/** Starts a fake that speaks a protocol. */
export async function startService(protocol: Protocol, options: ListenOptions): Promise<FakeServer> {
  const { hostname = "127.0.0.1", tls } = options;
  let port = options.port ?? 0;
  let server: Server | undefined;

  const up = async (): Promise<void> => {
    if (server !== undefined) return;
    const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
      serve(protocol, { ...options, listener: hostname }, incoming, outgoing).catch((error: unknown) => {
        process.stderr.write(`fake ${protocol.service}: ${String(error)}\n`);
        outgoing.destroy();
      });
    };
    const created = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
    created.keepAliveTimeout = 60_000; // 5 s by default: pooled connections would break under a pausing test
    await new Promise<void>((resolve, reject) => {
      created.once("error", reject);
      created.listen(port, hostname, resolve);
    });
    server = created;
    port = (created.address() as AddressInfo).port;
  };
  const down = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    await new Promise<void>((resolve) => {
      closing.close(() => resolve());
      closing.closeAllConnections();
    });
  };

  await up();
  const authority = hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
  return {
    url: `${tls === undefined ? "http" : "https"}://${authority}`,
    port,
    up,
    down,
    cut: () => server?.closeAllConnections(),
    close: down,
  };
}

async function serve(
  protocol: Protocol,
  { recorder, faults, listener }: ListenOptions & { readonly listener: string },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const atMs = Date.now();
  const { socket } = incoming;
  const connection = `${socket.remoteAddress}:${socket.remotePort}`;
  const request = await readRequest(incoming);
  if (request === undefined) return; // the client left before it had asked
  const call: Call = {
    atMs,
    service: protocol.service,
    ...protocol.identify(request),
    userAgent: request.headers["user-agent"] ?? "",
    connection,
    listener,
    headers: request.headers,
    body: request.text,
    status: 0,
    aborted: false,
    durationMs: Number.NaN,
  };
  recorder.begin(call);
  const gone = new AbortController();
  const exchange: Exchange = {
    protocol,
    request,
    call,
    outgoing,
    gone: gone.signal,
    cutHere: false,
  };
  outgoing.on("close", () => {
    call.aborted = !outgoing.writableFinished && !exchange.cutHere;
    recorder.end(call);
    gone.abort();
  });
  await applyFault(faults.meet(call), exchange);
}

async function readRequest(incoming: IncomingMessage): Promise<FakeRequest | undefined> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
  } catch {
    return undefined;
  }
  const body = Buffer.concat(chunks);
  const target = incoming.url ?? "/";
  const [path = "/"] = target.split("?", 1);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : (value ?? "");
  }
  return {
    method: incoming.method ?? "GET",
    target,
    path,
    query: target.slice(path.length + 1),
    headers,
    body,
    text: body.toString("utf8"),
  };
}
