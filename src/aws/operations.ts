// The operations of AWS that this program uses, and how they look on the wire. test/lean.test.ts holds each to the request that the SDK makes.
import type * as secretsManager from "@aws-sdk/client-secrets-manager";
import type * as ssm from "@aws-sdk/client-ssm";
import type * as sts from "@aws-sdk/client-sts";

interface Types<Input, Output> {
  readonly input: Input;
  readonly output: Output;
}

/** Input and output of each, as the SDK has them. */
export interface Operations {
  readonly GetSecretValue: Types<secretsManager.GetSecretValueRequest, secretsManager.GetSecretValueResponse>;
  readonly DescribeSecret: Types<secretsManager.DescribeSecretRequest, secretsManager.DescribeSecretResponse>;
  readonly BatchGetSecretValue: Types<
    secretsManager.BatchGetSecretValueRequest,
    secretsManager.BatchGetSecretValueResponse
  >;
  readonly ListSecrets: Types<secretsManager.ListSecretsRequest, secretsManager.ListSecretsResponse>;
  readonly GetParameters: Types<ssm.GetParametersRequest, ssm.GetParametersResult>;
  readonly GetParametersByPath: Types<ssm.GetParametersByPathRequest, ssm.GetParametersByPathResult>;
  readonly AssumeRole: Types<sts.AssumeRoleRequest, sts.AssumeRoleResponse>;
  readonly AssumeRoleWithWebIdentity: Types<
    sts.AssumeRoleWithWebIdentityRequest,
    sts.AssumeRoleWithWebIdentityResponse
  >;
}

export type OperationName = keyof Operations;
export type ServiceName = "secretsmanager" | "ssm" | "sts";

/** What the JSON services put before the operation's name in X-Amz-Target; STS speaks the query protocol. */
export const targets: Readonly<Record<ServiceName, string | undefined>> = {
  secretsmanager: "secretsmanager",
  ssm: "AmazonSSM",
  sts: undefined,
};

/** API version of the query protocol. */
export const stsVersion = "2011-06-15";

/** Partitions whose regions have one form and one suffix; the SDK's rules know the others, FIPS and dual stack. */
const suffixes: readonly (readonly [RegExp, string])[] = [
  [/^(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d{1,2}$/, "amazonaws.com"],
  [/^cn-[a-z]+-\d{1,2}$/, "amazonaws.com.cn"],
];

/** The ordinary endpoint of a service where its name is beyond doubt; undefined = for the SDK to say. */
export function plainEndpoint(service: ServiceName, region: string): URL | undefined {
  const suffix = suffixes.find(([form]) => form.test(region))?.[1];
  return suffix === undefined ? undefined : new URL(`https://${service}.${region}.${suffix}/`);
}
