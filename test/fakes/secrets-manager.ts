// Secrets Manager: GetSecretValue, DescribeSecret, BatchGetSecretValue, ListSecrets.
// Permission is looked at before existence, as AWS does: a secret that is not there and not allowed is AccessDenied.
import { arnOf, authorize, awsJson, AwsRefusal, textField, textListField } from "./aws-json.ts";
import type { Json, SignedCall } from "./aws-json.ts";
import { chooseByFilters } from "./secret-filters.ts";
import { startService } from "./service.ts";
import type { FakeServer, ListenOptions, Protocol } from "./service.ts";
import type { Cloud } from "./cloud.ts";
import type { SecretVersion, StoredSecret } from "./cloud-secrets.ts";

export interface SecretsManagerOptions {
  readonly cloud: Cloud;
  /** Answer for this region alone; absent = any, as the signature says. */
  readonly region?: string | undefined;
}

const batchMax = 20;
const listMax = 100;

/** Starts a fake Secrets Manager. */
export function startSecretsManager(options: SecretsManagerOptions & ListenOptions): Promise<FakeServer> {
  return startService(secretsManagerProtocol(options), options);
}

function secretsManagerProtocol({ cloud, region }: SecretsManagerOptions): Protocol {
  return awsJson({
    cloud,
    service: "secrets-manager",
    target: "secretsmanager",
    signingName: "secretsmanager",
    region,
    operations: {
      GetSecretValue: (call) => getSecretValue(cloud, call, call.input),
      DescribeSecret: (call) => describeSecret(cloud, call),
      BatchGetSecretValue: (call) => batchGetSecretValue(cloud, call),
      ListSecrets: (call) => listSecrets(cloud, call),
    },
    idsOf: ({ SecretId, SecretIdList }) =>
      [SecretId, ...(Array.isArray(SecretIdList) ? SecretIdList : [])].filter((id) => typeof id === "string"),
  });
}

function getSecretValue(cloud: Cloud, call: SignedCall, input: Json): Json {
  const secret = findAllowed(cloud, call, { input, action: "secretsmanager:GetSecretValue" });
  const { versionId, value, createdAtMs, stages } = chooseVersion(
    secret,
    textField(input, "VersionId"),
    textField(input, "VersionStage"),
  );
  return {
    ARN: secret.arn,
    CreatedDate: createdAtMs / 1000,
    Name: secret.name,
    ...(typeof value === "string" ? { SecretString: value } : { SecretBinary: Buffer.from(value).toString("base64") }),
    VersionId: versionId,
    VersionStages: Array.from(stages),
  };
}

function describeSecret(cloud: Cloud, call: SignedCall): Json {
  const secret = findAllowed(cloud, call, {
    input: call.input,
    action: "secretsmanager:DescribeSecret",
    deletedToo: true,
  });
  const versions = Array.from(secret.versions.values());
  const staged = versions.filter(({ stages }) => stages.size > 0);
  return {
    ARN: secret.arn,
    CreatedDate: (versions[0]?.createdAtMs ?? 0) / 1000,
    ...(secret.deletedAtMs === undefined ? {} : { DeletedDate: secret.deletedAtMs / 1000 }),
    LastChangedDate: (versions.at(-1)?.createdAtMs ?? 0) / 1000,
    Name: secret.name,
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
    VersionIdsToStages: Object.fromEntries(staged.map(({ versionId, stages }) => [versionId, Array.from(stages)])),
  };
}

function batchGetSecretValue(cloud: Cloud, call: SignedCall): Json {
  const { input, region } = call;
  const ids = textListField(input, "SecretIdList");
  const byFilter = input["Filters"] !== undefined;
  if ((ids === undefined) !== byFilter) {
    throw new AwsRefusal(
      "InvalidParameterException",
      "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
    );
  }
  const everything = arnOf(cloud, "secretsmanager", region, "*");
  authorize(cloud, call, "secretsmanager:BatchGetSecretValue", [...(ids ?? []), everything]);
  if (ids === undefined) authorize(cloud, call, "secretsmanager:ListSecrets", [everything]);
  if (ids !== undefined && (ids.length === 0 || ids.length > batchMax)) {
    throw new AwsRefusal("InvalidParameterException", `'SecretIdList' must have 1 to ${batchMax} entries.`);
  }
  if (ids !== undefined && input["MaxResults"] !== undefined) {
    throw new AwsRefusal("InvalidParameterException", "'MaxResults' can only be used with 'Filters'.");
  }
  const byFilters = ids === undefined ? chooseByFilters(cloud.listSecrets(region), input) : undefined;
  const nextToken = byFilters?.nextToken;
  const chosen = byFilters?.chosen.map(({ arn }) => arn) ?? ids ?? [];
  const values: Json[] = [];
  const errors: Json[] = [];
  for (const id of new Set(chosen)) {
    try {
      values.push(getSecretValue(cloud, call, { SecretId: id }));
    } catch (error) {
      if (!(error instanceof AwsRefusal)) throw error;
      errors.push({
        SecretId: id,
        ErrorCode: error.code,
        Message: error.message,
      });
    }
  }
  return {
    SecretValues: values,
    Errors: errors,
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
}

function listSecrets(cloud: Cloud, call: SignedCall): Json {
  authorize(cloud, call, "secretsmanager:ListSecrets", [arnOf(cloud, "secretsmanager", call.region, "*")]);
  const { chosen, nextToken } = chooseByFilters(cloud.listSecrets(call.region), call.input, listMax);
  return {
    SecretList: chosen.map(({ arn, name, tags }) => ({
      ARN: arn,
      Name: name,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    })),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
}

interface Wanted {
  readonly input: Json;
  readonly action: string;
  readonly deletedToo?: boolean;
}

function findAllowed(cloud: Cloud, call: SignedCall, { input, action, deletedToo = false }: Wanted): StoredSecret {
  const id = textField(input, "SecretId") ?? "";
  if (id === "" || id.length > 2048) {
    throw new AwsRefusal(
      "ValidationException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    );
  }
  const secret = cloud.findSecret(call.region, id);
  authorize(cloud, call, action, secret === undefined ? [id] : [id, secret.name, secret.arn]);
  if (secret === undefined)
    throw new AwsRefusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  if (secret.deletedAtMs !== undefined && !deletedToo) {
    throw new AwsRefusal(
      "InvalidRequestException",
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  }
  return secret;
}

function chooseVersion(secret: StoredSecret, versionId: string | undefined, stage: string | undefined): SecretVersion {
  const missing = (what: string): AwsRefusal =>
    new AwsRefusal("ResourceNotFoundException", `Secrets Manager can't find the specified secret value for ${what}`);
  if (versionId !== undefined) {
    if (versionId.length < 32 || versionId.length > 64) {
      throw new AwsRefusal("InvalidParameterException", "The VersionId must have 32 to 64 characters.");
    }
    const version = secret.versions.get(versionId);
    if (version === undefined) throw missing(`VersionId: ${versionId}`);
    if (stage !== undefined && !version.stages.has(stage)) {
      throw new AwsRefusal(
        "InvalidRequestException",
        "You provided a VersionStage that is not associated to the provided VersionId.",
      );
    }
    return version;
  }
  const wanted = stage ?? "AWSCURRENT";
  const version = Array.from(secret.versions.values()).find(({ stages }) => stages.has(wanted));
  if (version === undefined) throw missing(`staging label: ${wanted}`);
  return version;
}
