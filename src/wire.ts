// The composition root: Config -> the steps of a mount. A parts list; no decision about a request is made here.
import pLimit from "p-limit";
import type { Config } from "./config.ts";
import { createDeliver } from "./files/deliver.ts";
import { createExtractor } from "./files/extract.ts";
import { readMounted } from "./files/mounted.ts";
import { createIdentify } from "./identity/credentials.ts";
import { createKubernetes } from "./identity/kubernetes.ts";
import { createPodIdentityExchange } from "./identity/pod-identity.ts";
import { createLocate } from "./identity/region.ts";
import { createTokenBucket } from "./identity/token-bucket.ts";
import { createWebIdentityExchange } from "./identity/web-identity.ts";
import type { Log } from "./log.ts";
import { createMount } from "./mount.ts";
import type { Fetch, Mount } from "./mount.ts";
import { createOutbound } from "./outbound.ts";
import { createSender } from "./store/aws.ts";
import type { AwsSettings } from "./store/aws-request.ts";
import { fetchWithFailover } from "./store/failover.ts";
import { createParameterStore } from "./store/parameter-store.ts";
import { createSecretBatches } from "./store/secret-batch.ts";
import { createSecretsManager } from "./store/secrets-manager.ts";

/** Calls to AWS under way at once, for all mounts together. */
const awsCallsAtOnce = 32;

/** Builds the mount of a process. Makes no call. @throws Error when there is no cluster to ask (no kubeconfig, no service account) */
export function wire(config: Config, log: Log): Mount {
  const { aws } = config;
  const outbound = createOutbound(aws.proxyFor);
  const kubernetes = createKubernetes({
    kubeconfig: config.kubeconfig,
    inCluster: config.inCluster,
    outbound,
    bucket: createTokenBucket(config.qps, config.burst),
    observe: (operation, outcome, durationMs) =>
      log.debug("Kubernetes call", { operation, outcome, durationMs: Math.round(durationMs) }),
  });
  const settings: AwsSettings = {
    ...aws,
    userAgent: `aws-sdk-js/3 os/linux lang/js md/bun#${Bun.version} app/${config.appId}`,
    outbound,
    limit: pLimit(awsCallsAtOnce),
    observe: ({ durationMs, isRetry: _, ...attempt }) =>
      log.debug("AWS call", { ...attempt, durationMs: Math.round(durationMs) }),
  };
  const stsSender = (fips: boolean) =>
    createSender(
      "sts",
      { ...settings, useFipsEndpoint: fips },
      aws.endpoints.sts,
      async (c) => new (await import("@aws-sdk/client-sts")).STSClient(c),
    );
  const secretsManager = createSender(
    "secretsmanager",
    settings,
    aws.endpoints.secretsManager,
    async (c) => new (await import("@aws-sdk/client-secrets-manager")).SecretsManagerClient(c),
  );
  const parameterStore = createParameterStore(
    createSender(
      "ssm",
      settings,
      aws.endpoints.ssm,
      async (c) => new (await import("@aws-sdk/client-ssm")).SSMClient(c),
    ),
  );

  const newBatch = createSecretBatches(secretsManager, log.warn);

  const locate = createLocate(aws.region, kubernetes);
  const identify = createIdentify({
    kubernetes,
    webIdentity: createWebIdentityExchange({
      ordinary: stsSender(false),
      fips: aws.useFipsEndpoint && config.stsFips !== "off" ? stsSender(true) : undefined,
      fipsRequired: config.stsFips === "required",
      warn: log.warn,
    }),
    podIdentity: createPodIdentityExchange({
      endpoints: config.podIdentityEndpoints,
      outbound,
      timeoutMs: config.podIdentityHttpTimeoutMs,
    }),
    cacheMaxAgeMs: config.credentialCacheMaxAgeMs,
    onRole: ({ namespace, serviceAccount }, arn) => log.info(`Role ARN for ${namespace}:${serviceAccount} is ${arn}`),
  });
  const fetch: Fetch = ({ request, objects, regions, credentials, batch }, signal, notes) => {
    const mounted = {
      versionOf: (filePath: string) => request.currentVersions.get(filePath),
      read: async (filePath: string) => (await readMounted(request.targetPath, filePath))?.contents,
    };
    const batches = (batch ?? config.batchSecrets) ? newBatch() : undefined;
    const stores = {
      secretsmanager: createSecretsManager(secretsManager, mounted, batches),
      ssmparameter: parameterStore,
    };
    return fetchWithFailover(stores, objects, regions, credentials, signal, notes, createExtractor());
  };
  return createMount({
    locate,
    identify,
    fetch,
    deliver: createDeliver(config.driverWritesSecrets, config.restoreRotationInterval),
  });
}
