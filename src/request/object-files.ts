// Which files of a mount an object becomes, as far as its class says it. Pure.
import { filePath } from "./file-path.ts";
import { hasOwnFile } from "./object-features.ts";
import type { SecretObject } from "./secret-object.ts";
import type { Work } from "../work.ts";

/** The paths of an object's files. */
export interface ObjectFiles {
  readonly paths: readonly string[];
  /** How the paths begin that are named at AWS alone: keys without a list, matches of a selector. undefined = there are none. */
  readonly start: string | undefined;
}

/** The files of an object, in order of writing. */
export function filesOf(object: SecretObject): ObjectFiles {
  const { expandKeys, selector, jmesPath } = object;
  const own = hasOwnFile(object) && selector === undefined ? [object.filePath] : [];
  const entries = jmesPath.map((entry) => entry.filePath);
  const naming = selector ?? expandKeys;
  if (naming === undefined) return { paths: [...own, ...entries], start: undefined };
  const pathOf = (name: string): string => filePath(naming.keyPrefix + name, naming.translation);
  const keys = expandKeys?.keys?.map(pathOf);
  return { paths: [...own, ...(keys ?? []), ...entries], start: keys === undefined ? pathOf("") : undefined };
}

/**
 * The objects of a class whose own file can be nothing but their stored value, so that it may be read back in place of a call: not decoded, not taken
 * apart, and with a path that no other file of the class has. Any path that begins as those of keys and matches do may be one of theirs.
 */
export function* withPlainFile(objects: readonly SecretObject[]): Work<ReadonlySet<SecretObject>> {
  const files = new Map<string, number>();
  const starts = new Set<string>();
  for (const object of objects) {
    yield;
    const { paths, start } = filesOf(object);
    for (const path of paths) files.set(path, (files.get(path) ?? 0) + 1);
    if (start !== undefined) starts.add(start);
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
