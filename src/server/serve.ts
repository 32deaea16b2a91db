// The gRPC server on the unix socket: one call in, one summary line out; bind over a stale socket, drain within a limit.
import { logVerbosity, Server, setLogVerbosity } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { linkAbort } from "../abort.ts";
import { createBudget } from "../budget.ts";
import { newMount } from "../context.ts";
import type { Context, CurrentMount } from "../context.ts";
import { ProviderError } from "../errors.ts";
import { ignoreEvents } from "../events.ts";
import type { Emit } from "../events.ts";
import type { Fields, Log } from "../telemetry/log.ts";
import type { Mount } from "../mount.ts";
import { createMemory } from "../sharing/memory.ts";
import { createOpenMounts } from "../sharing/open-mounts.ts";
import type { OpenMounts } from "../sharing/open-mounts.ts";
import { createPacer } from "../sharing/pace.ts";
import { parseMountRequest } from "../request/mount-request.ts";
import type { ParsedRequest } from "../request/mount-request.ts";
import { decodeMountRequest, decodeVersionRequest, encodeMountResponse, encodeVersionResponse } from "./codec.ts";
import { createHealth } from "./health.ts";
import { arrivalOf, createIntake } from "./intake.ts";
import type { MountRequest, MountResponse, VersionRequest, VersionResponse } from "../request/messages.ts";
import { givenUp, timeFor } from "./mount-time.ts";
import { createMountLog, suspectsAmong } from "../telemetry/mount-log.ts";
import type { MountLog } from "../telemetry/mount-log.ts";
import { createMountEvents } from "./mount-events.ts";
import type { MountEvents } from "./mount-events.ts";
import { mountTurns } from "./mount-turns.ts";
import { holdSocket } from "./hold.ts";
import { drain } from "./socket.ts";
import { statusOf } from "./status.ts";
import { createTurns } from "../sharing/turns.ts";
import { asEncoded, once, unary } from "./unary.ts";
import type { Once } from "./unary.ts";

export interface ServeOptions {
  readonly mount: Mount;
  readonly log: Log;
  readonly version: string;
  readonly driverWrites: boolean;
  /** Directory of the socket `aws.sock`; it must exist. */
  readonly socketDirectory: string;
  /** How long running mounts may take after `close`, ms; default 25 s, since pods have 30 s of grace. */
  readonly drainMs?: number;
  /** The listener of the process, in addition to the log. */
  readonly emit?: Emit;
  /** CPUs of the container; undefined = no limit. */
  readonly cpus?: number | undefined;
  /** Updated for each mount. */
  readonly openMounts?: OpenMounts;
}

export interface Serving {
  readonly address: string;
  /** Between bind and drain, while the path of the socket leads to this process. */
  readonly isReady: () => boolean;
  /** Whether this process must answer at the path: not while draining, nor while another process serves there. */
  readonly mustAnswer: () => boolean;
  /** When a mount's answer last went out whole, by performance.now(); -Infinity = none yet. */
  readonly answeredAtMs: () => number;
  /** Which mounts a line may be about that no mount can be held to: the only one under way, or the list of them. */
  readonly suspects: () => Fields;
  /** Stops: no new call, running mounts end within the drain limit or are failed, our socket goes. */
  readonly close: () => Promise<void>;
}

setLogVerbosity(logVerbosity.NONE); // its lines go past the log: neither its format nor its level, and a trace prints what was received

const mountMethod = unary("Mount", asEncoded, (bytes) => once(decodeMountRequest(bytes)));
const runtimeName = "secrets-store-csi-driver-provider-aws";
const requestBytesMax = 4 << 20; // grpc-go's default, as the reference
/** Messages of up to `requestBytesMax` that are being received. */
const receivedAtOnce = 4;
const idleMs = 1_000;
const heldBytesMin = 64 << 10;

/** Binds the socket and serves. @throws Error of the bind, with the path */
export async function serve({
  mount,
  log,
  version,
  driverWrites,
  socketDirectory,
  drainMs = 25_000,
  emit = ignoreEvents,
  cpus,
  openMounts = createOpenMounts(),
}: ServeOptions): Promise<Serving> {
  // Long because the handlers of a call and the end of the process share one state: what is open, and when an answer last went out.
  const turns = createTurns(mountTurns);
  emit({ kind: "turns-opened", running: turns.running, waiting: turns.waiting });
  const pacer = createPacer(cpus);
  const memory = createMemory();
  const stopping = new AbortController();
  const health = createHealth();
  const server = new Server({
    "grpc.max_send_message_length": -1,
    "grpc.max_receive_message_length": requestBytesMax,
    "grpc.enable_channelz": 0, // figures that nobody can ask for
    interceptors: [
      createIntake({ messagesAtOnce: receivedAtOnce, openMounts, isMount: (path) => path === mountMethod.path }),
    ],
  });
  let idle: ReturnType<typeof setTimeout> | undefined;
  let open = 0;
  const processId = randomBytes(2).toString("hex");
  const mountLogs = new Set<MountLog>();
  let count = 0;
  let ready = true;
  let answeredAtMs = -Infinity;

  async function serveMount(
    message: Once<MountRequest>,
    { signal, deadlineMs, mount: own }: Omit<Context, "emit"> & { readonly mount: CurrentMount },
    closed: Promise<void>,
  ): Promise<Uint8Array> {
    const mountLog = createMountLog({ log, emit, id: own.id, driverWrites });
    const report = createMountEvents(mountLog.emit);
    mountLogs.add(mountLog);
    try {
      const request = parse(message, report);
      const { namespace, uid, name } = request.pod;
      const { sizeBytes } = request;
      own.namespace = namespace;
      own.pod = uid || name;
      report.parsed(request);
      const context = { signal, deadlineMs, mount: own, emit: mountLog.emit };
      const done = await turns.take(context, { steps: mountLog.awsCalls, bytes: sizeBytes });
      report.turnBegan();
      const share = memory.open(namespace, signal);
      const pace = pacer.open({ namespace, signal, sizeBytes, room: share.room });
      own.pace = pace;
      let isHeld = false;
      const over = (): void => {
        share.close();
        done();
      };
      try {
        const budget = createBudget(share);
        const { run, complete } = pace;
        const response = await mount(request, { ...context, budget, run, complete });
        budget.hold(sizeOf(response)); // what goes out is a copy
        await budget.room();
        const bytes = await complete(encodeMountResponse(response));
        report.succeeded();
        // A large answer stays in memory until the driver has read it; so many at a time is what the container's limit allows.
        isHeld = sizeOf(response) > heldBytesMin;
        if (isHeld) void closed.then(over);
        return bytes;
      } finally {
        pace.close();
        if (!isHeld) over();
      }
    } catch (error) {
      report.failed(error);
      throw error;
    } finally {
      mountLogs.delete(mountLog);
    }
  }

  function handleMount(
    call: ServerUnaryCall<Once<MountRequest>, Uint8Array>,
    callback: sendUnaryData<Uint8Array>,
  ): void {
    clearTimeout(idle);
    open += 1;
    const allowedMs = timeFor(call.getDeadline());
    const own = newMount(`${processId}-${(count += 1).toString(36)}`, arrivalOf(call.metadata));
    const running = linkAbort(stopping.signal, allowedMs, () => givenUp(own, allowedMs));
    const context = { signal: running.signal, deadlineMs: Date.now() + allowedMs, mount: own };
    const closed = Promise.withResolvers<void>();
    // grpc-js says so whenever the stream is closed, after a full answer too.
    let isAnswered = false;
    call.on("cancelled", () => {
      closed.resolve();
      if (isAnswered) answeredAtMs = performance.now();
      else running.abort(new ProviderError({ reason: "Cancelled", message: "the caller gave the mount up" }));
    });
    serveMount(call.request, context, closed.promise)
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(statusOf(error)),
      )
      .finally(() => {
        isAnswered = true;
        running.release();
        open -= 1;
        if (open === 0) idle = setTimeout(() => Bun.gc(true), idleMs).unref();
      });
  }

  server.addService(
    {
      Version: unary("Version", encodeVersionResponse, decodeVersionRequest),
      Mount: mountMethod,
    },
    {
      Version: (_call: ServerUnaryCall<VersionRequest, VersionResponse>, callback: sendUnaryData<VersionResponse>) =>
        callback(null, { version: "v1alpha1", runtimeName, runtimeVersion: version }),
      Mount: handleMount,
    },
  );
  server.addService(health.definition, health.implementation);

  const address = join(socketDirectory, "aws.sock");
  const socket = await holdSocket({ server, address, log });

  return {
    address,
    isReady: () => ready && socket.isOurs(),
    mustAnswer: () => ready && !socket.isOthers(),
    answeredAtMs: () => answeredAtMs,
    suspects: () => suspectsAmong([...mountLogs]),
    close: async () => {
      ready = false;
      clearTimeout(idle);
      health.stop();
      const stop = (): void =>
        stopping.abort(
          new ProviderError({
            reason: "Cancelled",
            message: "the provider is stopping",
            fix: "kubelet tries again by itself.",
          }),
        );
      await socket.stopChecks();
      await drain(server, drainMs, () => open, stop);
      socket.removePath();
    },
  };
}

/** @throws ProviderError RequestInvalid or TokenMissing; then the mount needs no turn, and has waited for none */
function parse(message: Once<MountRequest>, report: MountEvents): ParsedRequest {
  try {
    return parseMountRequest(message.take());
  } catch (error) {
    report.turnBegan();
    throw error;
  }
}

function sizeOf({ files }: MountResponse): number {
  return files.reduce((sum, { contents }) => sum + contents.length, 0);
}
