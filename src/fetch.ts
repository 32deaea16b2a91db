// The step `fetch` of a mount: which store reads an object and with which credentials, units in parallel, all failures in one error. What becomes of
// one unit in two regions: fetch/both-regions.ts.
import { linkAbort } from "./abort.ts";
import type { Context } from "./context.ts";
import type { Budget } from "./budget.ts";
import { ProviderError, errorText } from "./errors.ts";
import { readMounted } from "./files/mounted.ts";
import { openMountedFiles } from "./files/mounted-files.ts";
import type { MountedFiles } from "./files/mounted-files.ts";
import type { Assume } from "./identity/assumed-role.ts";
import type { CredentialSource } from "./identity/credential-source.ts";
import type { Regions } from "./identity/region.ts";
import type { Pace } from "./sharing/pace.ts";
import type { AssumeRole } from "./request/assume-role.ts";
import type { ParsedRequest } from "./request/mount-request.ts";
import { withPlainFile } from "./request/object-files.ts";
import type { SecretObject } from "./request/secret-object.ts";
import { startAll, unitsOf } from "./fetch/units.ts";
import type { Running, Stores } from "./fetch/units.ts";
import { explainFailures } from "./fetch/explain-failures.ts";
import type { RegionFailures } from "./identity/region-failure.ts";
import type { LastValues, MountMemory } from "./store/last-values.ts";
import type { SecretBatch } from "./store/secret-batch.ts";
import { versionIn } from "./store/secrets-manager.ts";
import type { Mounted } from "./store/secrets-manager.ts";
import type { Share } from "./store/shared-reads.ts";
import type { ReadRequest, Store } from "./store/store.ts";
import type { FetchedObject } from "./values/extracted.ts";
import { createReadValue } from "./values/read-value.ts";
import type { ReadValue } from "./values/read-value.ts";
import { readUnit } from "./fetch/both-regions.ts";

/** What to fetch, and with which rights. */
export interface FetchOrder {
  readonly request: ParsedRequest;
  readonly objects: readonly SecretObject[];
  readonly regions: Regions;
  readonly credentials: CredentialSource;
  /** Secrets in batches; undefined = as the flag says. */
  readonly batch: boolean | undefined;
  readonly assumeRole: AssumeRole;
}

/** What the work runs under. */
export interface FetchContext extends Context {
  readonly budget: Budget;
  readonly run: Pace["run"];
}

/** Reads every object, in spec order. One error names all that fail; the first of them in spec order leads. @throws ProviderError */
export type Fetch = (order: FetchOrder, context: FetchContext) => Promise<readonly FetchedObject[]>;

/** What all mounts of a process read with. */
export interface FetchParts {
  /** Makes the store of secrets by name, for one mount. */
  readonly secretsOf: (mounted: Mounted, batch: SecretBatch | undefined) => Store;
  readonly createBatch: () => SecretBatch;
  /** Parameters by name. Shared already, as those of `selected` are. */
  readonly parameters: Store;
  readonly selected: Stores["selected"];
  readonly share: Share;
  readonly assume: Assume;
  /** undefined = values are not kept for an outage. */
  readonly lastValues: LastValues | undefined;
  /** Secrets in batches, where the class does not say. */
  readonly batchSecrets: boolean;
  /** Units that one mount reads at once, > 0. */
  readonly unitsAtOnce: number;
}

/** Makes the step. */
export function createFetch(parts: FetchParts): Fetch {
  return async ({ request, objects, regions, credentials, batch = parts.batchSecrets, assumeRole }, context) => {
    const mounted = await mountedOf(request, objects, context.run);
    const batches = batch ? parts.createBatch() : undefined;
    // An answer that depends on what this pod has mounted is not for other pods.
    const isMounted = ({ object }: ReadRequest): boolean => versionIn(mounted, object) !== "";
    const isOwn = request.currentVersions.size > 0 ? isMounted : undefined;
    const plan: FetchPlan = {
      stores: {
        secretsmanager: parts.share(parts.secretsOf(mounted, batches), isOwn),
        ssmparameter: parts.parameters,
        selected: parts.selected,
      },
      objects,
      regions,
      credentialsOf: parts.assume(credentials, assumeRole, request.pod),
      unfold: createReadValue(context.budget),
      memory: parts.lastValues?.open(request, objects, credentials),
      unitsAtOnce: batches === undefined ? parts.unitsAtOnce : unitsPerBatch * parts.unitsAtOnce,
      mountedFiles: openMountedFiles(request),
    };
    return fetchWithFailover(plan, context);
  };
}

/** What the pod has mounted already, as the driver says. */
async function mountedOf(
  { currentVersions, targetPath }: ParsedRequest,
  objects: readonly SecretObject[],
  run: Pace["run"],
): Promise<Mounted> {
  return {
    read: async ({ filePath }) => (await readMounted(targetPath, filePath))?.contents,
    versionOf: ({ filePath }) => currentVersions.get(filePath),
    plain: currentVersions.size === 0 ? new Set() : await run(withPlainFile(objects)),
  };
}

/** How long a mount that has failed already waits for its other objects, to name all that fail. They are under way; no call is made for it. */
const othersMs = 1_000;
/** The same where waiting would be more calls of an account that has too many. */
const throttledMs = 20;

/** Secrets of a batch: so many units for each that is read at once, since what is under way is what is gathered. */
const unitsPerBatch = 20;

/** What is read for one mount, and how. */
interface FetchPlan {
  readonly stores: Stores;
  readonly objects: readonly SecretObject[];
  readonly regions: Regions;
  readonly credentialsOf: (object: SecretObject) => CredentialSource;
  readonly unfold: ReadValue;
  readonly memory: MountMemory | undefined;
  /** Units that are read at once. */
  readonly unitsAtOnce: number;
  readonly mountedFiles: MountedFiles;
}

/** Once for all mounts: making an error takes more than ending a mount. */
const otherFailed = new ProviderError({ reason: "Cancelled", message: "another object of the mount failed" });

async function fetchWithFailover(
  { stores, objects, regions, credentialsOf, unfold, memory, unitsAtOnce, mountedFiles }: FetchPlan,
  { signal, deadlineMs, mount, emit, budget, run }: FetchContext,
): Promise<FetchedObject[]> {
  const rest = linkAbort(signal);
  try {
    const fetched = new Map<SecretObject, readonly FetchedObject[]>();
    const units = await run(unitsOf(stores, objects, credentialsOf));
    const context = {
      ...regions,
      signal: rest.signal,
      deadlineMs,
      mount,
      emit,
      budget,
      run: oneAtATime(run),
      unfold,
      memory,
      mountedFiles,
    };
    const running = startAll(units, { budget, atOnce: unitsAtOnce }, (unit) => readUnit(unit, context));
    for (const [at, { unit, result }] of running.entries()) {
      emit({
        kind: "step-began",
        lead: `Failure getting secret values from provider type ${unit.objects[0]?.type ?? ""}`,
      });
      const read = await result;
      if ("failures" in read) throw await failureOf(read.failures, running.slice(at + 1), emit);
      unit.objects.forEach((object, i) => fetched.set(object, read[i] ?? missing(object)));
    }
    memory?.commit();
    return objects.flatMap((object) => fetched.get(object) ?? missing(object));
  } finally {
    rest.abort(otherFailed);
    rest.release();
  }
}

/** Values are taken apart one after the other: what that takes is many times the value, and is free again when it is done. */
function oneAtATime(run: Pace["run"]): Pace["run"] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const own = last.then(() => run(work));
    last = own.catch(() => undefined);
    return own;
  };
}

/** The error of a mount whose first failing unit is known: waits a little for the units after it. When the mount's signal aborts, they end by that. */
async function failureOf(
  first: readonly [RegionFailures, ...RegionFailures[]],
  later: readonly Running[],
  emit: Context["emit"],
): Promise<ProviderError> {
  const ended = new Map<Running, readonly RegionFailures[]>();
  const all = later.map(async (one) => {
    const read = await one.result; // one that rejects is a bug, and stays among the unfinished
    ended.set(one, "failures" in read ? read.failures : []);
  });
  const isThrottled = first[0].some(({ reason }) => reason === "Throttled");
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, isThrottled ? throttledMs : othersMs);
  await Promise.race([Promise.allSettled(all), limit.promise]);
  clearTimeout(timer);
  const failures = later.flatMap((one) => ended.get(one) ?? []);
  const unfinished = later.filter((one) => !ended.has(one)).flatMap(({ unit }) => unit.objects);
  const error = explainFailures([...first, ...failures], unfinished);
  const { detail } = error;
  if (detail !== "") emit({ kind: "warning", about: "objects", text: `All failures of this mount: ${detail}` });
  return error;
}

function missing(object: SecretObject): never {
  throw new Error(
    errorText(new ProviderError({ reason: "Internal", message: `no value was read for ${object.type}` })),
  );
}
