// A forward proxy on loopback: CONNECT tunnels and absolute-form requests, both led to where the test says; keeps what it was asked.
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

export interface ForwardProxy extends AsyncDisposable {
  readonly url: string;
  /** `host:port` of each CONNECT, in order of arrival. */
  readonly tunnels: () => readonly string[];
  /** URL of the first request of each other connection. */
  readonly requests: () => readonly string[];
}

/** Starts a proxy. `route` gives the loopback port for a host; undefined = the proxy answers 502. */
export async function startForwardProxy(route: (host: string) => number | undefined): Promise<ForwardProxy> {
  const tunnels: string[] = [];
  const requests: string[] = [];
  const sockets = new Set<Socket>();

  const refuse = (socket: Socket): void => void socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
  const join = (client: Socket, port: number, greeting: string, first: Buffer): void => {
    const upstream = connect(port, "127.0.0.1", () => {
      client.write(greeting);
      upstream.write(first);
      client.pipe(upstream).pipe(client);
    });
    sockets.add(upstream);
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
  };

  const open = (client: Socket, head: Buffer, headEnd: number): void => {
    const [method = "", target = "", version = ""] = head.subarray(0, head.indexOf("\r\n")).toString().split(" ");
    if (method === "CONNECT") {
      tunnels.push(target);
      const port = route(target.replace(/:\d+$/, ""));
      if (port === undefined) refuse(client);
      else join(client, port, "HTTP/1.1 200 Connection established\r\n\r\n", head.subarray(headEnd));
      return;
    }
    requests.push(target);
    const url = new URL(target);
    const port = route(url.hostname);
    const line = Buffer.from(`${method} ${url.pathname}${url.search} ${version}`);
    if (port === undefined) refuse(client);
    else join(client, port, "", Buffer.concat([line, head.subarray(head.indexOf("\r\n"))]));
  };

  const server = createServer((client) => {
    let head = Buffer.alloc(0);
    sockets.add(client);
    client.on("error", () => client.destroy());
    const read = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      client.off("data", read);
      open(client, head, end + 4);
    };
    client.on("data", read);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels: () => tunnels,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
