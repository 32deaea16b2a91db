// A line on a terminal while a mount takes long.
import { isatty } from "node:tty";
import { writeSync } from "node:fs";

const quietMs = 2_000;
const everyMs = 1_000;

/** Shows on fd 2 what is being mounted and for how long, from the third second on; nothing where fd 2 is no terminal. The result takes it away. */
export function showProgress(name: string): () => void {
  if (!isatty(2)) return () => undefined;
  const startedMs = performance.now();
  const shown = name.replace(/[^\x20-\x7E]/g, "?").slice(0, 60);
  let isShown = false;
  const show = (): void => {
    const ms = performance.now() - startedMs;
    if (ms < quietMs) return;
    isShown = true;
    writeSync(2, `\rmounting ${shown}: ${Math.round(ms / 1000)} s `);
  };
  const timer = setInterval(show, everyMs);
  return () => {
    clearInterval(timer);
    if (isShown) writeSync(2, `\r${" ".repeat(shown.length + 24)}\r`);
  };
}
