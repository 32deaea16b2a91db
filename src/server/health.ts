// grpc.health.v1.Health: Check and Watch. Own, since the usual package reads its .proto from the build machine's path at run time.
import { status } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import { readTexts } from "./codec.ts";
import { int32Part, writeMessage } from "./protobuf.ts";
import { finish } from "../work.ts";

/** Values of grpc.health.v1.HealthCheckResponse.ServingStatus. */
const serving = { unknown: 0, serving: 1, notServing: 2, serviceUnknown: 3 } as const;

export type HealthRequest = { readonly service: string };
export type HealthResponse = { readonly status: number };
type Watcher = ServerWritableStream<HealthRequest, HealthResponse>;

/** Kubelet asks for the whole server (""), others for the service by name. */
const services = new Set(["", "v1alpha1.CSIDriverProvider"]);

const method = {
  requestStream: false,
  requestSerialize: clientOnly,
  requestDeserialize: (bytes: Buffer): HealthRequest => ({ service: readTexts(bytes, 1)[1] ?? "" }),
  responseSerialize: (response: HealthResponse): Buffer => {
    const { buffer, byteOffset, byteLength } = finish(writeMessage(int32Part(1, response.status)));
    return Buffer.from(buffer, byteOffset, byteLength);
  },
  responseDeserialize: clientOnly,
} as const;

const definition = {
  Check: { ...method, path: "/grpc.health.v1.Health/Check", responseStream: false },
  Watch: { ...method, path: "/grpc.health.v1.Health/Watch", responseStream: true },
} as const;

/** Makes the service, SERVING until `stop`, which notifies the watchers and ends their streams, so that a drain need not wait for them. */
export function createHealth() {
  const watchers = new Set<Watcher>();
  let current: number = serving.serving;
  return {
    definition,
    implementation: {
      Check: (
        { request }: ServerUnaryCall<HealthRequest, HealthResponse>,
        callback: sendUnaryData<HealthResponse>,
      ): void => {
        if (services.has(request.service)) callback(null, { status: current });
        else callback({ code: status.NOT_FOUND, details: "unknown service" });
      },
      Watch: (call: Watcher): void => {
        call.write({ status: services.has(call.request.service) ? current : serving.serviceUnknown });
        if (current !== serving.serving) return void call.end();
        watchers.add(call);
        call.on("cancelled", () => watchers.delete(call));
        call.on("error", () => watchers.delete(call));
      },
    },
    stop: (): void => {
      current = serving.notServing;
      for (const call of watchers) {
        if (services.has(call.request.service)) call.write({ status: current });
        call.end();
      }
      watchers.clear();
    },
  };
}

function clientOnly(): never {
  throw new Error("only a client does this");
}
