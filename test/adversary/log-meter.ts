// What a provider logs, measured line by line as it comes: bytes by mount, outcomes by reason, lines that tell of a bug. Keeps only the end of it.
import { createDelays } from "./delays.ts";
import type { DelayReport } from "./delays.ts";

export interface LogReport {
  readonly bytes: number;
  readonly lines: number;
  /** Most bytes that one mount has logged so far. */
  readonly mountBytesMax: number;
  /** Reason -> mounts; `ok` for those that went well. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Lines about errors that nobody expected. */
  readonly bugs: readonly string[];
  /** Lines with characters that move a cursor or hide what is written. */
  readonly unprintable: number;
  /** Pauses of the garbage collector, where the runtime logs them (BUN_JSC_logGC=1). */
  readonly collections: DelayReport;
}

export interface LogMeter {
  readonly take: (text: string) => void;
  readonly report: () => LogReport;
  /** The last lines. */
  readonly end: () => string;
}

const endMax = 64 << 10;
const bugsMax = 50;
const mountOf = /\bmount="?([0-9a-f]{4}-[0-9a-z]+)/;
const isBug = /internal error|a bug of the provider|reason="?Internal\b/;
const isUnprintable = /[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;

/** Makes an empty meter for lines of text. */
export function createLogMeter(): LogMeter {
  /** Bytes of mounts that have not ended. */
  const open = new Map<string, number>();
  const outcomes: Record<string, number> = {};
  const bugs: string[] = [];
  let [bytes, lines, mountBytesMax, unprintable] = [0, 0, 0, 0];
  let end = "";
  let rest = "";

  const collections = createDelays();

  function line(text: string): void {
    if (text.includes("[GC<") || text.startsWith("Requesting GC")) {
      for (const [, ms] of text.matchAll(/ p=([\d.]+)ms/g)) collections.add(Number(ms));
      return;
    }
    const size = Buffer.byteLength(text) + 1;
    lines += 1;
    if (isUnprintable.test(text)) unprintable += 1;
    if (isBug.test(text) && bugs.length < bugsMax) bugs.push(text.slice(0, 2_000));
    const mount = mountOf.exec(text)?.[1];
    if (mount === undefined) return;
    const sum = (open.get(mount) ?? 0) + size;
    open.set(mount, sum);
    mountBytesMax = Math.max(mountBytesMax, sum);
    if (!/\bdurationMs=/.test(text)) return;
    open.delete(mount);
    const outcome = /\boutcome="?ok/.test(text) ? "ok" : (/\breason="?(\w+)/.exec(text)?.[1] ?? "unknown");
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }

  return {
    take: (text) => {
      bytes += Buffer.byteLength(text);
      end = (end + text).slice(-endMax);
      const all = (rest + text).split("\n");
      rest = all.pop() ?? "";
      all.forEach(line);
    },
    report: () => ({
      bytes,
      lines,
      mountBytesMax,
      outcomes: { ...outcomes },
      bugs: [...bugs],
      unprintable,
      collections: collections.report(),
    }),
    end: () => end,
  };
}
