// What to do about an `objects` that is not YAML, or not a list of entries with fields: by what the reader says, by where, and by the line. Pure.
import type { FieldPath } from "../errors.ts";

/** For a text that is not YAML. `why` = the reader's words, which begin with the line where there is one. */
export function yamlFix(why: string, text: string): string {
  const [, number] = /^line (\d+)/.exec(why) ?? [];
  const line = number === undefined ? "" : (text.split(/\r\n|[\n\r\u0085\u2028\u2029]/)[Number(number) - 1] ?? "");
  if (/\btab\b/.test(why) || /^ *(?:- *)?\t/.test(line))
    return "Indent with blanks: YAML takes no tab for indentation.";
  if (line.includes("{{") || (line === "" && text.includes("{{")))
    return "The text holds a template, {{ }}, that nothing has rendered: apply what helm template prints.";
  const [, first] = /^\s*(?:- +)?(?:[\w"']+: +)?(?:- +)?([@`%*&])/.exec(line) ?? [];
  if (first !== undefined) return `Put texts that begin with ${first} in quotes.`;
  if (/\bquote/.test(why) && !/put .* in quotes/.test(why))
    return "Close the quotes, each with the character that opened them.";
  if (/^\s*(?:- +)?\w+: +[^"'[{|>#\s][^#]*: /.test(line)) return "Put a text that holds a colon and a blank in quotes.";
  return "Correct the YAML of objects.";
}

const entryForm = "- objectName: NAME, and its other fields below, indented alike";

/** For YAML of another shape. `problem` says what was found: `fields`, `a list`, `one value`; `at` begins with `objects`. */
export function shapeFix(at: FieldPath, problem: string, text: string): string {
  const [, found = ""] = /found (fields|a list|one value)$/.exec(problem) ?? [];
  const [, index, field, ...rest] = at;
  if (index === undefined) return listFix(found, text);
  if (field === undefined) {
    return found === "one value" && /^\s*- *[|>]/m.test(text)
      ? "Each entry of objects is a map of fields: leave out the | or > behind its hyphen."
      : `Each entry of objects is a map of fields: ${entryForm}.`;
  }
  const last = rest.at(-1) ?? field;
  const isText = problem.includes("expected text");
  if (/not allowed outside text/.test(problem)) return `Put the value of ${last} in quotes, or remove the field.`;
  if (isText && !(field === "keys" && rest.length > 0)) return `Give ${last} as one text, not as ${found}.`;
  return fieldFixes[String(last === "tags" ? last : field)]?.(found) ?? usual;
}

const usual = "objects is a list of entries with fields.";

const fieldFixes: Readonly<Record<string, (found: string) => string>> = {
  failoverObject: (found) =>
    found === "a list"
      ? "failoverObject is one map, not a list: leave out the hyphen in front of its fields."
      : "failoverObject is a map of fields: objectName below it, indented.",
  jmesPath: () => "jmesPath is a list of entries with path and objectAlias each: - {path: user, objectAlias: user}.",
  keys: () => "keys is a list of names, one behind each hyphen.",
  objectSelector: (found) =>
    found === "a list"
      ? "objectSelector is one map, not a list: leave out the hyphen in front of its fields."
      : "objectSelector is a map of fields: path, or namePrefix and tags, below it, indented.",
  tags: () => "tags is a map: KEY: VALUE below it, indented.",
};

function listFix(found: string, text: string): string {
  // https://azure.github.io/secrets-store-csi-driver-provider-azure: objects: | array: - | objectName: ...
  if (found === "fields" && /^\s*array\s*:/m.test(text))
    return `array: is the form of the Azure provider: here objects is the list itself, ${entryForm}.`;
  return `objects is a list: ${entryForm}.`;
}
