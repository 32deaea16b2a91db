// The whole provider in this process: wire(config) behind a real gRPC server and client, pointed at the fakes. For tests of behaviour and counts.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../src/config/config.ts";
import { createLog } from "../src/telemetry/log.ts";
import { ignoreEvents } from "../src/events.ts";
import type { Emit } from "../src/events.ts";
import { createOpenMounts } from "../src/sharing/open-mounts.ts";
import { serve } from "../src/server/serve.ts";
import { wire } from "../src/wire.ts";
import { aMountRequest } from "./build.ts";
import type { MountRequestOptions } from "./build.ts";
import type { MountResponse } from "../src/request/messages.ts";
import { connectProvider } from "./client.ts";
import type { CallOptions, ProviderClient } from "./client.ts";
import { startWorld } from "./fakes/world.ts";
import type { World, WorldOptions } from "./fakes/world.ts";

export interface LabOptions extends WorldOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly drainMs?: number;
  /** Listens to the events of the process. */
  readonly emit?: Emit;
}

/** What a mount left: the answer, and the files on disk or in the answer. */
export interface MountResult extends MountResponse {
  readonly targetPath: string;
  /** Contents by path, as a pod would see them. */
  readonly contents: Readonly<Record<string, string>>;
  readonly modes: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, string>>;
}

export interface Lab extends ProviderClient {
  readonly world: World;
  readonly socket: string;
  /** All that was logged so far. */
  readonly logged: () => string;
  /** Mounts into a new directory (or `targetPath`); rejects with grpc-js's error. */
  readonly run: (options?: MountRequestOptions, call?: CallOptions) => Promise<MountResult>;
  /** The error of a mount that must fail. */
  readonly failure: (options?: MountRequestOptions, call?: CallOptions) => Promise<{ code: number; details: string }>;
  readonly newTarget: () => string;
  readonly stop: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Starts fakes and provider. Use with `await using`. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const world = await startWorld(options);
  const folder = mkdtempSync(join(tmpdir(), "lab-"));
  let logged = "";
  const config = readConfig({
    argv: [`--provider-volume=${folder}`, ...world.args, ...(options.args ?? [])],
    env: { ...world.env, ...options.env },
    readFile: (path) => readFileSync(path, "utf8"),
    version: "4.0.0",
  });
  const log = createLog({ format: "text", level: "debug", write: (line) => (logged += line) });
  const emit = options.emit ?? ignoreEvents;
  const openMounts = createOpenMounts();
  const serving = await serve({
    mount: wire(config, emit, openMounts),
    openMounts,
    log,
    emit,
    version: config.version,
    driverWrites: config.driverWritesSecrets,
    socketDirectory: folder,
    ...(options.drainMs === undefined ? {} : { drainMs: options.drainMs }),
  });
  const client = connectProvider(serving.address);
  const newTarget = (): string => mkdtempSync(join(folder, "target-"));

  const run = async (request: MountRequestOptions = {}, call?: CallOptions): Promise<MountResult> => {
    const targetPath = request.targetPath ?? newTarget();
    const answer = await client.mount(aMountRequest({ ...request, targetPath }), call);
    return { ...answer, targetPath, ...seen(targetPath, answer) };
  };
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await serving.close();
    client.close();
  };
  const close = async (): Promise<void> => {
    await stop();
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    ...client,
    world,
    socket: serving.address,
    logged: () => logged,
    run,
    failure: async (request, call) => {
      try {
        await run(request, call);
      } catch (error) {
        return error as { code: number; details: string };
      }
      throw new Error("the mount succeeded");
    },
    newTarget,
    stop,
    [Symbol.asyncDispose]: close,
  };
}

function seen(
  targetPath: string,
  { files, objectVersions }: MountResponse,
): Pick<MountResult, "contents" | "modes" | "versions"> {
  const contents: Record<string, string> = {};
  const modes: Record<string, number> = {};
  for (const { path, mode, contents: bytes } of files) {
    contents[path] = Buffer.from(bytes).toString("utf8");
    modes[path] = mode;
  }
  for (const path of readdirSync(targetPath, { recursive: true, encoding: "utf8" })) {
    const stat = statSync(join(targetPath, path));
    if (!stat.isFile()) continue;
    contents[path] = readFileSync(join(targetPath, path), "utf8");
    modes[path] = stat.mode & 0o7777;
  }
  return { contents, modes, versions: Object.fromEntries(objectVersions.map(({ id, version }) => [id, version])) };
}
