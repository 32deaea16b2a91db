// Lines to file descriptor 2: at once, or held back for a moment so that a mount's lines are one write. A write is a system call of some 0.1 ms
// under the container's CPU limit, and a mount has four lines.
import { writeSync } from "node:fs";

const triesMax = 20;
const sleeper = new Int32Array(new SharedArrayBuffer(4));
/** Nobody has read for a while: lines are tried once and lost, so that a stuck reader can't slow the mounts down. */
let isStuck = false;
/** Only a part of the last line went out. */
let isTorn = false;

/** Whole lines to file descriptor 2, at once. A full pipe is waited for, 20 ms once; a closed one is ignored: logging must not end the process. */
export function writeStderr(line: string): void {
  let rest: Uint8Array = Buffer.from(isTorn ? `\n${line}` : line);
  const { length } = rest;
  for (let tries = isStuck ? 1 : triesMax; rest.length > 0 && tries > 0;) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code !== "EAGAIN" && code !== "EINTR") return;
      tries -= 1;
      if (tries > 0) Atomics.wait(sleeper, 0, 0, 1);
    }
  }
  isStuck = rest.length > 0;
  if (rest.length < length) isTorn = isStuck;
}

/** Held lines that are written without waiting any longer, UTF-16 units. */
const heldMax = 16 << 10;

/**
 * Holds lines for up to `holdMs`; an urgent line goes at once, after those that are held. What is held when the process ends goes then; a process
 * that is killed loses at most that time's ordinary lines.
 */
export function holdLines(
  holdMs: number,
  write: (lines: string) => void = writeStderr,
): (line: string, isUrgent: boolean) => void {
  let held = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const lines = held;
    held = "";
    if (lines !== "") write(lines);
  };
  process.on("exit", flush);
  return (line, isUrgent) => {
    held += line;
    if (isUrgent || held.length >= heldMax) flush();
    else timer ??= setTimeout(flush, holdMs).unref();
  };
}
