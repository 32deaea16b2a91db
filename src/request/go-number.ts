// Numbers as Go's strconv reads and writes them, where that differs from JavaScript. Used by the YAML scalars and by jmesPath's to_number.

const decimal = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;
const hexadecimal = /^([+-]?)0[xX]((?:_?[\da-fA-F]+)*)(?:\.((?:[\da-fA-F]+_?)*))?[pP]([+-]?\d+)$/;
/** Longer texts are no number that anybody wrote; keeps BigInt, which is not linear, small. */
const hexDigitsMax = 1000;

/** strconv.ParseFloat(text, 64): decimal and hexadecimal floats, inf and nan, underscores between digits. Undefined where Go gives an error (also when out of range). */
export function parseFloat64(text: string): number | undefined {
  if (decimal.test(text)) return finite(Number(text.replaceAll("_", "")));
  const word = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(text);
  if (word !== null) {
    if (word[2]?.toLowerCase() === "nan") return word[1] === "" ? Number.NaN : undefined;
    return word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return parseHexFloat(text);
}

function parseHexFloat(text: string): number | undefined {
  const parts = text.length > hexDigitsMax ? null : hexadecimal.exec(text);
  const [, sign = "", whole = "", fraction = "", exponent = ""] = parts ?? [];
  const digits = (whole + fraction).replaceAll("_", "");
  if (parts === null || digits === "") return undefined;
  const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - 4 * fraction.replaceAll("_", "").length);
  return finite(sign === "-" ? -value : value);
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** strconv.FormatFloat(value, 'g', -1, 32): the shortest digits that a float32 needs, with an exponent below 1e-4 and from 1e+06 on. What sigs.k8s.io/yaml writes into text fields. */
export function formatFloat32(value: number): string {
  const single = Math.fround(value);
  if (Number.isNaN(single)) return "NaN";
  if (!Number.isFinite(single)) return single > 0 ? "+Inf" : "-Inf";
  if (single === 0) return Object.is(single, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = ""] = shortest(Math.abs(single)).split("e");
  const digits = mantissa.replace(".", "").replace(/0+$/, "");
  const exponent = Number(exponentText);
  return (single < 0 ? "-" : "") + place(digits, exponent);
}

/** Nine digits tell every float32 from its neighbours. */
function shortest(single: number): string {
  for (let fractionDigits = 0; fractionDigits < 8; fractionDigits++) {
    const text = single.toExponential(fractionDigits);
    if (Math.fround(Number(text)) === single) return text;
  }
  return single.toExponential(8);
}

function place(digits: string, exponent: number): string {
  if (exponent < -4 || exponent >= 6) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${digits.slice(0, 1)}${fraction}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  const padded = digits.padEnd(exponent + 1, "0");
  return padded.length > exponent + 1 ? `${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1)}` : padded;
}
