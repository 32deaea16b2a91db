// YAML text -> value, exactly as sigs.k8s.io/yaml 1.6 (go-yaml v2, then JSON) reads it: YAML 1.1. A text is scanned (yaml/scanner.ts), parsed
// (yaml/parser.ts) and decoded (yaml/decode.ts); it is never changed. Field names are not known here.
import { finish } from "../work.ts";
import type { Work } from "../work.ts";
import { composeYamlWork } from "./yaml/compose.ts";
import { decodeWork } from "./yaml/decode.ts";
import type { YamlValue } from "./yaml/decode-state.ts";

export type { YamlValue } from "./yaml/decode-state.ts";

/**
 * Reads the first document of a text; an empty one is null. Mappings become Maps from text to value: `__proto__` is a key like any other.
 * @throws YamlError; YamlLengthError for a list of more than about `itemsMax` items, which is not read to its end
 */
export function* parseYamlWork(text: string, itemsMax?: number): Work<YamlValue> {
  const { root } = yield* composeYamlWork(text, itemsMax);
  return root === undefined ? null : yield* decodeWork(root);
}

/** As `parseYamlWork`, in one go. @throws YamlError */
export function parseYaml(text: string): YamlValue {
  return finish(parseYamlWork(text));
}
