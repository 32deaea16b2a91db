// Preloaded into a provider that runs from source: watches its event loop and is asked over IPC how long it was held.
import { createDelays } from "./delays.ts";
import { watchLoop } from "./loop-delay.ts";

export type LoopQuestion = "report" | "reset";

const delays = createDelays();
watchLoop(delays);

process.on("message", (question: LoopQuestion) => {
  const report = delays.report();
  if (question === "reset") delays.reset();
  process.send?.(report);
});
