// What AWS lets a secret, a parameter and an account be called, and partitions by region. Policies are written from such names alone: a `*` in a
// class must not become a wildcard.

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html; AWS's own secrets have `!` too. */
export const secretName = /^[A-Za-z0-9/_+=.@!-]{1,512}$/;
/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html; with a version or label. */
export const parameterName = /^[A-Za-z0-9_./-]{1,1011}(?::[A-Za-z0-9_.-]+)?$/;
export const accountId = /^\d{12}$/;

/** Partitions by the beginnings of their regions. */
const partitions: readonly (readonly [RegExp, string])[] = [
  [/^cn-/, "aws-cn"],
  [/^us-gov-/, "aws-us-gov"],
  [/^us-iso-/, "aws-iso"],
  [/^us-isob-/, "aws-iso-b"],
  [/^eu-isoe-/, "aws-iso-e"],
  [/^us-isof-/, "aws-iso-f"],
  [/^eusc-/, "aws-eusc"],
];

/** The partition that a region is in. */
export function partitionOf(region: string): string {
  return partitions.find(([start]) => start.test(region))?.[1] ?? "aws";
}
