// What to do about an `objects` that is not YAML, or not a list of entries with fields: by what the reader says, by where, and by the line. Pure.
import type { FieldPath } from "../errors.ts";
import type { YamlError } from "../go/yaml/error.ts";
import { endOfLine, startOfLine } from "../go/yaml/lines.ts";
import type { Shape, ShapeProblem } from "./shape.ts";

/** Of a text no more is looked at for an advice, characters; of a line. */
const headMax = 4_096;
const lineMax = 1_000;

/** For a text that is not YAML. */
export function yamlFix({ line: number, topic }: YamlError, text: string): string {
  const line = number === undefined ? "" : lineOf(text, number);
  if (topic === "tab" || /^ *(?:- *)?\t/.test(line)) return "Indent with blanks: YAML takes no tab for indentation.";
  if (line.includes("{{") || (line === "" && text.slice(0, headMax).includes("{{")))
    return "The text holds a template, {{ }}, that nothing has rendered: apply what helm template prints.";
  if (topic === "bracket") return "Close each [ with ], and each { with }.";
  if (topic === "quote") return "Close the quotes, each with the character that opened them.";
  if (topic === "escape") return "Put the text in single quotes: there a backslash is a backslash.";
  if (/^%(?:YAML|TAG)\b/.test(line)) return "Leave out the line that begins with %: objects needs no directive.";
  const [, first] = /^\s*(?:- +)?(?:[\w"']+: +)?(?:- +)?([@`%*&])/.exec(line) ?? [];
  if (first !== undefined) return `Put texts that begin with ${first} in quotes.`;
  if (/^\s*(?:- +)?\w+: +[^"'[{|>#\s][^#]*: /.test(line)) return "Put a text that holds a colon and a blank in quotes.";
  return "Correct the YAML of objects.";
}

/** The beginning of a line by its number. Nothing else of the text is copied. */
function lineOf(text: string, number: number): string {
  const start = startOfLine(text, number);
  return text.slice(start, endOfLine(text, start, lineMax));
}

const entryForm = "- objectName: NAME, and its other fields below, indented alike";

/** For YAML of another shape; `at` begins with `objects`. */
export function shapeFix(at: FieldPath, { expected, found }: ShapeProblem, text: string): string {
  const [, index, field, ...rest] = at;
  if (index === undefined) return listFix(found, text);
  if (field === undefined) {
    return found === "one value" && /^ {0,64}- {0,64}[|>]/m.test(text.slice(0, headMax))
      ? "Each entry of objects is a map of fields: leave out the | or > behind its hyphen."
      : `Each entry of objects is a map of fields: ${entryForm}.`;
  }
  const last = rest.at(-1) ?? field;
  if (expected === "JSON") return `Put the value of ${last} in quotes, or remove the field.`;
  if (expected === "text" && !(field === "keys" && rest.length > 0))
    return `Give ${last} as one text, not as ${found}.`;
  return fieldFixes[String(last === "tags" ? last : field)]?.(found) ?? usual;
}

const usual = "objects is a list of entries with fields.";

const fieldFixes: Readonly<Record<string, (found: Shape) => string>> = {
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

function listFix(found: Shape, text: string): string {
  // https://azure.github.io/secrets-store-csi-driver-provider-azure: objects: | array: - | objectName: ...
  if (found === "fields" && /^ {0,64}array {0,64}:/m.test(text.slice(0, headMax)))
    return `array: is the form of the Azure provider: here objects is the list itself, ${entryForm}.`;
  return `objects is a list: ${entryForm}.`;
}
