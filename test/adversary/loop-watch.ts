// Preloaded into a provider that runs from source: how late each millisecond's timer comes is how long its event loop was held. Asked over IPC.
// Time that the thread was ready but the machine did not let it run (/proc/.../schedstat) is not the program's and does not count.
import * as fs from "node:fs";
import { createDelays } from "./delays.ts";

export type LoopQuestion = "report" | "reset";

const tickMs = 1;
const delays = createDelays();
const schedule = fs.openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
const text = Buffer.alloc(128);

/** How long this thread has waited for a CPU so far, ms. */
function waitedMs(): number {
  const length = fs.readSync(schedule, text, 0, text.length, 0);
  return Number(text.toString("latin1", 0, length).split(" ")[1]) / 1e6;
}

let [atMs, waited] = [performance.now(), waitedMs()];
setInterval(() => {
  const [nowMs, nowWaited] = [performance.now(), waitedMs()];
  delays.add(Math.max(0, nowMs - atMs - (nowWaited - waited) - tickMs));
  [atMs, waited] = [nowMs, nowWaited];
}, tickMs).unref();

process.on("message", (question: LoopQuestion) => {
  const report = delays.report();
  if (question === "reset") delays.reset();
  process.send?.(report);
});
