// A text -> the tree of its first YAML document, parsed by js-yaml; what go-yaml v2.4 takes otherwise is settled here, before and after.
// Known to differ: text after the end of a root node without a document marker (`[] x`) is an error here and ignored by go-yaml.
import { EVENT_ID, getScalarValue, SCALAR_STYLE, YAMLException } from "js-yaml";
import type { DocumentEvent, ScalarEvent } from "js-yaml";
import { YamlError } from "./error.ts";
import { parseRepaired } from "./repair.ts";
import type { Parsed } from "./repair.ts";

export type YamlNode = YamlCollection | YamlText | YamlAlias;

export interface YamlCollection {
  readonly kind: "sequence" | "mapping";
  /** Of a mapping: key, value, key, value... */
  readonly items: YamlNode[];
}

export interface YamlText {
  readonly kind: "scalar";
  readonly text: string;
  /** The long form, `tag:yaml.org,2002:str`; empty when there is none. */
  readonly tag: string;
  /** Unquoted: what it means is found from the text. */
  readonly plain: boolean;
}

export interface YamlAlias {
  readonly kind: "alias";
  readonly name: string;
  readonly target: YamlNode;
}

/** encoding/json's limit, which the value meets on its way. */
const depthMax = 10_000;

/**
 * The root node of the first document, or undefined when the text holds none. What follows that document is not looked at.
 * @throws YamlError
 */
export function readDocument(source: string): YamlNode | undefined {
  const text = firstDocument(source.replace(/^\uFEFF/, "").replace(/\r\n|[\r\u0085]/g, "\n"));
  checkCharacters(text);
  try {
    const parsed = parseRepaired(text, depthMax);
    checkTabs(parsed);
    return buildTree(parsed);
  } catch (error) {
    if (error instanceof YAMLException) {
      throw new YamlError(error.mark === undefined ? error.reason : `line ${error.mark.line + 1}: ${error.reason}`);
    }
    if (error instanceof RangeError) throw new YamlError(`exceeded max depth of ${depthMax}`);
    throw error;
  }
}

/** Cuts at `...` or the second `---`: go-yaml's decoder never reads on, so not even garbage there is an error. */
function firstDocument(text: string): string {
  let begun = false;
  let at = 0;
  for (const line of text.split("\n")) {
    const marker = /^(---|\.\.\.)(?=[ \t]|$)/.exec(line)?.[1];
    if (begun && marker !== undefined) return text.slice(0, at);
    if (marker === "---" || (marker === undefined && !/^\s*(#|$)|^%/.test(line))) begun = true;
    at += line.length + 1;
  }
  return text;
}

function buildTree({ text, events }: Parsed): YamlNode | undefined {
  let root: YamlNode | undefined;
  let handles: ReadonlyMap<string, string> = new Map();
  const open: YamlNode[][] = [];
  const anchors = new Map<string, YamlNode>();
  const add = (node: YamlNode): void => {
    if (open.length === 0) root = node;
    else open.at(-1)?.push(node);
  };
  const slice = (start: number, end: number): string => (start < 0 ? "" : text.slice(start, end));
  const fail = (problem: string, at: number): never => {
    throw new YamlError(`line ${text.slice(0, Math.max(0, at)).split("\n").length}: ${problem}`);
  };
  const name = (node: YamlNode, { anchorStart, anchorEnd }: { anchorStart: number; anchorEnd: number }): void => {
    if (anchorStart >= 0) anchors.set(slice(anchorStart, anchorEnd), node);
  };
  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        if (root !== undefined) return root;
        handles = readHandles(event);
        break;
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING: {
        const node: YamlNode = { kind: event.type === EVENT_ID.MAPPING ? "mapping" : "sequence", items: [] };
        add(node);
        name(node, event);
        open.push(node.items);
        break;
      }
      case EVENT_ID.SCALAR: {
        const tag = longTag(slice(event.tagStart, event.tagEnd), handles);
        const node: YamlNode = {
          kind: "scalar",
          text: textOf(text, event),
          tag,
          plain: event.style === SCALAR_STYLE.PLAIN,
        };
        add(node);
        name(node, event);
        break;
      }
      case EVENT_ID.ALIAS: {
        const alias = slice(event.anchorStart, event.anchorEnd);
        const target = anchors.get(alias);
        if (target === undefined) fail(`unknown anchor '${alias}' referenced`, event.anchorStart);
        else add({ kind: "alias", name: alias, target });
        break;
      }
      case EVENT_ID.POP:
        open.pop();
        break;
    }
  }
  return root;
}

function textOf(source: string, event: ScalarEvent): string {
  const raw = source.slice(event.valueStart, event.valueEnd);
  // go-yaml refuses escapes of surrogates, in pairs too, and of what is no character.
  const escapes = event.style === SCALAR_STYLE.DOUBLE_QUOTED ? raw.matchAll(/\\(?:u(.{4})|U(.{8})|[^])/g) : [];
  for (const [, four, eight] of escapes) {
    const code = Number.parseInt(four ?? eight ?? "0", 16);
    if ((code < 0xd800 || code > 0xdfff) && code <= 0x10ffff) continue;
    throw new YamlError("found invalid Unicode character escape code");
  }
  const value = getScalarValue(source, event);
  // js-yaml ends a block with a line break, go-yaml only where there is one.
  const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
  return isBlock && event.valueEnd === source.length && !source.endsWith("\n") ? value.replace(/\n$/, "") : value;
}

/** The prefixes that tags may be written with: the document's own and the two that are always there. */
function readHandles({ directives }: DocumentEvent): ReadonlyMap<string, string> {
  const handles = new Map([
    ["!", "!"],
    ["!!", "tag:yaml.org,2002:"],
  ]);
  for (const directive of directives) {
    if (directive.kind === "tag") handles.set(directive.handle, directive.prefix);
    else if (!/^0?1\.0?1$/.test(directive.version)) throw new YamlError("found incompatible YAML document");
  }
  return handles;
}

function longTag(written: string, handles: ReadonlyMap<string, string>): string {
  if (written === "" || written === "!") return written;
  if (written.startsWith("!<")) return written.slice(2, -1);
  const [, handle = "!", suffix = ""] = /^(!\w*!|!)(.*)$/s.exec(written) ?? [];
  return (handles.get(handle) ?? handle) + decodeURIComponent(suffix);
}

/** go-yaml takes no tab between `-` and what it introduces. */
function checkTabs({ text, events }: Parsed): void {
  const scalars = events.filter((event) => event.type === EVENT_ID.SCALAR); // in the order of the text, as the matches
  let next = 0;
  const isText = (at: number): boolean => {
    while ((scalars[next]?.valueEnd ?? Number.POSITIVE_INFINITY) <= at) next++;
    return (scalars[next]?.valueStart ?? Number.POSITIVE_INFINITY) <= at;
  };
  for (const { index, 0: start } of text.matchAll(/^ *(?:- +)*- *\t/gm)) {
    if (isText(index + start.length - 1)) continue;
    const line = text.slice(0, index).split("\n").length;
    throw new YamlError(`line ${line}: found character that cannot start any token`);
  }
}

/** go-yaml's reader: no control characters, and (what UTF-8 cannot hold) no lone surrogates. */
function checkCharacters(text: string): void {
  const bad = /[^\t\n\x20-\x7E\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.exec(text);
  if (bad !== null)
    throw new YamlError(`line ${text.slice(0, bad.index).split("\n").length}: control characters are not allowed`);
}
