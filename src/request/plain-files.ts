// Which objects have a file that holds their stored value and nothing else: only such a file may be read back in place of a call. Pure.
import type { KeyExpansion } from "./object-features.ts";
import { hasOwnFile } from "./object-features.ts";
import { filePath } from "./file-path.ts";
import type { SecretObject } from "./objects.ts";
import type { Work } from "../work.ts";

/**
 * The objects of a class whose own file can be nothing but their stored value: not decoded, not taken apart, and no other file of the class has
 * its path, as far as the class says it. What keys and matches will be called is not in the class: any path that begins as theirs do may be one of them.
 */
export function* withPlainFile(objects: readonly SecretObject[]): Work<ReadonlySet<SecretObject>> {
  const files = new Map<string, number>();
  const starts = new Set<string>();
  for (const object of objects) {
    yield;
    const { expandKeys, selector, jmesPath } = object;
    const paths = jmesPath.map((entry) => entry.filePath);
    if (hasOwnFile(object) && selector === undefined) paths.push(object.filePath);
    const naming = selector ?? expandKeys;
    if (expandKeys?.keys !== undefined) paths.push(...expandKeys.keys.map((key) => pathOf(expandKeys, key)));
    else if (naming !== undefined) starts.add(pathOf(naming, ""));
    for (const path of paths) files.set(path, (files.get(path) ?? 0) + 1);
  }
  const lengths = [...new Set([...starts].map(({ length }) => length))]; // fewer than starts, of which a class may have thousands
  const isPlain = ({ encoding, expandKeys, selector, filePath: path }: SecretObject): boolean =>
    [encoding, expandKeys, selector].every((feature) => feature === undefined) &&
    files.get(path) === 1 &&
    !lengths.some((length) => starts.has(path.slice(0, length)));
  const plain = new Set<SecretObject>();
  for (const object of objects) {
    yield;
    if (isPlain(object)) plain.add(object);
  }
  return plain;
}

function pathOf({ keyPrefix, translation }: Pick<KeyExpansion, "keyPrefix" | "translation">, name: string): string {
  return filePath(keyPrefix + name, translation);
}
