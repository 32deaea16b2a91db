// One entry of `objects` by itself: its type, ARN, versions, file names, mode, failover entry. Pure. The order of the checks is parity 7.3: it
// decides which fault is reported.
import type { FieldPath } from "../errors.ts";
import type { Work } from "../work.ts";
import { checkFolders, faultOfPath, filePath, leavesMount } from "./file-path.ts";
import { readEntryFeatures, readFeatures } from "./object-features.ts";
import type { WrittenJmesPath, WrittenObject } from "./object-fields.ts";
import { checkName } from "./object-name.ts";
import { invalid } from "./object-fault.ts";
import { readSelected } from "./object-selector.ts";
import type { JmesPathEntry, ObjectRef, ObjectType, ObjectsContext, SecretObject } from "./objects.ts";
import { parsePathTranslation } from "./parameters.ts";
import type { PathTranslation } from "./parameters.ts";

/** One entry of `objects` by itself: everything but what it clashes with. @throws ProviderError ObjectsInvalid for its first fault */
export type ObjectCheck = (written: WrittenObject | null, i: number) => Work<SecretObject>;

/** Makes the check of the entries of one class. @throws ProviderError ParametersInvalid for pathTranslation */
export function createObjectCheck(context: ObjectsContext): ObjectCheck {
  const translation = parsePathTranslation(context.pathTranslation);
  return function* check(written, i) {
    yield;
    if (written !== null) return yield* checkObject(written, ["objects", i], translation, context);
    throw invalid("Empty descriptor entry in SecretProviderClass", `Remove or fill entry ${i + 1} of objects.`, [
      "objects",
      i,
    ]);
  };
}

function* checkObject(
  written: WrittenObject,
  at: FieldPath,
  translation: PathTranslation,
  context: ObjectsContext,
): Work<SecretObject> {
  const { objectName, objectAlias, objectVersion, objectVersionLabel } = written;
  if (written.objectSelector !== undefined) return checkSelector(written, at, translation, context);
  if (objectName === "") {
    const fix = `Set objectName in entry ${Number(at.at(-1)) + 1} of objects.`;
    throw invalid("Object name must be specified", fix, [...at, "objectName"]);
  }
  const type = typeOf(objectName, written.objectType, context.region, at);
  checkVersions(type, written, objectName, at);
  const named = objectAlias === "" ? "objectName" : "objectAlias";
  const path = safePath(written[named], translation, objectName, [...at, named]);
  const mode = parseMode(written.filePermission, objectName, at);
  const jmesPath: JmesPathEntry[] = [];
  for (const [i, entry] of written.jmesPath.entries()) {
    yield;
    jmesPath.push(checkJmesPath(entry, translation, objectName, [...at, "jmesPath", i]));
  }
  const primary = { objectName, objectVersion, objectVersionLabel };
  const failover = checkFailover(written, type, context, at);
  const features = readFeatures(written, translation, objectName, at);
  return { type, objectName, objectAlias, primary, failover, mode, filePath: path, jmesPath, ...features };
}

function checkSelector(
  written: WrittenObject,
  at: FieldPath,
  translation: PathTranslation,
  context: ObjectsContext,
): SecretObject {
  const { type, shown: objectName, selector } = readSelected(written, context.region, translation, at);
  const mode = parseMode(written.filePermission, objectName, at);
  const features = readFeatures(written, translation, objectName, at);
  const ref = { objectName, objectVersion: "", objectVersionLabel: "" };
  const named = { objectName, objectAlias: "", primary: ref, failover: ref, filePath: "", jmesPath: [] };
  return { type, ...named, mode, selector, ...features };
}

function typeOf(name: string, objectType: string, region: string, at: FieldPath): ObjectType {
  const check = checkName(name, objectType, region);
  if ("type" in check) return check.type;
  throw invalid(check.fault, check.fix, [...at, check.field]);
}

function checkVersions(
  type: ObjectType,
  given: Omit<ObjectRef, "objectName">,
  objectName: string,
  at: FieldPath,
): void {
  if (type === "secretsmanager" || given.objectVersion === "" || given.objectVersionLabel === "") return;
  throw invalid(
    `ssm parameters can not specify both objectVersion and objectVersionLabel: ${objectName}`,
    "Keep one of the two.",
    [...at, "objectVersionLabel"],
  );
}

function safePath(name: string, translation: PathTranslation, owner: string, at: FieldPath): string {
  const path = filePath(name, translation);
  const fix = at.at(-1) === "objectName" ? "Set objectAlias: it names the file." : "Choose another objectAlias.";
  if (leavesMount(path)) throw invalid(`path can not contain ../: ${owner}`, fix, at);
  const fault = faultOfPath(path);
  if (fault !== undefined) throw invalid(`Invalid file name for object: ${owner}: ${fault}`, fix, at);
  checkFolders(path, owner, at);
  return path;
}

function parseMode(filePermission: string, owner: string, at: FieldPath): number | undefined {
  if (filePermission === "") return undefined;
  if (/^[0-7]{4}$/.test(filePermission)) return Number.parseInt(filePermission, 8) & 0o777;
  throw invalid(
    `Invalid File Permission: ${filePermission}`,
    `Write four octal digits in quotes for ${owner}${exampleMode(filePermission)}.`,
    [...at, "filePermission"],
  );
}

/** What a file of secrets is usually given, octal. None of them is, as a decimal number, another of them. */
const usualModes = new Set("400 440 444 500 550 555 600 640 644 660 664 666 700 750 755 770 775 777".split(" "));

/** An unquoted 0644 has become 420 on its way through YAML; a quoted 644 lacks its 0. */
function exampleMode(filePermission: string): string {
  const octal = /^[1-9][0-9]{2}$/.test(filePermission) ? Number(filePermission).toString(8) : "";
  if (usualModes.has(octal))
    return `: "0${octal}", because an unquoted 0${octal} is the number ${filePermission} in YAML`;
  return /^[0-7]{3}$/.test(filePermission) ? `: "0${filePermission}"` : ', such as "0644"';
}

function checkJmesPath(
  written: WrittenJmesPath,
  translation: PathTranslation,
  objectName: string,
  at: FieldPath,
): JmesPathEntry {
  const { path, objectAlias, filePermission } = written;
  const fix = `Each jmesPath entry of ${objectName} needs path and objectAlias.`;
  const aliasAt = [...at, "objectAlias"];
  if (path === "") throw invalid("Path must be specified for JMES object", fix, [...at, "path"]);
  if (objectAlias === "") throw invalid("Object alias must be specified for JMES object", fix, aliasAt);
  const mode = parseMode(filePermission, objectAlias, at);
  const place = safePath(objectAlias, translation, objectAlias, aliasAt);
  return { path, objectAlias, mode, filePath: place, ...readEntryFeatures(written, at) };
}

/** The object of the failover region: what failoverObject gives, else the primary's. Unchecked unless it names another object. */
function checkFailover(
  written: WrittenObject,
  type: ObjectType,
  context: ObjectsContext,
  objectAt: FieldPath,
): ObjectRef {
  const { objectName, objectAlias, failoverObject } = written;
  const at = [...objectAt, "failoverObject"];
  if (failoverObject.objectName !== "") {
    if (objectAlias === "") {
      throw invalid(
        `object alias must be specified for objects with failover entries: ${objectName}`,
        "Set objectAlias: it names the file.",
        at,
      );
    }
    if (context.failoverRegion === "") {
      throw invalid(
        `failover object allowed only when failover region is defined: ${objectName}`,
        "Set failoverRegion, or remove failoverObject.",
        at,
      );
    }
    typeOf(failoverObject.objectName, written.objectType, context.failoverRegion, at);
    checkVersions(type, failoverObject, objectName, at);
    if (written.objectVersion !== failoverObject.objectVersion) {
      throw invalid(
        `object versions must match between primary and failover regions: ${objectName}`,
        "Give both the same objectVersion, or use objectVersionLabel.",
        [...at, "objectVersion"],
      );
    }
  }
  return {
    objectName: failoverObject.objectName || objectName,
    objectVersion: failoverObject.objectVersion || written.objectVersion,
    objectVersionLabel: failoverObject.objectVersionLabel || written.objectVersionLabel,
  };
}
