// The log of one mount: its warnings and debug lines are bounded, since a class decides how many there are. Whatever is logged for a mount on its way
// goes through here (mount-log.ts); its summary and error come after, in any case.
import type { Fields, Log } from "./log.ts";
import { cutMark, cutText } from "../text/cut.ts";
import { visibleJson } from "../text/visible.ts";

/** The lines of one mount. */
export interface MountLines {
  readonly log: Log;
  /** Says in a line each how many warnings and debug lines were left out. Call it once, before the summary. */
  readonly close: (fields: Fields) => void;
}

/** A debug line for each call to AWS and Kubernetes is some 250 bytes: a mount of a hundred objects has them all. */
const linesMax = { debug: 200, warn: 5 };
/** Of one line, UTF-16 units; an event has 1,023 bytes. */
const textMax = 1_000;
/** Of a warning that leaves room for the others: the list of all failures of a mount takes some thousand. */
const longTextMax = 6_000;
/** With its few other lines a mount stays below 100 KB; five warnings of control characters, six bytes each, fit. */
const bytesMax = { debug: 45_000, warn: 35_000 };
/** Time, level, process and the names of fields. */
const lineBytes = 200;

/** Makes the log of a mount over that of the process. */
export function createMountLines(log: Log): MountLines {
  const bytes = { debug: 0, warn: 0 };
  const written = { debug: 0, warn: 0 };
  const left = { debug: 0, warn: 0 };

  const takes = (level: "debug" | "warn", text: string, fields: Fields): boolean => {
    const size = lineBytes + Buffer.byteLength(visibleJson(JSON.stringify([text, fields])));
    const others = text.length > textMax + cutMark.length ? (linesMax[level] - written[level] - 1) * 6 * textMax : 0;
    if (bytes[level] + size + others > bytesMax[level]) return false;
    bytes[level] += size;
    return true;
  };
  const bounded =
    (level: "debug" | "warn"): Log["warn"] =>
    (text, fields = {}) => {
      if (!log.writes(level)) return;
      const isOpen = left[level] === 0 && written[level] < linesMax[level];
      const shown = isOpen
        ? [longTextMax, textMax].map((max) => cutText(text, max, cutMark)).find((one) => takes(level, one, fields))
        : undefined;
      if (shown === undefined) left[level] += 1;
      else {
        written[level] += 1;
        log[level](shown, fields);
      }
    };
  const always =
    (level: "info" | "error"): Log["info"] =>
    (text, fields = {}) =>
      log[level](cutText(text, longTextMax, cutMark), fields);

  return {
    log: {
      debug: bounded("debug"),
      info: always("info"), // a handful a mount, whatever the class
      warn: bounded("warn"),
      error: always("error"),
      writes: log.writes,
    },
    close: (fields) => {
      if (left.warn > 0) log.warn(`and ${left.warn} more warnings`, fields);
      if (left.debug > 0) log.debug(`and ${left.debug} more debug lines`, fields);
    },
  };
}
