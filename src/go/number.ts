// Numbers as Go's strconv reads and writes them, where that differs from JavaScript. Used by the YAML scalars and by jmesPath's to_number.

/** One way to read each text: with two, a text that is no number would take the square of its length. */
const decimal = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;
const hexadecimal =
  /^([+-]?)0[xX](?:_?([\da-fA-F]+(?:_[\da-fA-F]+)*))?(?:\.([\da-fA-F]+(?:_[\da-fA-F]+)*)?)?[pP]([+-]?\d+(?:_\d+)*)$/;
/** Characters. Longer texts are no number that anybody wrote; looking at one takes time that can't be cut, and BigInt is not even linear. */
const numberMax = 1000;

/**
 * strconv.ParseFloat(text, 64): decimal and hexadecimal floats, inf and nan, underscores between digits. Undefined where Go gives an error (also when
 * out of range), and for a text over 1,000 characters.
 */
export function parseFloat64(text: string): number | undefined {
  if (text.length > numberMax) return undefined;
  if (decimal.test(text)) return finite(Number(text.replaceAll("_", "")));
  const word = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(text);
  if (word !== null) {
    if (word[2]?.toLowerCase() === "nan") return word[1] === "" ? Number.NaN : undefined;
    return word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return parseHexFloat(text);
}

function parseHexFloat(text: string): number | undefined {
  const parts = hexadecimal.exec(text);
  const [, sign = "", whole = "", fraction = "", exponent = ""] = parts ?? [];
  const digits = (whole + fraction).replaceAll("_", "");
  if (parts === null || digits === "") return undefined;
  const fractionBits = 4 * fraction.replaceAll("_", "").length;
  const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent.replaceAll("_", "")) - fractionBits);
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
  const { digits, exponent } = shortest(Math.abs(single));
  return (single < 0 ? "-" : "") + place(digits.replace(/0+$/, ""), exponent);
}

/** More digits than a tie between two short numbers can have. */
const exactDigits = 60;

/** The fewest digits that give the float32 back, of those the nearest: `digits` with a point after the first, times 10 to `exponent`. */
function shortest(single: number): { digits: string; exponent: number } {
  const [exact = ""] = single.toExponential(exactDigits).split("e");
  for (let fractionDigits = 0; ; fractionDigits++) {
    const [mantissa = "", exponent = ""] = single.toExponential(fractionDigits).split("e");
    const rounded = Number(mantissa.replace(".", ""));
    const nearest = /^50*$/.test(exact.slice(2 + fractionDigits)) && rounded % 2 === 1 ? rounded - 1 : rounded; // a tie goes to the even digit
    // Below a power of two the float32s are closer together than above: there the nearest may be too far.
    for (const candidate of [nearest, nearest + 1, nearest - 1]) {
      const scale = Number(exponent) - fractionDigits;
      if (Math.fround(Number(`${candidate}e${scale}`)) === single) {
        return { digits: String(candidate), exponent: scale + String(candidate).length - 1 };
      }
    }
  }
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
