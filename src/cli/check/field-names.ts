// Findings about names of fields and parameters: unknown names, names in the wrong place, duplicates, and names that only 4.0 knows.
import type { FieldPath } from "../../errors.ts";
import { foldName } from "../../request/object-fields.ts";
import { fieldNames, newNames } from "../../request/schema.ts";
import type { YamlValue } from "../../go/yaml.ts";
import type { CheckedClass } from "./check-class.ts";
import type { Finding } from "./finding.ts";
import { isFields, isList } from "./manifest.ts";
import type { YamlFields } from "./manifest.ts";

type Level = keyof typeof fieldNames;

const levels: Readonly<Record<Level, string>> = {
  parameters: "spec.parameters",
  object: "an entry of objects",
  jmesPath: "a jmesPath entry",
  failoverObject: "failoverObject",
  objectSelector: "objectSelector",
};

/** All findings about names in a class, as they are asked for. */
export function* nameFindings(checked: CheckedClass): Generator<Finding> {
  const { written, entries } = checked;
  const reported = new Set<string>(); // names of 4.0: each once for a class
  const fieldsFindings = (level: Level, fields: YamlFields, at: FieldPath): Generator<Finding> =>
    findingsOf(checked, { level, fields, at }, reported);
  yield* fieldsFindings("parameters", written, []);
  for (const [i, { value }] of entries.entries()) {
    if (!isFields(value)) continue;
    const at = ["objects", i];
    yield* fieldsFindings("object", value, at);
    for (const [key, inner] of value) {
      const level = (["failoverObject", "objectSelector"] as const).find((name) => foldName(name) === foldName(key));
      if (level !== undefined && isFields(inner)) yield* fieldsFindings(level, inner, [...at, key]);
      if (foldName(key) !== foldName("jmesPath") || !isList(inner)) continue;
      for (const [j, entry] of inner.entries())
        if (isFields(entry)) yield* fieldsFindings("jmesPath", entry, [...at, key, j]);
    }
  }
}

interface Mapping {
  readonly level: Level;
  readonly fields: YamlFields;
  readonly at: FieldPath;
}

/** `reported`: names of 4.0 that the class has had already. */
function* findingsOf(checked: CheckedClass, { level, fields, at }: Mapping, reported: Set<string>): Generator<Finding> {
  const seen = new Map<string, string>();
  const news: readonly string[] =
    level === "parameters" || level === "object" || level === "jmesPath" ? newNames[level] : [];
  for (const [key, value] of fields) {
    const name = nameOf(level, key);
    if (name === undefined) {
      yield unknown(checked, level, key, at);
      continue;
    }
    const earlier = seen.get(name);
    if (earlier !== undefined) yield spelledTwice(checked, earlier, key, at);
    seen.set(name, key);
    if (!news.includes(name) || !isGiven(value) || reported.has(name)) continue;
    reported.add(name);
    yield newOne(checked, name, [...at, key]);
  }
}

/** Parameters are read in their own spelling alone, fields in any letter case. */
function nameOf(level: Level, key: string): string | undefined {
  const known: readonly string[] = fieldNames[level];
  return known.find((name) => (level === "parameters" ? name === key : foldName(name) === foldName(key)));
}

function isGiven(value: YamlValue): boolean {
  return value !== null && value !== "" && value !== false && value !== "false";
}

function unknown({ report, places }: CheckedClass, level: Level, key: string, at: FieldPath): Finding {
  const path = [...at, key];
  const closest = closestName(key, fieldNames[level]);
  const other = (Object.keys(fieldNames) as Level[]).find((one) => one !== level && nameOf(one, key) !== undefined);
  const place = at.length === 0 ? undefined : places.keyPlace(path);
  const message = `${key} is not known in ${levels[level]}, and is ignored`;
  const finding =
    closest !== undefined
      ? report("unknown-field", path, message, `Is ${closest} meant?`)
      : other !== undefined
        ? report("unknown-field", path, message, `${key} belongs into ${levels[other]}.`)
        : report("ignored-field", path, message, "Remove it, if nothing else reads it.");
  return { ...finding, ...place };
}

function spelledTwice({ report }: CheckedClass, earlier: string, key: string, at: FieldPath): Finding {
  const message = `${earlier} and ${key} are one field: the later in the order of bytes counts`;
  return report("field-twice", [...at, key], message, "Keep one of the two.");
}

function newOne({ report, places }: CheckedClass, name: string, path: FieldPath): Finding {
  const finding = report(
    "new-in-4",
    path,
    `${name} is new in 4.0: provider 3.x ignores it`,
    "Before going back to 3.x, see what it would mount instead.",
  );
  return { ...finding, ...(path.length > 1 ? places.keyPlace(path) : undefined) };
}

/** Longer names are nobody's typo. */
const nameMax = 64;

/** A known name that is at most two letters (in short names one) away from what is written; undefined when there is none. */
export function closestName(written: string, known: readonly string[]): string | undefined {
  if (written.length > nameMax) return undefined;
  const bare = (name: string): string => foldName(name).replace(/[-_ ]/g, "");
  const distances = known.map((name) => ({ name, distance: distance(bare(written), bare(name)) }));
  const [best] = distances.toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= (best.name.length < 6 ? 1 : 2) ? best.name : undefined;
}

/** Levenshtein's; two neighbours that have changed places count once (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
