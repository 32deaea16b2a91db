// What pods, service accounts and classes of one input name of one another. A kind that the input does not hold at all may come from elsewhere: nothing
// is said of it. An object without a namespace may be of any.
import { isRoleArn } from "../../request/assume-role.ts";
import type { FieldPath } from "../../errors.ts";
import { goBoolean } from "../../request/parameters.ts";
import { fieldNames } from "../../request/schema.ts";
import type { CheckedClass } from "./check-class.ts";
import type { Finding } from "./finding.ts";
import { fieldsAt, textAt } from "./manifest.ts";
import type { Resource } from "./manifest.ts";
import { closestName } from "./field-names.ts";
import type { DriverVolume, Pods } from "./pods.ts";
import { ruleTable } from "./rules.ts";
import type { RuleId } from "./rules.ts";
import type { Rotation } from "./class-findings.ts";

const annotation = "eks.amazonaws.com/role-arn";
/** Names that a misspelt one is compared with. */
const namesMax = 1000;

export interface Known {
  readonly accounts: readonly Resource[];
  readonly classes: readonly CheckedClass[];
  /** Of other providers, which pods may name as well. */
  readonly otherClasses: readonly Resource[];
  readonly rotation: Rotation;
}

/** A service account whose pods mount one of the classes. */
export interface User {
  readonly namespace: string;
  readonly serviceAccount: string;
}

type ReportFinding = (rule: RuleId, at: FieldPath, message: string, fix: string) => void;

/** All findings about references. */
export function referenceFindings(all: readonly Pods[], known: Known): Finding[] {
  const checked = new Map(known.classes.map((one) => [one.resource, one]));
  const methodOf = (resource: Resource): string => {
    const one = checked.get(resource);
    return one === undefined ? "" : String(usesPodIdentity(one));
  };
  const classes = byName([...known.classes.map(({ resource }) => resource), ...known.otherClasses], methodOf);
  const accounts = byName(known.accounts);
  return all.flatMap((pods) => {
    const found = new Map<string, Finding>(); // two volumes of a pod say the same of its service account
    const report: ReportFinding = (rule, at, message, fix) => {
      const { file, kind, namespace, name, placeOf } = pods.resource;
      const subject = `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
      const finding = { file, ...placeOf(at), rule, severity: ruleTable[rule].severity, message, fix, subject };
      found.set(JSON.stringify([finding.line, finding.column, message]), finding);
    };
    for (const volume of pods.volumes) {
      checkVolume(volume, known.rotation, report);
      const near = checkClassName(pods, volume, classes, report);
      checkAccount(pods, accounts, report);
      for (const one of near) checkRole(pods, checked.get(one), accounts, report);
    }
    return [...found.values()];
  });
}

/** The service accounts of the pods that mount a class of the input, each once. */
export function usersOf(all: readonly Pods[], checked: readonly CheckedClass[]): User[] {
  const classes = byName(checked.map(({ resource }) => resource));
  const users = new Map<string, User>();
  for (const { resource, account, volumes } of all) {
    const used = volumes.flatMap(({ attributes }) => classes.near(textAt(attributes, "secretProviderClass"), resource));
    if (used[0] === undefined) continue;
    const user = { namespace: resource.namespace || used[0].namespace, serviceAccount: account };
    users.set(JSON.stringify(user), user);
  }
  return [...users.values()];
}

function checkVolume(
  { at, isReadOnly, attributes, subPaths }: DriverVolume,
  rotation: Rotation,
  report: ReportFinding,
): void {
  if (!isReadOnly)
    report("volume-read-only", at, "the driver refuses a volume that is not read-only", "Set readOnly: true.");
  for (const key of attributes.keys()) {
    if (!fieldNames.parameters.includes(key)) continue;
    const message = `volumeAttributes: ${key} takes the place of the class's ${key} for this pod`;
    report("parameter-overridden", [...at, "volumeAttributes", key], message, "check looks at the class alone.");
  }
  for (const path of rotation === "on" ? subPaths : []) {
    const message = "a mount by subPath does not follow rotation: the container keeps the file of its start";
    report("sub-path", path, message, "Mount the volume as a directory.");
  }
}

/** @returns the classes that are named */
function checkClassName(
  { resource }: Pods,
  { at, attributes }: DriverVolume,
  classes: Named,
  report: ReportFinding,
): Resource[] {
  const wanted = textAt(attributes, "secretProviderClass");
  if (wanted === "") {
    const fix = "Set volumeAttributes.secretProviderClass.";
    report("class-not-found", at, "the volume names no SecretProviderClass", fix);
    return [];
  }
  const near = classes.near(wanted, resource);
  if (near.length > 0 || classes.count === 0) return near;
  const far = classes.first(wanted);
  const closest = closestName(wanted, classes.namesNear(resource));
  const fix =
    far !== undefined
      ? `A class is read from the pod's own namespace, and ${wanted} is in ${far.namespace}.`
      : closest === undefined
        ? "Add the class, or correct the name."
        : `Is ${closest} meant?`;
  const path = [...at, "volumeAttributes", "secretProviderClass"];
  report("class-not-found", path, `SecretProviderClass ${wanted} is not in the input`, fix);
  return [];
}

function checkAccount({ resource, account, accountAt }: Pods, accounts: Named, report: ReportFinding): void {
  if (accounts.count === 0 || account === "default" || accounts.near(account, resource).length > 0) return;
  const closest = closestName(account, accounts.namesNear(resource));
  const fix = closest === undefined ? "Add it, unless something else makes it." : `Is ${closest} meant?`;
  report("account-not-found", accountAt, `service account ${account} is not in the input`, fix);
}

/** With IRSA the role is the service account's. */
function checkRole(pods: Pods, used: CheckedClass | undefined, accounts: Named, report: ReportFinding): void {
  const { resource, account, accountAt } = pods;
  if (used === undefined || usesPodIdentity(used)) return;
  const [own] = accounts.near(account, resource);
  if (own === undefined) return;
  const role = textAt(fieldsAt(fieldsAt(own.value, "metadata"), "annotations"), annotation);
  if (role === "") {
    const message = `An IAM role must be associated with service account ${account}: ${used.subject} uses IRSA`;
    const fix = `Annotate it with ${annotation}, or set usePodIdentity: "true" in the class.`;
    report("role-missing", accountAt, message, fix);
  } else if (!isRoleArn(role)) {
    const message = `the annotation of service account ${account} is not the ARN of a role: ${role}`;
    report("role-missing", accountAt, message, `Correct ${annotation}.`);
  }
}

function usesPodIdentity({ parameters }: CheckedClass): boolean {
  return goBoolean(parameters.usePodIdentity) === true;
}

/** Objects of one kind by name. */
interface Named {
  readonly count: number;
  readonly first: (name: string) => Resource | undefined;
  /** Those that may be of the namespace of another object. */
  readonly near: (name: string, other: Resource) => Resource[];
  readonly namesNear: (other: Resource) => string[];
}

/** Objects of one name that one pod is compared with: a pod without a namespace may mean each namespace's. */
const nearMax = 100;

/** `kindOf`: of objects of one name and one namespace, those of one kind count once. Thus a look-up costs no more however many there are. */
function byName(resources: readonly Resource[], kindOf: (one: Resource) => string = () => ""): Named {
  const named = new Map<string, Map<string, Map<string, Resource>>>();
  for (const one of resources) {
    const spaces = named.getOrInsertComputed(one.name, () => new Map<string, Map<string, Resource>>());
    const kinds = spaces.getOrInsertComputed(one.namespace, () => new Map<string, Resource>());
    kinds.getOrInsertComputed(kindOf(one), () => one);
  }
  const listOf = (kinds: Iterable<ReadonlyMap<string, Resource>>): Resource[] =>
    [...kinds].flatMap((ones) => [...ones.values()]);
  const near = (name: string, { namespace }: Resource): Resource[] => {
    const spaces = named.get(name);
    if (spaces === undefined) return [];
    if (namespace === "") return listOf(spaces.values().take(nearMax)).slice(0, nearMax);
    return listOf([spaces.get(namespace), spaces.get("")].filter((kinds) => kinds !== undefined));
  };
  return {
    count: resources.length,
    first: (name) => listOf(named.get(name)?.values().take(1) ?? [])[0],
    near,
    namesNear: (other) => {
      const isNear = ({ namespace }: Resource): boolean =>
        namespace === "" || other.namespace === "" || namespace === other.namespace;
      return resources.slice(0, namesMax).flatMap((one) => (isNear(one) ? [one.name] : []));
    },
  };
}
