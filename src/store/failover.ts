// Fetches the objects of a mount: units in parallel, both regions in parallel, one rule for both stores (parity 6), all failures in one error.
import { linkAbort } from "../abort.ts";
import { ProviderError, errorText } from "../errors.ts";
import type { Extractor } from "../files/extract.ts";
import type { CredentialSource } from "../identity/credentials.ts";
import type { Regions } from "../identity/region.ts";
import type { ObjectType, SecretObject } from "../request/objects.ts";
import { explainFailures } from "./failures.ts";
import type { UnitFailure } from "./failures.ts";
import type { FetchedObject, Outcome, ReadRequest, RegionContext, RegionFailure, Store } from "./store.ts";

export type Stores = Readonly<Record<ObjectType, Store>>;

/** What the log should hear of one mount's fetch, beside its result. */
export interface FetchNotes {
  readonly warning: (text: string) => void;
  readonly step: (lead: string) => void;
  /** A unit of this type came from the failover region. */
  readonly failover: (type: ObjectType) => void;
}

interface Unit {
  readonly store: Store;
  readonly objects: readonly SecretObject[];
}

/** Either the objects of a unit, or why there are none: several failures where its objects fail each in its own way. */
type UnitResult = readonly FetchedObject[] | { readonly failures: readonly [UnitFailure, ...UnitFailure[]] };

/** How long a mount that has failed already waits for its other objects, to name all that fail. They are under way; no call is made for it. */
const othersMs = 1_000;
/** The same where waiting would be more calls of an account that has too many. */
const throttledMs = 20;

/** Reads every object, in spec order. One error names all that fail; the first of them in spec order leads. @throws ProviderError */
export async function fetchWithFailover(
  stores: Stores,
  objects: readonly SecretObject[],
  { primary, failover }: Regions,
  credentials: CredentialSource,
  signal: AbortSignal,
  notes: FetchNotes,
  extract: Extractor,
): Promise<FetchedObject[]> {
  const rest = linkAbort(signal);
  const context = (region: string): RegionContext => ({ region, credentials, signal: rest.signal });
  try {
    const fetched = new Map<SecretObject, FetchedObject>();
    const running = unitsOf(stores, objects).map((unit) => ({
      unit,
      result: readUnit(unit, context, primary, failover, notes, extract),
    }));
    for (const { result } of running) result.catch(() => undefined); // each is awaited below, in spec order
    for (const [at, { unit, result }] of running.entries()) {
      notes.step(`Failure getting secret values from provider type ${unit.objects[0]?.type ?? ""}`);
      const read = await result;
      if ("failures" in read) throw await failureOf(read.failures, running.slice(at + 1), notes);
      for (const object of read) fetched.set(object.object, object);
    }
    return objects.map((object) => fetched.get(object) ?? missing(object));
  } finally {
    rest.abort(new ProviderError({ reason: "Cancelled", message: "another object of the mount failed" }));
    rest.release();
  }
}

interface Running {
  readonly unit: Unit;
  readonly result: Promise<UnitResult>;
}

/** The error of a mount whose first failing unit is known: waits a little for the units after it. When the mount's signal aborts, they end by that. */
async function failureOf(
  first: readonly [UnitFailure, ...UnitFailure[]],
  later: readonly Running[],
  notes: FetchNotes,
): Promise<ProviderError> {
  const ended = new Map<Running, readonly UnitFailure[]>();
  const all = later.map(async (one) => {
    const read = await one.result; // one that rejects is a bug, and stays among the unfinished
    ended.set(one, "failures" in read ? read.failures : []);
  });
  const isThrottled = first[0].regions.some(({ reason }) => reason === "Throttled");
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, isThrottled ? throttledMs : othersMs);
  await Promise.race([Promise.allSettled(all), limit.promise]);
  clearTimeout(timer);
  const failures = later.flatMap((one) => ended.get(one) ?? []);
  const unfinished = later.filter((one) => !ended.has(one)).flatMap(({ unit }) => unit.objects);
  const { error, whole } = explainFailures([...first, ...failures], unfinished);
  if (whole !== undefined) notes.warning(`All failures of this mount: ${whole}`);
  return error;
}

/** Objects of one store in spec order, cut into units; units ordered by their first object. */
function unitsOf(stores: Stores, objects: readonly SecretObject[]): Unit[] {
  const units: { store: Store; objects: SecretObject[] }[] = [];
  const open = new Map<Store, { store: Store; objects: SecretObject[] }>();
  for (const object of objects) {
    const store = stores[object.type];
    let unit = open.get(store);
    if (unit === undefined || unit.objects.length >= store.unitMax) {
      unit = { store, objects: [] };
      open.set(store, unit);
      units.push(unit);
    }
    unit.objects.push(object);
  }
  return units;
}

async function readUnit(
  unit: Unit,
  context: (region: string) => RegionContext,
  primary: string,
  failover: string,
  notes: FetchNotes,
  extract: Extractor,
): Promise<UnitResult> {
  const { store, objects } = unit;
  const requests = (side: "primary" | "failover"): ReadRequest[] =>
    objects.map((object) => ({ object, ref: object[side] }));
  const second = failover === "" ? undefined : store.read(requests("failover"), context(failover));
  second?.catch(() => undefined); // awaited below, unless the primary's answer is final
  const first = withEntries(await store.read(requests("primary"), context(primary)), objects, primary, extract);
  const failed = (lead: string, ...regions: readonly [RegionRead, ...RegionRead[]]): UnitResult =>
    failuresOf(unit, lead, regions);
  if ("failures" in first && first.failures[0].fatalLead !== "") return failed(first.failures[0].fatalLead, first);
  const other = await second;
  const otherFailures = other !== undefined && "failure" in other ? { failures: [other.failure] as const } : undefined;
  if (otherFailures !== undefined && otherFailures.failures[0].fatalLead !== "") {
    const { fatalLead } = otherFailures.failures[0];
    return "failures" in first ? failed(fatalLead, otherFailures, first) : failed(fatalLead, otherFailures);
  }
  if ("objects" in first) {
    if (other !== undefined && "failure" in other) notes.warning(`${other.failure.region}: ${other.failure.text}`);
    return first.objects;
  }
  const last = other === undefined ? undefined : withEntries(other, objects, failover, extract);
  if (last !== undefined && "objects" in last) {
    const [{ region, text }] = first.failures;
    notes.warning(`${region}: ${text}; using the value of ${failover}`);
    if (objects[0] !== undefined) notes.failover(objects[0].type);
    return last.objects;
  }
  const lead = store.leadText(requests("primary"));
  return last === undefined ? failed(lead, first) : failed(lead, first, last);
}

/** What a region gave for a unit: its objects, or its failure; several where jmesPath entries of several objects fail. */
interface RegionRead {
  readonly failures: readonly [RegionFailure, ...RegionFailure[]];
}

/** The values with their jmesPath entries. An entry that fails is a fault of that region's value: the other region may serve (parity 6). */
function withEntries(
  outcome: Outcome,
  objects: readonly SecretObject[],
  region: string,
  extract: Extractor,
): { readonly objects: readonly FetchedObject[] } | RegionRead {
  if ("failure" in outcome) return { failures: [outcome.failure] };
  const failures: RegionFailure[] = [];
  const fetched = objects.flatMap((object, at) => {
    const stored = outcome.values[at];
    if (stored === undefined) return [];
    try {
      return [{ object, ...stored, extracted: extract(object, stored.value) }];
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const { reason, message: text, fix } = error;
      failures.push({ region, reason, text, fix, fatalLead: "", objects: [object] });
      return [];
    }
  });
  const [first, ...more] = failures;
  return first === undefined ? { objects: fetched } : { failures: [first, ...more] };
}

/** The failures of a unit: its regions' first ones together, then those of its further objects. */
function failuresOf(unit: Unit, lead: string, regions: readonly [RegionRead, ...RegionRead[]]): UnitResult {
  const failure = (...of: readonly [RegionFailure, ...RegionFailure[]]): UnitFailure => {
    const named = of.flatMap(({ objects }) => objects ?? []);
    return { lead, regions: of, objects: named.length === 0 ? unit.objects : named };
  };
  const [own, ...others] = regions;
  const firsts = failure(own.failures[0], ...others.map(({ failures }) => failures[0]));
  const more = regions.flatMap(({ failures: [, ...further] }) => further.map((one) => failure(one)));
  return { failures: [firsts, ...more] };
}

function missing(object: SecretObject): never {
  throw new Error(
    errorText(new ProviderError({ reason: "Internal", message: `no value was read for ${object.type}` })),
  );
}
