// What to do when no credentials come: advice for each refusal of STS and of the Pod Identity agent, with the names the operator needs. Pure.
// Each advice must be true for all texts that lead to it (test/advice-table.test.ts). The names come from the token itself, as claims; nothing else of it is shown.
import type { Secret } from "../secret.ts";
import { policyFix } from "../aws/advice/denial.ts";
import { refusedFix } from "../aws/advice/refused.ts";
import { unansweredFix } from "../aws/advice/unanswered.ts";
import type { CredentialSource } from "./credential-source.ts";
import type { AwsFailure } from "../aws/error.ts";
import { claimsOf } from "../request/tokens.ts";

const nameMax = 200;

/** What an advice goes by. */
export type Said = Pick<AwsFailure, "reason" | "code" | "text"> & Partial<Pick<AwsFailure, "network" | "status">>;

const oneTry = "kubelet renews the token at the next mount.";

// Modelled errors of the operation: the caller's fault, the other region would say the same (parity 6).
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
const ofRefusal: Readonly<Record<string, string>> = {
  ExpiredTokenException:
    "The service account token has expired; kubelet renews it at the next mount. If it lasts, check the clock of the control plane.",
  InvalidIdentityToken:
    "Check the IAM OIDC provider of the cluster in the account of the role: issuer URL, audience sts.amazonaws.com, thumbprint.",
  IDPRejectedClaim: `STS takes the token as expired or revoked: ${oneTry} If it lasts, check the cluster's OIDC issuer.`,
  IDPCommunicationError: "IAM could not reach the cluster's OIDC issuer; check that it is public.",
  MalformedPolicyDocument: "AWS's API reference of AssumeRoleWithWebIdentity explains the code.",
  PackedPolicyTooLarge: "The session's tags and policies are too large together: check those that the token brings.",
  RegionDisabledException: "Activate STS in this region for the account.",
};

/** InvalidIdentityToken by STS's words; `issuer` without https://. */
function identityTokenFix(text: string, issuer: string): string | undefined {
  if (/No OpenIDConnect provider/i.test(text))
    return `Create an IAM OIDC provider for ${issuer} in the account of the role (eksctl utils associate-iam-oidc-provider).`;
  if (/audience/i.test(text)) return `Add sts.amazonaws.com to the audiences of the IAM OIDC provider ${issuer}.`;
  if (/verification key/i.test(text))
    return `IAM could not read the keys of ${issuer}; check that the issuer is public.`;
  if (/thumbprint|certificate/i.test(text)) return `Renew the thumbprint of the IAM OIDC provider ${issuer}.`;
  return undefined;
}

/** Whether STS's code is final for every region. */
export function isRefusal(code: string): boolean {
  return Object.hasOwn(ofRefusal, code);
}

/** For AssumeRoleWithWebIdentity in a region. `said.text` = what STS said. */
export function stsFix(said: Said, roleArn: string, token: Secret<string>, region: string): string {
  const { reason, code, text } = said;
  const claims = claimsOf(token);
  const issuer = claims === undefined ? "of the cluster" : claims.issuer.slice(0, nameMax).replace(/^https:\/\//, "");
  if (code === "InvalidIdentityToken") return identityTokenFix(text, issuer) ?? ofRefusal[code] ?? "";
  if (isRefusal(code)) return ofRefusal[code] ?? "";
  const role = roleArn.slice(0, nameMax);
  if (reason === "AccessDenied") {
    const named = policyFix(text, { action: "sts:AssumeRoleWithWebIdentity", on: role });
    if (named !== undefined) return named;
    const subject = claims === undefined ? "this service account" : claims.subject.slice(0, nameMax);
    return `Check that ${role} exists, and that its trust policy allows sts:AssumeRoleWithWebIdentity to ${subject} (sub) of the OIDC provider ${issuer}, aud sts.amazonaws.com.`;
  }
  if (code.startsWith("Validation") && /role ?arn|Request ARN/i.test(text))
    return `Check the role ARN ${role} in the service account's annotation.`;
  return otherFix(said, "AssumeRoleWithWebIdentity", region);
}

/** What is not about the role. */
function otherFix({ reason, code, text, network = "", status = 0 }: Said, operation: string, region: string): string {
  const asked = { service: "STS", endpoint: "sts", region };
  if (reason === "Throttled")
    return "STS limits the account's calls; the driver tries again. Fewer mounts at once help.";
  if (reason === "AwsRefused") return refusedFix(operation, code, text, asked);
  // What has a code was answered by STS: the way there is good.
  return code === ""
    ? unansweredFix({ network, status }, asked)
    : "STS answered with an error of its own: the driver tries again by itself. If it lasts, see the AWS Health Dashboard.";
}

/** For AssumeRole of a role by a pod's own, in a region. */
export function assumeRoleFix(
  said: Said,
  roleArn: string,
  { method, role, hasExternalId }: Pick<CredentialSource, "method" | "role"> & { readonly hasExternalId: boolean },
  region: string,
): string {
  const { reason, code, text } = said;
  const target = roleArn.slice(0, nameMax);
  if (reason === "AccessDenied") {
    const named = policyFix(text, { action: "sts:AssumeRole", on: target });
    if (named !== undefined) return named;
    const tags = method === "pod-identity" ? " and sts:TagSession" : "";
    const id = hasExternalId
      ? "with this sts:ExternalId"
      : "and with a condition on sts:ExternalId set assumeRoleExternalId";
    return `Allow sts:AssumeRole${tags} on ${target} in the policy of ${role.slice(0, nameMax)}; let the trust policy of the former allow it to the latter, ${id}.`;
  }
  if (/DurationSeconds/i.test(text))
    return "Lower assumeRoleDurationSeconds: at most 3600 where a role assumes a role, and the role's own maximum.";
  if (code === "RegionDisabledException") return ofRefusal[code] ?? "";
  if (code.startsWith("Validation")) {
    if (/externalId/i.test(text)) return "Check assumeRoleExternalId: STS does not take it as it is written.";
    return `Check assumeRoleArn: ${target}.`;
  }
  return otherFix(said, "AssumeRole", region);
}

/** How the Pod Identity agent failed. */
export interface AgentFailure {
  /** Its words, or the system's. */
  readonly text: string;
  /** HTTP status; 0 = it did not answer. */
  readonly status: number;
}

/** For the Pod Identity agent; it passes on what EKS Auth has answered (its pkg/errors/errors.go). */
export function agentFix({ text, status }: AgentFailure, token: Secret<string>): string {
  if (status === 0) {
    return "Check that the EKS Pod Identity agent runs on this node and answers: the add-on eks-pod-identity-agent, its pod here; on nodes without it use IRSA.";
  }
  if (status === 429 || /throttl|too many/i.test(text))
    return "The agent or EKS limits the calls; kubelet tries again.";
  if (status < 400)
    return "The agent runs, but answered without credentials: see its log (the pod eks-pod-identity-agent on this node).";
  if (status >= 500) {
    return "The agent runs, but has no credentials from EKS Auth: see its log; check that the node reaches eks-auth in this region (VPC endpoint eks-auth) and that the node's role allows eks-auth:AssumeRoleForPodIdentity.";
  }
  if (/expired/i.test(text)) return "The service account token has expired; kubelet renews it at the next mount.";
  if (/eks-auth:AssumeRoleForPodIdentity/.test(text)) {
    const denied = { action: "eks-auth:AssumeRoleForPodIdentity", on: "*" };
    return (
      policyFix(text, denied) ??
      "Allow eks-auth:AssumeRoleForPodIdentity to the node's role, as AmazonEKSWorkerNodePolicy does."
    );
  }
  if (/permissions to assume|AccessDenied/i.test(text))
    return "The trust policy of the associated role must allow sts:AssumeRole and sts:TagSession to pods.eks.amazonaws.com.";
  if (/InvalidToken|audience/i.test(text))
    return "Check that tokenRequests has the audience pods.eks.amazonaws.com, and that the agent is this cluster's own.";
  const claims = claimsOf(token);
  const account =
    claims === undefined
      ? "the service account"
      : `service account ${claims.namespace.slice(0, nameMax)}/${claims.serviceAccount.name.slice(0, nameMax)}`;
  if (/ResourceNotFound|No association/i.test(text) || status === 404)
    return `Check that ${account} has a Pod Identity association in this cluster (aws eks create-pod-identity-association).`;
  return `See the log of the agent (the pod eks-pod-identity-agent on this node), and the Pod Identity association of ${account}.`;
}
