// Starts the compiled binary as a process of its own, with an environment that holds nothing but what the test gives it.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectProvider } from "./client.ts";
import type { ProviderClient } from "./client.ts";

/** The binary under test; `bun run build` writes it. */
export const binary =
  process.env["PROVIDER_BINARY"] ??
  join(import.meta.dir, `../dist/linux-${process.arch}/secrets-store-csi-driver-provider-aws`);

export interface ProviderOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Folder of the socket; a new one if absent. */
  readonly socketFolder?: string;
  readonly cwd?: string;
  /** What runs the binary, such as an emulator. */
  readonly runner?: readonly string[];
  /** false: do not wait for the socket. */
  readonly wait?: boolean;
}

export interface Provider extends ProviderClient {
  readonly socket: string;
  readonly pid: number;
  /** All that it has printed. */
  readonly output: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly exited: Promise<number>;
  /** SIGTERM, then waits for the end. */
  readonly stop: () => Promise<number>;
}

/** Starts the binary and waits until its socket answers Version. */
export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const { args = [], env = {}, cwd = "/", runner = [], wait = true } = options;
  const folder = options.socketFolder ?? mkdtempSync(join(tmpdir(), "provider-"));
  const socket = join(folder, "aws.sock");
  const child = Bun.spawn([...runner, binary, `--provider-volume=${folder}`, ...args], {
    cwd,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let output = "";
  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
  };
  const printed = Promise.all([collect(child.stdout), collect(child.stderr)]);
  const exited = child.exited.then(async (code) => {
    await printed;
    if (options.socketFolder === undefined) rmSync(folder, { recursive: true, force: true });
    return code;
  });
  const client = connectProvider(socket);
  const stop = async (): Promise<number> => {
    child.kill("SIGTERM");
    const code = await exited;
    client.close();
    return code;
  };
  if (wait) {
    const ended = exited.then((code) => {
      throw new Error(`the provider ended with ${code} before it served:\n${output}`);
    });
    await Promise.race([ended, ready(socket, client)]);
  }
  return {
    ...client,
    socket,
    pid: child.pid,
    output: () => output,
    kill: (signal) => child.kill(signal),
    exited,
    stop,
  };
}

async function ready(socket: string, client: ProviderClient): Promise<void> {
  while (!existsSync(socket)) await Bun.sleep(5);
  await client.version({ deadlineMs: 60_000 });
}
