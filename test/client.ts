// The driver's side of the socket: a real grpc-js client with messages encoded by protobufjs from proto/service.proto, not by our codec.
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { join } from "node:path";
import protobuf from "protobufjs";
import type { MountRequest, MountResponse, VersionResponse } from "../src/request/messages.ts";

const proto = protobuf.loadSync(join(import.meta.dir, "../proto/service.proto"));

export interface CallOptions {
  /** Deadline from now, ms; kubelet gives about two minutes. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** A failed call rejects with grpc-js's ServiceError: `code` and `details`. */
export interface ProviderClient {
  readonly version: (options?: CallOptions) => Promise<VersionResponse>;
  readonly mount: (request: MountRequest, options?: CallOptions) => Promise<MountResponse>;
  /** Any method with any bytes, for what no driver would send. */
  readonly raw: (path: string, bytes: Buffer, options?: CallOptions) => Promise<Buffer>;
  readonly close: () => void;
}

/** Connects to a provider's socket. */
export function connectProvider(socket: string): ProviderClient {
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), {
    "grpc.default_authority": "localhost",
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });

  const raw = (path: string, bytes: Buffer, { deadlineMs = 120_000, signal }: CallOptions = {}): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + deadlineMs };
      const same = (message: Buffer): Buffer => message;
      const done = (error: ServiceError | null, answer?: Buffer): void => {
        if (error !== null) reject(error);
        else resolve(answer ?? Buffer.alloc(0));
      };
      const call = client.makeUnaryRequest(
        path,
        same,
        same,
        bytes,
        new Metadata({ waitForReady: true }),
        options,
        done,
      );
      signal?.addEventListener("abort", () => call.cancel(), { once: true });
    });

  async function call(method: string, request: object, options?: CallOptions): Promise<Record<string, unknown>> {
    const bytes = proto.lookupType(`v1alpha1.${method}Request`).encode(request).finish();
    const answer = await raw(`/v1alpha1.CSIDriverProvider/${method}`, Buffer.from(bytes), options);
    const type = proto.lookupType(`v1alpha1.${method}Response`);
    return type.toObject(type.decode(answer), { defaults: true, arrays: true });
  }

  return {
    version: async (options) => {
      const answer = await call("Version", { version: "v1alpha1" }, options);
      return answer as unknown as VersionResponse;
    },
    mount: async ({ currentObjectVersions, ...request }, options) => {
      const answer = await call("Mount", { ...request, currentObjectVersion: currentObjectVersions }, options);
      return {
        objectVersions: answer["objectVersion"] as MountResponse["objectVersions"],
        files: answer["files"] as MountResponse["files"],
      };
    },
    raw,
    close: () => client.close(),
  };
}
