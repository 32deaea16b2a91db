// The tree of one YAML document as it is written: what check asks for places, and what decode.ts makes a value of.

export type YamlNode = YamlCollection | YamlText | YamlAlias;

/** How a scalar is written. */
export type YamlStyle = "plain" | "single" | "double" | "literal" | "folded";

/** Where a node stands: offsets in the text (UTF-16 units) without its anchor and tag, and its line, counted from 1 by YAML's line breaks. */
interface Placed {
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

export interface YamlCollection extends Placed {
  readonly kind: "sequence" | "mapping";
  /** Of a mapping: key, value, key, value... */
  readonly items: YamlNode[];
}

export interface YamlText extends Placed {
  readonly kind: "scalar";
  readonly text: string;
  /** The long form, `tag:yaml.org,2002:str`; empty when there is none. */
  readonly tag: string;
  /** What it means is found from the text: unquoted, or tagged `!`. */
  readonly isPlain: boolean;
  readonly style: YamlStyle;
}

export interface YamlAlias extends Placed {
  readonly kind: "alias";
  readonly name: string;
  readonly target: YamlNode;
}
