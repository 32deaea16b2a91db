// Faults of the text of `objects`: not YAML, not a list of entries with fields, larger than what one mount may cost the node. Pure.
import { bounds } from "../budget.ts";
import { cutBytes } from "../text/cut.ts";
import type { FieldPath } from "../errors.ts";
import type { YamlError } from "../go/yaml/error.ts";
import { objectFault, sizeFault } from "./fault.ts";
import type { Fault, Report } from "./fault.ts";
import type { ShapeProblem } from "./shape.ts";
import { shapeFix, yamlFix } from "./text-fix.ts";

/** A text of `objects` that is being read, and who takes its faults. */
export interface ObjectsText {
  readonly text: string;
  readonly report: Report;
}

const lead = "Failed to load SecretProviderClass: error";
/** Of a field's name in an error. */
const shownBytesMax = 100;
/** Of a text, UTF-16 units: reading takes the memory of one large mount then. 500 objects with everything have 150,000. */
const textMax = 512 << 10;

/** A text that is not YAML. */
export function yamlFault(error: YamlError, text: string): Fault {
  const message = `${lead} converting YAML to JSON: yaml: ${error.message}`;
  const fault = objectFault("objects-yaml", message, yamlFix(error, text), ["objects"]);
  return error.line === undefined ? fault : { ...fault, line: error.line };
}

/** A value that has not the shape of its place in `objects`. */
export function shapeFault(whole: FieldPath, problem: ShapeProblem, text: string): Fault {
  const at = whole.map((part) => (typeof part === "string" ? cutBytes(part, shownBytesMax) : part));
  const where = at.map((part, i) => (typeof part === "number" ? `[${part}]` : `${i === 0 ? "" : "."}${part}`)).join("");
  const message = `${lead} unmarshaling JSON: ${where}: ${problem.words}`;
  return objectFault("objects-shape", message, shapeFix(at, problem, text), at);
}

/** More entries than a mount may have files. */
export function tooManyEntries(): Fault {
  return sizeFault(
    `Failed to load SecretProviderClass: objects has more than ${bounds.files} entries`,
    "Split the class into several, or use objectSelector or expandKeys.",
    [],
  );
}

/** A text that is not read because of its length; undefined for any other. */
export function lengthFault(text: string): Fault | undefined {
  if (text.length <= textMax) return undefined;
  const message = `Failed to load SecretProviderClass: objects is longer than ${textMax >> 10} Ki characters`;
  return sizeFault(message, "Split the class into several.", []);
}
