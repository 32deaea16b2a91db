// Which entries of `objects` may not stand beside one another (parity 7.4). Aliases are compared as written, not as file names: files.plan warns of those.
import type { WrittenObject } from "./object-fields.ts";

export interface Duplicates {
  /** Takes the next object in; says what it clashes with, or undefined. */
  readonly add: (object: WrittenObject) => string | undefined;
}

/** Remembers the objects of one mount. */
export function createDuplicates(): Duplicates {
  const latestOfName = new Map<string, WrittenObject>();
  const aliases = new Set<string>();
  return {
    add: (object) => {
      const { objectName, objectAlias, jmesPath } = object;
      const earlier = latestOfName.get(objectName);
      const clash = earlier === undefined ? undefined : clashOf(earlier, object);
      if (clash !== undefined) return `found descriptor with duplicate object name ${objectName}, ${clash}`;
      latestOfName.set(objectName, object);
      if (objectAlias !== "") {
        if (aliases.has(objectAlias)) return `found duplicate object alias ${objectAlias}`;
        aliases.add(objectAlias);
      }
      for (const entry of jmesPath) {
        if (aliases.has(entry.objectAlias)) {
          return `Name already in use for objectAlias: found duplicate object alias ${entry.objectAlias} in JMES path entry ${entry.path}`;
        }
        aliases.add(entry.objectAlias);
      }
      return undefined;
    },
  };
}

/** Only for two objects of one name: same alias or none at all, and the same of the label. */
function clashOf(earlier: WrittenObject, later: WrittenObject): string | undefined {
  const { objectAlias: alias, objectVersionLabel: label } = later;
  if (earlier.objectAlias !== alias || earlier.objectVersionLabel !== label) return undefined;
  const aliasPart = alias === "" ? "no object alias" : `duplicate object alias ${alias}`;
  return `${aliasPart}, and ${label === "" ? "no version label" : `duplicate version label ${label}`}`;
}
