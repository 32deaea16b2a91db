// Trust policies: who may have the role. For IRSA the tokens of one service account, for Pod Identity the EKS service on behalf of one.
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html and pod-id-role.html
import { accountId } from "./aws-names.ts";
import { placeholderOf } from "./iam.ts";
import type { Policy } from "./iam.ts";
import { PolicyError } from "./resources.ts";

export interface TrustOptions {
  /** URL of the cluster's OIDC issuer; empty: a placeholder. */
  readonly issuer: string;
  readonly account: string;
  readonly partition: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Name of the EKS cluster; empty: any. */
  readonly cluster: string;
}

/** Names of Kubernetes objects (RFC 1123): no wildcard among them. */
const kubernetesName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const issuerHost = /^[A-Za-z0-9._-]+(?::\d+)?(?:\/[A-Za-z0-9._/-]*)?$/;

/** Trust for IRSA. @throws PolicyError */
export function irsaTrust({ issuer, account, partition, namespace, serviceAccount }: TrustOptions): Policy {
  const host = issuer.replace(/^https:\/\//, "").replace(/\/$/, "") || placeholderOf("OIDC_ISSUER");
  if (!issuerHost.test(host)) throw new PolicyError(`--issuer is no URL of an OIDC issuer: ${issuer}`);
  checkNames(account, namespace, serviceAccount);
  const subject = `system:serviceaccount:${namespace || placeholderOf("NAMESPACE")}:${serviceAccount || placeholderOf("SERVICE_ACCOUNT")}`;
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: {
          Federated: `arn:${partition || "aws"}:iam::${account || placeholderOf("ACCOUNT_ID")}:oidc-provider/${host}`,
        },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: { StringEquals: { [`${host}:aud`]: "sts.amazonaws.com", [`${host}:sub`]: subject } },
      },
    ],
  };
}

/** Trust for Pod Identity: the tags that EKS gives the session are compared, so that the role serves this service account alone. @throws PolicyError */
export function podIdentityTrust({ cluster, namespace, serviceAccount }: TrustOptions): Policy {
  checkNames("", namespace, serviceAccount);
  if (!/^[A-Za-z0-9][\w-]{0,99}$|^$/.test(cluster)) throw new PolicyError(`not a name of a cluster: ${cluster}`);
  const tags = {
    "aws:RequestTag/kubernetes-namespace": namespace || placeholderOf("NAMESPACE"),
    "aws:RequestTag/kubernetes-service-account": serviceAccount || placeholderOf("SERVICE_ACCOUNT"),
    ...(cluster === "" ? undefined : { "aws:RequestTag/eks-cluster-name": cluster }),
  };
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: { StringEquals: tags },
      },
    ],
  };
}

function checkNames(account: string, ...names: readonly string[]): void {
  if (account !== "" && !accountId.test(account)) throw new PolicyError(`--account has twelve digits: ${account}`);
  const bad = names.find((name) => name !== "" && !kubernetesName.test(name));
  if (bad !== undefined) throw new PolicyError(`not a name of Kubernetes: ${bad}`);
}
