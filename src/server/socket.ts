// The server's unix socket: bound over whatever lies there, removed only while it is ours, drained within a limit.
import { ServerCredentials } from "@grpc/grpc-js";
import type { Server } from "@grpc/grpc-js";
import { randomBytes } from "node:crypto";
import { accessSync, constants, lstatSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** A socket that this process bound. */
export interface BoundSocket {
  /** Removes the path, unless a successor has taken it over. */
  readonly remove: () => void;
}

const lingerMs = 500;

/**
 * Binds under a name of our own and renames: the path changes hands in one step, and the runtime, which unlinks what it bound when it
 * closes, can't take a successor's socket away. @throws Error of the system, with the path
 */
export async function bind(server: Server, address: string): Promise<BoundSocket> {
  // Random, since every container's process is 1; hidden and without the ending that a driver looks for.
  const own = join(dirname(address), `.aws.sock.${randomBytes(4).toString("hex")}`);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${own}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  }).catch((error: unknown) => {
    // grpc-js says no more than that no address was added; a directory that is missing or not ours to write is named by the system.
    accessSync(`${dirname(address)}/.`, constants.W_OK | constants.X_OK);
    throw error;
  });
  try {
    const { ino, dev } = lstatSync(own);
    if (lstatSync(address, { throwIfNoEntry: false })?.isDirectory() === true) rmdirSync(address); // rename replaces anything but a directory
    renameSync(own, address);
    return {
      remove: () => {
        const now = lstatSync(address, { throwIfNoEntry: false });
        if (now?.ino === ino && now.dev === dev) rmSync(address, { force: true });
      },
    };
  } catch (error) {
    server.forceShutdown();
    rmSync(own, { force: true });
    throw error;
  }
}

/** Lets running calls end; after the limit fails them; never waits for ever (tryShutdown can hang on Bun: oven-sh/bun#43475). */
export async function drain(
  server: Server,
  drainMs: number,
  open: () => number,
  failRunning: () => void,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  const until = performance.now() + drainMs;
  let idleSince: number | undefined;
  let over = false;
  closed.then(
    () => (over = true),
    () => (over = true),
  );
  while (!over && performance.now() < until) {
    if (open() > 0) idleSince = undefined;
    else idleSince ??= performance.now();
    if (idleSince !== undefined && performance.now() - idleSince > lingerMs) break; // answers are out, a session lingers
    await Bun.sleep(20);
  }
  if (open() > 0) {
    failRunning();
    await Bun.sleep(lingerMs); // the failures reach their callers
  }
  server.forceShutdown();
}
