// What one YAML 1.1 scalar means to go-yaml v2 (resolve.go) and, as text, to sigs.k8s.io/yaml: `yes` is true, `0600` is 384, dates and 1:30 stay text.
import { decodeUtf8 } from "../json.ts";
import { formatFloat32, parseFloat64 } from "../number.ts";
import { YamlError } from "./error.ts";
import type { YamlText } from "./node.ts";

/** Integers are bigint, floats number: Go writes them differently when they are in a text field. */
export type YamlScalar = null | boolean | bigint | number | string;

type Kind = "null" | "bool" | "int" | "float" | "str" | "timestamp";

const tagPrefix = "tag:yaml.org,2002:";
const taggedKinds: ReadonlyMap<string, Kind> = new Map(
  (["null", "bool", "int", "float", "str", "timestamp"] as const).map((kind) => [tagPrefix + kind, kind]),
);

const words: ReadonlyMap<string, readonly [Kind, YamlScalar]> = new Map<string, readonly [Kind, YamlScalar]>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((w) => [w, ["bool", true]] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map(
    (w) => [w, ["bool", false]] as const,
  ),
  ...["", "~", "null", "Null", "NULL"].map((w) => [w, ["null", null]] as const),
  ...[".nan", ".NaN", ".NAN"].map((w) => [w, ["float", Number.NaN]] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((w) => [w, ["float", Number.POSITIVE_INFINITY]] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((w) => [w, ["float", Number.NEGATIVE_INFINITY]] as const),
]);

/** The value of a scalar as it is written. @throws YamlError where it is not of its tag's kind */
export function decodeScalar({ text, tag, isPlain, line }: YamlText): YamlScalar {
  if (tag === "") return isPlain ? resolvePlain(text) : text;
  const value = resolveTagged(tag, text);
  if (value === undefined)
    throw new YamlError(`cannot decode the text as ${tag.replace("tag:yaml.org,2002:", "!!")}`, line);
  return value;
}

/** How a text begins that may be anything but text (resolve.go, resolveTable). */
const hints: ReadonlySet<number> = new Set(Array.from("+-.0123456789yYnNtTfFoO~", (char) => char.charCodeAt(0)));

/** The value of a plain scalar without a tag. */
function resolvePlain(text: string): YamlScalar {
  if (text !== "" && !hints.has(text.charCodeAt(0))) return text;
  return resolve(text, undefined)[1];
}

/**
 * The value of a scalar with a (long) tag. Tags that go-yaml does not know leave the text alone, `!!binary` decodes it.
 * Undefined when the text is not of the tag's kind (`!!int abc`).
 */
function resolveTagged(tag: string, text: string): YamlScalar | undefined {
  if (tag === `${tagPrefix}binary`) return decodeBase64(text);
  const wanted = taggedKinds.get(tag);
  if (wanted === undefined || wanted === "str") return text;
  const [kind, value] = resolve(text, wanted);
  if (kind === wanted) return value;
  return wanted === "float" && kind === "int" && Number(value) < 2 ** 63 ? Number(value) : undefined;
}

/** What a text field sees of a scalar: sigs.k8s.io/yaml's coercion. Null is the business of the caller. */
export function scalarText(value: Exclude<YamlScalar, null>): string {
  return typeof value === "number" ? formatFloat32(value) : String(value);
}

function resolve(text: string, wanted: Kind | undefined): readonly [Kind, YamlScalar] {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charAt(0);
  if (first === ".") {
    const float = parseFloat64(text);
    return float === undefined ? ["str", text] : ["float", float];
  }
  if (!/[-+0-9]/.test(first)) return ["str", text];
  if (wanted === "timestamp" && isTimestamp(text)) return ["timestamp", text];
  return resolveNumber(text.replaceAll("_", "")) ?? ["str", text];
}

function resolveNumber(text: string): readonly [Kind, YamlScalar] | undefined {
  if (/^(?:0|[1-9][0-9]{0,14})$/.test(text)) return ["int", BigInt(text)]; // most of them
  const int = parseInteger(text);
  if (int !== undefined) return ["int", int];
  if (!/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) return undefined;
  const float = Number(text);
  return Number.isFinite(float) ? ["float", float] : undefined; // 1e400 stays text
}

/** strconv.ParseInt and ParseUint with base 0, 64 bits; and `0b-1`, which go-yaml takes apart itself. */
function parseInteger(text: string): bigint | undefined {
  const parts = /^([-+]?)(0[xX]|0[oO]|0[bB]|0(?=.)|)([0-9a-fA-F]+)$/.exec(text.replace(/^0b([-+])/, "$10b"));
  const [, sign = "", prefix = "", digits = ""] = parts ?? [];
  const base = { x: "0x", o: "0o", b: "0b", "0": "0o" }[prefix.slice(-1).toLowerCase()] ?? "";
  const significant = digits.replace(/^0+(?=.)/, "");
  if (parts === null || significant.length > 64) return undefined; // 64 digits in base 2 are the longest there are
  if (!(base === "0x" ? /^/ : base === "0b" ? /^[01]+$/ : base === "0o" ? /^[0-7]+$/ : /^[0-9]+$/).test(digits))
    return undefined;
  const magnitude = BigInt(base + significant);
  if (sign === "-") return magnitude <= 2n ** 63n ? -magnitude : undefined;
  return magnitude < (sign === "+" ? 2n ** 63n : 2n ** 64n) ? magnitude : undefined;
}

function isTimestamp(text: string): boolean {
  const time = String.raw`\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d+)?`;
  const zone = String.raw`(?:Z|[-+]\d\d:\d\d)`;
  const parts = new RegExp(`^(\\d{4})-(\\d{1,2})-(\\d{1,2})(?:[Tt]${time}${zone}| ${time})?$`).exec(text);
  if (parts === null) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const lastDay = month === 2 ? (isLeapYear ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return month >= 1 && month <= 12 && day >= 1 && day <= lastDay;
}

function decodeBase64(text: string): string | undefined {
  const compact = text.replace(/[\r\n]/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) return undefined;
  const bytes = Uint8Array.from(atob(compact), (char) => char.charCodeAt(0));
  return decodeUtf8(bytes);
}
