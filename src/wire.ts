// The composition root: Config -> the steps of a mount. A parts list; no decision about a request is made here.
import type { Config } from "./config/shape.ts";
import { ProviderError } from "./errors.ts";
import { createDeliver } from "./files/deliver.ts";
import type { Deliver } from "./files/deliver.ts";
import { memoryLimit } from "./config/container.ts";
import { createVolumes } from "./files/volumes.ts";
import { createIdentify } from "./identity/credentials.ts";
import type { Identify } from "./identity/credentials.ts";
import { createKubernetes } from "./kubernetes/kubernetes.ts";
import { createPodIdentityExchange } from "./identity/pod-identity.ts";
import { createLocate } from "./identity/region.ts";
import type { Locate } from "./identity/region.ts";
import { createTokenBucket } from "./kubernetes/token-bucket.ts";
import { createWebIdentityExchange } from "./identity/web-identity.ts";
import type { Log } from "./telemetry/log.ts";
import { createMount } from "./mount.ts";
import type { Mount } from "./mount.ts";
import { tellExchanges, unobserved } from "./telemetry/observe.ts";
import type { Observer } from "./telemetry/observe.ts";
import { createOpenMounts } from "./sharing/open-mounts.ts";
import type { OpenMounts } from "./sharing/open-mounts.ts";
import { createReadObjects } from "./request/read-objects.ts";
import { tallyOf } from "./telemetry/tally.ts";
import { wireStores } from "./wire/stores.ts";

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
export function wire(
  config: Config,
  log: Log,
  observer: Observer = unobserved,
  openMounts: OpenMounts = createOpenMounts(),
): Mount {
  const { aws } = config;
  const { outbound, fetch, tellAws, askSts, watch } = wireStores(config, log, observer, openMounts);
  const mountOf = (signal: AbortSignal) => ({ mount: tallyOf(signal)?.id });
  const kubernetes = createKubernetes({
    kubeconfig: config.kubeconfig,
    inCluster: config.inCluster,
    outbound,
    bucket: createTokenBucket(config.qps, config.burst),
    observe: (call, signal) => {
      observer.kubernetesCall(call);
      const { resource, outcome, durationMs } = call;
      const fields = { ...mountOf(signal), operation: `get ${resource}`, outcome, durationMs: Math.round(durationMs) };
      (tallyOf(signal)?.log ?? log).debug("Kubernetes call", fields);
    },
  });
  const locate = createLocate(aws.region, kubernetes, watch("node_region"));
  const identify = createIdentify({
    kubernetes,
    webIdentity: tellExchanges(observer, "irsa", createWebIdentityExchange(askSts)),
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
      (tallyOf(signal)?.log ?? log).info(`Role ARN for ${namespace}:${serviceAccount} is ${arn}`, mountOf(signal)),
    watch: { credentials: watch("credentials"), roles: watch("roles") },
  });
  return createMount({
    locate,
    identify,
    readObjects: createReadObjects(sha256),
    fetch,
    deliver: createDeliver({
      driverWrites: config.driverWritesSecrets,
      restoreRotationInterval: config.restoreRotationInterval,
      volumes: createVolumes(memoryLimit()),
    }),
  });
}

function sha256(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("base64");
}

/** Who mounts without a cluster, and where the files go. */
export interface CallerSteps {
  readonly identify: Identify;
  readonly deliver: Deliver;
}

/** Builds a mount outside of a cluster, for one caller: only identity and place differ from the server's. The region is config.aws.region where the class names none. */
export function wireForCaller(config: Config, log: Log, { identify, deliver }: CallerSteps): Mount {
  const none = async (): Promise<never> => {
    throw new ProviderError({ reason: "RegionUnknown", message: "there is no node" });
  };
  const noCluster = { pod: none, regionOfNode: none, roleOfServiceAccount: none };
  const { fetch } = wireStores(config, log, unobserved, createOpenMounts());
  const locateKnown = createLocate(config.aws.region, noCluster);
  const locate: Locate = (pod, parameters, signal) => {
    if (parameters.region || config.aws.region) return locateKnown(pod, parameters, signal);
    throw new ProviderError({
      reason: "RegionUnknown",
      message: "there is no node: give a region",
      fix: "Say --region, or set region in the SecretProviderClass, AWS_REGION, or region in the profile.",
    });
  };
  return createMount({ locate, identify, readObjects: createReadObjects(sha256), fetch, deliver });
}
