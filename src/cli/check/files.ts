// Which files a class makes, and what goes wrong between them, the driver, and the Secrets that the driver makes of them.
import type { FieldPath } from "../../errors.ts";
import { filePath } from "../../request/file-path.ts";
import { compileJmesPath } from "../../values/extract.ts";
import { ProviderError } from "../../errors.ts";
import type { Expression } from "../../go/jmespath/expression.ts";
import { faultOfCall } from "../../go/jmespath/functions.ts";
import type { SecretObject } from "../../request/secret-object.ts";
import type { CheckedClass } from "./check-class.ts";
import type { Finding } from "./finding.ts";
import { fieldsAt, isFields, listAt, textAt } from "./manifest.ts";
import { closestName } from "./field-names.ts";
import { faultOfTarget } from "../../files/write-checks.ts";
import { quiet } from "./safe-text.ts";

interface MadeFile {
  readonly path: string;
  /** What it is made of, in the words of a mount's warning. */
  readonly source: string;
  readonly at: FieldPath;
}

/** The files of one object in the order of a mount; `open` when AWS decides which there are. */
function filesOf(object: SecretObject, at: FieldPath): { readonly files: readonly MadeFile[]; readonly open: boolean } {
  const { objectName, objectAlias, expandKeys, selector, jmesPath } = object;
  if (selector !== undefined) return { files: [], open: true };
  const source = `object ${objectName}${objectAlias === "" ? "" : ` (alias ${objectAlias})`}`;
  const own = { path: object.filePath, source, at: [...at, objectAlias === "" ? "objectName" : "objectAlias"] };
  const keys = (expandKeys?.keys ?? []).map((key, i) => ({
    path: filePath(`${expandKeys?.keyPrefix ?? ""}${key}`, expandKeys?.translation ?? "off"),
    source: `key ${key} of ${objectName}`,
    at: [...at, "keys", i],
  }));
  const entries = jmesPath.map((entry, i) => ({
    path: entry.filePath,
    source: `jmesPath entry ${entry.objectAlias} of ${objectName}`,
    at: [...at, "jmesPath", i, "objectAlias"],
  }));
  const hasOwn = expandKeys === undefined || objectAlias !== "";
  return {
    files: [...(hasOwn ? [own] : []), ...keys, ...entries],
    open: expandKeys !== undefined && expandKeys.keys === undefined,
  };
}

/** All findings about the files of a class. */
export function fileFindings(checked: CheckedClass): Finding[] {
  const { entries, report, parameters, findings } = checked;
  const found: Finding[] = [];
  const made = new Map<string, MadeFile>();
  const unknown: number[] = [];
  let isOpen = findings.some(({ severity }) => severity === "error");
  for (const [i, { object, written }] of entries.entries()) {
    for (const [j, { path }] of (written?.jmesPath ?? []).entries())
      if (path !== "") found.push(...pathFindings(checked, path, ["objects", i, "jmesPath", j, "path"]));
    if (object === undefined) continue;
    const { files, open } = filesOf(object, ["objects", i]);
    isOpen ||= open;
    if (open) unknown.push(i);
    for (const file of files) {
      const earlier = made.get(file.path);
      if (earlier !== undefined) {
        const message = `${earlier.source} and ${file.source} have the same file name ${file.path}: the later one in objects, ${file.source}, is mounted`;
        found.push(report("same-file", file.at, message, "Give one of them another objectAlias."));
      }
      made.set(file.path, file);
      // k8s.io/kubernetes/pkg/volume/util/atomic_writer.go, validatePath
      if (file.path.startsWith("..")) {
        const message = `the driver refuses ${file.path} where it writes the files itself (driverWritesSecrets): the name starts with ..`;
        found.push(report("driver-file-name", file.at, message, "Choose another objectAlias."));
      }
    }
  }
  for (const { path, source, at } of made.values()) {
    const why = faultOfTarget(path, (folder) => made.has(folder));
    if (why === undefined) continue;
    const fix = "Change objectAlias or pathTranslation.";
    found.push(report("file-path", at, `${source} can not be written as ${path}: ${why}`, fix));
  }
  if (entries.length === 0 && !findings.some(({ severity }) => severity === "error")) {
    const message = parameters.objects.trim() === "" ? "objects is missing or empty" : "objects lists nothing";
    found.push(
      report(
        "objects-none",
        ["objects"],
        `${message}: the driver fails the mount with "missing object versions"`,
        "Name an object.",
      ),
    );
  }
  const [first] = unknown;
  if (first !== undefined) {
    const whose = `${entries[first]?.object?.objectName ?? ""}${unknown.length > 1 ? ` (and ${unknown.length - 1} more)` : ""}`;
    const message = `which files there will be of ${whose} is found at AWS: doubles and secretObjects can't be checked for them`;
    found.push(report("files-unknown", ["objects", first], message, ""));
  }
  return [...found, ...secretFindings(checked, [...made.keys()], isOpen)];
}

function pathFindings({ report }: CheckedClass, path: string, at: FieldPath): Finding[] {
  let expression: Expression;
  try {
    expression = compileJmesPath(path);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return [report("jmespath-invalid", at, error.message, error.fix)];
  }
  const faults = callsOf(expression).flatMap(({ name, count }) => {
    const fault = faultOfCall(name, count);
    return fault === undefined ? [] : [`${name}(): ${fault}`];
  });
  return [...new Set(faults)].map((fault) =>
    report(
      "jmespath-function",
      at,
      `Invalid JMES Path: ${path}. ${fault}`,
      "The functions are those of jmespath.org's specification.",
    ),
  );
}

/** Calls of an expression, which is at most 500 deep. */
function callsOf(expression: Expression): { readonly name: string; readonly count: number }[] {
  const found: { name: string; count: number }[] = [];
  const waiting: unknown[] = [expression];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== "object" || next === null || next instanceof Map) continue;
    const part = next as Expression | readonly unknown[];
    if ("op" in part && part.op === "call") found.push({ name: part.name, count: part.args.length });
    if (!("op" in part) || part.op !== "literal") waiting.push(...Object.values(part));
  }
  return found;
}

/** The driver looks the mounted files up by objectName (controllers/secretproviderclasspodstatus_controller.go) and refuses what lacks a part (pkg/util/secretutil, ValidateSecretObject). */
function secretFindings(
  { resource, report, subject }: CheckedClass,
  files: readonly string[],
  isOpen: boolean,
): Finding[] {
  const found: Finding[] = [];
  const add = (
    rule: "secret-file-unknown" | "secret-incomplete",
    at: FieldPath,
    message: string,
    fix: string,
  ): void => {
    found.push({ ...report(rule, [], message, fix), ...resource.placeOf(["spec", "secretObjects", ...at]), subject });
  };
  const secrets = listAt(fieldsAt(resource.value, "spec"), "secretObjects");
  for (const [i, secret] of secrets.entries()) {
    if (!isFields(secret)) continue;
    const name = textAt(secret, "secretName");
    for (const field of ["secretName", "type"]) {
      if (textAt(secret, field) === "")
        add("secret-incomplete", [i], `secretObjects: ${name || `entry ${i + 1}`} has no ${field}`, `Set ${field}.`);
    }
    const data = listAt(secret, "data");
    if (data.length === 0)
      add(
        "secret-incomplete",
        [i],
        `secretObjects: ${name || `entry ${i + 1}`} has no data`,
        "List key and objectName.",
      );
    for (const [j, item] of data.entries()) {
      if (!isFields(item)) continue;
      for (const field of ["objectName", "key"]) {
        if (textAt(item, field) === "")
          add("secret-incomplete", [i, "data", j], `secretObjects: data of ${name} has no ${field}`, `Set ${field}.`);
      }
      const wanted = textAt(item, "objectName");
      if (wanted === "" || isOpen || files.includes(wanted)) continue;
      const meant = files.find((file) => file === wanted.replaceAll("/", "_")) ?? closestName(wanted, files);
      const fix =
        meant === undefined ? `The files are: ${quiet(files.slice(0, 20).join(", "))}.` : `Is ${meant} meant?`;
      add(
        "secret-file-unknown",
        [i, "data", j, "objectName"],
        `secretObjects names ${wanted}, a file that no object makes: the Secret ${name} will not be made`,
        fix,
      );
    }
  }
  return found;
}
