// The composition root: Config -> the steps of a mount. A parts list; no decision about a request is made here.
import pLimit from "p-limit";
import type { CacheWatch } from "./cache.ts";
import type { Config } from "./config.ts";
import { ProviderError } from "./errors.ts";
import { createDeliver } from "./files/deliver.ts";
import type { Deliver } from "./files/deliver.ts";
import { readMounted } from "./files/mounted.ts";
import { createUnfold } from "./files/unfold.ts";
import { createIdentify } from "./identity/credentials.ts";
import type { Identify } from "./identity/credentials.ts";
import { createKubernetes } from "./identity/kubernetes.ts";
import { createPodIdentityExchange } from "./identity/pod-identity.ts";
import { createLocate } from "./identity/region.ts";
import { createTokenBucket } from "./identity/token-bucket.ts";
import { createWebIdentityExchange } from "./identity/web-identity.ts";
import type { Log } from "./log.ts";
import { createMount } from "./mount.ts";
import type { Fetch, Mount } from "./mount.ts";
import { tellExchanges, unobserved } from "./observe.ts";
import type { CacheName, Observer } from "./observe.ts";
import { createOutbound } from "./outbound.ts";
import { createReadObjects } from "./request/objects-kept.ts";
import { createSender } from "./store/aws.ts";
import type { AwsAttempt, AwsSettings } from "./store/aws-request.ts";
import { fetchWithFailover } from "./store/failover.ts";
import { createParameterStore } from "./store/parameter-store.ts";
import { createSecretBatches } from "./store/secret-batch.ts";
import { createSecretsManager } from "./store/secrets-manager.ts";
import { createSelectedParameters } from "./store/selected-parameters.ts";
import { createSelectedSecrets } from "./store/selected-secrets.ts";
import { tallyOf } from "./tally.ts";

/** Calls to AWS under way at once, for all mounts together. */
const awsCallsAtOnce = 32;

/** A request to the Pod Identity agent as the attempts of AWS calls are told; it is the node's own, whatever the region. */
const agentCall = {
  service: "pod-identity",
  operation: "GetCredentials",
  region: "",
  code: "",
  requestId: "",
  isRetry: false,
};

/** Builds the mount of a serving process. Makes no call. @throws Error when there is no cluster to ask (no kubeconfig, no service account) */
export function wire(config: Config, log: Log, observer: Observer = unobserved): Mount {
  const { aws } = config;
  const { outbound, settings, fetch, tellAws } = wireStores(config, log, observer);
  const mountOf = (signal: AbortSignal) => ({ mount: tallyOf(signal)?.id });
  const watch = (name: CacheName): CacheWatch => countHits(observer.cache(name));
  const kubernetes = createKubernetes({
    kubeconfig: config.kubeconfig,
    inCluster: config.inCluster,
    outbound,
    bucket: createTokenBucket(config.qps, config.burst),
    observe: (call, signal) => {
      observer.kubernetesCall(call);
      const { resource, outcome, durationMs } = call;
      const fields = { ...mountOf(signal), operation: `get ${resource}`, outcome, durationMs: Math.round(durationMs) };
      log.debug("Kubernetes call", fields);
    },
  });
  const stsSender = (fips: boolean) =>
    createSender(
      "sts",
      { ...settings, useFipsEndpoint: fips },
      aws.endpoints.sts,
      async (c) => new (await import("@aws-sdk/client-sts")).STSClient(c),
    );
  const locate = createLocate(aws.region, kubernetes, watch("node_region"));
  const identify = createIdentify({
    kubernetes,
    webIdentity: tellExchanges(
      observer,
      "irsa",
      createWebIdentityExchange({
        ordinary: stsSender(false),
        fips: aws.useFipsEndpoint && config.stsFips !== "off" ? stsSender(true) : undefined,
        fipsRequired: config.stsFips === "required",
        warn: (text, signal) => log.warn(text, mountOf(signal)),
      }),
    ),
    podIdentity: tellExchanges(
      observer,
      "pod-identity",
      createPodIdentityExchange({
        endpoints: config.podIdentityEndpoints,
        outbound,
        timeoutMs: config.podIdentityHttpTimeoutMs,
        observe: (outcome, durationMs, signal) => tellAws({ ...agentCall, outcome, durationMs }, signal),
      }),
    ),
    cacheMaxAgeMs: config.credentialCacheMaxAgeMs,
    onRole: ({ namespace, serviceAccount }, arn, signal) =>
      log.info(`Role ARN for ${namespace}:${serviceAccount} is ${arn}`, mountOf(signal)),
    watch: { credentials: watch("credentials"), roles: watch("roles") },
  });
  return createMount({
    locate,
    identify,
    readObjects: createReadObjects(),
    fetch,
    deliver: createDeliver(config.driverWritesSecrets, config.restoreRotationInterval),
  });
}

/** Who mounts without a cluster, and where the files go. */
export interface CallerSteps {
  readonly identify: Identify;
  readonly deliver: Deliver;
}

/** Builds a mount outside of a cluster, for one caller: only identity and place differ from the server's. The region is config.aws.region where the class names none. */
export function wireForCaller(config: Config, log: Log, { identify, deliver }: CallerSteps): Mount {
  const none = async (): Promise<never> => {
    throw new ProviderError({ reason: "RegionUnknown", message: "there is no node: give a region" });
  };
  const noCluster = { nodeOfPod: none, regionOfNode: none, roleOfServiceAccount: none };
  const { fetch } = wireStores(config, log, unobserved);
  const locate = createLocate(config.aws.region, noCluster);
  return createMount({ locate, identify, readObjects: createReadObjects(), fetch, deliver });
}

/** The way to the stores. */
function wireStores(config: Config, log: Log, observer: Observer) {
  const { aws } = config;
  const outbound = createOutbound(aws.proxyFor);
  const mountOf = (signal: AbortSignal) => ({ mount: tallyOf(signal)?.id });
  const tellAws = (attempt: AwsAttempt, signal: AbortSignal): void => {
    observer.awsAttempt(attempt);
    const tally = tallyOf(signal);
    if (tally !== undefined) tally.awsCalls += 1;
    const { durationMs, isRetry: _, ...fields } = attempt;
    log.debug("AWS call", { mount: tally?.id, ...fields, durationMs: Math.round(durationMs) });
  };
  const settings: AwsSettings = {
    ...aws,
    userAgent: `aws-sdk-js/3 os/linux lang/js md/bun#${Bun.version} app/${config.appId}`,
    outbound,
    limit: pLimit(awsCallsAtOnce),
    observe: tellAws,
  };
  const secretsManager = createSender(
    "secretsmanager",
    settings,
    aws.endpoints.secretsManager,
    async (c) => new (await import("@aws-sdk/client-secrets-manager")).SecretsManagerClient(c),
  );
  const ssm = createSender(
    "ssm",
    settings,
    aws.endpoints.ssm,
    async (c) => new (await import("@aws-sdk/client-ssm")).SSMClient(c),
  );
  const parameterStore = createParameterStore(ssm);
  const selected = {
    secretsmanager: createSelectedSecrets(secretsManager),
    ssmparameter: createSelectedParameters(ssm),
  };

  const newBatch = createSecretBatches(secretsManager, (text, signal) => log.warn(text, mountOf(signal)));

  const fetch: Fetch = ({ request, objects, regions, credentials, batch }, signal, notes) => {
    const mounted = {
      versionOf: (filePath: string) => request.currentVersions.get(filePath),
      read: async (filePath: string) => (await readMounted(request.targetPath, filePath))?.contents,
    };
    const batches = (batch ?? config.batchSecrets) ? newBatch() : undefined;
    const stores = {
      secretsmanager: createSecretsManager(secretsManager, mounted, batches),
      ssmparameter: parameterStore,
      selected,
    };
    return fetchWithFailover(stores, objects, regions, credentials, signal, notes, createUnfold());
  };
  return { outbound, settings, fetch, tellAws };
}

/** A hit counts for the mount that asks. */
function countHits(watch: CacheWatch): CacheWatch {
  return (size) => {
    const tell = watch(size);
    return (lookUp, signal) => {
      const tally = tallyOf(signal);
      if (lookUp === "hit" && tally !== undefined) tally.cacheHits += 1;
      tell(lookUp, signal);
    };
  };
}
