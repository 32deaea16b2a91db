// klog-like text or JSON lines on stderr. Fields come from one closed list: what is not in it does not compile.
import { fieldNames } from "./log-fields.ts";
import type { Fields } from "./log-fields.ts";
import { writeStderr } from "./log-stderr.ts";
import { cutMark, cutText } from "../text/cut.ts";
import { visible, visibleJson } from "../text/visible.ts";

export type { Fields } from "./log-fields.ts";

export type Level = "debug" | "info" | "warn" | "error";

export interface Log {
  readonly debug: (text: string, fields?: Fields) => void;
  readonly info: (text: string, fields?: Fields) => void;
  readonly warn: (text: string, fields?: Fields) => void;
  readonly error: (text: string, fields?: Fields) => void;
  /** Whether lines of a level are written at all. */
  readonly writes: (level: Level) => boolean;
}

export interface LogOptions {
  readonly format: "text" | "json";
  /** Least level that is written. */
  readonly level: Level;
  /** Takes one line with its newline; must not throw. One that is not urgent may be held back for a moment. Default: file descriptor 2, at once. */
  readonly write?: (line: string, isUrgent: boolean) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly pid?: number;
  /** The zone is UTC: the runtime need not load its time zones (9 ms of CPU and 4 MiB at the first line). Same text. */
  readonly isUtc?: boolean;
}

const ranks: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
/** klog has no letter for debug. */
const letters: Readonly<Record<Level, string>> = { debug: "I", info: "I", warn: "W", error: "E" };
/** klog's parsers want `file:line`; in a compiled bundle the true one would say nothing. */
const source = "provider.ts:1";
/** Container runtimes cut lines at 16 KiB. UTF-16 units. */
const textMax = 8 << 10;

/** Makes the log. Never throws: a line that can't be written is lost. */
export function createLog({
  format,
  level,
  write = writeStderr,
  now = Date.now,
  pid = process.pid,
  isUtc = false,
}: LogOptions): Log {
  const line = format === "json" ? jsonLine : textLine;
  const at =
    (own: Level) =>
    (text: string, fields: Fields = {}) => {
      if (ranks[own] >= ranks[level])
        write(line({ level: own, atMs: now(), isUtc, pid, text: cut(text), fields }), isUrgent(own, fields));
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    writes: (own) => ranks[own] >= ranks[level],
  };
}

/** The lines on the way of a mount can wait for its end, where an operator looks for them together. */
function isUrgent(level: Level, { mount, outcome }: Fields): boolean {
  return mount === undefined || ranks[level] >= ranks.warn || (level === "info" && outcome !== undefined);
}

interface Entry {
  readonly level: Level;
  readonly atMs: number;
  readonly isUtc: boolean;
  readonly pid: number;
  readonly text: string;
  readonly fields: Fields;
}

/** `MMDD` and `hh:mm:ss.uuuuuu`, local. In UTC the text of toISOString has them. */
function clock(at: Date, isUtc: boolean): { readonly day: string; readonly time: string } {
  if (isUtc) {
    const text = at.toISOString(); // 2026-11-24T14:15:26.856Z
    return { day: text.slice(5, 7) + text.slice(8, 10), time: `${text.slice(11, 23)}000` };
  }
  const two = (value: number): string => value.toString().padStart(2, "0");
  const ms = at.getMilliseconds().toString().padStart(3, "0");
  return {
    day: two(at.getMonth() + 1) + two(at.getDate()),
    time: `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}000`,
  };
}

/** Printable ASCII, most of what is logged: one look instead of a search for hundreds of ranges (measured with the JIT off: a third of a line). */
const plain = /^[ -~]*$/;
const plainInQuotes = /^[ !#-[\]-~]*$/;

/** klog: `I1124 14:15:26.856870   16716 main.go:60] text`, then ` key="value"`. Local time, as klog. */
function textLine({ level, atMs, isUtc, pid, text, fields }: Entry): string {
  const { day, time } = clock(new Date(atMs), isUtc);
  let tail = "";
  for (const [name, value] of allowed(fields))
    tail += ` ${name}="${typeof value === "number" || plainInQuotes.test(value) ? value : visible(value.replace(/["\\]/g, "\\$&"))}"`;
  const shown = plain.test(text) ? text : visible(text);
  return `${letters[level]}${day} ${time} ${pid.toString().padStart(7)} ${source}] ${shown}${tail}\n`;
}

function jsonLine({ level, atMs, text, fields }: Entry): string {
  const entry: Record<string, unknown> = { time: new Date(atMs).toISOString(), level, message: text };
  for (const [name, value] of allowed(fields)) entry[name] = value;
  const json = JSON.stringify(entry);
  return `${plain.test(json) ? json : visibleJson(json)}\n`; // whoever shows the file on a terminal sees text, too
}

/** What may be logged of the fields, whatever a caller puts into them. */
function* allowed(fields: Fields): Generator<[name: string, value: string | number], void, void> {
  for (const name of Object.keys(fields)) {
    const value: unknown = fields[name as keyof Fields];
    if (!Object.hasOwn(fieldNames, name)) continue;
    if (typeof value === "number") yield [name, value];
    else if (typeof value === "string") yield [name, cut(value)];
  }
}

function cut(text: string): string {
  return cutText(text, textMax, cutMark).toWellFormed();
}
