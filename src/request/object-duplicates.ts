// Which entries of `objects` may not stand beside one another (parity 7.4). Aliases are compared as written, not as file names: files.plan warns of those.
import type { FieldPath } from "../errors.ts";
import { objectFault } from "./fault.ts";
import type { Report } from "./fault.ts";
import type { WrittenObject } from "./written-object.ts";

/** Takes the next object in, the `i`th of the class, and reports each clash with earlier ones, in the order of parity 7.4. */
export type AddObject = (object: WrittenObject, i: number) => void;

const aliasFix = "Give each a different objectAlias.";
const nameFix = "Make one entry of the two, since its jmesPath takes a list; or give each a different objectAlias.";

/** Remembers the objects of one mount. An empty name or alias clashes with none: it is a fault of its own. */
export function createDuplicates(report: Report): AddObject {
  const latestOfName = new Map<string, WrittenObject>();
  const aliases = new Set<string>();
  const take = (alias: string, message: string, at: FieldPath): void => {
    if (alias === "") return;
    if (aliases.has(alias)) report(objectFault("duplicate-alias", message, aliasFix, at));
    aliases.add(alias);
  };
  return (object, i) => {
    if (object.objectSelector !== undefined) return; // has neither name nor aliases
    const { objectName, objectAlias, jmesPath } = object;
    const at = ["objects", i];
    const earlier = objectName === "" ? undefined : latestOfName.get(objectName);
    const clash = earlier === undefined ? undefined : clashOf(earlier, object);
    if (clash !== undefined) {
      const message = `found descriptor with duplicate object name ${objectName}, ${clash}`;
      report(objectFault("duplicate-name", message, nameFix, [...at, "objectName"]));
    }
    latestOfName.set(objectName, object);
    take(objectAlias, `found duplicate object alias ${objectAlias}`, [...at, "objectAlias"]);
    for (const [j, entry] of jmesPath.entries()) {
      take(
        entry.objectAlias,
        `Name already in use for objectAlias: found duplicate object alias ${entry.objectAlias} in JMES path entry ${entry.path}`,
        [...at, "jmesPath", j, "objectAlias"],
      );
    }
  };
}

/** Only for two objects of one name: same alias or none at all, and the same of the label. */
function clashOf(earlier: WrittenObject, later: WrittenObject): string | undefined {
  const { objectAlias: alias, objectVersionLabel: label } = later;
  if (earlier.objectAlias !== alias || earlier.objectVersionLabel !== label) return undefined;
  const aliasPart = alias === "" ? "no object alias" : `duplicate object alias ${alias}`;
  return `${aliasPart}, and ${label === "" ? "no version label" : `duplicate version label ${label}`}`;
}
