// objectEncoding: text -> the bytes it stands for. Pure. What can't be decoded is never quoted.
import type { Encoding } from "../request/object-features.ts";

/**
 * Decodes standard base64 with its padding, or hexadecimal in either case; blanks and line breaks between the characters are left out (tools wrap
 * base64 at 76 of them, and files end with one), and so is a byte order mark in front. undefined when the text is anything else.
 */
export function decodeText(text: string, encoding: Encoding): Uint8Array | undefined {
  try {
    const bare = text.replace(/^\uFEFF|[ \t\r\n]+/g, "");
    return encoding === "hex" ? Uint8Array.fromHex(bare) : Uint8Array.fromBase64(bare, { lastChunkHandling: "strict" });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What was expected, for an operator. */
export const encodingRules: Readonly<Record<Encoding, string>> = {
  base64: "It must be standard base64 with its padding; blanks and line breaks are left out.",
  hex: "It must be an even number of hexadecimal digits; blanks and line breaks are left out.",
};
