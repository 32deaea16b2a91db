// `objects` of a SecretProviderClass -> SecretObject[]: types, ARNs, versions, failover entries, duplicates. Pure. The order of the checks is
// parity 7.3: it decides which fault is reported.
import { ProviderError } from "../errors.ts";
import { faultOfPath, filePath, leavesMount } from "./file-path.ts";
import { createDuplicates } from "./object-duplicates.ts";
import { ShapeError, readObjects } from "./object-fields.ts";
import type { WrittenJmesPath, WrittenObject } from "./object-fields.ts";
import { checkName } from "./object-name.ts";
import { parsePathTranslation } from "./parameters.ts";
import type { PathTranslation } from "./parameters.ts";
import { parseYaml } from "./yaml.ts";
import { YamlError } from "./yaml/error.ts";

export type ObjectType = "secretsmanager" | "ssmparameter";

export interface JmesPathEntry {
  readonly path: string;
  readonly objectAlias: string;
  /** Permission bits (0..0o777) or undefined: the object's, else the request's default. */
  readonly mode: number | undefined;
  /** File name after path translation. */
  readonly filePath: string;
}

/** Which value to read in one region. Empty string = not given. */
export interface ObjectRef {
  readonly objectName: string;
  readonly objectVersion: string;
  readonly objectVersionLabel: string;
}

/** One valid entry of `objects`. */
export interface SecretObject {
  readonly type: ObjectType;
  /** As written: the name errors speak of, in both regions. */
  readonly objectName: string;
  readonly objectAlias: string;
  readonly primary: ObjectRef;
  /** What to ask the failover region for: each field of failoverObject, or the primary's where it is empty. */
  readonly failover: ObjectRef;
  readonly mode: number | undefined;
  /** File name after path translation; also the id of its version. */
  readonly filePath: string;
  readonly jmesPath: readonly JmesPathEntry[];
}

export interface ObjectsContext {
  /** `pathTranslation` as written in the parameters. */
  readonly pathTranslation: string;
  readonly region: string;
  /** Empty = none. */
  readonly failoverRegion: string;
}

/**
 * Parses and checks `objects`; the list may be empty.
 * @throws ProviderError ParametersInvalid for pathTranslation, ObjectsInvalid for the first fault in the order of writing.
 */
export function parseObjects(text: string, context: ObjectsContext): SecretObject[] {
  const translation = parsePathTranslation(context.pathTranslation);
  const duplicates = createDuplicates();
  return readText(text).map((written, i) => {
    if (written === null)
      throw invalid("Empty descriptor entry in SecretProviderClass", `Remove or fill entry ${i + 1} of objects.`);
    const object = checkObject(written, i, translation, context);
    const clash = duplicates.add(written);
    if (clash !== undefined) throw invalid(clash, "Give each a different objectAlias.");
    return object;
  });
}

function readText(text: string): readonly (WrittenObject | null)[] {
  try {
    return readObjects(parseYaml(text));
  } catch (error) {
    const lead = "Failed to load SecretProviderClass: error";
    if (error instanceof YamlError)
      throw invalid(`${lead} converting YAML to JSON: yaml: ${error.message}`, "Correct the YAML of objects.");
    if (error instanceof ShapeError)
      throw invalid(`${lead} unmarshaling JSON: ${error.message}`, "objects is a list of entries with fields.");
    throw error;
  }
}

function checkObject(
  written: WrittenObject,
  i: number,
  translation: PathTranslation,
  context: ObjectsContext,
): SecretObject {
  const { objectName, objectAlias, objectVersion, objectVersionLabel } = written;
  if (objectName === "") throw invalid("Object name must be specified", `Set objectName in entry ${i + 1} of objects.`);
  const type = typeOf(objectName, written.objectType, context.region);
  checkVersions(type, written, objectName);
  const path = safePath(objectAlias === "" ? objectName : objectAlias, translation, objectName);
  const mode = parseMode(written.filePermission, objectName);
  const jmesPath = written.jmesPath.map((entry) => checkJmesPath(entry, translation, objectName));
  const primary = { objectName, objectVersion, objectVersionLabel };
  const failover = checkFailover(written, type, context);
  return { type, objectName, objectAlias, primary, failover, mode, filePath: path, jmesPath };
}

function typeOf(name: string, objectType: string, region: string): ObjectType {
  const check = checkName(name, objectType, region);
  if ("type" in check) return check.type;
  throw invalid(check.fault, check.fix);
}

function checkVersions(type: ObjectType, given: Omit<ObjectRef, "objectName">, objectName: string): void {
  if (type === "secretsmanager" || given.objectVersion === "" || given.objectVersionLabel === "") return;
  throw invalid(
    `ssm parameters can not specify both objectVersion and objectVersionLabel: ${objectName}`,
    "Keep one of the two.",
  );
}

function safePath(name: string, translation: PathTranslation, owner: string): string {
  const path = filePath(name, translation);
  const fix = "Choose another objectAlias.";
  if (leavesMount(path)) throw invalid(`path can not contain ../: ${owner}`, fix);
  const fault = faultOfPath(path);
  if (fault !== undefined) throw invalid(`Invalid file name for object: ${owner}: ${fault}`, fix);
  return path;
}

function parseMode(filePermission: string, owner: string): number | undefined {
  if (filePermission === "") return undefined;
  if (/^[0-7]{4}$/.test(filePermission)) return Number.parseInt(filePermission, 8) & 0o777;
  throw invalid(
    `Invalid File Permission: ${filePermission}`,
    `Write four octal digits in quotes for ${owner}${exampleMode(filePermission)}.`,
  );
}

/** An unquoted 0644 has become 420 on its way through YAML. */
function exampleMode(filePermission: string): string {
  const value = /^[0-9]{1,4}$/.test(filePermission) ? Number(filePermission) : 0;
  if (value === 0 || value > 0o7777) return ', such as "0644"';
  const octal = value.toString(8).padStart(4, "0");
  return `: "${octal}", because an unquoted ${octal} is the number ${value} in YAML`;
}

function checkJmesPath(
  { path, objectAlias, filePermission }: WrittenJmesPath,
  translation: PathTranslation,
  objectName: string,
): JmesPathEntry {
  const fix = `Each jmesPath entry of ${objectName} needs path and objectAlias.`;
  if (path === "") throw invalid("Path must be specified for JMES object", fix);
  if (objectAlias === "") throw invalid("Object alias must be specified for JMES object", fix);
  const mode = parseMode(filePermission, objectAlias);
  return { path, objectAlias, mode, filePath: safePath(objectAlias, translation, objectAlias) };
}

/** The object of the failover region: what failoverObject gives, else the primary's. Unchecked unless it names another object. */
function checkFailover(written: WrittenObject, type: ObjectType, context: ObjectsContext): ObjectRef {
  const { objectName, objectAlias, failoverObject } = written;
  if (failoverObject.objectName !== "") {
    if (objectAlias === "") {
      throw invalid(
        `object alias must be specified for objects with failover entries: ${objectName}`,
        "Set objectAlias: it names the file.",
      );
    }
    if (context.failoverRegion === "") {
      throw invalid(
        `failover object allowed only when failover region is defined: ${objectName}`,
        "Set failoverRegion, or remove failoverObject.",
      );
    }
    typeOf(failoverObject.objectName, written.objectType, context.failoverRegion);
    checkVersions(type, failoverObject, objectName);
    if (written.objectVersion !== failoverObject.objectVersion) {
      throw invalid(
        `object versions must match between primary and failover regions: ${objectName}`,
        "Give both the same objectVersion, or use objectVersionLabel.",
      );
    }
  }
  return {
    objectName: failoverObject.objectName || objectName,
    objectVersion: failoverObject.objectVersion || written.objectVersion,
    objectVersionLabel: failoverObject.objectVersionLabel || written.objectVersionLabel,
  };
}

function invalid(message: string, fix: string): ProviderError {
  return new ProviderError({ reason: "ObjectsInvalid", message, fix });
}
