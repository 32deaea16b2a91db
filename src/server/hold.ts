// Keeps the server reachable at its path for as long as it serves: names the process that had the path before, and binds again when the path is lost
// and free. A path that another process serves is left to it, so two providers never take it from each other in turn.
import type { Server } from "@grpc/grpc-js";
import type { Log } from "../telemetry/log.ts";
import { isServed, nameOf } from "./occupant.ts";
import { bindUnseen, fileAt } from "./socket.ts";

export interface HoldOptions {
  readonly server: Server;
  /** Path of the socket. */
  readonly address: string;
  readonly log: Log;
  /** Pause between two checks of the path, ms. */
  readonly checkMs?: number;
}

export interface HeldSocket {
  /** Whether the path leads to this process now: one stat(2). */
  readonly isOurs: () => boolean;
  /** Whether another process served at the path at the last check. */
  readonly isOthers: () => boolean;
  /** Ends the checks; resolves when one in progress is over, after about a second at most. */
  readonly stopChecks: () => Promise<void>;
  /** Removes the path if it is ours. */
  readonly removePath: () => void;
}

/** The driver waits for a missing socket longer than this; a check costs one stat(2). */
const usualCheckMs = 2_000;

/** Takes the path over and holds it until `stopChecks`. @throws Error of the system when the socket can't be bound */
export async function holdSocket({ server, address, log, checkMs = usualCheckMs }: HoldOptions): Promise<HeldSocket> {
  // Long because its short functions share one state: the socket that is bound, and what was logged of it.
  if (await isServed(address)) {
    const hint = "Expected while a rolling update overlaps, else two providers run on this node";
    log.warn(`${address} is served by ${await nameOf(address)}; taking over. ${hint}`);
  }
  let socket = await bindUnseen(server, address);
  place();
  /** What the last warning was about: the file of another process, or a failure to bind. Each is logged once. */
  let logged: string | undefined;
  let isOthers = false;
  let isStopped = false;

  function place(): void {
    try {
      socket.place();
    } catch (error) {
      socket.discard();
      throw error;
    }
  }

  async function check(): Promise<void> {
    if (socket.isAtPath()) {
      if (logged !== undefined) log.warn(`${address} is this process's own again`);
      [isOthers, logged] = [false, undefined];
      return;
    }
    const found = fileAt(address);
    isOthers = await isServed(address);
    if (isOthers) await reportOther(found);
    else if (!isStopped) await bindAgain(found);
  }

  async function reportOther(found: string | undefined): Promise<void> {
    if (logged === found) return;
    logged = found;
    const next = "this process is not ready, and binds again when nobody answers there";
    log.warn(`${address} is now served by ${await nameOf(address)}: ${next}`);
  }

  async function bindAgain(found: string | undefined): Promise<void> {
    const what = found === undefined ? "was removed" : "was replaced, and nobody answers there";
    const old = socket;
    try {
      const fresh = await bindUnseen(server, address);
      // Another process may have been faster: the next check finds it.
      if (isStopped || fileAt(address) !== found) return fresh.discard();
      socket = fresh;
      place();
    } catch (error) {
      socket = old;
      if (logged === "failure") return;
      logged = "failure";
      const why = error instanceof Error ? error.message : "unknown";
      log.error(`${address} ${what}, and can not be bound again. error: ${why}. Not ready; trying on`);
      return;
    }
    old.discard();
    logged = undefined;
    log.warn(`${address} ${what}: bound again`);
  }

  let checking = Promise.resolve();
  let timer = schedule();
  function schedule(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      checking = check().finally(() => {
        if (!isStopped) timer = schedule();
      });
    }, checkMs).unref();
  }
  return {
    isOurs: () => socket.isAtPath(),
    isOthers: () => isOthers,
    stopChecks: () => {
      isStopped = true;
      clearTimeout(timer);
      return checking;
    },
    removePath: () => socket.removePath(),
  };
}
