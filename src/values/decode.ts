// objectEncoding: text -> the bytes it stands for. Pure. What can't be decoded is never quoted.
import type { Encoding } from "../request/object-features.ts";

/** Characters of a hexadecimal text: what leaving blanks out of it takes can't be cut. A secret has at most 64 KiB. */
const hexMax = 524_288;

/**
 * Decodes standard base64 with its padding, or hexadecimal in either case; blanks and line breaks between the characters are left out (tools wrap
 * base64 at 76 of them, and files end with one), and so is a byte order mark in front. undefined when the text is anything else, also for
 * more than 524,288 characters of hexadecimal.
 */
export function decodeText(text: string, encoding: Encoding): Uint8Array | undefined {
  try {
    const bare = text.startsWith("\uFEFF") ? text.slice(1) : text;
    if (encoding === "hex") return bare.length > hexMax ? undefined : Uint8Array.fromHex(withoutBlanks(bare));
    // Leaves out blanks by itself, and one more, the form feed.
    return bare.includes("\f") ? undefined : Uint8Array.fromBase64(bare, { lastChunkHandling: "strict" });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** One kind after the other: a pattern takes some times as long with the JIT off. */
function withoutBlanks(text: string): string {
  return [" ", "\t", "\r", "\n"].reduce((rest, blank) => rest.replaceAll(blank, ""), text);
}

/** What was expected, for an operator. */
export const encodingRules: Readonly<Record<Encoding, string>> = {
  base64: "It must be standard base64 with its padding; blanks and line breaks are left out.",
  hex: "It must be an even number of hexadecimal digits, at most 524,288 characters; blanks and line breaks are left out.",
};
