// One entry of `objects` by itself: its type, ARN, versions, file names, mode, failover entry. Pure. The order of the checks is parity 7.3: it
// decides which fault is reported first.
import type { Work } from "../work.ts";
import { reportIn } from "./entry-scope.ts";
import type { EntryScope } from "./entry-scope.ts";
import { objectFault } from "./fault.ts";
import type { Report } from "./fault.ts";
import { checkFolders, faultOfPath, filePath, leavesMount } from "./file-path.ts";
import { readEntryFeatures, readFeatures } from "./object-features.ts";
import type { WrittenJmesPath, WrittenObject } from "./written-object.ts";
import { checkName } from "./object-name.ts";
import type { NameFault } from "./object-name.ts";
import { describeSelector, readSelector } from "./object-selector.ts";
import type { PathTranslation } from "./parameters.ts";
import type { JmesPathEntry, ObjectRef, ObjectType, SecretObject } from "./secret-object.ts";

/** What the entries of a class are checked against, and who takes their faults. */
export interface Checking {
  readonly translation: PathTranslation;
  readonly region: string;
  /** Empty = none. */
  readonly failoverRegion: string;
  readonly report: Report;
}

/** Checks the `i`th entry of `objects` by itself. What it returns for an entry with a reported fault means nothing. */
export function* checkObject(
  written: WrittenObject | null,
  i: number,
  checking: Checking,
): Work<SecretObject | undefined> {
  yield;
  const at = ["objects", i];
  const { translation, report } = checking;
  if (written === null) {
    const fix = `Remove or fill entry ${i + 1} of objects.`;
    report(objectFault("entry-empty", "Empty descriptor entry in SecretProviderClass", fix, at));
    return undefined;
  }
  const { objectSelector: selector, objectName, objectAlias } = written;
  if (selector !== undefined)
    return checkSelected(written, { owner: describeSelector(selector), at, translation, report }, checking.region);
  const owner = objectName || objectAlias || `entry ${i + 1}`;
  return yield* checkNamed(written, { owner, at, translation, report }, checking);
}

function* checkNamed(written: WrittenObject, scope: EntryScope, checking: Checking): Work<SecretObject | undefined> {
  const { objectName, objectAlias, objectVersion, objectVersionLabel } = written;
  const { owner, at, translation, report } = scope;
  const named = checkOwnName(written, scope, checking.region);
  checkVersions(named.type, written, scope);
  const field = objectAlias === "" ? "objectName" : "objectAlias";
  const path = written[field] === "" ? "" : safePath(written[field], scope, [field]);
  const mode = parseMode(written.filePermission, scope);
  const jmesPath: JmesPathEntry[] = [];
  for (const [i, entry] of written.jmesPath.entries()) {
    yield;
    const own = { owner: entry.objectAlias, at: [...at, "jmesPath", i], translation, report };
    jmesPath.push(checkJmesPath(entry, owner, own));
  }
  const primary = { objectName, objectVersion, objectVersionLabel };
  const failover = checkFailover(written, named, scope, checking);
  const features = readFeatures(written, scope);
  if (named.type === undefined) return undefined;
  return { type: named.type, objectName, objectAlias, primary, failover, mode, filePath: path, jmesPath, ...features };
}

function checkSelected(written: WrittenObject, scope: EntryScope, region: string): SecretObject | undefined {
  const { owner: objectName } = scope;
  const selected = readSelector(written, region, scope);
  const mode = parseMode(written.filePermission, scope);
  const { keys: _keys, expandKeys: _expandKeys, ...others } = written; // not for selectors, which has been reported
  const features = readFeatures(others, scope);
  if (selected === undefined) return undefined;
  const ref = { objectName, objectVersion: "", objectVersionLabel: "" };
  const named = { objectName, objectAlias: "", primary: ref, failover: ref, filePath: "", jmesPath: [] };
  return { ...selected, ...named, mode, ...features };
}

/** What the name and the type of an entry come to. */
interface Named {
  readonly type: ObjectType | undefined;
  /** objectType as the failover object is checked with it: a fault of it is reported once. */
  readonly objectType: string | undefined;
}

function checkOwnName({ objectName, objectType }: WrittenObject, scope: EntryScope, region: string): Named {
  if (objectName === "") {
    const fix = `Set objectName in entry ${Number(scope.at.at(-1)) + 1} of objects.`;
    reportIn(scope, "name-missing", "objectName", { message: "Object name must be specified", fix });
    if (objectType === "") return { type: undefined, objectType: undefined };
  }
  let isTypeFine = true;
  const type = checkName(objectName, objectType, region, (fault) => {
    isTypeFine &&= fault.field === "objectName" && fault.rule !== "type-missing";
    reportIn(scope, fault.rule, fault.field, fault);
  });
  return { type, objectType: isTypeFine ? objectType : type };
}

function checkVersions(type: ObjectType | undefined, given: Omit<ObjectRef, "objectName">, scope: EntryScope): void {
  if (type !== "ssmparameter" || given.objectVersion === "" || given.objectVersionLabel === "") return;
  const message = `ssm parameters can not specify both objectVersion and objectVersionLabel: ${scope.owner}`;
  reportIn(scope, "version-and-label", "objectVersionLabel", { message, fix: "Keep one of the two." });
}

function safePath(name: string, { owner, translation, ...scope }: EntryScope, field: readonly [string]): string {
  const path = filePath(name, translation);
  const fix = field[0] === "objectName" ? "Set objectAlias: it names the file." : "Choose another objectAlias.";
  const fault = faultOfPath(path);
  if (leavesMount(path)) reportIn(scope, "path-outside", field, { message: `path can not contain ../: ${owner}`, fix });
  else if (fault !== undefined)
    reportIn(scope, "file-name", field, { message: `Invalid file name for object: ${owner}: ${fault}`, fix });
  else checkFolders(path, owner, [...scope.at, ...field], scope.report);
  return path;
}

function parseMode(filePermission: string, scope: EntryScope): number | undefined {
  if (filePermission === "") return undefined;
  if (/^[0-7]{4}$/.test(filePermission)) return Number.parseInt(filePermission, 8) & 0o777;
  const fix = `Write four octal digits in quotes for ${scope.owner}${exampleMode(filePermission)}.`;
  reportIn(scope, "file-permission", "filePermission", { message: `Invalid File Permission: ${filePermission}`, fix });
  return undefined;
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

/** `scope` is the jmesPath entry's own; `object` what messages call the object that it is of. */
function checkJmesPath(written: WrittenJmesPath, object: string, scope: EntryScope): JmesPathEntry {
  const { path, objectAlias, filePermission } = written;
  const fix = `Each jmesPath entry of ${object} needs path and objectAlias.`;
  if (path === "")
    reportIn(scope, "jmespath-path-missing", "path", { message: "Path must be specified for JMES object", fix });
  if (objectAlias === "") {
    const message = "Object alias must be specified for JMES object";
    reportIn(scope, "jmespath-alias-missing", "objectAlias", { message, fix });
  }
  const mode = parseMode(filePermission, scope);
  const place = objectAlias === "" ? "" : safePath(objectAlias, scope, ["objectAlias"]);
  return { path, objectAlias, mode, filePath: place, ...readEntryFeatures(written, scope) };
}

/** The object of the failover region: what failoverObject gives, else the primary's. Unchecked unless it names another object. */
function checkFailover(written: WrittenObject, named: Named, scope: EntryScope, checking: Checking): ObjectRef {
  const { objectName, objectAlias, failoverObject } = written;
  const { owner } = scope;
  if (failoverObject.objectName !== "") {
    const own: EntryScope = { ...scope, at: [...scope.at, "failoverObject"] };
    if (objectAlias === "") {
      const message = `object alias must be specified for objects with failover entries: ${owner}`;
      reportIn(own, "failover-alias", [], { message, fix: "Set objectAlias: it names the file." });
    }
    if (checking.failoverRegion === "") {
      const message = `failover object allowed only when failover region is defined: ${owner}`;
      reportIn(own, "failover-region-missing", [], { message, fix: "Set failoverRegion, or remove failoverObject." });
    } else checkFailoverName(failoverObject.objectName, named, own, checking.failoverRegion);
    checkVersions(named.type, failoverObject, own);
    if (written.objectVersion !== failoverObject.objectVersion) {
      const message = `object versions must match between primary and failover regions: ${owner}`;
      const fix = "Give both the same objectVersion, or use objectVersionLabel.";
      reportIn(own, "failover-version", "objectVersion", { message, fix });
    }
  }
  return {
    objectName: failoverObject.objectName || objectName,
    objectVersion: failoverObject.objectVersion || written.objectVersion,
    objectVersionLabel: failoverObject.objectVersionLabel || written.objectVersionLabel,
  };
}

/** As the primary's name; of a type that is unknown only the ARN itself can be checked. */
function checkFailoverName(name: string, { objectType }: Named, scope: EntryScope, region: string): void {
  checkName(name, objectType ?? "", region, ({ rule, field, ...fault }: NameFault) => {
    if (objectType !== undefined || rule === "arn-format" || rule === "arn-region") reportIn(scope, rule, field, fault);
  });
}
