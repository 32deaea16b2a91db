// The text of one file -> the Kubernetes objects in it, read as kubectl reads them: documents one by one (documents.ts), lists taken apart. Places are
// looked up only where they are asked for.
import type { FieldPath } from "../../errors.ts";
import { YamlError } from "../../go/yaml/error.ts";
import { startOfLine } from "../../go/yaml/lines.ts";
import type { YamlValue } from "../../go/yaml.ts";
import { documentsOf, readDocument } from "./documents.ts";
import { createEmbedding } from "./embedded.ts";
import type { Place } from "./finding.ts";
import { createFields, createLines } from "./places.ts";
import type { FieldOffsets } from "./places.ts";

export type YamlFields = ReadonlyMap<string, YamlValue>;

/** A Kubernetes object of a file. */
export interface Resource {
  readonly file: string;
  readonly kind: string;
  readonly apiVersion: string;
  readonly name: string;
  /** Empty = not given. */
  readonly namespace: string;
  readonly value: YamlFields;
  /** Where a field stands, or the last part of the way to it that is there. */
  readonly placeOf: (path: FieldPath) => Place;
  /** Where the key of a field stands; undefined when it is not there. */
  readonly keyPlace: (path: FieldPath) => Place | undefined;
  /** Inside the text of a field: offset -> place in the file. */
  readonly inside: (path: FieldPath, text: string) => (offset: number) => Place;
  /** Duplicate keys of a mapping of its document. Returned once per document. */
  readonly repeated: () => readonly (Place & { readonly key: string })[];
}

/** A document that could not be read. `why`: in whole words. */
export interface Unreadable {
  readonly place: Place;
  readonly why: string;
  /** Whether the text speaks of a class at all. */
  readonly isOurs: boolean;
  /** Whether it looks like one of Helm's. */
  readonly isTemplate: boolean;
}

export interface Manifest {
  readonly resources: readonly Resource[];
  readonly unreadable: readonly Unreadable[];
}

/** Characters of one document. The API server takes 1.5 MiB; a list of classes may be longer. Its nodes take some hundred bytes each. */
const documentMax = 8 * 1024 * 1024;
/** Lists inside lists. */
const listDepthMax = 8;

/** Reads a file. Never throws for what is in it. */
export function readManifest(file: string, text: string): Manifest {
  let placesOf: ((offset: number) => Place) | undefined;
  const lines = (offset: number): Place => (placesOf ??= createLines(text))(offset);
  const resources: Resource[] = [];
  const unreadable: Unreadable[] = [];
  for (const { start, text: part } of documentsOf(text)) {
    const isOurs = part.includes("SecretProviderClass");
    const isTemplate = part.includes("{{") && part.includes("}}");
    if (part.length > documentMax) {
      const why = `a document of more than ${documentMax >> 20} MiB is not read`;
      unreadable.push({ place: lines(start), why, isOurs, isTemplate });
      continue;
    }
    try {
      const value = readDocument(part);
      let fields: FieldOffsets | undefined;
      let isReturned = false;
      const place = (offset: number): Place => lines(start + offset);
      const document: Document = {
        file,
        text: part,
        fields: () => (fields ??= createFields(part)),
        place,
        repeated: () => {
          if (isReturned) return [];
          isReturned = true;
          return document
            .fields()
            .repeated()
            .map(({ key, offset }) => ({ ...place(offset), key }));
        },
      };
      for (const resource of resourcesOf(value, [], document)) resources.push(resource);
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      const { problem, line = 1 } = error;
      const place = { line: lines(start + startOfLine(part, line)).line, column: 1 };
      unreadable.push({ place, why: `not YAML: ${problem}`, isOurs, isTemplate });
    }
  }
  return { resources, unreadable };
}

interface Document {
  readonly file: string;
  readonly text: string;
  readonly fields: () => FieldOffsets;
  readonly place: (offset: number) => Place;
  readonly repeated: Resource["repeated"];
}

/** The object at a place of a document; of a list those in it, down to a depth. */
function* resourcesOf(value: YamlValue, at: FieldPath, document: Document, depth = listDepthMax): Generator<Resource> {
  if (!isFields(value)) return;
  const kind = textAt(value, "kind");
  const items = value.get("items");
  if (kind.endsWith("List") && isList(items)) {
    if (depth === 0) return;
    for (const [i, item] of items.entries()) yield* resourcesOf(item, [...at, "items", i], document, depth - 1);
    return;
  }
  const metadata = fieldsAt(value, "metadata");
  const { file, text, fields, place, repeated } = document;
  yield {
    file,
    kind,
    apiVersion: textAt(value, "apiVersion"),
    name: textAt(metadata, "name"),
    namespace: textAt(metadata, "namespace"),
    value,
    placeOf: (path) => place(fields().offsetOf([...at, ...path])),
    keyPlace: (path) => {
      const offset = fields().keyOffset([...at, ...path]);
      return offset === undefined ? undefined : place(offset);
    },
    inside: (path, inner) => {
      const scalar = fields().scalarAt([...at, ...path]);
      const outer = fields().offsetOf([...at, ...path]);
      const embedding = scalar === undefined ? () => outer : createEmbedding(text, scalar, inner);
      return (offset) => place(embedding(offset));
    },
    repeated,
  };
}

/** The API group of the driver's classes, as their apiVersion begins. */
export const classGroup = "secrets-store.csi.x-k8s.io/";

/** A SecretProviderClass, of any provider. */
export function isClass({ kind, apiVersion }: Resource): boolean {
  return kind === "SecretProviderClass" && apiVersion.startsWith(classGroup);
}

export function isFields(value: YamlValue | undefined): value is YamlFields {
  return value instanceof Map;
}

export function isList(value: YamlValue | undefined): value is readonly YamlValue[] {
  return Array.isArray(value);
}

const noFields: YamlFields = new Map();

/** What is not there, or has no fields, has none. */
export function fieldsAt(value: YamlFields, key: string): YamlFields {
  const found = value.get(key);
  return isFields(found) ? found : noFields;
}

export function listAt(value: YamlFields, key: string): readonly YamlValue[] {
  const found = value.get(key);
  return isList(found) ? found : [];
}

/** What is no text is empty. */
export function textAt(value: YamlFields, key: string): string {
  const found = value.get(key);
  return typeof found === "string" ? found : "";
}
