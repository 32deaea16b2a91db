// The units of a mount: which objects are read together, and how many units at once. For fetch.ts.
import type { Budget } from "../budget.ts";
import type { CredentialSource } from "../identity/credential-source.ts";
import type { ObjectType, SecretObject } from "../request/secret-object.ts";
import type { Store } from "../store/store.ts";
import type { Unit, UnitResult } from "./both-regions.ts";
import type { Work } from "../work.ts";

/** By type, for objects that are named; and for those that a selector finds. */
export interface Stores extends Readonly<Record<ObjectType, Store>> {
  readonly selected: Readonly<Record<ObjectType, Store>>;
}

/** Objects of one store and one identity in spec order, cut into units; units ordered by their first object. */
export function* unitsOf(
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

/** Reads units in their order, so many at once, each when there is memory for it. */
export function startAll(
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

export interface Running {
  readonly unit: Unit;
  readonly result: Promise<UnitResult>;
}
