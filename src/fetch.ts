// Fetches the objects of a mount: units in parallel, all failures in one error. What becomes of one unit in two regions: fetch/both-regions.ts.
import { linkAbort } from "./abort.ts";
import type { Context } from "./context.ts";
import type { Budget } from "./budget.ts";
import { ProviderError, errorText } from "./errors.ts";
import type { Unfold } from "./values/unfold.ts";
import type { MountedFiles } from "./files/mounted-files.ts";
import type { CredentialSource } from "./identity/credential-source.ts";
import type { Regions } from "./identity/region.ts";
import type { Pace } from "./sharing/pace.ts";
import type { ObjectType, SecretObject } from "./request/secret-object.ts";
import type { Work } from "./work.ts";
import { explainFailures } from "./fetch/explain-failures.ts";
import type { RegionFailures } from "./identity/region-failure.ts";
import type { MountMemory } from "./store/last-values.ts";
import type { Store } from "./store/store.ts";
import type { FetchedObject } from "./values/extracted.ts";
import { readUnit } from "./fetch/both-regions.ts";
import type { Unit, UnitResult } from "./fetch/both-regions.ts";

/** By type, for objects that are named; and for those that a selector finds. */
export interface Stores extends Readonly<Record<ObjectType, Store>> {
  readonly selected: Readonly<Record<ObjectType, Store>>;
}

/** How long a mount that has failed already waits for its other objects, to name all that fail. They are under way; no call is made for it. */
const othersMs = 1_000;
/** The same where waiting would be more calls of an account that has too many. */
const throttledMs = 20;

/** Secrets of a batch: so many units for each that is read at once, since what is under way is what is gathered. */
const unitsPerBatch = 20;

/** What is read for one mount, and how. */
export interface FetchPlan {
  readonly stores: Stores;
  readonly objects: readonly SecretObject[];
  readonly regions: Regions;
  readonly credentialsOf: (object: SecretObject) => CredentialSource;
  readonly unfold: Unfold;
  readonly memory: MountMemory | undefined;
  /** Secrets are asked for in batches. */
  readonly isBatched: boolean;
  /** Units that are read at once. */
  readonly unitsAtOnce: number;
  readonly mountedFiles: MountedFiles;
}

/** What the work runs under. */
export interface FetchContext extends Context {
  readonly budget: Budget;
  readonly run: Pace["run"];
}

/** Once for all mounts: making an error takes more than ending a mount. */
const otherFailed = new ProviderError({ reason: "Cancelled", message: "another object of the mount failed" });

/** Reads every object, in spec order. One error names all that fail; the first of them in spec order leads. @throws ProviderError */
export async function fetchWithFailover(
  { stores, objects, regions, credentialsOf, unfold, memory, isBatched, unitsAtOnce, mountedFiles }: FetchPlan,
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
    const running = startAll(units, { budget, atOnce: isBatched ? unitsPerBatch * unitsAtOnce : unitsAtOnce }, (unit) =>
      readUnit(unit, context),
    );
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

/** Reads units in their order, so many at once, each when there is memory for it. */
function startAll(
  units: readonly Unit[],
  { budget, atOnce }: { readonly budget: Budget; readonly atOnce: number },
  read: (unit: Unit) => Promise<UnitResult>,
): readonly Running[] {
  const running = units.map((unit) => ({ unit, ...Promise.withResolvers<UnitResult>() }));
  const next = running.values();
  const work = async (): Promise<void> => {
    for (const one of next) {
      await Promise.resolve(budget.room())
        .then(() => read(one.unit))
        .then(one.resolve, one.reject);
    }
  };
  for (let i = 0; i < Math.min(atOnce, running.length); i++) void work();
  for (const { promise } of running) promise.catch(() => undefined); // each is awaited by the mount, in spec order
  return running.map(({ unit, promise }) => ({ unit, result: promise }));
}

interface Running {
  readonly unit: Unit;
  readonly result: Promise<UnitResult>;
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

/** Objects of one store and one identity in spec order, cut into units; units ordered by their first object. */
function* unitsOf(
  stores: Stores,
  objects: readonly SecretObject[],
  credentialsOf: (object: SecretObject) => CredentialSource,
): Work<Unit[]> {
  type Filling = Unit & { readonly objects: SecretObject[] };
  const units: Filling[] = [];
  const open = new Map<CredentialSource, Map<Store, Filling>>();
  for (const object of objects) {
    yield;
    const store = object.selector === undefined ? stores[object.type] : stores.selected[object.type];
    const credentials = credentialsOf(object);
    let ofSource = open.get(credentials);
    if (ofSource === undefined) open.set(credentials, (ofSource = new Map<Store, Filling>()));
    let unit = ofSource.get(store);
    if (unit === undefined || unit.objects.length >= store.unitMax) {
      unit = { store, credentials, objects: [] };
      ofSource.set(store, unit);
      units.push(unit);
    }
    unit.objects.push(object);
  }
  return units;
}

function missing(object: SecretObject): never {
  throw new Error(
    errorText(new ProviderError({ reason: "Internal", message: `no value was read for ${object.type}` })),
  );
}
