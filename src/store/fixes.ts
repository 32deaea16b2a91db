// What to do when a store says no: one or two sentences for each kind of failure, chosen by AWS's code and words and by how the object is named. Pure.
import type { ObjectRef } from "../request/objects.ts";
import type { AwsFailure } from "./aws-error.ts";

type Said = Pick<AwsFailure, "reason" | "code" | "text">;

/** What an ARN of Secrets Manager ends in: a hyphen and six characters, new with each secret, even one of the same name. */
const suffix = /-[A-Za-z0-9]{6}$/;

// "Access to KMS is not allowed" (Secrets Manager), "The ciphertext refers to a customer master key that ... you are not allowed to access"
// (Parameter Store), or KMS's own refusal passed on.
const isOfKms = (text: string): boolean => /\bKMS\b|kms:Decrypt|customer master key/.test(text);

/** For an operation on one secret. */
export function secretFix(operation: string, ref: ObjectRef, { reason, code, text }: Said): string {
  switch (reason) {
    case "AccessDenied":
      return isOfKms(text)
        ? "Allow kms:Decrypt on the KMS key of the secret to the role, in the role's policy and in the key's."
        : `Allow secretsmanager:${operation} on the secret to the role, and kms:Decrypt if it has its own key.`;
    case "ObjectNotFound":
      return notFoundFix(ref, text);
    case "ObjectUnreadable":
      if (code === "DecryptionFailure")
        return "Check that the KMS key of the secret is enabled and not about to be deleted.";
      return /deletion|deleted/.test(text)
        ? "Restore the secret (aws secretsmanager restore-secret), or name another."
        : "Check objectVersion and objectVersionLabel: the one must be a label of the other.";
    case "Throttled":
      return throttledFix;
    case "AwsUnavailable":
      return unavailableFix("Secrets Manager", "secretsmanager", code);
    case "TooLarge":
      return tooLargeFix;
    default:
      return refusedFix(operation, code);
  }
}

function notFoundFix({ objectName, objectVersion, objectVersionLabel }: ObjectRef, text: string): string {
  if (/VersionId|staging label/.test(text)) {
    const given = objectVersion === "" ? "objectVersionLabel" : "objectVersion";
    return objectVersion === "" && objectVersionLabel === ""
      ? "The secret has no current value yet: put one."
      : `Check ${given}: the secret has no such version.`;
  }
  const [, , , , , , ...resource] = objectName.split(":");
  if (resource.length > 0) {
    const name = resource.join(":");
    return suffix.test(name)
      ? `Check the ARN: its last six characters change when a secret is made anew. The name alone finds it too: ${name.replace(suffix, "")}.`
      : "Give the whole ARN, with the hyphen and six characters at its end, or the name alone.";
  }
  // Six lower-case letters are a word, as a rule: my-secret.
  if (suffix.test(objectName) && /[A-Z0-9][A-Za-z0-9]{0,5}$/.test(objectName))
    return `Check name and region. If ${objectName.slice(-7)} comes from the ARN, leave it out: the name is ${objectName.slice(0, -7)}.`;
  return "Check name and region of the secret.";
}

/** For a call that reads parameters. */
export function parametersFix({ reason, code, text }: Said): string {
  switch (reason) {
    case "AccessDenied":
      return isOfKms(text)
        ? "Allow kms:Decrypt on the KMS key of the parameters to the role, in the role's policy and in the key's."
        : "Allow ssm:GetParameters on the parameters to the role, and kms:Decrypt if they have their own key.";
    case "ObjectUnreadable":
      return "Check that the KMS key of the parameters is enabled and not about to be deleted.";
    case "Throttled":
      return throttledFix;
    case "AwsUnavailable":
      return unavailableFix("Systems Manager", "ssm", code);
    case "TooLarge":
      return tooLargeFix;
    default:
      return refusedFix("GetParameters", code);
  }
}

/** For names that Parameter Store does not know; `names` as they were sent. */
export function unknownParametersFix(names: readonly string[]): string {
  const isBare = names.some((name) => !name.startsWith("/") && !name.startsWith("arn:") && name.includes("/"));
  const advice = "Check name, version or label, and region of the parameters.";
  return isBare ? `${advice} A name with a slash begins with one.` : advice;
}

/** For the operations of a selector, and for one secret that a batch could not read. */
export function selectorFix(
  operation: "GetParametersByPath" | "ListSecrets" | "BatchGetSecretValue" | "GetSecretValue",
  said: Said,
): string {
  const isParameters = operation === "GetParametersByPath";
  if (said.reason === "ObjectNotFound") return "A secret has no current value yet: put one.";
  if (said.reason !== "AccessDenied" || operation === "GetSecretValue" || isOfKms(said.text)) {
    return isParameters
      ? parametersFix(said)
      : secretFix(operation, { objectName: "", objectVersion: "", objectVersionLabel: "" }, said);
  }
  if (isParameters)
    return "Allow ssm:GetParametersByPath on the path to the role, and kms:Decrypt if the parameters have their own key.";
  return operation === "ListSecrets"
    ? "Allow secretsmanager:ListSecrets on * to the role."
    : "Allow secretsmanager:BatchGetSecretValue and secretsmanager:ListSecrets on * to the role.";
}

const throttledFix =
  "AWS limits the account's calls; the driver tries again. Fewer mounts at once help, and batch for secrets.";

const tooLargeFix =
  "With an objectSelector, narrow it. Else AWS's answers are shorter: check what answers in its place (proxy, endpoint).";

/** What has a code was answered by AWS: the way there is good. */
function unavailableFix(service: string, endpoint: string, code: string): string {
  return code === ""
    ? `Check that the node reaches ${service} in this region: DNS, routes, security groups, proxy, the VPC endpoint ${endpoint}.`
    : `${service} answered with an error of its own: the driver tries again by itself. If it lasts, see the AWS Health Dashboard.`;
}

/** For codes that are about the call itself. https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html */
function refusedFix(operation: string, code: string): string {
  if (code === "") return "";
  if (/Skewed|Signature/.test(code)) return "Check the clock of the node.";
  if (/ExpiredToken|InvalidToken|UnrecognizedClient|InvalidClientTokenId/.test(code))
    return "Check that the region is enabled for the account; where it is, the next try has fresh credentials.";
  if (/^(Validation|InvalidParameter)/.test(code))
    return "AWS does not take objectName, objectVersion or objectVersionLabel as they are written.";
  return `AWS's API reference of ${operation} explains the code.`;
}
