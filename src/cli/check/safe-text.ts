// Texts of a manifest on their way to a terminal or a log: what is written in it must not act there.

/** A message as long as an error text of a mount may be. */
const lengthMax = 4096;

/** Control characters, line breaks among them, become visible; a text that is too long ends in dots. */
export function quiet(text: string): string {
  const cut = text.length > lengthMax ? `${text.slice(0, lengthMax).toWellFormed()}...` : text.toWellFormed();
  // C0, DEL, C1, and the characters that turn the direction of what follows (Trojan Source, CVE-2021-42574).
  return cut.replace(/[\0-\x1F\x7F-\x9F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    if (character === "\n") return "\\n";
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}
