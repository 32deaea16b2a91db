// Asks a gRPC server for its Version over its socket, as the driver would: a few lines of HTTP/2, since the gRPC client is not in the binary.
import { connect } from "node:http2";
import { connect as dial } from "node:net";
import { readTexts } from "./codec.ts";
import type { VersionResponse } from "../request/messages.ts";

/** A message without fields: not compressed, no bytes. */
const emptyMessage = Buffer.alloc(5);
/** Three short texts. */
const answerBytesMax = 4 << 10;

/** Calls Version. @throws Error with the reason why the server counts as dead; after `timeoutMs` at the latest */
export async function askVersion(socketPath: string, timeoutMs: number): Promise<VersionResponse> {
  const socket = dial(socketPath);
  const session = connect("http://localhost", { createConnection: () => socket });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<VersionResponse>((resolve, reject) => {
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
      const parts: Buffer[] = [];
      let size = 0;
      call.on("data", (part: Buffer) => {
        size += part.length;
        if (size > answerBytesMax) fail(new Error(`answered with more than ${answerBytesMax} bytes`));
        else parts.push(part);
      });
      call.on("close", () => {
        if (status !== "0") return fail(new Error(`answered with grpc-status ${String(status)}`));
        try {
          resolve(readAnswer(Buffer.concat(parts)));
        } catch {
          fail(new Error("answered with an invalid message"));
        }
      });
      call.end(emptyMessage);
    });
  } finally {
    clearTimeout(timer);
    session.destroy();
    socket.destroy();
  }
}

/** @throws ProtobufError */
function readAnswer(frame: Uint8Array): VersionResponse {
  const [, version = "", runtimeName = "", runtimeVersion = ""] = readTexts(frame.subarray(emptyMessage.length), 3);
  return { version, runtimeName, runtimeVersion };
}
