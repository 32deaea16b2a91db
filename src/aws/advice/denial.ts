// Which policy a denial comes from, where AWS names its type. An allow in the role's own policy helps against one of eight of them. Pure.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html

/** What was denied, as an advice calls it. */
export interface Denied {
  /** The action that was asked for; AWS may name another, such as kms:Decrypt. */
  readonly action: string;
  /** "the secret": what the action is on; empty = not to be said. */
  readonly on: string;
}

/** A denial as AWS explains it. */
interface Denial {
  readonly action: string;
  /** As AWS calls it: "VPC endpoint policy". */
  readonly policy: string;
  /** A policy denies it; else none of its type allows it. */
  readonly isExplicit: boolean;
}

const types =
  "identity-based polic(?:y|ies)|resource-based polic(?:y|ies)|role trust policy|VPC endpoint policy|service control policy|resource control policy|permissions boundary|session policy";
const implicit = new RegExp(`because no (${types}) allows?\\b`, "i");
const explicit = new RegExp(`with an explicit deny in (?:an?|the) (${types})`, "i");

function denialOf(text: string, asked: string): Denial | undefined {
  const [, deny] = explicit.exec(text) ?? [];
  const [, policy = deny] = implicit.exec(text) ?? [];
  if (policy === undefined) return undefined;
  const [, action = asked] = /not authorized to perform: ([\w-]{1,30}:\w{1,60})/.exec(text) ?? [];
  return { action, policy: policy.toLowerCase().replace(/ies$/, "y"), isExplicit: deny !== undefined };
}

/** What to change where AWS names the type of policy; undefined = it does not, or it is that the role's own policy lacks an allow. */
export function policyFix(text: string, { action: asked, on }: Denied): string | undefined {
  const denial = denialOf(text, asked);
  if (denial === undefined || (denial.policy === "identity-based policy" && !denial.isExplicit)) return undefined;
  const { action, policy, isExplicit } = denial;
  const place = placeOf(policy, action);
  if (isExplicit) return `Narrow the Deny that covers ${action} in ${place}: no Allow elsewhere outweighs it.`;
  const object = action === asked ? on : onOf(action);
  return `Allow ${action}${object === "" ? "" : ` on ${object}`} in ${place}; the role's own policy alone is not enough.`;
}

function onOf(action: string): string {
  return action.startsWith("kms:") ? "the KMS key" : "";
}

function placeOf(policy: string, action: string): string {
  const [service = ""] = action.split(":");
  switch (policy) {
    case "identity-based policy":
      return "the role's own policies";
    case "resource-based policy":
      return resourcePolicies[service] ?? "the resource's own policy";
    case "role trust policy":
      return "the trust policy of the role that is to be assumed";
    case "vpc endpoint policy":
      return `the policy of the VPC endpoint ${service}`;
    case "service control policy":
      return "the organization's service control policies (SCP) for the role's account";
    case "resource control policy":
      return "the organization's resource control policies (RCP) for the account of the resource";
    case "permissions boundary":
      return "the role's permissions boundary";
    default:
      return "the session policy (of the Pod Identity association, or of who assumes the role)";
  }
}

const resourcePolicies: Readonly<Record<string, string>> = {
  kms: "the key policy of the KMS key",
  secretsmanager: "the secret's resource policy",
  ssm: "the parameter's resource policy",
  sts: "the trust policy of the role that is to be assumed",
};
