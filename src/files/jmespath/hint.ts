// What to do about a path that is not JMESPath, or that leads to nothing: by how it is written, and by what the value has in its way. Pure. Names in an
// advice are the path's own; nothing of the value is in it but of what kind it is.
import type { JsonValue } from "../../request/go-json.ts";

/** Names and what quoted names may be made of; anything else is an operator. */
const plain = /^[^[\](){}|&!<>=*?,`'"\\]+$/;
const identifier = /^[A-Za-z_]\w*$/;

/** For a path that does not parse; undefined = the parser's own words say more. */
export function pathFix(path: string): string | undefined {
  const [, rest] = /^\s*\$\.?(.*)$/s.exec(path) ?? [];
  if (rest !== undefined) {
    const example = plain.test(rest) ? quotedNames(rest) : "";
    return `$ is JSONPath, not JMESPath: leave "$." out${example === "" ? "" : `, here '${example}'`}.`;
  }
  const bare = path.replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "");
  const name = /\b[A-Za-z_]\w*(?:-\w+)+/.exec(bare)?.[0];
  if (name !== undefined)
    return `Put names with a hyphen in double quotes inside the path, such as '"${name}"' in YAML.`;
  const example = plain.test(path) ? quotedNames(path) : "";
  if (example === "" || example === path) return undefined;
  return example.includes('"')
    ? `Put a key that is not letters, digits and _ alone in double quotes inside the path: '${example}' in YAML.`
    : `Join the keys with single dots: '${example}'.`;
}

/** `a.b c` -> `a."b c"` */
function quotedNames(path: string): string {
  const names = path.split(".").map((name) => name.trim());
  return names
    .filter((name) => name !== "")
    .map((name) => (identifier.test(name) ? name : `"${name}"`))
    .join(".");
}

/** A path that is longer is not looked at. */
const keysMax = 32;
const name = String.raw`(?:[A-Za-z_]\w*|"[^"\\]+")`;
const names = new RegExp(`^${name}(?:\\.${name})*$`);

/** For a path that leads to nothing in the document. */
export function nullFix(path: string, document: JsonValue): string {
  const usual = "Check the spelling against the keys of the secret.";
  if (!names.test(path)) return usual;
  const keys = (path.match(new RegExp(name, "g")) ?? []).map((key) => key.replaceAll('"', ""));
  if (keys.length > keysMax) return usual;
  let value: JsonValue | undefined = document;
  for (const [i, key] of keys.entries()) {
    if (!isObject(value)) return kindFix(value, keys.slice(0, i).join("."));
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
    const shown = path.map((key) => (identifier.test(key) ? key : `"${key}"`)).join(".");
    return `A key with a dot in its name is put in double quotes inside the path: '${shown}' in YAML.`;
  }
  return undefined;
}

function kindFix(value: JsonValue | undefined, before: string): string {
  const what = before === "" ? "The value" : before;
  if (Array.isArray(value)) return `${what} is a list: say which item, such as ${before}[0].`;
  return value === null
    ? `${what} is null: put an object there.`
    : `${what} is one value, not an object with keys; JSON inside a text is not read.`;
}
