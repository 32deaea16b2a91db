// The way to the stores: the senders of each service, whose credentials an object is read with, and the fetch of a mount.
import { stat } from "node:fs/promises";
import type { Config } from "../config/shape.ts";
import { cpuLimit } from "../config/container.ts";
import { readMounted } from "../files/mounted.ts";
import { createUnfold } from "../values/unfold.ts";
import { openMountedFiles } from "../files/mounted-files.ts";
import { createAssume } from "../identity/assumed-role.ts";
import { createAskSts, stsEndpoints } from "../identity/sts-endpoint.ts";
import type { Fetch } from "../mount.ts";
import type { Emit } from "../events.ts";
import type { OpenMounts } from "../sharing/open-mounts.ts";
import { createOutbound } from "../outbound.ts";
import { withPlainFile } from "../request/object-files.ts";
import { createSender } from "../aws/sender.ts";
import type { AwsSettings } from "../aws/attempt.ts";
import { fetchWithFailover } from "../fetch.ts";
import { createLastValues } from "../store/last-values.ts";
import { createParameterStore } from "../store/parameter-store.ts";
import { createSecretBatches } from "../store/secret-batch.ts";
import { createSecretsManager, versionIn } from "../store/secrets-manager.ts";
import type { Mounted } from "../store/secrets-manager.ts";
import { createSelectedParameters } from "../store/selected-parameters.ts";
import { createSelectedSecrets } from "../store/selected-secrets.ts";
import { createSharedReads } from "../store/shared-reads.ts";
import type { ReadRequest } from "../store/store.ts";
import { createValueCache } from "../store/value-cache.ts";
import { createTurns } from "../sharing/turns.ts";

/**
 * Calls to AWS under way at once, for all mounts together: 32 of one namespace at most, since eight are kept for namespaces that have fewer than four
 * under way. A call without an answer after three seconds gives its turn to another one and goes on.
 */
const awsTurns = {
  what: "a turn among the calls to AWS",
  atOnce: 40,
  kept: 8,
  fewTurns: 4,
  stallMs: 3_000,
  stalledMax: 224,
  waitersMax: Infinity,
};
/**
 * The same under a CPU limit of less than half a CPU: an answer takes 0.7 to 1.5 ms of CPU, 14 to 30 ms of time at 50m, so that 6 calls keep it busy up to
 * 80 ms of latency. More would be answered in one turn of the event loop, which others wait for.
 */
const fewAwsTurns = { ...awsTurns, atOnce: 10, kept: 4, fewTurns: 2 };
/** Units that one mount reads at once: no fewer than the calls that a namespace makes at once. */
const unitsAtOnce = { usual: 32, few: 6 };
const fewCpus = 0.5;

/** Of those, calls whose answer may be up to 2 MiB (aws/attempt.ts). One that has no answer keeps its turn until its attempt is over. */
const largeTurns = {
  what: "a turn among the large calls to AWS",
  atOnce: 12,
  kept: 3,
  fewTurns: 1,
  stallMs: 60_000,
  stalledMax: 0,
  waitersMax: Infinity,
};

/** Builds it; `emit` gets an event for each cache. Makes no call. */
export function wireStores(config: Config, emit: Emit, openMounts: OpenMounts) {
  const { aws } = config;
  const isSlow = (cpuLimit() ?? 1) < fewCpus;
  const outbound = createOutbound(aws.proxyFor);
  const settings: AwsSettings = {
    ...aws,
    userAgent: `aws-sdk-js/3 os/linux lang/js md/bun#${Bun.version} app/${config.appId}`,
    outbound,
    turns: createTurns(isSlow ? fewAwsTurns : awsTurns),
    largeTurns: createTurns(largeTurns),
  };
  const stsSender = (useFipsEndpoint: boolean, useDualstackEndpoint: boolean) =>
    createSender("sts", { ...settings, useFipsEndpoint, useDualstackEndpoint }, aws.endpoints.sts);
  const stsWishes = {
    fips: aws.useFipsEndpoint ? config.stsFips : "off",
    isDualStack: aws.useDualstackEndpoint && aws.endpoints.sts === undefined,
  } as const;
  const askSts = createAskSts({ endpoints: stsEndpoints(stsWishes, stsSender) });
  const assume = createAssume({
    ask: askSts,
    cacheMaxAgeMs: config.credentialCacheMaxAgeMs,
    emit,
  });
  const secretsManager = createSender("secretsmanager", settings, aws.endpoints.secretsManager);
  const ssm = createSender("ssm", settings, aws.endpoints.ssm);
  const values = config.secretCacheTtlMs > 0 ? createValueCache(config.secretCacheTtlMs) : undefined;
  const lastValues =
    config.serveStaleForMs > 0 ? createLastValues({ maxAgeMs: config.serveStaleForMs, exists: isThere }) : undefined;
  const share = createSharedReads({
    values,
    forget: (identity) => {
      values?.forget(identity);
      lastValues?.forget(identity);
    },
    emit,
    openMounts,
  });
  const parameterStore = share(createParameterStore(ssm));
  const selected = {
    secretsmanager: share(createSelectedSecrets(secretsManager)),
    ssmparameter: share(createSelectedParameters(ssm)),
  };

  const newBatch = createSecretBatches(secretsManager);

  const fetch: Fetch = async ({ request, objects, regions, credentials, batch, assumeRole }, context) => {
    const { budget, run } = context;
    const { currentVersions, targetPath } = request;
    const mounted: Mounted = {
      read: async ({ filePath }) => (await readMounted(targetPath, filePath))?.contents,
      versionOf: ({ filePath }) => currentVersions.get(filePath),
      plain: currentVersions.size === 0 ? new Set() : await run(withPlainFile(objects)),
    };
    const batches = (batch ?? config.batchSecrets) ? newBatch() : undefined;
    // What is mounted may be kept by its version alone: that is for this pod to have, and for no other.
    const isMounted = ({ object }: ReadRequest): boolean => versionIn(mounted, object) !== "";
    const isOwn = request.currentVersions.size > 0 ? isMounted : undefined;
    const stores = {
      secretsmanager: share(createSecretsManager(secretsManager, mounted, batches), isOwn),
      ssmparameter: parameterStore,
      selected,
    };
    const credentialsOf = assume(credentials, assumeRole, request.pod);
    const memory = lastValues?.open(request, objects, credentials);
    return fetchWithFailover(
      {
        stores,
        objects,
        regions,
        credentialsOf,
        unfold: createUnfold(budget),
        memory,
        isBatched: batches !== undefined,
        unitsAtOnce: isSlow ? unitsAtOnce.few : unitsAtOnce.usual,
        mountedFiles: openMountedFiles(request),
      },
      context,
    );
  };
  return { outbound, fetch, askSts };
}

/** Whether a directory is there; in doubt it is. */
function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => !(error instanceof Error && "code" in error && error.code === "ENOENT"),
  );
}
