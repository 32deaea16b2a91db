// Fetches the objects of a mount: units in parallel, both regions in parallel, one rule for both stores (parity 6), first error in spec order.
import { linkAbort } from "../abort.ts";
import { ProviderError, errorText } from "../errors.ts";
import type { Extractor } from "../files/extract.ts";
import type { CredentialSource } from "../identity/credentials.ts";
import type { Regions } from "../identity/region.ts";
import type { ObjectType, SecretObject } from "../request/objects.ts";
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

/** Reads every object, in spec order. The first failing unit, in spec order, ends the fetch. @throws ProviderError */
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
      values: readUnit(unit, context, primary, failover, notes, extract),
    }));
    for (const { values } of running) values.catch(() => undefined); // each is awaited below, in spec order
    for (const { unit, values } of running) {
      notes.step(`Failure getting secret values from provider type ${unit.objects[0]?.type ?? ""}`);
      const read = await values;
      for (const object of read) fetched.set(object.object, object);
    }
    return objects.map((object) => fetched.get(object) ?? missing(object));
  } finally {
    rest.abort(new ProviderError({ reason: "Cancelled", message: "another object of the mount failed" }));
    rest.release();
  }
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
): Promise<readonly FetchedObject[]> {
  const { store, objects } = unit;
  const requests = (side: "primary" | "failover"): ReadRequest[] =>
    objects.map((object) => ({ object, ref: object[side] }));
  const second = failover === "" ? undefined : store.read(requests("failover"), context(failover));
  second?.catch(() => undefined); // awaited below, unless the primary's answer is final
  const first = withEntries(await store.read(requests("primary"), context(primary)), objects, primary, extract);
  if ("failure" in first && first.failure.fatalText !== "") throw fatal(first.failure);
  const other = await second;
  if (other !== undefined && "failure" in other && other.failure.fatalText !== "") throw fatal(other.failure);
  if ("objects" in first) {
    if (other !== undefined && "failure" in other) notes.warning(`${other.failure.region}: ${other.failure.text}`);
    return first.objects;
  }
  const last = other === undefined ? undefined : withEntries(other, objects, failover, extract);
  if (last !== undefined && "objects" in last) {
    notes.warning(`${first.failure.region}: ${first.failure.text}; using the value of ${failover}`);
    if (objects[0] !== undefined) notes.failover(objects[0].type);
    return last.objects;
  }
  throw nowhere(
    store.leadText(requests("primary")),
    last === undefined ? [first.failure] : [first.failure, last.failure],
  );
}

/** The values with their jmesPath entries. An entry that fails is a fault of that region's value: the other region may serve (parity 6). */
function withEntries(
  outcome: Outcome,
  objects: readonly SecretObject[],
  region: string,
  extract: Extractor,
): { readonly objects: readonly FetchedObject[] } | { readonly failure: RegionFailure } {
  if ("failure" in outcome) return outcome;
  try {
    const fetched = objects.flatMap((object, at) => {
      const stored = outcome.values[at];
      return stored === undefined ? [] : [{ object, ...stored, extracted: extract(object, stored.value) }];
    });
    return { objects: fetched };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { failure: { region, reason: error.reason, text: error.message, fix: error.fix, fatalText: "" } };
  }
}

function fatal({ fatalText, reason, fix }: RegionFailure): ProviderError {
  return new ProviderError({ reason, message: fatalText, fix });
}

function nowhere(lead: string, failures: readonly RegionFailure[]): ProviderError {
  const causes = failures.map(({ region, text }) => `${region}: ${text}`).join("; ");
  const fixes = [...new Set(failures.map(({ fix }) => fix).filter((fix) => fix !== ""))].join(" ");
  return new ProviderError({
    reason: failures[0]?.reason ?? "Internal",
    message: `${lead}${lead.endsWith(".") ? " " : ": "}${causes}`,
    fix: fixes,
  });
}

function missing(object: SecretObject): never {
  throw new Error(
    errorText(new ProviderError({ reason: "Internal", message: `no value was read for ${object.type}` })),
  );
}
