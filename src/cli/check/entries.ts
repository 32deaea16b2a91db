// The entries of `objects`, each checked to its end: after a fault the field at fault is replaced by one without, and the server's check runs again.
import { ProviderError } from "../../errors.ts";
import { createObjectCheck } from "../../request/object-check.ts";
import type { ObjectCheck } from "../../request/object-check.ts";
import { describeSelector } from "../../request/object-selector.ts";
import { createDuplicates } from "../../request/object-duplicates.ts";
import { foldName, listItems, readEntry } from "../../request/object-fields.ts";
import type { WrittenObject } from "../../request/object-fields.ts";
import { clashFault, textFault } from "../../request/objects.ts";
import type { ObjectsContext, SecretObject } from "../../request/objects.ts";
import type { Parameters } from "../../request/parameters.ts";
import { parseYaml } from "../../go/yaml.ts";
import type { YamlValue } from "../../go/yaml.ts";
import { finish } from "../../work.ts";
import { isFields } from "./manifest.ts";
import { withoutFault } from "./without-fault.ts";

export interface Entry {
  readonly value: YamlValue;
  /** undefined: it has not the shape of an entry. */
  readonly written: WrittenObject | null | undefined;
  /** undefined when anything is wrong with it. */
  readonly object: SecretObject | undefined;
}

export interface CheckedEntries {
  readonly entries: readonly Entry[];
  /** The region of the first ARN; empty = none. What to go by where no region is known. */
  readonly guess: string;
}

type Tell = (fault: ProviderError) => void;

/** Checks all entries, telling each fault. `region` empty: that of the first ARN. */
export function checkEntries(parameters: Parameters, region: string, tell: Tell): CheckedEntries {
  let items: readonly YamlValue[];
  try {
    items = listItems(parseYaml(parameters.objects));
  } catch (error) {
    tell(faultOf(textFault(error, parameters.objects)));
    return { entries: [], guess: "" };
  }
  const misshapen = new Set<number>();
  const written = items.map((item, i) => {
    for (let left: YamlValue | undefined = item; left !== undefined;) {
      try {
        return finish(readEntry(left, i));
      } catch (error) {
        const fault = faultOf(textFault(error, parameters.objects));
        tell(fault);
        misshapen.add(i);
        left = withoutField(left, fault.at[2]);
      }
    }
    return undefined;
  });
  const guess = written.map((entry) => regionOfArn(entry?.objectName ?? "")).find((one) => one !== "") ?? "";
  const context = {
    pathTranslation: parameters.pathTranslation,
    region: region || guess,
    failoverRegion: parameters.failoverRegion,
  };
  const check = createCheck(context);
  const duplicates = createDuplicates();
  const entries = items.map((value, i): Entry => {
    const entry = written[i];
    if (entry === undefined) return { value, written: entry, object: undefined };
    const before: ProviderError[] = [];
    const { object, readable } = checkFully(entry, i, context.region, check, (fault) => before.push(fault));
    const clashes = readable === null ? [] : duplicates.add(readable).map((clash) => clashFault(clash, i));
    [...before, ...clashes].forEach(tell);
    const isFine = before.length + clashes.length === 0 && !misshapen.has(i);
    return { value, written: entry, object: isFine ? object : undefined };
  });
  return { entries, guess };
}

/** Fields without which an entry is another one: what is said of it then would be said of nothing that is written. */
const essential: ReadonlySet<string> = new Set(["objectname", "objecttype", "objectalias", "objectselector"]);

/** An entry without a field that has not the shape of its kind; undefined when nothing of the entry can be said any more. */
function withoutField(value: YamlValue, field: string | number | undefined): YamlValue | undefined {
  if (!isFields(value) || typeof field !== "string" || essential.has(foldName(field))) return undefined;
  const left = [...value].filter(([key]) => foldName(key) !== foldName(field));
  return left.length === value.size ? undefined : new Map(left);
}

/** A pathTranslation that is refused is told once, for the class; the entries are then checked with the usual one. */
function createCheck(context: ObjectsContext): ObjectCheck {
  try {
    return createObjectCheck(context);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return createObjectCheck({ ...context, pathTranslation: "" });
  }
}

/** Faults of one entry: each of its fields, its jmesPath entries and its failoverObject may have some. */
const faultsMax = 1000;

function checkFully(
  written: WrittenObject | null,
  i: number,
  region: string,
  check: ObjectCheck,
  tell: Tell,
): { object: SecretObject | undefined; readable: WrittenObject | null } {
  let current = written;
  for (let faults = 0; faults < faultsMax; faults++) {
    try {
      return { object: finish(check(current, i)), readable: current };
    } catch (error) {
      const fault = faultOf(error);
      tell(current === null || written === null ? fault : inWrittenNames(fault, current, written));
      const next = current === null ? undefined : withoutFault(current, fault.at.slice(2), `check-${i}`, region);
      if (next === undefined) return { object: undefined, readable: null };
      current = next;
    }
  }
  return { object: undefined, readable: null };
}

/** A fault of an entry that was repaired speaks of the names that are written. */
function inWrittenNames(fault: ProviderError, current: WrittenObject, written: WrittenObject): ProviderError {
  const { objectName, objectSelector } = current;
  if (objectSelector !== undefined && written.objectSelector !== undefined)
    return renamed(fault, describeSelector(objectSelector), describeSelector(written.objectSelector));
  if (objectName === written.objectName || objectName === "") return fault;
  return renamed(fault, objectName, written.objectName || "the object");
}

function renamed(fault: ProviderError, from: string, to: string): ProviderError {
  if (from === to) return fault;
  const { reason, at, message, fix } = fault;
  const own = (text: string): string => text.replaceAll(from, () => to);
  return new ProviderError({ reason, at, message: own(message), fix: own(fix) });
}

/** Anything but a fault of the class is a bug. */
function faultOf(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  throw error;
}

function regionOfArn(name: string): string {
  return name.startsWith("arn:") ? (name.split(":")[3] ?? "") : "";
}
