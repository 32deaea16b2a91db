// `objects` of a SecretProviderClass -> SecretObject[]. Pure. Each entry is checked by itself, then against those before it (parity 7.3, 7.4): that
// order decides which fault is reported.
import { bounds } from "../budget.ts";
import { ProviderError } from "../errors.ts";
import type { Work } from "../work.ts";
import { createObjectCheck } from "./object-check.ts";
import { createDuplicates } from "./object-duplicates.ts";
import type { Clash } from "./object-duplicates.ts";
import { invalid } from "./object-fault.ts";
import type { EntryFeatures, ObjectFeatures } from "./object-features.ts";
import { ShapeError, readObjects, tooManyEntries } from "./object-fields.ts";
import type { WrittenObject } from "./object-fields.ts";
import type { ObjectSelector } from "./object-selector.ts";
import { shapeFix, yamlFix } from "./text-fix.ts";
import { parseYamlWork } from "../go/yaml.ts";
import { YamlError, YamlLengthError } from "../go/yaml/error.ts";

export type ObjectType = "secretsmanager" | "ssmparameter";

export interface JmesPathEntry extends EntryFeatures {
  readonly path: string;
  readonly objectAlias: string;
  /** Permission bits (0..0o777) or undefined: the object's, else the request's default. */
  readonly mode: number | undefined;
  /** File name after path translation. */
  readonly filePath: string;
}

/** Which value to read in one region. Empty string = not given. */
export interface ObjectRef {
  readonly objectName: string;
  readonly objectVersion: string;
  readonly objectVersionLabel: string;
}

/** One valid entry of `objects`. */
export interface SecretObject extends ObjectFeatures {
  readonly type: ObjectType;
  /** As written: the name errors speak of, in both regions. */
  readonly objectName: string;
  readonly objectAlias: string;
  readonly primary: ObjectRef;
  /** What to ask the failover region for: each field of failoverObject, or the primary's where it is empty. */
  readonly failover: ObjectRef;
  readonly mode: number | undefined;
  /** File name after path translation; also the id of its version. Empty for a selector. */
  readonly filePath: string;
  readonly jmesPath: readonly JmesPathEntry[];
  /** Stands for all objects that it finds: then there is no name, and the files are named after theirs. */
  readonly selector?: ObjectSelector;
}

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
  context: ObjectsContext,
): Work<{ readonly objects: SecretObject[]; readonly faults: readonly ProviderError[] }> {
  const check = createObjectCheck(context);
  const duplicates = createDuplicates();
  const faults: ProviderError[] = [];
  const objects: SecretObject[] = [];
  let files = 0;
  for (const [i, written] of (yield* readText(text)).entries()) {
    yield;
    files += written === null ? 1 : 1 + written.jmesPath.length;
    if (files > bounds.files) throw tooManyEntries();
    try {
      const object = yield* check(written, i);
      for (const clash of written === null ? [] : duplicates.add(written)) throw clashFault(clash, i);
      objects.push(object);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.reason !== "ObjectsInvalid") throw error;
      faults.push(error);
      if (faults.length === faultsMax) break;
    }
  }
  return { objects, faults };
}

/** What an entry's clash with earlier ones is called. */
export function clashFault({ message, at }: Clash, i: number): ProviderError {
  const fix = message.startsWith("found descriptor with duplicate object name")
    ? "Make one entry of the two, since its jmesPath takes a list; or give each a different objectAlias."
    : "Give each a different objectAlias.";
  return invalid(message, fix, ["objects", i, ...at]);
}

function* readText(text: string): Work<readonly (WrittenObject | null)[]> {
  try {
    return yield* readObjects(yield* parseYamlWork(text, bounds.files));
  } catch (error) {
    throw error instanceof YamlLengthError ? tooManyEntries() : textFault(error, text);
  }
}

/** What an error of the YAML or of the shape of `objects`, whose text is given, is called; anything else is given back. */
export function textFault(error: unknown, text: string): unknown {
  const lead = "Failed to load SecretProviderClass: error";
  if (error instanceof YamlError) {
    const message = `${lead} converting YAML to JSON: yaml: ${error.message}`;
    return invalid(message, yamlFix(error.message, text), ["objects"]);
  }
  if (error instanceof ShapeError)
    return invalid(`${lead} unmarshaling JSON: ${error.message}`, shapeFix(error.at, error.message, text), error.at);
  return error;
}
