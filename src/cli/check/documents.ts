// The documents of a file and their values, as kubectl separates them: a text that starts with a brace is a stream of JSON values, if it is one at all;
// anything else is YAML between lines of `---`.
import { JsonError, parseJson } from "../../go/json.ts";
import { parseYaml } from "../../go/yaml.ts";
import type { YamlValue } from "../../go/yaml.ts";

export interface TextPart {
  /** Where it begins in the file. */
  readonly start: number;
  readonly text: string;
}

/** The documents of a text, in order. */
export function documentsOf(text: string): readonly TextPart[] {
  const starts = [0, ...Array.from(text.matchAll(/\n(?=---(?:[ \t\r\n]|$))/g), ({ index }) => index + 1)];
  return starts.flatMap((start, i) => {
    const part = text.slice(start, starts[i + 1]);
    return (startsAsJson(part) ? valuesIn(part) : [{ start: 0, text: part }]).map((one) => ({
      start: start + one.start,
      text: one.text,
    }));
  });
}

/** The value of a document. JSON keeps what YAML would change: line separators in texts, the key `<<`, escapes. @throws YamlError */
export function readDocument(text: string): YamlValue {
  if (startsAsJson(text)) {
    try {
      return parseJson(text);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error; // YAML in braces, or neither
    }
  }
  return parseYaml(text);
}

function startsAsJson(text: string): boolean {
  return /^\s*\{/.test(text);
}

/** Strings, line breaks and what else is neither; brackets. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;

/** The values of a stream of JSON objects, with what stands between them; the text as it is where it is none. */
function valuesIn(text: string): readonly TextPart[] {
  const whole = [{ start: 0, text }];
  const parts: TextPart[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    if (depth !== 0 || token.startsWith('"')) continue;
    const end = index + 1;
    parts.push({ start, text: text.slice(start, end) });
    start = end;
  }
  const isStream =
    parts.length > 1 && text.slice(start).trim() === "" && parts.every((part) => startsAsJson(part.text));
  return isStream ? parts : whole;
}
