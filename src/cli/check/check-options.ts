// The options of `check`, each once: from this table come the parser and --help.
import { boolFlag, choiceFlag, durationFlag, FlagError, stringFlag, textFlag } from "../../go/flag.ts";
import type { Flag, FlagValues } from "../../go/flag.ts";
import { isRoleArn } from "../../request/assume-role.ts";
import { accountId } from "./aws-names.ts";

/** A number of pods or nodes. */
function countFlag(initial: number, meaning: string): Flag<number> {
  return textFlag(initial, "", meaning, (text) => {
    if (/^\d{1,6}$/.test(text)) return Number(text);
    throw new FlagError("must be a number up to 999999");
  });
}

function matching(pattern: RegExp, what: string, meaning: string): Flag<string> {
  return textFlag("", "", meaning, (text) => {
    if (pattern.test(text)) return text;
    throw new FlagError(`must be ${what}`);
  });
}

export const options = {
  output: choiceFlag(
    ["text", "json", "sarif", "github"],
    "text",
    "How findings are written: text, json, sarif or github.",
  ),
  strict: boolFlag(false, "Exit code 1 for warnings too."),
  region: matching(/^[A-Za-z0-9-]{1,63}$/, "a region such as eu-west-1", "Region of mounts whose class gives none."),
  rotation: choiceFlag(
    ["unknown", "on", "off"],
    "unknown",
    "Whether the driver's rotation is on; off warns of objects without a version.",
  ),
  iam: boolFlag(false, "Print the IAM policy that the classes need, and nothing else."),
  trust: choiceFlag(
    ["none", "irsa", "pod-identity"],
    "none",
    "Print the trust policy of the role: irsa or pod-identity. With --iam both, as permissions and trust.",
  ),
  calls: boolFlag(false, "Print how often AWS is asked, a mount and a month, beside provider 3.x."),
  account: matching(accountId, "twelve digits", "AWS account, for --iam and --trust."),
  partition: matching(/^aws[a-z-]*$/, "a partition such as aws-cn", "Partition, if it is not that of the region."),
  "kms-key": textFlag<readonly string[]>(
    [],
    "",
    "ARN[,ARN] of KMS keys that the values are under, for --iam.",
    (text) => {
      const keys = text.split(",");
      if (keys.every((key) => /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/.test(key))) return keys;
      throw new FlagError("must be ARNs of keys: arn:aws:kms:REGION:ACCOUNT:key/ID");
    },
  ),
  role: textFlag(
    "",
    "",
    "Role that the classes assume (assumeRoleArn), for --iam (default: the pods' own).",
    (text) => {
      if (isRoleArn(text)) return text;
      throw new FlagError("must be the ARN of a role");
    },
  ),
  "older-driver": boolFlag(false, "--iam for a driver that sends the mounted versions: DescribeSecret too."),
  batch: boolFlag(false, "The provider runs with --batch-secrets, for --iam and --calls."),
  issuer: stringFlag("", "URL of the cluster's OIDC issuer, for --trust=irsa."),
  cluster: stringFlag("", "Name of the EKS cluster, for --trust=pod-identity."),
  namespace: stringFlag("", "Namespace of the service account, for --trust (default: of the pods in the input)."),
  "service-account": stringFlag("", "Service account, for --trust (default: of the pods in the input)."),
  pods: countFlag(1, "Pods of each class, for --calls (default 1)."),
  nodes: countFlag(0, "Nodes that they run on, for --calls (default: one each)."),
  "rotation-interval": durationFlag(
    120_000,
    "2m0s",
    "rotationPollInterval of the driver, for --calls; kubelet asks each 60 to 90 s. 0: no rotation.",
  ),
  "credential-cache-max-age": durationFlag(300_000, "5m0s", "The provider's flag of that name, for --calls."),
  "secret-cache-ttl": durationFlag(0, "", "The provider's flag of that name, for --calls (default 0)."),
};

export type CheckOptions = FlagValues<typeof options>;
