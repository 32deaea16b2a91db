// Invents values for the demo: text for a plain object, a JSON document that answers the jmesPath entries for the others.
import type { SecretObject } from "../src/request/objects.ts";

/** A value for an object. Paths that are plain names joined by dots get a string each; another kind of expression is left to the reader. */
export function inventValue({ objectName, jmesPath }: SecretObject, generation: number): string {
  const name = objectName.split(/[/:]/).at(-1) ?? objectName;
  if (jmesPath.length === 0) return `${name}-value-${generation}`;
  const document: Record<string, unknown> = {};
  for (const { path } of jmesPath) {
    const keys = keysOf(path);
    if (keys === undefined) {
      console.log(`  (no value can be invented for the jmesPath ${JSON.stringify(path)}: only names joined by dots)`);
      continue;
    }
    let at = document;
    for (const key of keys.slice(0, -1)) {
      const inner = Object.hasOwn(at, key) ? at[key] : undefined;
      const next = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : {};
      Object.defineProperty(at, key, { value: next, enumerable: true, configurable: true, writable: true });
      at = next;
    }
    Object.defineProperty(at, keys.at(-1) ?? "", {
      value: `${keys.at(-1)}-${generation}`,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return JSON.stringify(document);
}

/** `a."b-c".d` -> its keys, undefined for anything else. */
function keysOf(path: string): string[] | undefined {
  const parts = path.match(/"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*/g) ?? [];
  if (parts.length === 0 || parts.join(".") !== path.trim()) return undefined;
  return parts.map((part) => (part.startsWith('"') ? (JSON.parse(part) as string) : part));
}
