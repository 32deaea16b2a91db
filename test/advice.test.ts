// For the classics, the pod event ends in what a person would do next. AWS's own words are those it answers with; each case is a mount through gRPC.
import { describe, expect, test } from "bun:test";
import type { MountRequestOptions } from "./build.ts";
import { regionLabel } from "./fakes/cluster.ts";
import type { FaultAction } from "./fakes/faults.ts";
import { serviceAccountTokens, stsAudience } from "./fakes/tokens.ts";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

const region = "eu-west-1";
const secret = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "secretsmanager",
  ...more,
});
const parameter = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "ssmparameter",
  ...more,
});
const refused = (status: number, code: string, message: string): FaultAction => ({
  kind: "answer",
  status,
  code,
  message,
});
const arn = (name: string): string => `arn:aws:secretsmanager:${region}:111122223333:secret:${name}`;
const podIdentity = { usePodIdentity: "true" };
const installTokens =
  "Install the driver with --set 'tokenRequests[0].audience=sts.amazonaws.com' --set 'tokenRequests[1].audience=pods.eks.amazonaws.com'";

type Case = readonly [
  what: string,
  prepare: (lab: Lab) => unknown,
  request: MountRequestOptions,
  texts: readonly string[],
];

const cases: readonly Case[] = [
  [
    "a trust policy that does not match the service account",
    ({ world }) => world.cloud.distrust("app", "default/app"),
    { objects: [secret("s")] },
    [
      "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
      "Check that arn:aws:iam::111122223333:role/app exists, and that its trust policy allows sts:AssumeRoleWithWebIdentity to system:serviceaccount:default:app (sub) of the OIDC provider ",
    ],
  ],
  [
    "no OIDC provider for the cluster's issuer",
    ({ world }) =>
      world.faults.inject(
        { service: "sts" },
        refused(
          400,
          "InvalidIdentityToken",
          "No OpenIDConnect provider found in your account for https://oidc.test/id/A",
        ),
      ),
    { objects: [secret("s")] },
    [
      "InvalidIdentityToken: No OpenIDConnect provider found",
      "Create an IAM OIDC provider for ",
      "eksctl utils associate",
    ],
  ],
  [
    "an OIDC provider without the audience",
    ({ world }) =>
      world.faults.inject({ service: "sts" }, refused(400, "InvalidIdentityToken", "Incorrect token audience")),
    { objects: [secret("s")] },
    ["Add sts.amazonaws.com to the audiences of the IAM OIDC provider "],
  ],
  [
    "a role ARN that is none",
    ({ world }) =>
      world.kubernetes.putServiceAccount("default", "app", {
        "eks.amazonaws.com/role-arn": "arn:aws:iam::role-of-app",
      }),
    { objects: [secret("s")] },
    ["ValidationError: Request ARN is invalid", "Check the role ARN arn:aws:iam::role-of-app in the service account's"],
  ],
  [
    "no Pod Identity association",
    ({ world }) => world.podIdentity.dissociate("default/app"),
    { objects: [secret("s")], parameters: podIdentity },
    [
      "ResourceNotFoundException: No association found",
      "Check that service account default/app has a Pod Identity association in this cluster (aws eks create-pod-identity-association).",
    ],
  ],
  [
    "an associated role that does not trust EKS",
    ({ world }) => world.cloud.distrust("app", "default/app"),
    { objects: [secret("s")], parameters: podIdentity },
    ["must allow sts:AssumeRole and sts:TagSession to pods.eks.amazonaws.com."],
  ],
  [
    "no agent on the node",
    async ({ world }) => {
      await world.podIdentity.ipv4.down();
      await world.podIdentity.ipv6.down();
    },
    { objects: [secret("s")], parameters: podIdentity },
    ["connection refused", "the add-on eks-pod-identity-agent, its pod here"],
  ],
  [
    "an ARN whose six characters are another secret's",
    ({ world }) => world.cloud.putSecret(region, "app/db", "v"),
    { objects: [secret(arn("app/db-AbCdE1"))] },
    [
      "ResourceNotFoundException",
      "six characters change when a secret is made anew. In the role's own account the name alone finds it too: app/db.",
    ],
  ],
  [
    "an ARN without the six characters",
    ({ world }) =>
      world.faults.inject(
        { service: "secrets-manager" },
        refused(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
      ),
    { objects: [secret(arn("app/db"))] },
    ["Give the whole ARN, with the hyphen and six characters at its end, or the name alone."],
  ],
  [
    "a name with the six characters of the ARN",
    ({ world }) => world.cloud.putSecret(region, "app/db", "v"),
    { objects: [secret("app/db-AbCdE1")] },
    ["If -AbCdE1 comes from the ARN, leave it out: the name is app/db."],
  ],
  [
    "a name that ends in a word of six letters is no such thing",
    () => undefined,
    { objects: [secret("my-secret")] },
    ["Check name and region of the secret."],
  ],
  [
    "a label that the secret does not have",
    ({ world }) => world.cloud.putSecret(region, "s", "v"),
    { objects: [secret("s", { objectVersionLabel: "blue" })] },
    ["for staging label: blue", "Check objectVersionLabel: the secret has no such version."],
  ],
  [
    "a secret that is scheduled for deletion",
    ({ world }) => {
      world.cloud.putSecret(region, "s", "v");
      world.cloud.deleteSecret(region, "s");
    },
    { objects: [secret("s")] },
    ["marked for deletion", "Restore the secret (aws secretsmanager restore-secret), or name another."],
  ],
  [
    "KMS denies a secret",
    ({ world }) =>
      world.faults.inject(
        { service: "secrets-manager" },
        refused(400, "AccessDeniedException", "Access to KMS is not allowed"),
      ),
    { objects: [secret("s")] },
    [
      "Access to KMS is not allowed",
      "Allow kms:Decrypt on the KMS key of the secret to the role, in the role's policy and",
    ],
  ],
  [
    "KMS denies a parameter",
    ({ world }) => {
      world.cloud.putParameter(region, "/p", "v");
      world.cloud.deny({ operation: "kms:Decrypt" });
    },
    { objects: [parameter("/p")] },
    [
      "The ciphertext refers to a customer master key",
      "Allow kms:Decrypt on the KMS key of the parameters to the role",
    ],
  ],
  [
    "a key that is turned off",
    ({ world }) =>
      world.faults.inject(
        { service: "secrets-manager" },
        refused(
          400,
          "DecryptionFailure",
          "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
        ),
      ),
    { objects: [secret("s")] },
    ["Check that the KMS key of the secret is enabled and not about to be deleted."],
  ],
  [
    "a clock that is wrong",
    ({ world }) =>
      world.faults.inject({ service: "ssm" }, refused(403, "InvalidSignatureException", "Signature expired: 2026")),
    { objects: [parameter("/p")] },
    ["InvalidSignatureException", "Check the clock of the node."],
  ],
  [
    "a region that the account has not enabled",
    ({ world }) =>
      world.faults.inject(
        { service: "secrets-manager" },
        refused(400, "UnrecognizedClientException", "The security token included in the request is invalid."),
      ),
    { objects: [secret("s")] },
    ["UnrecognizedClientException", "Check that the region is enabled for the account"],
  ],
  [
    "a name that AWS does not take",
    ({ world }) =>
      world.faults.inject({ service: "secrets-manager" }, refused(400, "ValidationException", "Invalid name.")),
    { objects: [secret("a?b")] },
    ["AWS does not take objectName, objectVersion or objectVersionLabel as they are written."],
  ],
  [
    "a code that nobody expected",
    ({ world }) => world.faults.inject({ service: "ssm" }, refused(400, "TeapotException", "short and stout")),
    { objects: [parameter("/p")] },
    ["TeapotException: short and stout", "AWS's API reference of GetParameters explains the code."],
  ],
  [
    "an agent that does not take the token",
    ({ world }) =>
      world.faults.inject(
        { service: "pod-identity" },
        refused(400, "InvalidTokenException", "Audience in token is invalid"),
      ),
    { objects: [secret("s")], parameters: podIdentity },
    ["InvalidTokenException: Audience", "Check that tokenRequests has the audience pods.eks.amazonaws.com"],
  ],
  [
    "a parameter in a hierarchy without its first slash",
    ({ world }) => world.cloud.putParameter(region, "/app/p", "v"),
    { objects: [parameter("app/p")] },
    ["invalid parameters: app/p", "A name with a slash begins with one."],
  ],
  [
    "jmesPath with a bare hyphen",
    ({ world }) => world.cloud.putSecret(region, "s", '{"db-user":"u"}'),
    { objects: [secret("s", { jmesPath: [{ path: "db-user", objectAlias: "u" }] })] },
    [
      "Invalid JMES Path: db-user.",
      `Put names with a hyphen in double quotes inside the path, such as '"db-user"' in YAML.`,
    ],
  ],
  ...(
    [
      ["secrets-manager", [secret("s")], "Secrets Manager"],
      ["ssm", [parameter("/p")], "Systems Manager"],
      ["sts", [secret("s")], "STS"],
    ] as const
  ).map(([service, objects, name]): Case => [
    `an error of AWS's own: ${service}`,
    ({ world }) => world.faults.inject({ service }, refused(500, "InternalServiceError", "An error occurred")),
    { objects },
    [
      "InternalServiceError: An error occurred",
      `. ${name} answered with an error of its own: the driver tries again by itself. If it lasts, see the AWS Health Dashboard.`,
    ],
  ]),
  [
    "filePermission in quotes, without its first 0",
    () => undefined,
    { objects: [secret("s", { filePermission: "644" })] },
    ['Invalid File Permission: 644. Write four octal digits in quotes for s: "0644".'],
  ],
  [
    "filePermission without quotes",
    () => undefined,
    { objects: "- objectName: s\n  objectType: secretsmanager\n  filePermission: 0644\n" },
    ["Invalid File Permission: 420", `"0644", because an unquoted 0644 is the number 420 in YAML.`],
  ],
  [
    "ssm for ssmparameter",
    () => undefined,
    { objects: [{ objectName: "s", objectType: "ssm" }] },
    ["Invalid objectType: ssm. Use ssmparameter."],
  ],
  [
    "no region anywhere",
    ({ world }) => world.kubernetes.putNode("node-1", { [regionLabel]: "" }),
    { objects: [secret("s")] },
    [
      "failed to retrieve region from node. error Region not found",
      "awsRegion in the chart (--set awsRegion=us-west-2)",
    ],
  ],
  [
    "no tokens at all",
    () => undefined,
    { objects: [secret("s")], tokens: null },
    ["CSI token error: serviceAccount.tokens not provided", installTokens],
  ],
  [
    "no token for Pod Identity",
    () => undefined,
    {
      objects: [secret("s")],
      parameters: podIdentity,
      tokens: serviceAccountTokens({ audiences: [stsAudience] }),
    },
    ['token for audience "pods.eks.amazonaws.com" not found', installTokens],
  ],
];

describe("what to do next", () => {
  test.each(cases)("%s", async (_what, prepare, request, texts) => {
    await using lab = await startLab();
    await prepare(lab);
    const { code, details } = await lab.failure(request);
    expect(code).toBe(2);
    for (const text of texts) expect(details).toContain(text);
    expect(details).toEndWith(".");
  });
});
