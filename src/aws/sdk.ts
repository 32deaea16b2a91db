// The SDK's clients and commands, loaded when they are first needed: by a call that does not simply succeed, or a region of an unusual kind.
import type { OperationName, ServiceName } from "./operations.ts";

/** The part of an SDK client that is used here; `never` stands for each client's own command types. */
export interface SdkClient {
  readonly middlewareStack: {
    readonly removeByTag: (tag: string) => boolean;
  };
  readonly send: (command: never) => Promise<unknown>;
  /** What the SDK has learned of AWS's clock, ms ahead of ours. */
  readonly config: { readonly systemClockOffset?: number };
}

export interface Sdk {
  readonly client: SdkClient;
  readonly commands: Readonly<Partial<Record<OperationName, new (input: never) => object>>>;
}

// Names, not namespaces: a namespace that gets out brings every export along, and makes a getter of each at the start.
const open: Readonly<Record<ServiceName, (config: object) => Promise<Sdk>>> = {
  secretsmanager: async (config) => {
    const {
      SecretsManagerClient,
      GetSecretValueCommand: GetSecretValue,
      DescribeSecretCommand: DescribeSecret,
      BatchGetSecretValueCommand: BatchGetSecretValue,
      ListSecretsCommand: ListSecrets,
    } = await import("@aws-sdk/client-secrets-manager");
    const commands = { GetSecretValue, DescribeSecret, BatchGetSecretValue, ListSecrets };
    return { client: new SecretsManagerClient(config), commands };
  },
  ssm: async (config) => {
    const {
      SSMClient,
      GetParametersCommand: GetParameters,
      GetParametersByPathCommand: GetParametersByPath,
    } = await import("@aws-sdk/client-ssm");
    return { client: new SSMClient(config), commands: { GetParameters, GetParametersByPath } };
  },
  sts: async (config) => {
    const {
      STSClient,
      AssumeRoleCommand: AssumeRole,
      AssumeRoleWithWebIdentityCommand: AssumeRoleWithWebIdentity,
    } = await import("@aws-sdk/client-sts");
    return { client: new STSClient(config), commands: { AssumeRole, AssumeRoleWithWebIdentity } };
  },
};

/** Builds the client of a service from a configuration in which everything is said. */
export function openSdk(service: ServiceName, config: object): Promise<Sdk> {
  return open[service](config);
}
