// One unit of objects in both regions: which combinations of answers succeed, and whose values are mounted (parity 6). One rule for all stores.
import { ProviderError } from "../errors.ts";
import type { Budget } from "../budget.ts";
import type { Context } from "../context.ts";
import type { ReadValue } from "../values/read-value.ts";
import type { MountedFiles } from "../files/mounted-files.ts";
import type { CredentialSource } from "../identity/credentials.ts";
import type { Regions } from "../identity/region.ts";
import type { Pace } from "../sharing/pace.ts";
import type { SecretObject } from "../request/secret-object.ts";
import type { UnitFailure } from "./failures.ts";
import type { MountMemory } from "./last-values.ts";
import type { FetchedObject } from "../values/extracted.ts";
import type { NotFound, Outcome, ReadRequest, RegionContext, RegionFailure, Store } from "./store.ts";
import { cutBytes } from "../text/cut.ts";

/** Objects that are read together: a secret, a batch of parameters, the matches of a selector. */
export interface Unit {
  readonly store: Store;
  readonly credentials: CredentialSource;
  readonly objects: readonly SecretObject[];
}

/** What each object of a unit has become, nothing where it is optional and not there; or why there are none: several failures where its objects fail
 * each in its own way. */
export type UnitResult =
  readonly (readonly FetchedObject[])[] | { readonly failures: readonly [UnitFailure, ...UnitFailure[]] };

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
  const first = await unfolded(own, objects, primary, within);
  const failed = (lead: string, ...regions: readonly [RegionFailed, ...RegionFailed[]]): UnitResult =>
    failuresOf(unit, lead, regions);
  if ("failures" in first && first.failures[0].fatalLead !== "") return failed(first.failures[0].fatalLead, first);
  const other = await second;
  const otherFailures = other !== undefined && "failure" in other ? { failures: [other.failure] as const } : undefined;
  if (otherFailures !== undefined && otherFailures.failures[0].fatalLead !== "") {
    const { fatalLead } = otherFailures.failures[0];
    return "failures" in first ? failed(fatalLead, otherFailures, first) : failed(fatalLead, otherFailures);
  }
  if ("found" in first && otherFailures !== undefined) {
    const [{ region, text }] = otherFailures.failures;
    warn(emit, `${region}: ${text}`);
  }
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
  const last = other === undefined ? undefined : await unfolded(other, objects, failover, within, isOpen);
  const agreed = settle(first, last);
  const settled = "failures" in agreed ? ((await leftOut(first, last, objects, within)) ?? agreed) : agreed;
  if ("failures" in settled) {
    const lasting = await recalled(settled.failures, unit, within);
    return lasting ?? failed(store.leadText(requests("primary")), ...settled.failures);
  }
  remember();
  for (const { region, text } of settled.instead) warn(emit, `${region}: ${text}; using the value of ${failover}`);
  if (settled.instead.length > 0 && objects[0] !== undefined) emit({ kind: "failover-used", type: objects[0].type });
  return settled.objects;
}

/** The last values of the pod, where AWS gives nothing but network errors and 5xx, in all regions (--serve-stale-for). */
async function recalled(
  failed: readonly RegionFailed[],
  { objects }: Unit,
  within: UnitContext,
): Promise<UnitResult | undefined> {
  const { memory, emit } = within;
  const causes = failed.flatMap(({ failures }) => failures);
  if (memory === undefined || !causes.every(({ isOutage }) => isOutage === true)) return undefined;
  const last = memory.recall(objects);
  if (last === undefined) return undefined;
  const { region = "" } = causes[0] ?? {};
  const read = await unfolded({ values: last.values }, objects, region, within);
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
): Settled | { readonly failures: readonly [RegionFailed, ...RegionFailed[]] } {
  if ("failures" in first) {
    if (last === undefined) return { failures: [first] };
    if ("failures" in last) return { failures: [first, last] };
    const [absent, ...more] = last.found.filter(isAbsent).map(({ notFound }) => notFound);
    if (absent !== undefined) return { failures: [first, { failures: [absent, ...more] }] };
    return { objects: last.found.map(objectsOf), instead: [first.failures[0]] };
  }
  const open = first.found.filter(isAbsent).map(({ notFound }) => notFound);
  if (last !== undefined && "failures" in last) {
    const isTold = ({ objects = [] }: RegionFailure): boolean =>
      last.failures.some((one) => one.objects === undefined || one.objects.some((object) => objects.includes(object)));
    const [told, ...more] = open.filter(isTold);
    return { failures: told === undefined ? [last] : [{ failures: [told, ...more] }, last] };
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

/** Why a region has nothing for a unit: its failure; several where the values of several objects do not fit. */
interface RegionFailed {
  readonly failures: readonly [RegionFailure, ...RegionFailure[]];
}

type Unfolded = readonly FetchedObject[] | NotFound;
type RegionRead = { readonly found: readonly Unfolded[] } | RegionFailed;

/** What the values become. One that does not fit is a fault of that region's value: the other region may serve (parity 6). */
async function unfolded(
  outcome: Outcome,
  objects: readonly SecretObject[],
  region: string,
  { unfold, run }: Pick<UnitContext, "unfold" | "run">,
  isWanted?: (i: number) => boolean,
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
function failuresOf(unit: Unit, lead: string, regions: readonly [RegionFailed, ...RegionFailed[]]): UnitResult {
  const failure = (...of: readonly [RegionFailure, ...RegionFailure[]]): UnitFailure => {
    const named = of.flatMap(({ objects }) => objects ?? []);
    return { lead, regions: of, objects: named.length === 0 ? unit.objects : named };
  };
  const [own, ...others] = regions;
  const firsts = failure(own.failures[0], ...others.map(({ failures }) => failures[0]));
  const more = regions.flatMap(({ failures: [, ...further] }) => further.map((one) => failure(one)));
  return { failures: [firsts, ...more] };
}
