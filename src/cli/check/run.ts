// Texts of files -> everything that is found in them.
import { checkClass } from "./class.ts";
import type { CheckedClass } from "./class.ts";
import { comparePlaces } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { InputFile } from "./input.ts";
import { fileFindings } from "./files.ts";
import { fieldsAt, isClass, readManifest, textAt } from "./manifest.ts";
import type { Resource, Unreadable } from "./manifest.ts";
import { nameFindings } from "./names.ts";
import { podsOf } from "./pods.ts";
import type { Pods } from "./pods.ts";
import { referenceFindings, usersOf } from "./references.ts";
import type { User } from "./references.ts";
import { countFindings } from "./summary.ts";
import type { Checked } from "./summary.ts";
import { valueFindings } from "./values.ts";
import { wholeFindings } from "./whole.ts";
import type { Rotation } from "./whole.ts";

export interface Options {
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
export function runCheck(files: Iterable<InputFile>, { region, rotation }: Options): Run {
  const findings: Finding[] = [];
  const classes: CheckedClass[] = [];
  const others: Resource[] = [];
  const pods: Pods[] = [];
  const accounts: Resource[] = [];
  const order: string[] = [];
  for (const { name, text } of files) {
    order.push(name);
    const { resources, unreadable } = readManifest(name, text);
    findings.push(...unreadable.filter(({ isOurs }) => isOurs).map((one) => unreadableFinding(name, text, one)));
    for (const resource of resources) {
      if (resource.kind === "ServiceAccount") accounts.push(resource);
      const own = podsOf(resource);
      if (own !== undefined) pods.push(own);
      if (!isClass(resource)) continue;
      const provider = textAt(fieldsAt(resource.value, "spec"), "provider");
      if (provider === "aws") {
        const checked = checkClass(resource, region);
        classes.push(checked);
        for (const finding of checked.findings) findings.push(finding);
        for (const finding of dangers(checked, rotation)) findings.push(finding);
      } else {
        others.push(resource);
        if (provider.trim().toLowerCase() === "aws") findings.push(providerFinding(resource, provider));
      }
    }
  }
  findings.push(...referenceFindings(pods, { accounts, classes, otherClasses: others, rotation }));
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
  yield* wholeFindings(checked, rotation).slice(0, dangersMax);
}

function unreadableFinding(file: string, text: string, { place, why }: Unreadable): Finding {
  const isTemplate = text.includes("{{") && text.includes("}}");
  const fix = isTemplate ? "Templates are checked after rendering: helm template ... | check -." : "Correct the YAML.";
  return { file, ...place, rule: "not-yaml", severity: "error", message: why, fix, subject: "" };
}

function providerFinding(resource: Resource, provider: string): Finding {
  return {
    file: resource.file,
    ...resource.placeOf(["spec", "provider"]),
    rule: "provider-name",
    severity: "error",
    message: `the driver knows no provider ${JSON.stringify(provider)}`,
    fix: "Write provider: aws.",
    subject: `SecretProviderClass ${resource.name}`,
  };
}
