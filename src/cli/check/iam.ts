// The rights that the classes of an input need, as an IAM policy: no action and no resource more than a mount asks for.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html and list_awssystemsmanager.html
import { goBoolean } from "../../request/parameters.ts";
import type { SecretObject } from "../../request/secret-object.ts";
import { partitionOf } from "./aws-names.ts";
import { batchedNames } from "./batches.ts";
import type { CheckedClass } from "./check-class.ts";
import { PolicyError, isPublic, resourcesOf, roleResource } from "./resources.ts";
import { objectsOfRole, rolesOf } from "./roles.ts";

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow";
  readonly Principal?: Readonly<Record<string, string>>;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

export interface IamOptions {
  /** Empty: a placeholder. */
  readonly account: string;
  /** Empty: that of the region. */
  readonly partition: string;
  /** Secrets are fetched in batches where a class does not say. */
  readonly batch: boolean;
  /** Older drivers send the versions that are mounted: then DescribeSecret is called. */
  readonly describe: boolean;
  /** Of which role; empty = the pods' own, else one that it assumes. */
  readonly role: string;
  /** Keys of KMS that the values are encrypted under. */
  readonly kmsKeys: readonly string[];
}

export interface IamResult {
  readonly policy: Policy;
  /** For people: what the policy can't say. */
  readonly notes: readonly string[];
}

/** What stands for something that is not known, and the option that gives it. Names at AWS and Kubernetes do not look like them. */
export const placeholders = {
  REGION: "--region",
  ACCOUNT_ID: "--account",
  OIDC_ISSUER: "--issuer",
  NAMESPACE: "--namespace",
  SERVICE_ACCOUNT: "--service-account",
} as const;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters of a managed policy, without blanks. */
const policySizeMax = 6144;

/** The policy of a role for these classes. @throws PolicyError for a name that would widen it, and for a role that they do not need */
export function iamPolicy(classes: readonly CheckedClass[], options: IamOptions): IamResult {
  const secrets = new Set<string>();
  const batches = new Set<string>();
  const tagged = new Map<string, Statement>();
  const parameters = new Set<string>();
  const paths = new Set<string>();
  const assumed = new Set<string>();
  let [lists, tags] = [false, false];
  const [, , , , roleAccount = ""] = options.role.split(":");
  for (const checked of classes) {
    const { parameters: given } = checked;
    const objects = objectsOfRole(checked, options.role);
    if (options.role === "") for (const role of rolesOf(checked)) assumed.add(roleResource(role));
    tags ||= goBoolean(given.usePodIdentity) === true;
    const batch = goBoolean(given.batch) === true || (given.batch === "" && options.batch);
    const region = checked.region || placeholderOf("REGION");
    for (const [isPrimary, one] of [[true, region] as const, [false, given.failoverRegion] as const]) {
      if (one === "") continue;
      const arn = (service: string, resource: string): string => {
        const partition = options.partition || partitionOf(one);
        const account = isPublic(service, resource)
          ? ""
          : roleAccount || options.account || placeholderOf("ACCOUNT_ID");
        return `arn:${partition}:${service}:${one}:${account}:${resource}`;
      };
      if (batchedNames(objects, isPrimary, batch).size > 0) batches.add("*");
      for (const object of objects) {
        const { selector, type } = object;
        const ref = isPrimary ? object.primary : object.failover;
        if (selector === undefined) {
          for (const resource of resourcesOf(ref.objectName, type, arn)) {
            (type === "secretsmanager" ? secrets : parameters).add(resource);
          }
          // What is not there yet has no ARN with six characters, and "denied" would fail the mount.
          const isAbsent = object.optional === true && type === "secretsmanager" && !ref.objectName.startsWith("arn:");
          if (isAbsent) secrets.add(arn("secretsmanager", `secret:${ref.objectName}`));
        } else if (type === "ssmparameter") {
          const path = selector.path.replace(/^\/|\/$/g, "");
          // AWS asks about the path itself; whoever may read it may read what is below.
          paths.add(arn("ssm", `parameter/${path}`));
          paths.add(arn("ssm", `parameter/${path}${path === "" ? "" : "/"}*`));
        } else {
          lists = true;
          batches.add("*");
          const resource = arn("secretsmanager", `secret:${selector.namePrefix}*`);
          if (selector.tags.size === 0) secrets.add(resource);
          else tagged.set(`${resource} ${object.objectName}`, taggedStatement(resource, object));
        }
      }
    }
  }
  const actions = ["secretsmanager:GetSecretValue", ...(options.describe ? ["secretsmanager:DescribeSecret"] : [])];
  const statements = [
    allow("ReadSecrets", actions, secrets),
    ...[...tagged.values()].map((statement, i) => ({ Sid: `ReadTaggedSecrets${i === 0 ? "" : i + 1}`, ...statement })),
    allow("BatchSecrets", ["secretsmanager:BatchGetSecretValue"], batches),
    allow("ListSecrets", ["secretsmanager:ListSecrets"], lists ? ["*"] : []),
    allow("ReadParameters", ["ssm:GetParameters"], parameters),
    allow("ReadParametersByPath", ["ssm:GetParametersByPath"], paths),
    allow("AssumeRoles", tags ? ["sts:AssumeRole", "sts:TagSession"] : ["sts:AssumeRole"], assumed),
    allow("Decrypt", ["kms:Decrypt"], options.kmsKeys),
  ].filter((statement) => statement !== undefined);
  if (statements.length === 0) {
    const whose = options.role === "" ? "the pods' own role" : options.role;
    throw new PolicyError(`no object is read with ${whose}`);
  }
  const policy: Policy = { Version: "2012-10-17", Statement: statements };
  return { policy, notes: notesOn(policy, options, assumed) };
}

/** The text that stands for something unknown. */
export function placeholderOf(name: keyof typeof placeholders): string {
  return name;
}

function allow(Sid: string, actions: readonly string[], resources: Iterable<string>): Statement | undefined {
  const list = [...resources];
  if (list.length === 0) return undefined;
  return { Sid, Effect: "Allow", Action: one(actions), Resource: one(list) };
}

function one(list: readonly string[]): string | readonly string[] {
  return list.length === 1 ? (list[0] ?? "") : list;
}

function taggedStatement(resource: string, { objectName, selector }: SecretObject): Statement {
  const tags = [...(selector?.tags ?? [])];
  if (tags.some(([key, value]) => /[*?$]/.test(key + value))) throw new PolicyError(`no policy can name ${objectName}`);
  return {
    Effect: "Allow",
    Action: "secretsmanager:GetSecretValue",
    Resource: resource,
    Condition: {
      StringEquals: Object.fromEntries(tags.map(([key, value]) => [`secretsmanager:ResourceTag/${key}`, value])),
    },
  };
}

function notesOn(policy: Policy, { kmsKeys }: IamOptions, assumed: Iterable<string>): string[] {
  const text = JSON.stringify(policy);
  return [
    ...Array.from(assumed, (role) => `The rights of ${role}: --iam --role ${role}.`),
    ...(kmsKeys.length > 0
      ? []
      : ["Values under a KMS key of your own need kms:Decrypt on it too: --kms-key ARN. AWS's own keys need nothing."]),
    ...(text.length > policySizeMax
      ? [`The policy has ${text.length} characters; a managed one may have ${policySizeMax}: split it.`]
      : []),
  ];
}
