// AWS's messages, each with the reason and the advice that a pod event has for it. An advice that is wrong for one of the texts that lead to it sends
// people the wrong way: who adds a message here says what helps against it. Each is a mount through gRPC, and the message comes on the service's protocol.
import { describe, expect, test } from "bun:test";
import { createMetrics } from "../src/telemetry/metrics.ts";
import { unansweredFix } from "../src/aws/advice/unanswered.ts";
import type { MountRequestOptions } from "./build.ts";
import type { FaultAction, FaultMatch } from "./fakes/faults.ts";
import { startLab } from "./inprocess.ts";
import type { LabOptions } from "./inprocess.ts";

const region = "eu-west-1";
const second = "us-east-1";
const secrets: MountRequestOptions = { objects: [{ objectName: "app/db", objectType: "secretsmanager" }] };
const parameters: MountRequestOptions = { objects: [{ objectName: "/app/url", objectType: "ssmparameter" }] };
const podIdentity: MountRequestOptions = { ...secrets, parameters: { usePodIdentity: "true" } };
const role = "arn:aws:sts::111122223333:assumed-role/app/default.app";

const refused = (status: number, code: string, message: string): FaultAction => ({
  kind: "answer",
  status,
  code,
  message,
});
const raw = (status: number, body: string, contentType = "text/plain; charset=utf-8"): FaultAction => ({
  kind: "raw",
  status,
  contentType,
  body,
});
const denied = (action: string, why: string): FaultAction =>
  refused(
    400,
    "AccessDeniedException",
    `User: ${role} is not authorized to perform: ${action} on resource: arn:x ${why}`,
  );

type Row = readonly [what: string, answer: FaultAction, reason: string, advice: string];

async function event(
  match: FaultMatch,
  answer: FaultAction,
  request: MountRequestOptions,
  options: LabOptions = {},
): Promise<{ readonly details: string; readonly reason: string }> {
  await using lab = await startLab({ env: { AWS_MAX_ATTEMPTS: "1" }, ...options });
  for (const at of [region, second]) lab.world.cloud.putSecret(at, "app/db", "v");
  lab.world.faults.inject(match, answer);
  const { details } = await lab.failure(request);
  const [, reason = ""] = /outcome="error"[^\n]* reason="(\w+)"/.exec(lab.logged()) ?? [];
  return { details, reason };
}

const policies: readonly Row[] = [
  [
    "identity",
    denied(
      "secretsmanager:GetSecretValue",
      "because no identity-based policy allows the secretsmanager:GetSecretValue action",
    ),
    "AccessDenied",
    "Allow secretsmanager:GetSecretValue on the secret to the role, and kms:Decrypt if it has its own key.",
  ],
  [
    "identity, denied",
    denied("secretsmanager:GetSecretValue", "with an explicit deny in an identity-based policy"),
    "AccessDenied",
    "Narrow the Deny that covers secretsmanager:GetSecretValue in the role's own policies: no Allow elsewhere outweighs it.",
  ],
  [
    "VPC endpoint",
    denied(
      "secretsmanager:GetSecretValue",
      "because no VPC endpoint policy allows the secretsmanager:GetSecretValue action",
    ),
    "AccessDenied",
    "Allow secretsmanager:GetSecretValue on the secret in the policy of the VPC endpoint secretsmanager; the role's own policy alone is not enough.",
  ],
  [
    "VPC endpoint, denied",
    denied("secretsmanager:GetSecretValue", "with an explicit deny in a VPC endpoint policy"),
    "AccessDenied",
    "Narrow the Deny that covers secretsmanager:GetSecretValue in the policy of the VPC endpoint secretsmanager: no Allow elsewhere outweighs it.",
  ],
  [
    "service control, denied",
    denied("secretsmanager:GetSecretValue", "with an explicit deny in a service control policy"),
    "AccessDenied",
    "in the organization's service control policies (SCP) for the role's account: no Allow",
  ],
  [
    "service control, none",
    denied(
      "secretsmanager:GetSecretValue",
      "because no service control policy allows the secretsmanager:GetSecretValue action",
    ),
    "AccessDenied",
    "Allow secretsmanager:GetSecretValue on the secret in the organization's service control policies (SCP)",
  ],
  [
    "resource control",
    denied("secretsmanager:GetSecretValue", "with an explicit deny in a resource control policy"),
    "AccessDenied",
    "in the organization's resource control policies (RCP) for the account of the resource: no Allow",
  ],
  [
    "permissions boundary",
    denied(
      "secretsmanager:GetSecretValue",
      "because no permissions boundary allows the secretsmanager:GetSecretValue action",
    ),
    "AccessDenied",
    "Allow secretsmanager:GetSecretValue on the secret in the role's permissions boundary",
  ],
  [
    "session",
    denied(
      "secretsmanager:GetSecretValue",
      "because no session policy allows the secretsmanager:GetSecretValue action",
    ),
    "AccessDenied",
    "Allow secretsmanager:GetSecretValue on the secret in the session policy (of the Pod Identity association,",
  ],
  [
    "resource",
    denied(
      "secretsmanager:GetSecretValue",
      "because no resource-based policy allows the secretsmanager:GetSecretValue action",
    ),
    "AccessDenied",
    "Allow secretsmanager:GetSecretValue on the secret in the secret's resource policy",
  ],
  [
    "resource, denied",
    denied("secretsmanager:GetSecretValue", "with an explicit deny in a resource-based policy"),
    "AccessDenied",
    "Narrow the Deny that covers secretsmanager:GetSecretValue in the secret's resource policy",
  ],
  [
    "of KMS: resource",
    denied("kms:Decrypt", "because no resource-based policy allows the kms:Decrypt action"),
    "AccessDenied",
    "Allow kms:Decrypt on the KMS key of the secret in the key policy of the KMS key",
  ],
  [
    "of KMS: VPC endpoint",
    denied("kms:Decrypt", "because no VPC endpoint policy allows the kms:Decrypt action"),
    "AccessDenied",
    "in the policy of the VPC endpoint kms",
  ],
  [
    "of KMS: service control",
    denied("kms:Decrypt", "with an explicit deny in a service control policy"),
    "AccessDenied",
    "Narrow the Deny that covers kms:Decrypt in the organization's service control policies",
  ],
  [
    "of KMS: not said",
    refused(400, "AccessDeniedException", "Access to KMS is not allowed"),
    "AccessDenied",
    "Allow kms:Decrypt on the KMS key of the secret to the role, in the role's policy and in the key's.",
  ],
];

const ofSecrets: readonly Row[] = [
  [
    "another region in the signature",
    refused(403, "InvalidSignatureException", "Credential should be scoped to a valid region, not 'eu-west-1'. "),
    "AwsRefused",
    "What answers is of another region or service: check that the region eu-west-1 is spelled right, and the endpoint settings",
  ],
  [
    "another service in the signature",
    refused(403, "InvalidSignatureException", "Credential should be scoped to correct service: 'ssm'."),
    "AwsRefused",
    "What answers is of another region or service",
  ],
  [
    "a signature that does not fit",
    refused(
      403,
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
    ),
    "AwsRefused",
    "Something between the node and Secrets Manager changes the request: check the proxy",
  ],
  [
    "a header that is gone",
    refused(400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    "AwsRefused",
    "Something between the node and Secrets Manager changes the request: check the proxy",
  ],
  [
    "the clock is behind",
    refused(
      403,
      "InvalidSignatureException",
      "Signature expired: 20261128T090000Z is now earlier than 20261128T091000Z",
    ),
    "AwsRefused",
    "Check the clock of the node.",
  ],
  [
    "the clock is ahead",
    refused(
      403,
      "SignatureDoesNotMatch",
      "Signature not yet current: 20261128T090000Z is still later than 20261128T080000Z",
    ),
    "AwsRefused",
    "Check the clock of the node.",
  ],
  [
    "credentials that have run out",
    refused(400, "ExpiredTokenException", "The security token included in the request is expired"),
    "AwsRefused",
    "The credentials have run out; the next try has fresh ones. If it lasts, check the clock of the node.",
  ],
  [
    "an account that has not opted in",
    refused(403, "OptInRequired", "The AWS Access Key Id needs a subscription for the service"),
    "AwsRefused",
    "Enable the region eu-west-1 and Secrets Manager for the role's account.",
  ],
  [
    "an endpoint of something else",
    refused(400, "UnknownOperationException", ""),
    "AwsRefused",
    "What answers does not know GetSecretValue: check the endpoint settings",
  ],
  [
    "throttling by a bare 429",
    refused(429, "LimitExceeded", "slow down"),
    "Throttled",
    "AWS limits the account's calls; the driver tries again. Fewer mounts at once help, and batch for secrets.",
  ],
  [
    "throttling by KMS",
    refused(400, "ThrottlingException", "You have exceeded the rate at which you may call KMS."),
    "Throttled",
    "KMS limits the account's calls; the driver tries again.",
  ],
  [
    "a state that nobody can foresee",
    refused(400, "InvalidRequestException", "The secret is being replicated."),
    "ObjectUnreadable",
    "AWS's message says in which state the secret is; the driver tries again by itself.",
  ],
  [
    "a page of a proxy",
    raw(403, "<html>Blocked by the gateway</html>", "text/html"),
    "AwsUnavailable",
    "What answered is not Secrets Manager: check the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint settings",
  ],
  [
    "a page of a proxy that reaches nothing",
    raw(502, "<html>Bad Gateway</html>", "text/html"),
    "AwsUnavailable",
    "What answered is Secrets Manager in trouble or a proxy in its stead: the driver tries again. If it lasts, check the proxy",
  ],
];

const ofNames: readonly Row[] = [
  [
    "a name that holds KMS",
    refused(
      400,
      "AccessDeniedException",
      `User: ${role} is not authorized to perform: secretsmanager:GetSecretValue on resource: prod/KMS/db because no identity-based policy allows the secretsmanager:GetSecretValue action`,
    ),
    "AccessDenied",
    "Allow secretsmanager:GetSecretValue on the secret to the role, and kms:Decrypt if it has its own key.",
  ],
  [
    "a name that holds an action of KMS",
    refused(
      400,
      "AccessDeniedException",
      `User: ${role} is not authorized to perform: secretsmanager:GetSecretValue on resource: kms:Decrypt`,
    ),
    "AccessDenied",
    "Allow secretsmanager:GetSecretValue on the secret to the role",
  ],
  [
    "the default key, of another account",
    refused(
      400,
      "AccessDeniedException",
      "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
    ),
    "AccessDenied",
    "Encrypt the secret with a customer managed key, and allow kms:Decrypt on it to the role",
  ],
  [
    "the default key, of another account, as an invalid request",
    refused(
      400,
      "InvalidRequestException",
      "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
    ),
    "ObjectUnreadable",
    "Encrypt the secret with a customer managed key, and allow kms:Decrypt on it to the role",
  ],
];

const ofSts: readonly Row[] = [
  [
    "throttling",
    refused(400, "Throttling", "Rate exceeded"),
    "Throttled",
    "STS limits the account's calls; the driver tries again. Fewer mounts at once help.",
  ],
  [
    "throttling, by the newer name",
    refused(429, "ThrottlingException", "Rate exceeded"),
    "Throttled",
    "STS limits the account's calls",
  ],
  [
    "the VPC endpoint's policy",
    refused(
      403,
      "AccessDenied",
      "User: system:serviceaccount is not authorized to perform: sts:AssumeRoleWithWebIdentity on resource: arn:aws:iam::111122223333:role/app because no VPC endpoint policy allows the sts:AssumeRoleWithWebIdentity action",
    ),
    "AccessDenied",
    "Allow sts:AssumeRoleWithWebIdentity on arn:aws:iam::111122223333:role/app in the policy of the VPC endpoint sts",
  ],
  [
    "keys that IAM could not read",
    refused(
      400,
      "InvalidIdentityToken",
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    ),
    "CredentialsRefused",
    "check that the issuer is public.",
  ],
  [
    "the thumbprint",
    refused(
      400,
      "InvalidIdentityToken",
      "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
    ),
    "CredentialsRefused",
    "Renew the thumbprint of the IAM OIDC provider ",
  ],
  [
    "a claim that is rejected",
    refused(403, "IDPRejectedClaim", "The claim was revoked"),
    "CredentialsRefused",
    "STS takes the token as expired or revoked: kubelet renews the token at the next mount.",
  ],
  [
    "a validation that is not about the role",
    refused(
      400,
      "ValidationError",
      "1 validation error detected: Value '' at 'webIdentityToken' failed to satisfy constraint",
    ),
    "CredentialsUnavailable",
    "AWS's API reference of AssumeRoleWithWebIdentity explains the code.",
  ],
  [
    "a code that is not about the role",
    refused(400, "InvalidAction", "Could not find operation"),
    "CredentialsUnavailable",
    "What answers does not know AssumeRoleWithWebIdentity: check the endpoint settings",
  ],
  [
    "a page of a proxy",
    raw(407, "<html>Proxy Authentication Required</html>", "text/html"),
    "CredentialsUnavailable",
    "What answered is not STS: check the proxy",
  ],
];

const id = "0e4e3f1c-b550-4353-a381-3b3f1c2bde18";
const ofAgent: readonly Row[] = [
  [
    "EKS Auth that fails",
    raw(500, `[${id}]: (InternalServerException): down, fault: server`),
    "CredentialsUnavailable",
    "The agent runs, but has no credentials from EKS Auth: see its log; check that the node reaches eks-auth",
  ],
  [
    "EKS Auth that is out of reach",
    raw(500, "[]"),
    "CredentialsUnavailable",
    "The agent runs, but has no credentials from EKS Auth",
  ],
  [
    "a node's role that may not",
    raw(
      403,
      `[${id}]: (AccessDeniedException): User: arn:aws:sts::1:assumed-role/node/i-1 is not authorized to perform: eks-auth:AssumeRoleForPodIdentity on resource: arn:x because no identity-based policy allows the eks-auth:AssumeRoleForPodIdentity action, fault: client`,
    ),
    "CredentialsRefused",
    "Allow eks-auth:AssumeRoleForPodIdentity to the node's role, as AmazonEKSWorkerNodePolicy does.",
  ],
  [
    "a VPC endpoint's policy",
    raw(
      403,
      `[${id}]: (AccessDeniedException): User: arn:x is not authorized to perform: eks-auth:AssumeRoleForPodIdentity on resource: arn:x because no VPC endpoint policy allows the eks-auth:AssumeRoleForPodIdentity action, fault: client`,
    ),
    "CredentialsRefused",
    "in the policy of the VPC endpoint eks-auth",
  ],
  [
    "throttling",
    raw(429, `[${id}]: (ThrottlingException): Rate exceeded, fault: client`),
    "Throttled",
    "The agent or EKS limits the calls; kubelet tries again.",
  ],
  [
    "no association",
    raw(404, `[${id}]: (ResourceNotFoundException): No associations found, fault: client`),
    "CredentialsRefused",
    "Check that service account default/app has a Pod Identity association in this cluster",
  ],
  [
    "a role that does not trust EKS",
    raw(
      400,
      `[${id}]: (AccessDeniedException): EKS does not have permissions to assume the associated role., fault: client`,
    ),
    "CredentialsRefused",
    "The trust policy of the associated role must allow sts:AssumeRole and sts:TagSession to pods.eks.amazonaws.com.",
  ],
  [
    "a request that nobody can foresee",
    raw(400, `[${id}]: (InvalidParameterException): odd, fault: client`),
    "CredentialsRefused",
    "See the log of the agent (the pod eks-pod-identity-agent on this node), and the Pod Identity association of service account default/app.",
  ],
  [
    "no credentials in the answer",
    raw(200, "{}", "application/json"),
    "CredentialsUnavailable",
    "The agent runs, but answered without credentials",
  ],
];

const ofParameters: readonly Row[] = [
  [
    "the VPC endpoint's policy",
    denied("ssm:GetParameters", "because no VPC endpoint policy allows the ssm:GetParameters action"),
    "AccessDenied",
    "Allow ssm:GetParameters on the parameters in the policy of the VPC endpoint ssm",
  ],
  [
    "a key that may not be there",
    refused(
      400,
      "AccessDeniedException",
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
    ),
    "AccessDenied",
    "in the role's policy and in the key's. The key must exist in this region.",
  ],
  [
    "throttling",
    refused(400, "ThrottlingException", "Rate exceeded"),
    "Throttled",
    "Fewer mounts at once help, and Parameter Store's higher throughput setting.",
  ],
];

describe.each([
  ["the policy that denies", "secrets-manager", policies, secrets],
  ["Secrets Manager", "secrets-manager", ofSecrets, secrets],
  ["names and keys", "secrets-manager", ofNames, secrets],
  ["Parameter Store", "ssm", ofParameters, parameters],
  ["STS", "sts", ofSts, secrets],
  ["the Pod Identity agent", "pod-identity", ofAgent, podIdentity],
] as const)("%s", (_name, service, rows, request) => {
  test.each(rows)("%s", async (_what, answer, reason, advice) => {
    const told = await event({ service }, answer, request);
    expect(told.details).toContain(advice);
    expect(told.reason).toBe(reason);
  });
});

describe("Kubernetes, asked for the service account", () => {
  const status = (code: number, message: string): FaultAction =>
    raw(code, JSON.stringify({ kind: "Status", status: "Failure", message, code }), "application/json");

  test.each([
    ["no such account", status(404, 'serviceaccounts "app" not found'), "Create the service account, or correct"],
    [
      "no right",
      status(403, 'serviceaccounts "app" is forbidden: User "x" cannot get resource "serviceaccounts"'),
      "Allow the provider to get serviceaccounts, as the chart's ClusterRole does",
    ],
    ["its own token", status(401, "Unauthorized"), "does not take the provider's own token"],
    ["overload", status(429, "Too many requests, please try again later."), "is overloaded or in trouble; kubelet"],
    ["an error", status(500, "etcdserver: request timed out"), "is overloaded or in trouble; kubelet"],
    ["a proxy's page", raw(200, "<html>", "text/html"), "What answers is not the Kubernetes API: check the address"],
    ["a redirect", raw(302, "", "text/html"), "What answers is not the Kubernetes API: check the address"],
  ] as const)("%s", async (_what, answer, advice) => {
    const { details } = await event({ service: "kubernetes" }, answer, {
      ...secrets,
      parameters: { region },
    });
    expect(details).toContain("failed to get service account default/app: ");
    expect(details).toContain(advice);
  });
});

describe("where no answer comes", () => {
  const asked = { service: "STS", endpoint: "sts", region };
  test.each([
    ["ENOTFOUND", "Check the spelling of the region eu-west-1 (a zone such as us-west-2a is not a region)"],
    ["EAI_AGAIN", "Check the DNS of the cluster and of the VPC"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "give its CA to the provider in AWS_CA_BUNDLE or SSL_CERT_FILE"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "give its CA to the provider in AWS_CA_BUNDLE or SSL_CERT_FILE"],
    ["CERT_HAS_EXPIRED", "Check the clock of the node"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "Another host answers under this name"],
    ["EMSGSIZE", "What answered is not STS"],
    ["ECONNREFUSED", "Check that the node reaches STS in this region: DNS, routes, security groups"],
    ["ETIMEDOUT", "Check that the node reaches STS in this region: DNS, routes, security groups"],
    ["ECONNRESET", "the VPC endpoint sts."],
  ])("%s", (network, advice) => expect(unansweredFix({ network, status: 0 }, asked)).toContain(advice));
});

describe("an ARN that leads to nothing", () => {
  test.each([
    ["my-secret", "Give the whole ARN, with the hyphen and six characters at its end, or the name alone."],
    ["my-Secre1", "its last six characters change when a secret is made anew"],
    ["my-abcde1", "the name alone finds it too: my."],
    ["my-1abcde", "the name alone finds it too: my."],
  ])("%s", async (name, advice) => {
    await using lab = await startLab();
    const objectName = `arn:aws:secretsmanager:${region}:111122223333:secret:${name}`;
    const { details } = await lab.failure({ objects: [{ objectName, objectAlias: "s" }] });
    expect(details).toContain(advice);
  });
});

describe("where the answer is not all", () => {
  test("an ARN that is asked for in the failover region", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "app/db", "v");
    const objectName = lab.world.cloud.secretArn(region, "app/db");
    const { details } = await lab.failure({
      objects: [{ objectName, objectAlias: "db" }],
      parameters: { failoverRegion: second },
    });
    expect(details).toContain(
      `The ARN is of ${region}, so ${second} can't have it: set failoverObject.objectName to the ARN in ${second}, or give the name alone where both regions have it.`,
    );
    expect(details).not.toContain("six characters");
  });

  test("the same of a parameter", async () => {
    await using lab = await startLab();
    const objectName = lab.world.cloud.parameterArn(region, "/app/url");
    lab.world.cloud.putParameter(region, "/app/url", "v");
    const { details } = await lab.failure({
      objects: [{ objectName, objectAlias: "url" }],
      parameters: { failoverRegion: second },
    });
    expect(details).toContain(`The ARN is of ${region}, so ${second} can't have it`);
  });

  test("the metrics call throttling of STS and of the agent by its name", async () => {
    const metrics = createMetrics({ version: "4.0.0", commit: "", bun: "" });
    for (const [service, request] of [
      ["sts", secrets],
      ["pod-identity", podIdentity],
    ] as const) {
      await using lab = await startLab({ env: { AWS_MAX_ATTEMPTS: "1" }, emit: metrics.emit });
      lab.world.faults.inject({ service }, refused(429, "ThrottlingException", "Rate exceeded"));
      await lab.failure(request);
    }
    const text = await metrics.text();
    for (const method of ["irsa", "pod-identity"])
      expect(text).toMatch(new RegExp(`exchanges_total{method="${method}",outcome="throttled"} 1`));
    expect(text).toMatch(/mounts_total{[^}]*reason="Throttled"[^}]*} 2/);
  });
});
