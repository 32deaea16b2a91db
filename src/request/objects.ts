// `objects` of a SecretProviderClass -> SecretObject[]. Pure. Each entry is checked by itself, then against those before it (parity 7.3, 7.4): that
// order decides which fault is reported first.
import { bounds } from "../budget.ts";
import { ProviderError } from "../errors.ts";
import { parseYamlWork } from "../go/yaml.ts";
import type { YamlValue } from "../go/yaml.ts";
import { YamlError, YamlLengthError } from "../go/yaml/error.ts";
import type { Work } from "../work.ts";
import { refuse } from "./fault.ts";
import type { Report } from "./fault.ts";
import { checkObject } from "./object-check.ts";
import type { Checking } from "./object-check.ts";
import { createDuplicates } from "./object-duplicates.ts";
import { listItems, readEntry } from "./object-fields.ts";
import type { WrittenObject } from "./written-object.ts";
import { parsePathTranslation } from "./parameters.ts";
import type { SecretObject } from "./secret-object.ts";
import { tooManyEntries, yamlFault } from "./text-fault.ts";
import type { ObjectsText } from "./text-fault.ts";

export interface ObjectsContext {
  /** `pathTranslation` as written in the parameters. */
  readonly pathTranslation: string;
  readonly region: string;
  /** Empty = none. */
  readonly failoverRegion: string;
}

/** Faults after which no further entry is looked at. */
export const faultsMax = 10;

/**
 * Parses and checks `objects`; the list may be empty.
 * @throws ProviderError ParametersInvalid for pathTranslation, ObjectsInvalid for the first fault in the order of writing, TooLarge
 */
export function* parseObjects(text: string, context: ObjectsContext): Work<SecretObject[]> {
  const { objects, faults } = yield* checkObjects(text, context);
  if (faults[0] !== undefined) throw faults[0];
  return objects;
}

/**
 * The entries without fault, and the first fault of each other one, ten at most. @throws ProviderError as parseObjects does for pathTranslation, for the
 * text as a whole, and TooLarge for more files than a mount may have
 */
export function* checkObjects(
  text: string,
  { pathTranslation, region, failoverRegion }: ObjectsContext,
): Work<{ readonly objects: SecretObject[]; readonly faults: readonly ProviderError[] }> {
  const translation = parsePathTranslation(pathTranslation);
  const check = createEntryCheck({ translation, region, failoverRegion, report: refuse });
  const faults: ProviderError[] = [];
  const objects: SecretObject[] = [];
  for (const [i, written] of (yield* readObjects(text, refuse)).entries()) {
    yield;
    if (written === undefined) continue; // its fault has been thrown
    try {
      const object = yield* check(written, i);
      if (object !== undefined) objects.push(object);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.reason !== "ObjectsInvalid") throw error;
      faults.push(error);
      if (faults.length === faultsMax) break;
    }
  }
  return { objects, faults };
}

/** An entry with its place in the list; undefined when it has a fault. */
export type EntryCheck = (written: WrittenObject | null, i: number) => Work<SecretObject | undefined>;

/** Makes the check of the entries of one class, which come in the order of writing: each by itself, and against those before it. */
export function createEntryCheck(checking: Checking): EntryCheck {
  let faults = 0;
  const report: Report = (fault) => {
    faults += 1;
    checking.report(fault);
  };
  const own = { ...checking, report };
  const addToDuplicates = createDuplicates(report);
  let files = 0;
  return function* check(written, i) {
    const [faultsBefore, filesBefore] = [faults, files];
    files += written === null ? 1 : 1 + written.jmesPath.length;
    if (files > bounds.files && filesBefore <= bounds.files) report(tooManyEntries());
    const object = yield* checkObject(written, i, own);
    if (written !== null) addToDuplicates(written, i);
    return faults === faultsBefore ? object : undefined;
  };
}

/** The entries as written, null for an empty one, undefined for one of which nothing more can be said. Reports what can't be read. */
export function* readObjects(text: string, report: Report): Work<readonly (WrittenObject | null | undefined)[]> {
  const source = { text, report };
  const objects: (WrittenObject | null | undefined)[] = [];
  for (const [i, item] of (yield* readItems(source)).entries()) {
    if (i % stretchItems === 0) yield;
    objects.push(yield* readEntry(item, i, source));
  }
  return objects;
}

/** Items that are read between two places where the work can be cut. */
const stretchItems = 32;

/** The items of the list, not looked at; none for a text that is no list. Reports why. */
export function* readItems(source: ObjectsText): Work<readonly YamlValue[]> {
  let value: YamlValue;
  try {
    value = yield* parseYamlWork(source.text, bounds.files);
  } catch (error) {
    if (error instanceof YamlLengthError) source.report(tooManyEntries());
    else if (error instanceof YamlError) source.report(yamlFault(error, source.text));
    else throw error;
    return [];
  }
  return listItems(value, source);
}
