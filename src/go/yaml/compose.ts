// A text -> the tree of its first YAML document. What follows that document is not looked at.
import { finish } from "../../work.ts";
import type { Work } from "../../work.ts";
import { createBuffer } from "./buffer.ts";
import { endOfRun, isBreak } from "./characters.ts";
import { YamlLengthError } from "./error.ts";
import type { YamlNode } from "./node.ts";
import { acceptToken, createParser } from "./parser.ts";
import { createScanner, readAhead, takeToken } from "./scanner.ts";

/** Tokens read before others may go first. */
const stretch = 16;
const surrogates = /[\uD800-\uDFFF]{1,4096}/y;
const byteOrderMark = 0xfeff;
/** Characters that need no second look, at most 4096 of them. */
const usual = /[\t\n\x20-\x7E\u00A0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD]{1,4096}/y;

/** The first document of a text. */
export interface YamlDocument {
  /** Undefined when the text holds no document. */
  readonly root: YamlNode | undefined;
  /** Offset of what ended it: `---`, `...`, or what can't belong to the root; the length when nothing is left unread. */
  readonly end: number;
}

/**
 * The tree of the first document. Where that is a list of more than about `itemsMax` items, it is not read to its end.
 * @throws YamlError, YamlLengthError
 */
export function* composeYamlWork(text: string, itemsMax = Infinity): Work<YamlDocument> {
  const seen = yield* lookThrough(text);
  const scanner = createScanner(text, seen, seen.needsBuffer ? createBuffer(text, seen.badAt) : undefined);
  const parser = createParser();
  for (let tokens = 1; ; tokens++) {
    while (!readAhead(scanner)) yield;
    const token = takeToken(scanner);
    acceptToken(parser, token);
    if (parser.isDone) return { root: parser.root, end: token.start };
    if (tokens % stretch !== 0) continue;
    if (parser.root?.kind === "sequence" && parser.root.items.length > itemsMax) throw new YamlLengthError();
    yield;
  }
}

/** As `composeYamlWork`, in one go. @throws YamlError */
export function composeYaml(text: string): YamlDocument {
  return finish(composeYamlWork(text));
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

interface Unusual {
  readonly hasOddBreaks: boolean;
  readonly hasPairs: boolean;
  /** A character that is not allowed, or a byte order mark that is not the first character. */
  readonly needsBuffer: boolean;
  /** The first character that is not allowed, or the length. */
  readonly badAt: number;
}

function* lookThrough(text: string): Work<Unusual> {
  let hasOddBreaks = false;
  let hasPairs = false;
  let needsBuffer = false;
  let badAt = text.isWellFormed() ? text.length : text.search(/[\uD800-\uDFFF]/u);
  for (let at = 0, runs = 1; at < badAt; runs++) {
    const end = endOfRun(usual, text, at);
    if (end - at > 1024 || hasPairs || runs % stretch === 0) yield;
    if (end === at) {
      const unit = text.charCodeAt(at);
      if (isBreak(unit)) hasOddBreaks = true;
      else if (isSurrogate(unit)) hasPairs = true;
      else if (unit !== byteOrderMark) badAt = at;
      else if (at > 0) needsBuffer = true;
      at = Math.max(at + 1, endOfRun(surrogates, text, at));
    } else at = end;
  }
  return { hasOddBreaks, hasPairs, needsBuffer: needsBuffer || badAt < text.length, badAt };
}
