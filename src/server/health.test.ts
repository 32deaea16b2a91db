import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { createHealth } from "./health.ts";

// grpc/health/v1/health.proto, as far as it is spoken here.
const proto = protobuf.parse(`
  syntax = "proto3"; package grpc.health.v1;
  message HealthCheckRequest { string service = 1; }
  message HealthCheckResponse {
    enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
    ServingStatus status = 1;
  }`).root;
const requestType = proto.lookupType("grpc.health.v1.HealthCheckRequest");
const responseType = proto.lookupType("grpc.health.v1.HealthCheckResponse");

const folder = mkdtempSync(join(tmpdir(), "health-"));
const health = createHealth();
const server = new Server();
let client: Client;

beforeAll(async () => {
  server.addService(health.definition, health.implementation);
  const address = `unix:${join(folder, "s.sock")}`;
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  client = new Client(address, credentials.createInsecure());
});

afterAll(() => {
  client.close();
  server.forceShutdown();
  rmSync(folder, { recursive: true });
});

const same = (bytes: Buffer): Buffer => bytes;
const encode = (service: string): Buffer => Buffer.from(requestType.encode({ service }).finish());
const decode = (bytes: Buffer): unknown =>
  responseType.toObject(responseType.decode(bytes), { enums: String, defaults: true })["status"];

function check(bytes: Buffer): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      "/grpc.health.v1.Health/Check",
      same,
      same,
      bytes,
      (error: ServiceError | null, answer?: Buffer) => {
        if (error === null) resolve(decode(answer ?? Buffer.alloc(0)));
        else reject(error);
      },
    );
  });
}

/** Watches: what has come so far, and the end. */
function watch(service: string) {
  const seen: unknown[] = [];
  const call = client.makeServerStreamRequest("/grpc.health.v1.Health/Watch", same, same, encode(service));
  let first: (() => void) | undefined;
  const started = new Promise<void>((resolve) => (first = resolve));
  const code = new Promise<number>((resolve) => {
    call.on("status", ({ code: end }) => resolve(end));
    call.on("error", () => undefined);
  });
  call.on("data", (bytes: Buffer) => {
    seen.push(decode(bytes));
    first?.();
  });
  return { seen, started, code, cancel: () => call.cancel() };
}

test.each([[""], ["v1alpha1.CSIDriverProvider"]])("%j is SERVING", async (service) => {
  expect(await check(encode(service))).toBe("SERVING");
});

test("another service is NOT_FOUND", async () => {
  const error = await check(encode("v1alpha1.Other")).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: status.NOT_FOUND });
});

test("bytes that are no request are an error of that call alone", async () => {
  const error = await check(Buffer.from([0x0a, 5])).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: status.INTERNAL });
  expect(await check(encode(""))).toBe("SERVING");
});

test("watchers see the state, then the stop, then the end; so a drain need not wait for them", async () => {
  const [server1, service, unknown, leaver] = ["", "v1alpha1.CSIDriverProvider", "v1alpha1.Other", ""].map(watch);
  for (const one of [server1, service, unknown, leaver]) await one?.started;
  leaver?.cancel();
  expect(await leaver?.code).toBe(status.CANCELLED);
  health.stop();
  expect(await Promise.all([server1?.code, service?.code, unknown?.code])).toEqual([status.OK, status.OK, status.OK]);
  expect([server1?.seen, service?.seen, unknown?.seen]).toEqual([
    ["SERVING", "NOT_SERVING"],
    ["SERVING", "NOT_SERVING"],
    ["SERVICE_UNKNOWN"],
  ]);
  expect(await check(encode(""))).toBe("NOT_SERVING");
  const late = watch("");
  expect(await late.code).toBe(status.OK);
  expect(late.seen).toEqual(["NOT_SERVING"]);
});
