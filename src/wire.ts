// The composition root: Config -> the steps of a mount. A parts list; no decision about a request is made here.
import type { Config } from "./config/shape.ts";
import { ignoreEvents } from "./events.ts";
import type { Emit } from "./events.ts";
import { createDeliver } from "./files/deliver.ts";
import type { Deliver } from "./files/deliver.ts";
import { memoryLimit } from "./config/container.ts";
import { createVolumes } from "./files/volumes.ts";
import { createIdentify } from "./identity/credentials.ts";
import type { Identify } from "./identity/credentials.ts";
import { createKubernetes } from "./kubernetes/kubernetes.ts";
import { reportExchanges } from "./identity/exchange-event.ts";
import { createPodIdentityExchange } from "./identity/pod-identity.ts";
import { createLocate } from "./identity/region.ts";
import type { Locate } from "./identity/region.ts";
import { createTokenBucket } from "./kubernetes/token-bucket.ts";
import { createWebIdentityExchange } from "./identity/web-identity.ts";
import { createMount } from "./mount.ts";
import type { Mount } from "./mount.ts";
import { createOpenMounts } from "./sharing/open-mounts.ts";
import type { OpenMounts } from "./sharing/open-mounts.ts";
import { createReadObjects } from "./request/read-objects.ts";
import { wireAws } from "./wire/aws.ts";
import { wireFetch } from "./wire/stores.ts";

/** Builds the mount of a serving process; `emit` gets an event for each cache. Makes no call. @throws Error when there is no cluster to ask (no kubeconfig, no service account) */
export function wire(config: Config, emit: Emit = ignoreEvents, openMounts: OpenMounts = createOpenMounts()): Mount {
  const { aws } = config;
  const clients = wireAws(config);
  const { outbound, askSts } = clients;
  const fetch = wireFetch(config, clients, { emit, openMounts });
  const kubernetes = createKubernetes({
    kubeconfig: config.kubeconfig,
    inCluster: config.inCluster,
    outbound,
    bucket: createTokenBucket(config.qps, config.burst),
  });
  const locate = createLocate(aws.region, kubernetes, emit);
  const identify = createIdentify({
    kubernetes,
    webIdentity: reportExchanges("irsa", createWebIdentityExchange(askSts)),
    podIdentity: reportExchanges(
      "pod-identity",
      createPodIdentityExchange({
        endpoints: config.podIdentityEndpoints,
        outbound,
        timeoutMs: config.podIdentityHttpTimeoutMs,
      }),
    ),
    cacheMaxAgeMs: config.credentialCacheMaxAgeMs,
    emit,
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

/** Where and as whom a mount without a cluster reads, and where its files go. */
export interface CallerSteps {
  readonly locate: Locate;
  readonly identify: Identify;
  readonly deliver: Deliver;
}

/** Builds a mount outside of a cluster, for one caller: region, identity and delivery are the caller's, the other steps the server's. */
export function wireForCaller(config: Config, { locate, identify, deliver }: CallerSteps): Mount {
  const fetch = wireFetch(config, wireAws(config), { emit: ignoreEvents, openMounts: createOpenMounts() });
  return createMount({ locate, identify, readObjects: createReadObjects(sha256), fetch, deliver });
}
