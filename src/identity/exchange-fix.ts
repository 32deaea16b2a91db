// What to do when no credentials come: advice for each refusal of STS and of the Pod Identity agent, with the names the operator needs. Pure.
// The names come from the token itself, as claims; nothing else of it is shown.
import type { Secret } from "../secret.ts";
import type { CredentialSource } from "./credentials.ts";
import { claimsOf } from "./tokens.ts";

const nameMax = 200;

// Modelled errors of the operation: the caller's fault, the other region would say the same (parity 6).
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
const ofRefusal: Readonly<Record<string, string>> = {
  ExpiredTokenException: "The service account token has expired; kubelet renews it at the next mount.",
  InvalidIdentityToken:
    "Check that the cluster's OIDC provider is registered in IAM and that its audience is sts.amazonaws.com.",
  IDPRejectedClaim: "Check the conditions of the role's trust policy.",
  IDPCommunicationError: "IAM could not reach the cluster's OIDC issuer; check that it is public.",
  MalformedPolicyDocument: "Check the role's policies.",
  PackedPolicyTooLarge: "Check the role's policies and session tags.",
  RegionDisabledException: "Activate STS in this region for the account.",
};

/** Whether STS's code is final for every region. */
export function isRefusal(code: string): boolean {
  return Object.hasOwn(ofRefusal, code);
}

/** For AssumeRoleWithWebIdentity. `text` = what STS said. */
export function stsFix(
  { reason, code, text }: { readonly reason: string; readonly code: string; readonly text: string },
  roleArn: string,
  token: Secret<string>,
): string {
  const claims = claimsOf(token);
  const issuer = claims === undefined ? "of the cluster" : claims.issuer.slice(0, nameMax).replace(/^https:\/\//, "");
  if (code === "InvalidIdentityToken" && /No OpenIDConnect provider/i.test(text))
    return `Create an IAM OIDC provider for ${issuer} in the account of the role (eksctl utils associate-iam-oidc-provider).`;
  if (code === "InvalidIdentityToken" && /audience/i.test(text))
    return `Add sts.amazonaws.com to the audiences of the IAM OIDC provider ${issuer}.`;
  if (isRefusal(code)) return ofRefusal[code] ?? "";
  const role = roleArn.slice(0, nameMax);
  if (reason === "AccessDenied") {
    const subject = claims === undefined ? "this service account" : claims.subject.slice(0, nameMax);
    return `Check that ${role} exists, and that its trust policy allows sts:AssumeRoleWithWebIdentity to ${subject} (sub) of the OIDC provider ${issuer}, aud sts.amazonaws.com.`;
  }
  if (reason === "AwsRefused") return `Check the role ARN ${role} in the service account's annotation.`;
  return unavailableFix(code);
}

/** What has a code was answered by STS: the way there is good. */
function unavailableFix(code: string): string {
  return code === ""
    ? "Check that the node reaches STS in this region: DNS, routes, security groups, proxy, the VPC endpoint sts."
    : "STS answered with an error of its own: the driver tries again by itself. If it lasts, see the AWS Health Dashboard.";
}

/** For AssumeRole of a role by a pod's own. */
export function assumeRoleFix(
  { reason, code, text }: { readonly reason: string; readonly code: string; readonly text: string },
  roleArn: string,
  { method, role }: CredentialSource,
  hasExternalId: boolean,
): string {
  const target = roleArn.slice(0, nameMax);
  if (reason === "AccessDenied") {
    const tags = method === "pod-identity" ? " and sts:TagSession" : "";
    const id = hasExternalId
      ? "with this sts:ExternalId"
      : "and with a condition on sts:ExternalId set assumeRoleExternalId";
    return `Allow sts:AssumeRole${tags} on ${target} in the policy of ${role.slice(0, nameMax)}; let the trust policy of the former allow it to the latter, ${id}.`;
  }
  if (/DurationSeconds/.test(text))
    return "Lower assumeRoleDurationSeconds: at most 3600 where a role assumes a role, and the role's own maximum.";
  if (code === "RegionDisabledException") return ofRefusal[code] ?? "";
  return reason === "AwsRefused" ? `Check assumeRoleArn: ${target}.` : unavailableFix(code);
}

/** For the Pod Identity agent. `spoke` = it answered, and refused. */
export function agentFix(text: string, spoke: boolean, token: Secret<string>): string {
  if (!spoke) {
    return "Check that the EKS Pod Identity agent runs on this node and answers: the add-on eks-pod-identity-agent, its pod here; on nodes without it use IRSA.";
  }
  if (/expired/i.test(text)) return "The service account token has expired; kubelet renews it at the next mount.";
  if (/permissions to assume|AccessDenied/i.test(text))
    return "The trust policy of the associated role must allow sts:AssumeRole and sts:TagSession to pods.eks.amazonaws.com.";
  if (/throttl|too many/i.test(text)) return "The agent or EKS limits the calls; kubelet tries again.";
  if (/InvalidToken|audience/i.test(text))
    return "Check that tokenRequests has the audience pods.eks.amazonaws.com, and that the agent is this cluster's own.";
  const claims = claimsOf(token);
  const account =
    claims === undefined
      ? "the service account"
      : `service account ${claims.namespace.slice(0, nameMax)}/${claims.serviceAccount.name.slice(0, nameMax)}`;
  return `Check that ${account} has a Pod Identity association in this cluster (aws eks create-pod-identity-association).`;
}
