// Asks our own gRPC server for its Version over its socket, as the driver would: a few lines of HTTP/2, since the gRPC client is not in the binary.
import { connect } from "node:http2";
import { connect as dial } from "node:net";

/** A message without fields: not compressed, no bytes. */
const emptyMessage = Buffer.alloc(5);

/** Resolves when the server has answered. @throws Error that says why it counts as dead; after `timeoutMs` at the latest */
export async function askVersion(socketPath: string, timeoutMs: number): Promise<void> {
  const socket = dial(socketPath);
  const session = connect("http://localhost", { createConnection: () => socket });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
      const fail = (error: Error): void => reject(error);
      socket.on("error", fail);
      session.on("error", fail);
      const call = session.request({
        ":method": "POST",
        ":path": "/v1alpha1.CSIDriverProvider/Version",
        "content-type": "application/grpc",
        te: "trailers",
      });
      let status: unknown;
      const keep = (headers: Readonly<Record<string, unknown>>): void => {
        status = headers["grpc-status"] ?? status;
      };
      call.on("response", keep);
      call.on("trailers", keep);
      call.on("error", fail);
      call.on("close", () =>
        status === "0" ? resolve() : reject(new Error(`answered with grpc-status ${String(status)}`)),
      );
      call.resume();
      call.end(emptyMessage);
    });
  } finally {
    clearTimeout(timer);
    session.destroy();
    socket.destroy();
  }
}
