// A text -> the tree of its first YAML document: line breaks, directives, markers, as in go-yaml v2.4.2 (readerc.go, parserc.go).
import { YamlError } from "./cursor.ts";
import { emptyScalar, readNode } from "./nodes.ts";
import type { YamlNode } from "./nodes.ts";
import { createScanner } from "./scanner.ts";
import type { Scanner } from "./scanner.ts";

/**
 * The root node of the first document, or undefined when the text holds none. What follows that document is not looked at.
 * @throws YamlError
 */
export function readDocument(source: string): YamlNode | undefined {
  const text = source.replace(/^\uFEFF/, "").replace(/\r\n|[\r\u0085]/g, "\n");
  const scanner = createScanner(text);
  const first = scanner.peek().kind;
  if (first === "stream end") return undefined;
  const handles = readHandles(scanner);
  const marked = first === "directive" || first === "document start";
  if (marked && scanner.next().kind !== "document start") throw new YamlError("did not find expected <document start>");
  const isEmpty = marked && ["directive", "document start", "document end", "stream end"].includes(scanner.peek().kind);
  const root = isEmpty ? emptyScalar : readNode(scanner, handles);
  scanner.peek(); // go-yaml looks at the token after the document, and fails when there is none to be made of the text
  checkCharacters(text.slice(0, scanner.position()));
  return root;
}

/** The prefixes that tags may be written with: the document's own and the two that are always there. */
function readHandles(scanner: Scanner): ReadonlyMap<string, string> {
  const handles = new Map<string, string>();
  let versions = 0;
  for (let token = scanner.peek(); token.kind === "directive"; token = scanner.peek()) {
    const { directive } = token;
    const fail = (problem: string): never => {
      throw new YamlError(`line ${token.line}: ${problem}`);
    };
    if ("version" in directive) {
      if (versions++ > 0) fail("found duplicate %YAML directive");
      if (!/^0?1\.0?1$/.test(directive.version)) fail("found incompatible YAML document");
    } else if (handles.has(directive.handle)) fail("found duplicate %TAG directive");
    else handles.set(directive.handle, directive.prefix);
    scanner.next();
  }
  return new Map([["!", "!"], ["!!", "tag:yaml.org,2002:"], ...handles]);
}

/** go-yaml's reader: no control characters, and (what UTF-8 cannot hold) no lone surrogates. */
function checkCharacters(text: string): void {
  const bad = /[^\t\n\x20-\x7E\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.exec(text);
  if (bad !== null)
    throw new YamlError(`line ${text.slice(0, bad.index).split("\n").length}: control characters are not allowed`);
}
