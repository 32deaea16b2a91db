// The shapes of classes and values that broke 4.0.0, each exactly as it was found.
import { secret } from "../binary-lab.ts";

const list = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
/** JSON is YAML. */
const yaml = (objects: readonly object[]): string => JSON.stringify(objects);

/** A JSON object of so many keys, each with a number. */
export function manyKeys(count: number, prefix = "k"): string {
  return JSON.stringify(Object.fromEntries(list(count, (at) => [`${prefix}${at}`, at])));
}

/** The same with what a path of 8,192 characters can still ask for: two hashes of the secret itself, compared 500 times in each of four paths. */
export const ownHashes = {
  value: `[${["y", "z"].map((last) => `{${list(2_000, (at) => `"a${at.toString(36)}":0`).join(",")},"${last}":0}`).join(",")}]`,
  objects: (name: string): string => {
    const path = (at: number): string =>
      `[${list(500, () => "[0]==[1]").join(",")}]|to_string(length(@))|join('${at}',[@])`;
    return yaml([secret(name, { jmesPath: list(4, (at) => ({ path: path(at), objectAlias: `compared-${at}` })) })]);
  },
} as const;

/** A filter that compares two hashes of 3,500 keys for each of 30,000 items, twice: a class of 140 KB for a secret of 60 KB. */
export const hashFilter = {
  value: `[${list(30_000, () => "0").join(",")}]`,
  objects: (name: string): string => {
    const hash = (letter: string): string =>
      `\`{${list(3_500, (at) => `"${letter}${at.toString(36)}":0`).join(",")}}\``;
    const path = `[?${hash("a")}==${hash("b")}]|length(@)|to_string(@)`;
    return yaml([secret(name, { jmesPath: list(2, (at) => ({ path, objectAlias: `filtered-${at}` })) })]);
  },
} as const;

/** 400 keys under a prefix of 2,000 folders: a class of 4 KB. */
export const deepPrefix = {
  value: manyKeys(400),
  objects: (name: string): string => yaml([secret(name, { expandKeys: "true", keyPrefix: "p/".repeat(2_000) })]),
  parameters: { pathTranslation: "False" },
} as const;

/** The same with fields that 3.x knows: 60 aliases below 2,000 folders. */
export const deepAliases = {
  value: manyKeys(60),
  objects: (name: string): string =>
    yaml([
      secret(name, {
        jmesPath: list(60, (at) => ({ path: `to_string(k${at})`, objectAlias: `${"p/".repeat(2_000)}f${at}` })),
      }),
    ]),
  parameters: { pathTranslation: "False" },
} as const;

/** 200 KB of empty entries. */
export const emptyEntries = `[${list(100_000, () => "~").join(",")}]`;

/** 20,000 valid entries: 1 MB. */
export const manyObjects = (prefix: string): string =>
  list(20_000, (at) => `- {objectName: ${prefix}${at}, objectType: secretsmanager}\n`).join("");

/** 6 objects of 1,000 keys under a prefix of 4 KB: a class of 24 KB, 24 MB of names. */
export const longNames = (name: string): string =>
  yaml(
    list(6, (at) =>
      secret(`${name}${at}`, { expandKeys: "true", keyPrefix: `o${at}/${`${"d".repeat(255)}/`.repeat(15)}` }),
    ),
  );

/** 1,200 copies of a value of 65 KB. */
export const manyCopies = (name: string): string =>
  yaml([secret(name, { jmesPath: list(1_200, (at) => ({ path: "a", objectAlias: `copy-${at}` })) })]);

/** Secrets `<prefix>0`, `<prefix>1`, ...: a value each. */
export const secretsCalled = (prefix: string, count: number): string =>
  yaml(list(count, (at) => secret(`${prefix}${at}`)));

/** Objects with the same keys: each key's file is written over by the next object's. */
export const equalKeys = (prefix: string, count: number): string =>
  list(count, (at) => `- {objectName: ${prefix}${at}, objectType: secretsmanager, expandKeys: "true"}\n`).join("");

/** 1,000 times all keys of a value as text. */
export const toStrings = (name: string): string =>
  yaml([secret(name, { jmesPath: list(1_000, (at) => ({ path: "to_string(@)", objectAlias: `text-${at}` })) })]);

/** Classes of `sizeBytes`: one that mounts one object, the rest being comments, of which one letter makes each character take two bytes; and others. */
export const largeClass = {
  good: (name: string, sizeBytes: number): string => {
    const head = yaml([secret(name)]);
    return `${head} # \u4e00\n${`# ${"x".repeat(97)}\n`.repeat(Math.ceil(sizeBytes / 100))}`;
  },
  nested: (sizeBytes: number): string => `[${"{a: [b, c]}, ".repeat(Math.ceil(sizeBytes / 13))}]`,
  bad: (sizeBytes: number): string =>
    `${"- {objectName: a, objectType: ssmparameter, objectAlias: b}\n".repeat(Math.ceil(sizeBytes / 60))}- {`,
} as const;
