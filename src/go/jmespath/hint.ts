// What to do about a path that is not JMESPath, or that leads to nothing: by how it is written, and by what the value has in its way. Pure. Names in an
// advice are the path's own; nothing of the value is in it but of what kind it is.
import type { JsonValue } from "../json.ts";

/** Names and what quoted names may be made of; anything else is an operator. */
const plain = /^[^[\](){}|&!<>=*?,`'"\\]+$/;
const identifier = /^[A-Za-z_]\w*$/;

/** A path that is longer is not looked at, characters. */
const pathMax = 1_000;

/** For a path that does not parse; undefined = the parser's own words say more. */
export function pathFix(path: string): string | undefined {
  if (path.length > pathMax) return undefined;
  const [placeholder] = /\$\{[^{}]{0,100}\}|\$\(\w{1,100}\)|\{\{[^{}]{0,100}\}\}/.exec(path) ?? [];
  if (placeholder !== undefined)
    return `The path holds a placeholder, ${placeholder}, that was not replaced: render the class before it is applied.`;
  const [, rest] = /^\s*\$(.*)$/s.exec(path) ?? [];
  if (rest !== undefined) return jsonPathFix(rest.trim());
  const bare = path.replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "");
  const name = /\b[A-Za-z_]\w*(?:-\w+)+/.exec(bare)?.[0];
  if (name !== undefined)
    return `Put names with a hyphen in double quotes inside the path, such as '"${name}"' in YAML.`;
  const example = plain.test(path) ? quotedNames(path) : "";
  if (example === "" || example === path) return undefined;
  const item = example.replace(/\.?"(\d{1,9})"/g, "[$1]");
  if (item !== example) return `An item of a list is written '${item}', a key that is a number '${example}' in YAML.`;
  return example.includes('"')
    ? `Put a key that is not letters, digits and _ alone in double quotes inside the path: '${example}' in YAML.`
    : `Join the keys with single dots: '${example}'.`;
}

/** For JSONPath; `rest` = what is behind its $. */
function jsonPathFix(rest: string): string {
  const lead = "$ is JSONPath, not JMESPath:";
  if (rest === "") return `${lead} the whole value is '@'.`;
  const example = fromJsonPath(rest);
  if (rest.startsWith("[") && example !== "") return `${lead} leave $ out, here '${example}'.`;
  return `${lead} leave "$." out${example === "" ? "" : `, here '${example}'`}.`;
}

/** A step of JSONPath: `.name`, `['name']` or `["name"]`, `[0]` or `[*]`. */
const step = /\.?([^[\](){}|&!<>=*?,`'"\\.]+)|\[(?:'([^'"\\]+)'|"([^"\\]+)")\]|\[(\d+|\*)\]/y;

/** The same in JMESPath; empty = it has other operators. */
function fromJsonPath(rest: string): string {
  const steps: string[] = [];
  step.lastIndex = 0;
  while (step.lastIndex < rest.length) {
    const [whole, name, single, double, item] = step.exec(rest) ?? [];
    if (whole === undefined) return "";
    const key = (name ?? single ?? double ?? "").trim();
    if (item === undefined && key === "") return "";
    const shown = item === undefined ? quotedName(key) : `[${item}]`;
    steps.push(item === undefined && steps.length > 0 ? `.${shown}` : shown);
  }
  return steps.join("");
}

/** `a.b c` -> `a."b c"` */
function quotedNames(path: string): string {
  const names = path.split(".").map((name) => name.trim());
  return names
    .filter((name) => name !== "")
    .map(quotedName)
    .join(".");
}

function quotedName(name: string): string {
  return identifier.test(name) ? name : `"${name}"`;
}

/** A path of more keys is not looked at. */
const keysMax = 32;
const name = String.raw`(?:[A-Za-z_]\w*|"[^"\\]+")`;
const names = new RegExp(`^${name}(?:\\.${name})*$`);

/** For a path that leads to nothing in the document. */
export function nullFix(path: string, document: JsonValue): string {
  const usual = "Check the spelling against the keys of the secret.";
  if (path.length > pathMax || !names.test(path)) return usual;
  const keys = (path.match(new RegExp(name, "g")) ?? []).map((key) => key.replaceAll('"', ""));
  if (keys.length > keysMax) return usual;
  let value: JsonValue | undefined = document;
  for (const [i, key] of keys.entries()) {
    if (!isObject(value)) return kindFix(value, keys.slice(0, i).map(quotedName).join("."), key);
    if (!value.has(key)) return dottedFix(value, keys, i) ?? usual;
    value = value.get(key);
  }
  return "The key is there, and its value is null: put a text there.";
}

function isObject(value: JsonValue | undefined): value is ReadonlyMap<string, JsonValue> {
  return value instanceof Map;
}

/** A key whose own name has the dots. */
function dottedFix(value: ReadonlyMap<string, JsonValue>, keys: readonly string[], from: number): string | undefined {
  for (let to = keys.length; to > from + 1; to -= 1) {
    const dotted = keys.slice(from, to).join(".");
    if (!value.has(dotted)) continue;
    const path = [...keys.slice(0, from), dotted, ...keys.slice(to)];
    const shown = path.map(quotedName).join(".");
    return `A key with a dot in its name is put in double quotes inside the path: '${shown}' in YAML.`;
  }
  return undefined;
}

/** `before` = the way to the value, `key` = what was looked for in it. */
function kindFix(value: JsonValue | undefined, before: string, key: string): string {
  const what = before === "" ? "The value" : before;
  const item = /^\d{1,9}$/.test(key) ? key : "0";
  if (Array.isArray(value)) return `${what} is a list: say which item, such as ${before}[${item}].`;
  return value === null
    ? `${what} is null: put an object there.`
    : `${what} is one value, not an object with keys; JSON inside a text is not read.`;
}
