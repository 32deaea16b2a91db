// Fields of spec.parameters and of the list inside `objects` -> places in the manifest.
import type { FieldPath } from "../../errors.ts";
import { startOfLine } from "../../go/yaml/lines.ts";
import type { Place } from "./finding.ts";
import type { Resource } from "./manifest.ts";
import { createFields } from "./places.ts";
import type { FieldOffsets } from "./places.ts";

export interface ObjectPlaces {
  /** Of a field as faults name it (`["objects", 0, "objectType"]`, `["region"]`), or of a line inside `objects`. */
  readonly placeOf: (at: FieldPath, line?: number) => Place;
  /** Of a field's key, below `objects`; undefined when it is not there. */
  readonly keyPlace: (at: FieldPath) => Place | undefined;
  /** Whether a field below `objects` is written without quotes. */
  readonly isPlain: (at: FieldPath) => boolean;
  /** Of an offset in the text of `objects`. */
  readonly inText: (offset: number) => Place;
  readonly fields: () => FieldOffsets;
}

const parameters = ["spec", "parameters"];

/** Places of one class; the inner text is only read when a place in it is asked for. */
export function createObjectPlaces(resource: Resource, objects: string): ObjectPlaces {
  let fields: FieldOffsets | undefined;
  let embedding: ((offset: number) => Place) | undefined;
  const inner = (): FieldOffsets => (fields ??= createFields(objects));
  const inText = (offset: number): Place =>
    (embedding ??= resource.inside([...parameters, "objects"], objects))(offset);
  return {
    placeOf: (at, line) => {
      if (at[0] !== "objects") return resource.placeOf([...parameters, ...at]);
      if (line !== undefined) return inText(textOfLine(objects, line));
      return at.length === 1 ? resource.placeOf([...parameters, "objects"]) : inText(inner().offsetOf(at.slice(1)));
    },
    keyPlace: (at) => {
      const offset = inner().keyOffset(at.slice(1));
      return offset === undefined ? undefined : inText(offset);
    },
    isPlain: (at) => inner().scalarAt(at.slice(1))?.style === "plain",
    inText,
    fields: inner,
  };
}

/** The first character of a line that is no blank. */
function textOfLine(text: string, line: number): number {
  const start = startOfLine(text, line);
  return start + (/^[ \t]*(?=[^ \t\r\n])/.exec(text.slice(start))?.[0].length ?? 0);
}
