// What the fleet simulation rests on: AWS's published quotas, the fleet, and how each provider calls AWS.

export type Operation = "AssumeRoleWithWebIdentity" | "GetSecretValue" | "BatchGetSecretValue" | "GetParameters";

/** Calls per second and account and region. */
export type Quotas = Readonly<Record<Operation, number>>;

/**
 * - Secrets Manager: "Combined rate of DescribeSecret and GetSecretValue API requests: 10,000 per second", "Rate of BatchGetSecretValue API
 *   requests: 100 per second", neither adjustable: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 * - Parameter Store: 40 per second by default, shared by GetParameter, GetParameters and GetParametersByPath; with higher throughput turned on
 *   1,000 for GetParameters: https://docs.aws.amazon.com/general/latest/gr/ssm.html (Service quotas),
 *   https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html
 * - STS: 600 per second for the calls that are made with AWS credentials (AssumeRole, GetCallerIdentity, ...):
 *   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. No figure is published for AssumeRoleWithWebIdentity, which is
 *   made without: 600 is an ASSUMPTION here.
 * AWS does not publish how large the buckets are: one second's worth is taken.
 */
export const published: Quotas = {
  AssumeRoleWithWebIdentity: 600,
  GetSecretValue: 10_000,
  BatchGetSecretValue: 100,
  GetParameters: 40,
};
export const highThroughput: Quotas = { ...published, GetParameters: 1_000 };

export interface Fleet {
  readonly nodes: number;
  /** Pods of a node that mount secrets. */
  readonly podsPerNode: number;
  readonly accountsPerNode: number;
  readonly secretsPerPod: number;
  /** At most ten go in one call. */
  readonly parametersPerPod: number;
}

export const usualFleet: Fleet = {
  nodes: 5_000,
  podsPerNode: 20,
  accountsPerNode: 8,
  secretsPerPod: 3,
  parametersPerPod: 5,
};

/** How a provider behaves towards AWS. */
export interface Pattern {
  readonly name: string;
  /** Longest time that credentials of an account are shared on a node, s; 0 = an exchange for each mount. */
  readonly credentialsSeconds: number;
  /** Share of that time by which it is shortened at random. */
  readonly jitter: number;
  /** The objects of a mount one after the other, or together. */
  readonly order: "one by one" | "together";
  /** BatchGetSecretValue; "then single" = a throttled batch is asked for again secret by secret, and so are the node's next ones for a minute. */
  readonly batch: "no" | "yes" | "then single";
  /** Calls under way at once on a node. */
  readonly callsAtOnce: number;
  readonly mountsAtOnce: number;
  /** Attempts of a call, with the waits between them: a random share of base * 2^retry, s. */
  readonly attempts: number;
  readonly backoffSeconds: number;
  /** The retry tokens of the SDK's standard mode, shared by all calls of a process to a service; 0 = each mount has new ones. */
  readonly retryTokens: number;
  /** The SDK's adaptive mode: a rate of its own for each node and service, lowered when AWS throttles. */
  readonly adaptive: boolean;
  /** Kubernetes calls before each mount, and the bucket they come out of (default flags: 5 per second, 10 at once). */
  readonly kubernetesCalls: number;
}

/** The Go provider 3.1.1: no cache, new clients for each mount, region from the node; delays of aws-sdk-go-v2's standard retryer. */
export const goPattern: Pattern = {
  name: "Go 3.1.1 (pattern)",
  credentialsSeconds: 0,
  jitter: 0,
  order: "one by one",
  batch: "no",
  callsAtOnce: Infinity,
  mountsAtOnce: Infinity,
  attempts: 3,
  backoffSeconds: 2,
  retryTokens: 0,
  adaptive: false,
  kubernetesCalls: 3,
};

/** This provider as it is; delays of the JavaScript SDK's standard mode when throttled. */
export const thisPattern: Pattern = {
  name: "this provider",
  credentialsSeconds: 300,
  jitter: 0,
  order: "together",
  batch: "no",
  callsAtOnce: 32,
  mountsAtOnce: 16,
  attempts: 3,
  backoffSeconds: 0.5,
  retryTokens: 500,
  adaptive: false,
  kubernetesCalls: 0,
};

/** What could be changed in it. */
export const variants: readonly Pattern[] = [
  { ...thisPattern, name: "+ jittered cache age (80-100 %)", jitter: 0.2 },
  { ...thisPattern, name: "+ cache age 15 min, jittered", credentialsSeconds: 900, jitter: 0.2 },
  { ...thisPattern, name: "+ adaptive retry", adaptive: true },
  { ...thisPattern, name: "+ 4 AWS calls at once per node", callsAtOnce: 4 },
  { ...thisPattern, name: "+ 5 attempts", attempts: 5 },
  { ...thisPattern, name: "+ adaptive, 5 attempts, jitter", adaptive: true, attempts: 5, jitter: 0.2 },
  { ...thisPattern, name: "+ batch", batch: "yes" },
  { ...thisPattern, name: "+ batch, single when throttled", batch: "then single" },
];

/** The calls of one mount after its credentials. */
export function objectCalls({ secretsPerPod, parametersPerPod }: Fleet, batch: boolean): readonly Operation[] {
  const secretCalls: Operation[] =
    batch && secretsPerPod > 1
      ? Array.from({ length: Math.ceil(secretsPerPod / 20) }, () => "BatchGetSecretValue")
      : Array.from({ length: secretsPerPod }, () => "GetSecretValue");
  return [
    ...secretCalls,
    ...Array.from({ length: Math.ceil(parametersPerPod / 10) }, (): Operation => "GetParameters"),
  ];
}
