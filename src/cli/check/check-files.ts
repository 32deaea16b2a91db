// Texts of files -> all findings in them, sorted and counted. Called by `check`.
import type { FieldPath } from "../../errors.ts";
import { checkClass } from "./check-class.ts";
import type { CheckedClass } from "./check-class.ts";
import { comparePlaces } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { InputFile } from "./input.ts";
import { fileFindings } from "./files.ts";
import { classGroup, fieldsAt, isClass, readManifest, textAt } from "./manifest.ts";
import type { Resource, Unreadable } from "./manifest.ts";
import { nameFindings } from "./field-names.ts";
import { podsOf } from "./pods.ts";
import type { Pods } from "./pods.ts";
import { referenceFindings, usersOf } from "./references.ts";
import type { User } from "./references.ts";
import { ruleTable } from "./rules.ts";
import type { RuleId } from "./rules.ts";
import { countFindings } from "./summary.ts";
import type { Checked } from "./summary.ts";
import { valueFindings } from "./suspect-values.ts";
import { classFindings } from "./class-findings.ts";
import type { Rotation } from "./class-findings.ts";

export interface CheckSettings {
  /** For classes that give none; empty = unknown. */
  readonly region: string;
  readonly rotation: Rotation;
}

export interface Run extends Checked {
  readonly checkedClasses: readonly CheckedClass[];
  /** Service accounts whose pods mount them, as far as the input says. */
  readonly users: readonly User[];
}

/** Findings that are shown; a file of a thousand classes with a typo each is one mistake. */
const findingsMax = 5000;

/** Checks all files. */
export function runCheck(files: Iterable<InputFile>, { region, rotation }: CheckSettings): Run {
  const findings: Finding[] = [];
  const classes: CheckedClass[] = [];
  const others: Resource[] = [];
  const pods: Pods[] = [];
  const accounts: Resource[] = [];
  const order: string[] = [];
  for (const { name, text, fault } of files) {
    order.push(name);
    if (fault !== undefined) findings.push(unreadFinding(name, fault));
    const { resources, unreadable } = readManifest(name, text);
    for (const one of unreadable) if (one.isOurs) findings.push(unreadableFinding(name, one));
    for (const resource of resources) {
      if (resource.kind === "ServiceAccount") accounts.push(resource);
      const own = podsOf(resource);
      if (own !== undefined) pods.push(own);
      const provider = textAt(fieldsAt(resource.value, "spec"), "provider");
      if (!isClass(resource)) {
        const isMeant = resource.kind === "SecretProviderClass" && provider === "aws";
        if (isMeant) findings.push(groupFinding(resource));
        continue;
      }
      if (provider.trim().toLowerCase() === "aws") {
        if (provider !== "aws") findings.push(providerFinding(resource, provider));
        const checked = checkClass(resource, region);
        classes.push(checked);
        for (const finding of checked.findings) findings.push(finding);
        for (const finding of dangers(checked, rotation)) findings.push(finding);
      } else {
        others.push(resource);
      }
    }
  }
  for (const finding of referenceFindings(pods, { accounts, classes, otherClasses: others, rotation }))
    findings.push(finding);
  const rank = new Map(order.map((name, i) => [name, i]));
  findings.sort((a, b) => (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) || comparePlaces(a, b));
  return {
    findings: findings.slice(0, findingsMax),
    counts: countFindings(findings),
    left: Math.max(0, findings.length - findingsMax),
    classes: classes.length,
    files: order.length,
    checkedClasses: classes,
    users: usersOf(pods, classes),
  };
}

/** Findings of one kind in a class: a text made to have many is not looked at to its end. */
const dangersMax = 500;

/** What is legal and dangerous. */
function* dangers(checked: CheckedClass, rotation: Rotation): Generator<Finding> {
  yield* nameFindings(checked).take(dangersMax);
  yield* valueFindings(checked).take(dangersMax);
  yield* fileFindings(checked).slice(0, dangersMax);
  yield* classFindings(checked, rotation).slice(0, dangersMax);
}

function unreadFinding(file: string, message: string): Finding {
  const fix = "Split it, or name the files that are to be checked.";
  return { file, line: 1, column: 1, rule: "file-unread", severity: "error", message, fix, subject: "" };
}

function unreadableFinding(file: string, { place, why, isTemplate }: Unreadable): Finding {
  const fix = isTemplate ? "Templates are checked after rendering: helm template ... | check -." : "Correct the YAML.";
  return { file, ...place, rule: "not-yaml", severity: "error", message: why, fix, subject: "" };
}

function providerFinding(resource: Resource, provider: string): Finding {
  const message = `the driver does not know provider ${JSON.stringify(provider)}`;
  const at = ["spec", "provider"];
  return classFinding(resource, { rule: "provider-name", at, message, fix: "Write provider: aws." });
}

/** Another group may have a kind of that name, but not with this provider. */
function groupFinding(resource: Resource): Finding {
  const message = `not a SecretProviderClass of the driver: apiVersion is ${JSON.stringify(resource.apiVersion)}`;
  const fix = `Write apiVersion: ${classGroup}v1.`;
  return classFinding(resource, { rule: "api-version", at: ["apiVersion"], message, fix });
}

interface ClassFault {
  readonly rule: RuleId;
  readonly at: FieldPath;
  readonly message: string;
  readonly fix: string;
}

function classFinding({ file, name, placeOf }: Resource, { rule, at, message, fix }: ClassFault): Finding {
  const subject = `SecretProviderClass ${name}`;
  return { file, ...placeOf(at), rule, severity: ruleTable[rule].severity, message, fix, subject };
}
