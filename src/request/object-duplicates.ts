// Which entries of `objects` may not stand beside one another (parity 7.4). Aliases are compared as written, not as file names: files.plan warns of those.
import type { FieldPath } from "../errors.ts";
import type { WrittenObject } from "./object-fields.ts";

export interface Duplicates {
  /** Takes the next object in; says each clash with earlier ones, in the order of parity 7.4. */
  readonly add: (object: WrittenObject) => readonly Clash[];
}

/** `at`: the field of the later object. */
export interface Clash {
  readonly message: string;
  readonly at: FieldPath;
}

/** Remembers the objects of one mount. */
export function createDuplicates(): Duplicates {
  const latestOfName = new Map<string, WrittenObject>();
  const aliases = new Set<string>();
  return {
    add: (object) => {
      if (object.objectSelector !== undefined) return []; // has neither name nor aliases
      const { objectName, objectAlias, jmesPath } = object;
      const clashes: Clash[] = [];
      const take = (alias: string, message: string, at: FieldPath): void => {
        if (aliases.has(alias)) clashes.push({ message, at });
        aliases.add(alias);
      };
      const earlier = latestOfName.get(objectName);
      const clash = earlier === undefined ? undefined : clashOf(earlier, object);
      if (clash !== undefined) {
        clashes.push({
          message: `found descriptor with duplicate object name ${objectName}, ${clash}`,
          at: ["objectName"],
        });
      }
      latestOfName.set(objectName, object);
      if (objectAlias !== "") take(objectAlias, `found duplicate object alias ${objectAlias}`, ["objectAlias"]);
      for (const [i, entry] of jmesPath.entries()) {
        take(
          entry.objectAlias,
          `Name already in use for objectAlias: found duplicate object alias ${entry.objectAlias} in JMES path entry ${entry.path}`,
          ["jmesPath", i, "objectAlias"],
        );
      }
      return clashes;
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
