// One unit of objects in both regions: which combinations of answers succeed, and whose values are mounted (parity 6). One rule for all stores.
import { ProviderError } from "../errors.ts";
import type { Budget } from "../budget.ts";
import type { Context } from "../context.ts";
import type { ReadValue } from "../values/read-value.ts";
import type { MountedFiles } from "../files/mounted-files.ts";
import type { CredentialSource } from "../identity/credential-source.ts";
import type { RegionFailure, RegionFailures } from "../identity/region-failure.ts";
import type { Regions } from "../identity/region.ts";
import type { Pace } from "../sharing/pace.ts";
import type { SecretObject } from "../request/secret-object.ts";
import type { MountMemory } from "../store/last-values.ts";
import type { FetchedObject } from "../values/extracted.ts";
import type { NotFound, Outcome, ReadRequest, RegionContext, Store } from "../store/store.ts";
import { cutBytes } from "../text/cut.ts";

/** Objects that are read together: a secret, a batch of parameters, the matches of a selector. */
export interface Unit {
  readonly store: Store;
  readonly credentials: CredentialSource;
  readonly objects: readonly SecretObject[];
}

/** What each object of a unit has become, nothing where it is optional and not there; or why there are none. */
export type UnitResult = readonly (readonly FetchedObject[])[] | FailedUnit;

/** The failures of a unit, region by region; further ones where its objects fail each in its own way. */
interface FailedUnit {
  readonly failures: readonly [RegionFailures, ...RegionFailures[]];
}

/** What the units of one mount are read with. */
export interface UnitContext extends Regions, Context {
  readonly budget: Budget;
  readonly run: Pace["run"];
  readonly unfold: ReadValue;
  readonly memory: MountMemory | undefined;
  readonly mountedFiles: MountedFiles;
}

/** Reads a unit. Never rejects but with the signal's reason or a bug. */
export async function readUnit(unit: Unit, within: UnitContext): Promise<UnitResult> {
  const { store, credentials, objects } = unit;
  const { primary, failover, signal, deadlineMs, mount, emit, budget, memory } = within;
  const context = (region: string): RegionContext => ({ region, credentials, signal, deadlineMs, mount, emit, budget });
  const requests = (side: "primary" | "failover"): ReadRequest[] =>
    objects.map((object) => ({ object, ref: object[side] }));
  const second = failover === "" ? undefined : store.read(requests("failover"), context(failover));
  second?.catch(() => undefined); // awaited below, unless the primary's answer is final
  const own = await store.read(requests("primary"), context(primary));
  const first = await unfolded(own, { objects, region: primary }, within);
  if ("failures" in first && first.failures[0].fatalLead !== "") return failedUnit(unit, [first.failures]);
  const other = await second;
  const otherFailure = other !== undefined && "failure" in other ? other.failure : undefined;
  if (otherFailure !== undefined && otherFailure.fatalLead !== "")
    return failedUnit(unit, [[otherFailure], ...("failures" in first ? [first.failures] : [])]);
  if ("found" in first && otherFailure !== undefined) warn(emit, `${otherFailure.region}: ${otherFailure.text}`);
  const isOpen = (i: number): boolean => "failures" in first || isAbsent(first.found[i]);
  const remember = (): void =>
    objects.forEach((object, i) => {
      const valueIn = (one: Outcome | undefined) => (one !== undefined && "values" in one ? one.values[i] : undefined);
      const found = (isOpen(i) ? valueIn(other) : undefined) ?? valueIn(own);
      if (found !== undefined) memory?.keep(object, found);
    });
  if ("found" in first && (other === undefined || !first.found.some(isAbsent))) {
    remember();
    return first.found.map(objectsOf);
  }
  const last =
    other === undefined ? undefined : await unfolded(other, { objects, region: failover, isWanted: isOpen }, within);
  const agreed = settle(first, last);
  const settled = "failures" in agreed ? ((await leftOut(first, last, objects, within)) ?? agreed) : agreed;
  if ("failures" in settled) {
    const lasting = await recalled(settled.failures, unit, within);
    return lasting ?? failedUnit(unit, settled.failures, store.leadText(requests("primary")));
  }
  remember();
  for (const { region, text } of settled.instead) warn(emit, `${region}: ${text}; using the value of ${failover}`);
  if (settled.instead.length > 0 && objects[0] !== undefined) emit({ kind: "failover-used", type: objects[0].type });
  return settled.objects;
}

/** The last values of the pod, where AWS gives nothing but network errors and 5xx, in all regions (--serve-stale-for). */
async function recalled(
  failed: readonly RegionFailures[],
  { objects }: Unit,
  within: UnitContext,
): Promise<UnitResult | undefined> {
  const { memory, emit } = within;
  const causes = failed.flat();
  if (memory === undefined || !causes.every(({ isOutage }) => isOutage === true)) return undefined;
  const last = memory.recall(objects);
  if (last === undefined) return undefined;
  const { region = "" } = causes[0] ?? {};
  const read = await unfolded({ values: last.values }, { objects, region }, within);
  if ("failures" in read) return undefined;
  const names = objects.map(({ objectName }) => objectName).join(", ");
  const why = causes.map((cause) => `${cause.region}: ${cause.text}`).join("; ");
  warn(emit, `AWS does not answer (${why}); mounting the values of ${Math.round(last.ageMs / 1000)} s ago of ${names}`);
  const [object] = objects;
  if (object !== undefined) emit({ kind: "stale-served", type: object.type });
  return read.found.map(objectsOf);
}

interface Settled {
  readonly objects: readonly (readonly FetchedObject[])[];
  /** Why the failover region's values stand for the primary's, where they do. */
  readonly instead: readonly RegionFailure[];
}

/**
 * Neither region's word is final. A primary that fails leaves the unit to the failover region; one that has not got an optional object leaves that one.
 * Such an object is absent only when every region that is asked says so, or one says so and the other gives nothing but an outage (leftOut):
 *
 * | primary, failover  | has it     | not found       | outage          | fails otherwise |
 * | ------------------ | ---------- | --------------- | --------------- | --------------- |
 * | has it             | primary's  | primary's       | primary's       | primary's       |
 * | not found          | failover's | no file         | none, if it may | fails           |
 * | outage             | failover's | none, if it may | fails           | fails           |
 * | fails otherwise    | failover's | fails           | fails           | fails           |
 */
function settle(
  first: RegionRead,
  last: RegionRead | undefined,
): Settled | { readonly failures: readonly [RegionFailures, ...RegionFailures[]] } {
  if ("failures" in first) {
    if (last === undefined) return { failures: [first.failures] };
    if ("failures" in last) return { failures: [first.failures, last.failures] };
    const [absent, ...more] = last.found.filter(isAbsent).map(({ notFound }) => notFound);
    if (absent !== undefined) return { failures: [first.failures, [absent, ...more]] };
    return { objects: last.found.map(objectsOf), instead: [first.failures[0]] };
  }
  const open = first.found.filter(isAbsent).map(({ notFound }) => notFound);
  if (last !== undefined && "failures" in last) {
    const isTold = ({ objects = [] }: RegionFailure): boolean =>
      last.failures.some((one) => one.objects === undefined || one.objects.some((object) => objects.includes(object)));
    const [told, ...more] = open.filter(isTold);
    return { failures: told === undefined ? [last.failures] : [[told, ...more], last.failures] };
  }
  const instead: RegionFailure[] = [];
  const objects = first.found.map((found, i) => {
    if (!isAbsent(found)) return found;
    const other = objectsOf(last?.found[i] ?? []);
    if (other.length > 0) instead.push(found.notFound);
    return other;
  });
  return { objects, instead };
}

/**
 * Where one region gives nothing but an outage, optional objects that the other has not got are left out of a volume that does not have them: new pods
 * start. undefined = not so, or a volume has one of them: then the mount fails, and the pod keeps its file.
 */
async function leftOut(
  first: RegionRead,
  last: RegionRead | undefined,
  objects: readonly SecretObject[],
  { mountedFiles, emit, primary, failover }: UnitContext,
): Promise<Settled | undefined> {
  const [down, up] = "failures" in first ? [first, last] : [last, first];
  if (up === undefined || "failures" in up || down === undefined || !("failures" in down)) return undefined;
  if (!down.failures.every(({ isOutage }) => isOutage === true)) return undefined;
  const absent = objects.filter((_, i) => isAbsent(up.found[i]));
  for (const object of absent) if (await mountedFiles.has(object)) return undefined;
  const [{ region, text }] = down.failures;
  const names = absent.map(({ objectName }) => objectName).join(", ");
  warn(emit, `${region}: ${text}; mounting without ${names}: not in ${down === first ? failover : primary}`);
  const isInstead = down === first && absent.length < objects.length;
  return { objects: up.found.map(objectsOf), instead: isInstead ? [down.failures[0]] : [] };
}

type Unfolded = readonly FetchedObject[] | NotFound;
/** What one region has for a unit; or its failure, several where the values of several objects do not fit. */
type RegionRead = { readonly found: readonly Unfolded[] } | { readonly failures: RegionFailures };

/** Whose values of which region become objects. */
interface Wanted {
  readonly objects: readonly SecretObject[];
  readonly region: string;
  /** By position; absent = all. */
  readonly isWanted?: (i: number) => boolean;
}

/** What the values become. One that does not fit is a fault of that region's value: the other region may serve (parity 6). */
async function unfolded(
  outcome: Outcome,
  { objects, region, isWanted }: Wanted,
  { unfold, run }: Pick<UnitContext, "unfold" | "run">,
): Promise<RegionRead> {
  if ("failure" in outcome) return { failures: [outcome.failure] };
  const failures: RegionFailure[] = [];
  const found: Unfolded[] = [];
  for (const [i, object] of objects.entries()) {
    const value = outcome.values[i];
    if (value === undefined || isWanted?.(i) === false) found.push([]);
    else if ("notFound" in value) found.push(value);
    else {
      try {
        const unfolding = unfold(object, value);
        found.push("next" in unfolding ? await run(unfolding) : unfolding);
      } catch (error) {
        if (!(error instanceof ProviderError) || isOfMount(error)) throw error;
        const { reason, message, fix } = error;
        const text = cutBytes(message, textBytesMax);
        failures.push({ region, reason, text, fix, fatalLead: "", objects: [object] });
        found.push([]);
      }
    }
  }
  const [first, ...more] = failures;
  return first === undefined ? { found } : { failures: [first, ...more] };
}

/** Of one failure's text: an event has 1,023 bytes, the log's line some thousand. */
const textBytesMax = 2_000;

/** A fault of the value may be the region's alone; a mount that is too large, or given up, is so in each. */
function isOfMount({ reason }: ProviderError): boolean {
  return reason !== "JmesPathFailed" && reason !== "ValueUnusable";
}

function warn(emit: Context["emit"], text: string): void {
  emit({ kind: "warning", about: "objects", text });
}

function isAbsent(found: Unfolded | undefined): found is NotFound {
  return found !== undefined && "notFound" in found;
}

function objectsOf(found: Unfolded): readonly FetchedObject[] {
  return isAbsent(found) ? [] : found;
}

/** The failures of a unit: its regions' first ones together, then those of its further objects. */
function failedUnit(
  unit: Unit,
  [[own, ...ownMore], ...others]: readonly [RegionFailures, ...RegionFailures[]],
  lead = own.fatalLead,
): FailedUnit {
  const firsts: RegionFailures = [{ ...own, lead }, ...others.map(([first]) => first)];
  const more = [...ownMore, ...others.flatMap(([, ...further]) => further)];
  return { failures: [withObjects(unit, firsts), ...more.map((one) => withObjects(unit, [one]))] };
}

/** Where the failures name no objects they are about all of the unit. */
function withObjects({ objects }: Unit, failures: RegionFailures): RegionFailures {
  const [first, ...more] = failures;
  return failures.some((one) => (one.objects ?? []).length > 0) ? failures : [{ ...first, objects }, ...more];
}
