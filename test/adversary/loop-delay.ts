// How long this process's event loop is held: how late each millisecond's timer comes.
// Time that the thread was ready but the machine did not let it run (/proc/.../schedstat) is not the program's and does not count.
import * as fs from "node:fs";
import type { Delays } from "./delays.ts";

const tickMs = 1;

/** Counts the delays of this process until the result is called. `whereOf` is asked what was running in a delay. */
export function watchLoop(delays: Delays, whereOf?: (ms: number) => string): () => void {
  const schedule = fs.openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
  const text = Buffer.alloc(128);
  /** How long this thread has waited for a CPU so far, ms. */
  const waitedMs = (): number => {
    const length = fs.readSync(schedule, text, 0, text.length, 0);
    return Number(text.toString("latin1", 0, length).split(" ")[1]) / 1e6;
  };
  let [atMs, waited] = [performance.now(), waitedMs()];
  const timer = setInterval(() => {
    const [nowMs, nowWaited] = [performance.now(), waitedMs()];
    const ms = Math.max(0, nowMs - atMs - (nowWaited - waited) - tickMs);
    delays.add(ms, whereOf?.(ms));
    [atMs, waited] = whereOf === undefined ? [nowMs, nowWaited] : [performance.now(), waitedMs()];
  }, tickMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    fs.closeSync(schedule);
  };
}
