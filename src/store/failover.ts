// Fetches the objects of a mount: units in parallel, both regions in parallel, one rule for both stores (parity 6), first error in spec order.
import { linkAbort } from "../abort.ts";
import { ProviderError, errorText } from "../errors.ts";
import type { CredentialSource } from "../identity/credentials.ts";
import type { Regions } from "../identity/region.ts";
import type { ObjectType, SecretObject } from "../request/objects.ts";
import type { FetchedObject, Outcome, ReadRequest, RegionContext, RegionFailure, Store, StoredValue } from "./store.ts";

export type Stores = Readonly<Record<ObjectType, Store>>;

/** What the log should hear of one mount's fetch, beside its result. */
export interface FetchNotes {
  readonly warning: (text: string) => void;
  readonly step: (lead: string) => void;
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
): Promise<FetchedObject[]> {
  const rest = linkAbort(signal);
  const context = (region: string): RegionContext => ({ region, credentials, signal: rest.signal });
  try {
    const fetched = new Map<SecretObject, FetchedObject>();
    const running = unitsOf(stores, objects).map((unit) => ({
      unit,
      values: readUnit(unit, context, primary, failover, notes.warning),
    }));
    for (const { values } of running) values.catch(() => undefined); // each is awaited below, in spec order
    for (const { unit, values } of running) {
      notes.step(`Failure getting secret values from provider type ${unit.objects[0]?.type ?? ""}`);
      const read = await values;
      unit.objects.forEach((object, at) => {
        const value = read[at];
        if (value !== undefined) fetched.set(object, { object, ...value });
      });
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
  onWarning: FetchNotes["warning"],
): Promise<readonly StoredValue[]> {
  const { store, objects } = unit;
  const requests = (side: "primary" | "failover"): ReadRequest[] =>
    objects.map((object) => ({ object, ref: object[side] }));
  const second = failover === "" ? undefined : store.read(requests("failover"), context(failover));
  second?.catch(() => undefined); // awaited below, unless the primary's answer is final
  const first = await store.read(requests("primary"), context(primary));
  if ("failure" in first && first.failure.fatalText !== "") throw fatal(first.failure);
  const other = await second;
  if (other !== undefined && "failure" in other && other.failure.fatalText !== "") throw fatal(other.failure);
  if ("values" in first) {
    if (other !== undefined && "failure" in other) onWarning(`${other.failure.region}: ${other.failure.text}`);
    return first.values;
  }
  if (other !== undefined && "values" in other) {
    onWarning(`${first.failure.region}: ${first.failure.text}; using the value of ${failover}`);
    return other.values;
  }
  throw nowhere(store.leadText(requests("primary")), [first, other]);
}

function fatal({ fatalText, reason, fix }: RegionFailure): ProviderError {
  return new ProviderError({ reason, message: fatalText, fix });
}

function nowhere(lead: string, outcomes: readonly (Outcome | undefined)[]): ProviderError {
  const failures = outcomes.flatMap((outcome) =>
    outcome !== undefined && "failure" in outcome ? [outcome.failure] : [],
  );
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
