// Go's time.ParseDuration and Duration.String (go1.26 src/time/format.go, time.go): installed charts carry durations in this grammar.

/** A duration that is none; the message is Go's, `time: ...`. */
export class DurationError extends Error {
  constructor(why: string, text: string) {
    super(`time: ${why} ${quoteBytes(text)}`);
    this.name = "DurationError";
  }
}

const units: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["\u00b5s", 1_000n], // micro sign
  ["\u03bcs", 1_000n], // Greek mu
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);
const limit = 1n << 63n;

/** Nanoseconds, -2^63 to 2^63-1. @throws DurationError */
export function parseDuration(text: string): bigint {
  const invalid = (): DurationError => new DurationError("invalid duration", text);
  let rest = text.replace(/^[-+]/, "");
  const negative = text.startsWith("-");
  if (rest === "0") return 0n;
  if (rest === "") throw invalid();
  let total = 0n;
  while (rest !== "") {
    const number = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest);
    const [all = "", whole = "", fraction = ""] = number ?? [];
    if (whole === "" && fraction === "") throw invalid();
    if (BigInt(whole) > limit) throw invalid();
    rest = rest.slice(all.length);
    const name = /^[^.0-9]*/.exec(rest)?.[0] ?? "";
    if (name === "") throw new DurationError("missing unit in duration", text);
    const unit = units.get(name);
    if (unit === undefined) throw new DurationError(`unknown unit ${quoteBytes(name)} in duration`, text);
    rest = rest.slice(name.length);
    total += BigInt(whole) * unit + fractionOf(fraction, unit);
    if (total > limit) throw invalid();
  }
  if (negative) return -total;
  if (total === limit) throw invalid();
  return total;
}

/** The fraction as Go computes it: in float64, from as many digits as fit in 63 bits. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (value > (limit - 1n) / 10n || next > limit) break;
    value = next;
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

/** As Go prints it: `1h2m3.5s`, `1.5ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 3)}\u00b5s`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 6)}ms`;
  const minutes = size / 60_000_000_000n;
  const seconds = `${decimal(size % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, places: number): string {
  const unit = 10n ** BigInt(places);
  const fraction = (value % unit).toString().padStart(places, "0").replace(/0+$/, "");
  return fraction === "" ? `${value / unit}` : `${value / unit}.${fraction}`;
}

/** The quoting of package time: every byte that is not printable ASCII as \xNN. */
function quoteBytes(text: string): string {
  const escaped = Array.from(new TextEncoder().encode(text), (byte) => {
    if (byte < 0x20 || byte >= 0x80) return `\\x${byte.toString(16).padStart(2, "0")}`;
    return (byte === 0x22 || byte === 0x5c ? "\\" : "") + String.fromCharCode(byte);
  });
  return `"${escaped.join("")}"`;
}
