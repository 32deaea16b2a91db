// The server's unix socket: bound in a private folder, moved to its path in one step, removed only while the path is ours; drained within a limit.
import { ServerCredentials } from "@grpc/grpc-js";
import type { Server } from "@grpc/grpc-js";
import { chmodSync, lstatSync, mkdtempSync, renameSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** A socket on which the server listens. Until `place` it is in a folder that only its owner can enter. */
export interface BoundSocket {
  /** Moves it to its path, over anything but a directory that is not empty. @throws Error of the system; call `discard` then */
  readonly place: () => void;
  /** Whether the path leads to it now. */
  readonly isAtPath: () => boolean;
  /** Stops listening on it; connections stay. */
  readonly discard: () => void;
  /** Removes the path, unless a successor has taken it over. */
  readonly removePath: () => void;
}

const lingerMs = 500;
/** Requests carry tokens. The driver connects as the node's root; no other user needs to. */
const socketMode = 0o600;

/**
 * Binds in a private folder and sets the mode there, so that another user can connect at no moment. `place` renames: the path changes hands in one
 * step, and the runtime, which unlinks the path that it bound when it closes, can't remove a successor's socket. @throws Error of the system
 */
export async function bindUnseen(server: Server, address: string): Promise<BoundSocket> {
  // The driver looks for names ending in .sock only. A kill in these milliseconds leaves the folder behind, which harms nothing.
  const folder = mkdtempSync(join(dirname(address), ".aws-"));
  const own = join(folder, "s"); // short: a socket's path has at most 107 bytes
  const discard = (): void => {
    server.unbind(`unix:${own}`);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    chmodSync(folder, 0o700); // the umask may take rights from the owner too
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${own}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    chmodSync(own, socketMode);
    const id = fileAt(own);
    return {
      place: () => {
        if (lstatSync(address, { throwIfNoEntry: false })?.isDirectory() === true) rmdirSync(address); // rename replaces anything but a directory
        renameSync(own, address);
        rmdirSync(folder);
      },
      isAtPath: () => fileAt(address) === id,
      discard,
      removePath: () => {
        if (fileAt(address, lstatSync) === id) rmSync(address, { force: true });
      },
    };
  } catch (error) {
    discard();
    throw error;
  }
}

/** The file at a path, links followed, as device and inode; undefined = missing. The kernel reuses an inode only after its socket is closed. */
export function fileAt(path: string, look: typeof statSync = statSync): string | undefined {
  try {
    const { dev, ino } = look(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
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
