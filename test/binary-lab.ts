// The compiled binary beside a world of fakes, for the binary-*.test.ts suites. Processes and folders are gone when the scope ends.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MountResponse } from "../src/request/messages.ts";
import { aMountRequest } from "./build.ts";
import type { MountRequestOptions } from "./build.ts";
import type { CallOptions } from "./client.ts";
import { startWorld } from "./fakes/world.ts";
import type { World, WorldOptions } from "./fakes/world.ts";
import { binary, startProvider } from "./provider.ts";
import type { Provider, ProviderOptions } from "./provider.ts";

/** A provider process that ends with the scope. */
export interface Binary extends Provider, AsyncDisposable {
  /** Mounts into a new directory; rejects with grpc-js's error. */
  readonly run: (options?: MountRequestOptions, call?: CallOptions) => Promise<Mounted>;
  /** The error of a mount that must fail. */
  readonly failure: (options?: MountRequestOptions, call?: CallOptions) => Promise<{ code: number; details: string }>;
  readonly logs: (text: string) => Promise<void>;
}

export interface Mounted extends MountResponse {
  readonly targetPath: string;
  /** Contents by path, from the answer or from disk. */
  readonly contents: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
}

export interface BinaryLab extends Binary {
  readonly world: World;
}

/** `env` and `args` come on top of the world's; an empty variable counts as none. */
export interface BinaryLabOptions extends WorldOptions, Omit<ProviderOptions, "wait"> {}

/** A folder that ends with the scope. */
export function newFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "binary-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts the binary alone and waits until it says that it listens and answers Version. */
export async function startBinary(options: Omit<ProviderOptions, "wait">): Promise<Binary> {
  const provider = await startProvider({ ...options, wait: false });
  let ended = false;
  const exit = provider.exited.finally(() => (ended = true));
  const logs = async (text: string): Promise<void> => {
    while (!provider.output().includes(text)) {
      if (ended) throw new Error(`the provider ended before it said "${text}":\n${provider.output()}`);
      await Bun.sleep(5);
    }
  };
  const folder = newFolder();
  const close = async (): Promise<void> => {
    if (!ended) provider.kill("SIGKILL");
    await exit;
    provider.close();
    folder[Symbol.dispose]();
  };
  const run: Binary["run"] = async (request = {}, call) => {
    const targetPath = request.targetPath ?? mkdtempSync(join(folder.path, "target-"));
    const answer = await provider.mount(aMountRequest({ ...request, targetPath }), call);
    return { ...answer, targetPath, ...seen(targetPath, answer) };
  };
  try {
    await logs("Listening for connections on address: ");
    await provider.version();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...provider,
    run,
    failure: async (request, call) => {
      const answer = await run(request, call).catch((error: unknown) => error as { code: number; details: string });
      if ("details" in answer) return answer;
      throw new Error("the mount succeeded");
    },
    logs,
    [Symbol.asyncDispose]: close,
  };
}

/** The address that a binary with --http-addr says it serves on, with a slash at its end. */
export async function httpOf({ logs, output }: Binary): Promise<string> {
  await logs("Serving /livez, /readyz and /metrics on http");
  const url = /\/metrics on (http:\S+)/.exec(output())?.[1] ?? "";
  return url.replace(/\/\/(0\.0\.0\.0|\[::\]):/, "//127.0.0.1:");
}

/** Starts a world and the binary in it. Use with `await using`. */
export async function startBinaryLab(options: BinaryLabOptions = {}): Promise<BinaryLab> {
  const world = await startWorld(options);
  const provider = await startBinary({
    ...options,
    args: [...world.args, ...(options.args ?? [])],
    env: { ...world.env, ...options.env },
  }).catch(async (error: unknown) => {
    await world.close();
    throw error;
  });
  return {
    ...provider,
    world,
    [Symbol.asyncDispose]: async () => {
      await provider[Symbol.asyncDispose]();
      await world.close();
    },
  };
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the binary to its end; one that goes on is killed, and `code` then is no exit code. */
export async function runToEnd(
  args: readonly string[],
  { env = {}, cwd = "/" }: Pick<ProviderOptions, "env" | "cwd"> = {},
): Promise<Ended> {
  const child = Bun.spawn([binary, ...args], {
    cwd,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 20_000,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/** Waits for a condition; the test's own time limit is the bound. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await Bun.sleep(5);
}

export function secret(objectName: string, more: object = {}): object {
  return { objectName, objectType: "secretsmanager", ...more };
}

export function parameter(objectName: string, more: object = {}): object {
  return { objectName, objectType: "ssmparameter", ...more };
}

function seen(targetPath: string, { files, objectVersions }: MountResponse): Pick<Mounted, "contents" | "versions"> {
  const contents = Object.fromEntries(files.map((file) => [file.path, Buffer.from(file.contents).toString()]));
  for (const path of readdirSync(targetPath, { recursive: true, encoding: "utf8" })) {
    const whole = join(targetPath, path);
    if (statSync(whole).isFile()) contents[path] = readFileSync(whole, "utf8");
  }
  return { contents, versions: Object.fromEntries(objectVersions.map(({ id, version }) => [id, version])) };
}
