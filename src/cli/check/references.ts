// What pods, service accounts and classes of one input name of one another. A kind that the input does not hold at all may come from elsewhere: nothing
// is said of it. An object without a namespace may be of any.
import type { FieldPath } from "../../errors.ts";
import { goBoolean } from "../../request/parameters.ts";
import type { CheckedClass } from "./class.ts";
import type { Finding } from "./finding.ts";
import { fieldsAt, isFields, listAt, textAt } from "./manifest.ts";
import type { Resource, YamlFields } from "./manifest.ts";
import { closestName } from "./names.ts";
import { ruleTable } from "./rules.ts";
import type { RuleId } from "./rules.ts";

/** Where the pod's spec is in each kind. */
const podSpecs: Readonly<Record<string, FieldPath>> = {
  Pod: ["spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};
const driver = "secrets-store.csi.k8s.io";
const annotation = "eks.amazonaws.com/role-arn";

/** Whether `check` has a use for a resource beside the classes. */
export function isReferring({ kind }: Resource): boolean {
  return kind === "ServiceAccount" || Object.hasOwn(podSpecs, kind);
}

/** All findings about references. `otherClasses`: those of other providers, which may be named as well. */
export function referenceFindings(
  resources: readonly Resource[],
  classes: readonly CheckedClass[],
  otherClasses: readonly Resource[],
): Finding[] {
  const accounts = resources.filter(({ kind }) => kind === "ServiceAccount");
  const names = [...classes.map(({ resource }) => resource), ...otherClasses];
  return resources.flatMap((resource) => {
    const at = Object.hasOwn(podSpecs, resource.kind) ? podSpecs[resource.kind] : undefined;
    return at === undefined ? [] : podFindings(resource, at, { accounts, names, classes });
  });
}

/** A service account whose pods mount one of the classes. */
export interface User {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** The service accounts of the pods in the input that mount a class of it, each once. */
export function usersOf(resources: readonly Resource[], classes: readonly CheckedClass[]): User[] {
  const users = new Map<string, User>();
  for (const resource of resources) {
    const at = Object.hasOwn(podSpecs, resource.kind) ? podSpecs[resource.kind] : undefined;
    if (at === undefined) continue;
    const spec = specAt(resource, at);
    const wanted = listAt(spec, "volumes").map((volume) =>
      isFields(volume) ? textAt(fieldsAt(fieldsAt(volume, "csi"), "volumeAttributes"), "secretProviderClass") : "",
    );
    const used = classes.find((one) => wanted.includes(one.resource.name) && sameNamespace(one.resource, resource));
    if (used === undefined) continue;
    const user = { namespace: resource.namespace || used.resource.namespace, serviceAccount: accountOf(spec) };
    users.set(JSON.stringify(user), user);
  }
  return [...users.values()];
}

function specAt(resource: Resource, at: FieldPath): YamlFields {
  return at.reduce<YamlFields>((fields, part) => fieldsAt(fields, String(part)), resource.value);
}

function accountOf(spec: YamlFields): string {
  return textAt(spec, "serviceAccountName") || textAt(spec, "serviceAccount") || "default";
}

interface Known {
  readonly accounts: readonly Resource[];
  readonly names: readonly Resource[];
  readonly classes: readonly CheckedClass[];
}

function podFindings(resource: Resource, at: FieldPath, { accounts, names, classes }: Known): Finding[] {
  const found: Finding[] = [];
  const tell = (rule: RuleId, path: FieldPath, message: string, fix: string): void => {
    const { file, kind, namespace, name, placeOf } = resource;
    const subject = `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
    found.push({ file, ...placeOf([...at, ...path]), rule, severity: ruleTable[rule].severity, message, fix, subject });
  };
  const spec = specAt(resource, at);
  const account = accountOf(spec);
  const accountAt = spec.has("serviceAccountName") ? ["serviceAccountName"] : ["serviceAccount"];
  for (const [i, volume] of listAt(spec, "volumes").entries()) {
    const csi = isFields(volume) ? fieldsAt(volume, "csi") : undefined;
    if (csi === undefined || textAt(csi, "driver") !== driver) continue;
    const path = ["volumes", i, "csi"];
    if (csi.get("readOnly") !== true) {
      tell("volume-read-only", path, "the driver refuses a volume that is not read-only", "Set readOnly: true.");
    }
    const wanted = textAt(fieldsAt(csi, "volumeAttributes"), "secretProviderClass");
    const wantedAt = [...path, "volumeAttributes", "secretProviderClass"];
    if (wanted === "") {
      tell(
        "class-not-found",
        path,
        "the volume names no SecretProviderClass",
        "Set volumeAttributes.secretProviderClass.",
      );
      continue;
    }
    const named = names.filter(({ name }) => name === wanted);
    const near = named.filter((one) => sameNamespace(one, resource));
    if (near.length === 0 && names.length > 0) {
      const [far] = named;
      const closest = closestName(
        wanted,
        names.filter((one) => sameNamespace(one, resource)).map(({ name }) => name),
      );
      const fix =
        far !== undefined
          ? `A class is read from the pod's own namespace, and ${wanted} is in ${far.namespace}.`
          : closest === undefined
            ? "Add the class, or correct the name."
            : `Is ${closest} meant?`;
      tell("class-not-found", wantedAt, `there is no SecretProviderClass ${wanted} in the input`, fix);
    }
    for (const { parameters, subject } of classes.filter((one) => near.includes(one.resource))) {
      if (goBoolean(parameters.usePodIdentity) === true) continue;
      const [own] = accounts.filter(({ name, ...one }) => name === account && sameNamespace(one, resource));
      if (own === undefined) continue;
      const role = textAt(fieldsAt(fieldsAt(own.value, "metadata"), "annotations"), annotation);
      const message = `An IAM role must be associated with service account ${account}: ${subject} uses IRSA`;
      if (role === "")
        tell(
          "role-missing",
          accountAt,
          message,
          `Annotate it with ${annotation}, or set usePodIdentity: "true" in the class.`,
        );
      else if (!/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(role)) {
        tell(
          "role-missing",
          accountAt,
          `the annotation of service account ${account} is no ARN of a role: ${role}`,
          `Correct ${annotation}.`,
        );
      }
    }
    if (accounts.length > 0 && account !== "default") {
      const known = accounts.filter((one) => sameNamespace(one, resource)).map(({ name }) => name);
      const closest = closestName(account, known);
      const fix = closest === undefined ? "Add it, unless something else makes it." : `Is ${closest} meant?`;
      if (!known.includes(account))
        tell("account-not-found", accountAt, `there is no service account ${account} in the input`, fix);
    }
  }
  return unlike(found);
}

function sameNamespace(a: Pick<Resource, "namespace">, b: Pick<Resource, "namespace">): boolean {
  return a.namespace === "" || b.namespace === "" || a.namespace === b.namespace;
}

/** Two volumes of a pod say the same of its service account. */
function unlike(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ line, column, message }) => {
    const key = `${line}:${column}:${message}`;
    return !seen.has(key) && seen.add(key);
  });
}
