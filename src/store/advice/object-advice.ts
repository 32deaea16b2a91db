// Advice for a failed call of a store: one or two sentences for each kind of failure, by AWS's code and words and by the object's name. Pure.
// Each advice must be true for all texts that lead to it: test/advice-table.test.ts has AWS's messages with theirs.
import type { ObjectRef } from "../../request/secret-object.ts";
import type { AwsFailure } from "../../aws/error.ts";
import { policyFix } from "../../aws/advice/denial.ts";
import { refusedFix } from "../../aws/advice/refused.ts";
import { unansweredFix } from "../../aws/advice/unanswered.ts";

/** What an advice goes by. */
type Said = Pick<AwsFailure, "reason" | "code" | "text"> & Partial<Pick<AwsFailure, "network" | "status">>;

/**
 * What an ARN of Secrets Manager ends in: a hyphen and six characters, new with each secret, even one of the same name. Six lower-case letters are a
 * word, as a rule: my-secret.
 */
const suffix = /-(?=[a-z]{0,5}[A-Z0-9])[A-Za-z0-9]{6}$/;

const services = {
  secret: { service: "Secrets Manager", endpoint: "secretsmanager" },
  parameter: { service: "Systems Manager", endpoint: "ssm" },
} as const;

// "Access to KMS is not allowed" (Secrets Manager), "The ciphertext refers to a customer master key that ... you are not allowed to access"
// (Parameter Store), or KMS's own refusal passed on.
// Where an action is named it alone decides: KMS may be a word of the secret's name.
function isOfKms(text: string): boolean {
  const [, action] = /not authorized to perform: ([\w-]{1,30}:\w{1,60})/.exec(text) ?? [];
  return action === undefined ? /\bKMS\b|kms:Decrypt|customer master key/.test(text) : action.startsWith("kms:");
}

/** For an operation on one secret in a region. */
export function secretFix(operation: string, ref: ObjectRef, said: Said, region: string): string {
  const { reason, code, text } = said;
  switch (reason) {
    case "AccessDenied":
      return (
        kmsFix(text, "the secret") ??
        policyFix(text, { action: `secretsmanager:${operation}`, on: "the secret" }) ??
        `Allow secretsmanager:${operation} on the secret to the role, and kms:Decrypt if it has its own key.`
      );
    case "ObjectNotFound":
      return notFoundFix(ref, text, region);
    case "ObjectUnreadable":
      return unreadableFix(ref, code, text);
    default:
      return otherFix("secret", operation, said, region);
  }
}

/** Where KMS says no; undefined = it is not KMS. */
function kmsFix(text: string, what: string): string | undefined {
  if (isOfDefaultKey(text)) return defaultKeyFix(what);
  if (!isOfKms(text)) return undefined;
  const named = policyFix(text, { action: "kms:Decrypt", on: `the KMS key of ${what}` });
  if (named !== undefined) return named;
  const exists = /does not exist/.test(text) ? " The key must exist in this region." : "";
  return `Allow kms:Decrypt on the KMS key of ${what} to the role, in the role's policy and in the key's.${exists}`;
}

/** "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key." */
function isOfDefaultKey(text: string): boolean {
  return /different AWS account/.test(text) && /default KMS (?:service )?key/.test(text);
}

/** Nobody can allow the use of such a key to another account. */
function defaultKeyFix(what: string): string {
  return `Encrypt ${what} with a customer managed key, and allow kms:Decrypt on it to the role, in the role's policy and in the key's.`;
}

function unreadableFix({ objectVersion, objectVersionLabel }: ObjectRef, code: string, text: string): string {
  if (isOfDefaultKey(text)) return defaultKeyFix("the secret");
  if (code === "DecryptionFailure" || code === "InvalidKeyId" || isOfKms(text))
    return "Check that the KMS key of the secret is enabled and not about to be deleted.";
  if (/deletion|deleted/.test(text)) return "Restore the secret (aws secretsmanager restore-secret), or name another.";
  return objectVersion !== "" && objectVersionLabel !== ""
    ? "Check objectVersion and objectVersionLabel: the one must be a label of the other."
    : "AWS's message says in which state the secret is; the driver tries again by itself.";
}

function notFoundFix(ref: ObjectRef, text: string, region: string): string {
  const { objectName, objectVersion, objectVersionLabel } = ref;
  const foreign = foreignArnFix(objectName, region);
  if (foreign !== undefined) return foreign;
  if (/VersionId|staging label/.test(text)) {
    if (objectVersion === "" && objectVersionLabel === "") return "The secret has no current value yet: put one.";
    const given = objectVersion === "" || !/VersionId/.test(text) ? "objectVersionLabel" : "objectVersion";
    return `Check ${given}: the secret has no such version.`;
  }
  const [, , , , , , ...resource] = objectName.split(":");
  if (resource.length > 0) {
    const name = resource.join(":");
    return suffix.test(name)
      ? `Check the ARN: its last six characters change when a secret is made anew. In the role's own account the name alone finds it too: ${name.replace(suffix, "")}.`
      : "Give the whole ARN, with the hyphen and six characters at its end, or the name alone.";
  }
  if (suffix.test(objectName))
    return `Check name and region. If ${objectName.slice(-7)} comes from the ARN, leave it out: the name is ${objectName.slice(0, -7)}.`;
  return "Check name and region of the secret.";
}

/** An ARN of another region than the one that was asked: that can only be the primary's, asked for in the failover region. */
function foreignArnFix(objectName: string, region: string): string | undefined {
  const [arn, , , own = ""] = objectName.split(":");
  if (arn !== "arn" || own === "" || region === "" || own === region) return undefined;
  return `The ARN is of ${own}, so ${region} can't have it: set failoverObject.objectName to the ARN in ${region}, or give the name alone where both regions have it.`;
}

/** For a call that reads parameters in a region. */
export function parametersFix(said: Said, region: string): string {
  const { reason, text } = said;
  switch (reason) {
    case "AccessDenied":
      return (
        kmsFix(text, "the parameters") ??
        policyFix(text, { action: "ssm:GetParameters", on: "the parameters" }) ??
        "Allow ssm:GetParameters on the parameters to the role, and kms:Decrypt if they have their own key."
      );
    case "ObjectUnreadable":
      return "Check that the KMS key of the parameters is enabled and not about to be deleted.";
    default:
      return otherFix("parameter", "GetParameters", said, region);
  }
}

/** For names that Parameter Store does not know in a region; `names` as they were sent. */
export function unknownParametersFix(names: readonly string[], region: string): string {
  for (const name of names) {
    const foreign = foreignArnFix(name, region);
    if (foreign !== undefined) return foreign;
  }
  const isBare = names.some((name) => !name.startsWith("/") && !name.startsWith("arn:") && name.includes("/"));
  const advice = "Check name, version or label, and region of the parameters.";
  return isBare ? `${advice} A name with a slash begins with one.` : advice;
}

/** For the operations of a selector, and for one secret that a batch could not read. */
export function selectorFix(
  operation: "GetParametersByPath" | "ListSecrets" | "BatchGetSecretValue" | "GetSecretValue",
  said: Said,
  region: string,
): string {
  const isParameters = operation === "GetParametersByPath";
  if (said.reason === "ObjectNotFound") return "A secret has no current value yet: put one.";
  if (said.reason !== "AccessDenied" || operation === "GetSecretValue" || isOfKms(said.text)) {
    return isParameters
      ? parametersFix(said, region)
      : secretFix(operation, { objectName: "", objectVersion: "", objectVersionLabel: "" }, said, region);
  }
  const [action, on, fix] = selectorDenied[operation];
  return policyFix(said.text, { action, on }) ?? fix;
}

const selectorDenied = {
  GetParametersByPath: [
    "ssm:GetParametersByPath",
    "the path",
    "Allow ssm:GetParametersByPath on the path to the role, and kms:Decrypt if the parameters have their own key.",
  ],
  ListSecrets: ["secretsmanager:ListSecrets", "*", "Allow secretsmanager:ListSecrets on * to the role."],
  BatchGetSecretValue: [
    "secretsmanager:BatchGetSecretValue",
    "*",
    "Allow secretsmanager:BatchGetSecretValue and secretsmanager:ListSecrets on * to the role.",
  ],
} as const;

const tooLargeFix =
  "With an objectSelector, narrow it. Else AWS's answers are shorter: check what answers in its place (proxy, endpoint).";

/** What is not about the objects. */
function otherFix(kind: keyof typeof services, operation: string, said: Said, region: string): string {
  const { reason, code, text, network = "", status = 0 } = said;
  const asked = { ...services[kind], region };
  if (reason === "TooLarge") return tooLargeFix;
  if (reason === "Throttled") return throttledFix(kind, text);
  if (reason !== "AwsUnavailable") return refusedFix(operation, code, text, asked);
  // What has a code was answered by AWS: the way there is good.
  return code === ""
    ? unansweredFix({ network, status }, asked)
    : `${asked.service} answered with an error of its own: the driver tries again by itself. If it lasts, see the AWS Health Dashboard.`;
}

function throttledFix(kind: keyof typeof services, text: string): string {
  if (isOfKms(text)) return "KMS limits the account's calls; the driver tries again. Fewer mounts at once help.";
  const help = kind === "secret" ? ", and batch for secrets" : ", and Parameter Store's higher throughput setting";
  return `AWS limits the account's calls; the driver tries again. Fewer mounts at once help${help}.`;
}
