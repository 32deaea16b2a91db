// The stores and their caches -> the step `fetch`. A parts list: what becomes of a request is decided in fetch.ts.
import { stat } from "node:fs/promises";
import type { Config } from "../config/shape.ts";
import type { Emit } from "../events.ts";
import { createFetch } from "../fetch.ts";
import type { Fetch } from "../fetch.ts";
import { createAssume } from "../identity/assumed-role.ts";
import type { OpenMounts } from "../sharing/open-mounts.ts";
import { createLastValues } from "../store/last-values.ts";
import { createParameterStore } from "../store/parameter-store.ts";
import { createSecretBatches } from "../store/secret-batch.ts";
import { createSecretsManager } from "../store/secrets-manager.ts";
import { createSelectedParameters } from "../store/selected-parameters.ts";
import { createSelectedSecrets } from "../store/selected-secrets.ts";
import { createSharedReads } from "../store/shared-reads.ts";
import { createValueCache } from "../store/value-cache.ts";
import type { wireAws } from "./aws.ts";

interface Around {
  readonly emit: Emit;
  readonly openMounts: OpenMounts;
}

/** Builds the step of a process; `emit` gets an event for each cache. Makes no call. */
export function wireFetch(config: Config, aws: ReturnType<typeof wireAws>, { emit, openMounts }: Around): Fetch {
  const { secretsManager, ssm } = aws;
  const assume = createAssume({ ask: aws.askSts, cacheMaxAgeMs: config.credentialCacheMaxAgeMs, emit });
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
  return createFetch({
    secretsOf: (mounted, batch) => createSecretsManager(secretsManager, mounted, batch),
    createBatch: createSecretBatches(secretsManager),
    parameters: share(createParameterStore(ssm)),
    selected: {
      secretsmanager: share(createSelectedSecrets(secretsManager)),
      ssmparameter: share(createSelectedParameters(ssm)),
    },
    share,
    assume,
    lastValues,
    batchSecrets: config.batchSecrets,
    unitsAtOnce: aws.unitsAtOnce,
  });
}

/** Whether a directory is there; in doubt it is. */
function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => !(error instanceof Error && "code" in error && error.code === "ENOENT"),
  );
}
