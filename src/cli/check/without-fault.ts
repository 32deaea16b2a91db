// An entry of `objects` with one field at fault -> the same entry as if that field were fine, so that the next fault is found.
import { isDeepStrictEqual } from "node:util";
import type { FieldPath } from "../../errors.ts";
import type { WrittenObject } from "../../request/object-fields.ts";

const typeOfService: ReadonlyMap<string, string> = new Map([
  ["secretsmanager", "secretsmanager"],
  ["ssm", "ssmparameter"],
]);
type TextField = Exclude<keyof WrittenObject, "jmesPath" | "failoverObject" | "objectSelector" | "keys">;
const noFailover = { objectName: "", objectVersion: "", objectVersionLabel: "" };

/**
 * `at`: the way to the field inside the entry; `free`: a name that nothing else has. Undefined when nothing of the entry can be said any more.
 * Each call makes progress: the field is empty, or a value that the same check takes.
 */
export function withoutFault(
  written: WrittenObject,
  at: FieldPath,
  free: string,
  region: string,
): WrittenObject | undefined {
  const [field, i, inner] = at;
  switch (field) {
    case "objectName":
      return withName(written, free, region);
    case "objectType":
      return { ...written, objectType: typeOfArn(written.objectName) };
    case "objectAlias":
      if (written.objectSelector !== undefined) return emptied(written, "objectAlias");
      return written.objectAlias === free ? undefined : { ...written, objectAlias: free };
    case "jmesPath": {
      if (typeof i !== "number" || typeof inner !== "string") return undefined;
      const fine: Readonly<Record<string, string>> = { path: "a", objectAlias: `${free}-${i}` };
      const jmesPath = written.jmesPath.map((entry, at_) =>
        at_ === i ? { ...entry, [inner]: fine[inner] ?? "" } : entry,
      );
      return { ...written, jmesPath };
    }
    case "failoverObject":
      if (at.length === 1 && written.objectAlias === "" && written.objectSelector === undefined)
        return { ...written, objectAlias: free }; // the first thing that a failoverObject needs; others may lack too
      return written.failoverObject === noFailover ? undefined : { ...written, failoverObject: noFailover };
    case "objectVersion":
    case "objectVersionLabel":
    case "filePermission":
    case "expandKeys":
    case "keyPrefix":
    case "objectEncoding":
    case "optional":
    case "assumeRoleArn":
      return emptied(written, field);
    case "objectSelector":
      return withSelector(written, typeof i === "string" ? i : "");
    case "keys": {
      const { keys, ...rest } = written;
      return keys === undefined ? undefined : rest;
    }
    default:
      return undefined;
  }
}

/** `field`: max or recursive; empty for what says which objects are meant. */
function withSelector(written: WrittenObject, field: string): WrittenObject | undefined {
  const { objectSelector: selector = {}, objectType } = written;
  if (field === "max" || field === "recursive")
    return (selector[field] ?? "") === "" ? undefined : { ...written, objectSelector: { ...selector, [field]: "" } };
  const { path: _path, namePrefix: _prefix, tags: _tags, recursive = "", ...rest } = selector;
  const fine =
    objectType === "ssmparameter" ? { ...rest, path: "/a", recursive } : { ...rest, namePrefix: "a", recursive: "" };
  return isDeepStrictEqual(fine, selector) ? undefined : { ...written, objectSelector: fine };
}

function emptied(written: WrittenObject, field: TextField): WrittenObject | undefined {
  return (written[field] ?? "") === "" ? undefined : { ...written, [field]: "" };
}

/** An ARN of another region becomes one of this; what has no type gets one; any other name is replaced. */
function withName(written: WrittenObject, free: string, region: string): WrittenObject | undefined {
  const { objectName, objectType } = written;
  if (written.objectSelector !== undefined) return emptied(written, "objectName");
  if (objectName === free)
    return objectType === "secretsmanager" ? undefined : { ...written, objectType: "secretsmanager" };
  const parts = objectName.split(":");
  if (objectName.startsWith("arn:") && parts.length >= 6) {
    if (parts[3] !== region) return { ...written, objectName: parts.with(3, region).join(":") };
  } else if (objectName !== "" && !objectName.startsWith("arn:") && objectType === "")
    return { ...written, objectType: "secretsmanager" };
  return { ...written, objectName: free, objectType: objectType || "secretsmanager" };
}

function typeOfArn(name: string): string {
  return typeOfService.get(name.startsWith("arn:") ? (name.split(":")[2] ?? "") : "") ?? "secretsmanager";
}
