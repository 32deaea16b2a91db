// What failed in one mount's fetch -> the one error that says all of it within an event: the first in spec order leads with the words that parity keeps,
// others of the same cause are named after it, other causes follow in short. Where room is short each region's code and the beginning of its message stay.
import { ProviderError, errorText, eventBytesMax } from "../errors.ts";
import type { Passing } from "../errors.ts";
import type { SecretObject } from "../request/secret-object.ts";
import type { RegionFailure, RegionFailures } from "../identity/region-failure.ts";
import { byteLength, cutBytes, joinSentences } from "../text/cut.ts";

const fixBytesMax = 320;
const leadBytesMax = 260;
/** Kept for what follows the first failure, however long that is. */
const othersBytesMin = 220;
const namesBytesMax = 200;
const namesBytesMin = 60;
const nameBytesMax = 80;
const regionBytesMax = 40;
/** What one region's cause may be cut to: its code and some eighty characters of its message. */
const causeBytesMin = 140;
/** For the log. */
const wholeBytesMax = 16_000;
/** What of a text tells one cause from another, characters. */
const causeCharactersMax = 2_000;
const partsMax = 100;
const handful = 8;

/**
 * The error of a mount; its `detail` has everything where the event had to leave some out. `failures` in spec order, each of the same objects region by
 * region; `unfinished` = objects that were still on their way when the mount ended.
 */
export function explainFailures(
  failures: readonly [RegionFailures, ...RegionFailures[]],
  unfinished: readonly SecretObject[],
): ProviderError {
  const [first, ...rest] = failures;
  const parts = partsOf(first, rest, unfinished);
  const others = (max: number): string => othersText(parts, max);

  const ownFix = fixesOf("", [first], fixBytesMax);
  const room = eventBytesMax - byteLength(ownFix) - 2;
  const wanted = byteLength(others(Infinity));
  const head = headText(first, room - Math.min(wanted, othersBytesMin) - 2);
  const message = joinSentences(head, others(Math.max(0, room - byteLength(head) - 2)));
  const fix = fixesOf(ownFix, rest.filter(isSteady), Math.min(fixBytesMax, eventBytesMax - byteLength(message) - 2));
  const passing = passingOf(failures);
  const explained = { reason: first[0].reason, message, fix, passing };
  const error = new ProviderError(explained);
  const whole = joinSentences(headText(first, Infinity), othersText(knownParts(first, rest, unfinished), Infinity));
  const { exact } = passing;
  if (exact.length === 0 && errorText(error).includes(whole)) return error;
  const words = exact.length === 0 ? "" : `In AWS's words: ${exact.join("; ")}`;
  return new ProviderError({ ...explained, detail: cutBytes(joinSentences(whole, words), wholeBytesMax) });
}

/** What the log has of each failure; of failures that are one exchange's it is told once. */
function passingOf(failures: readonly RegionFailures[]): Passing {
  const all = failures.flat().map(({ passing }) => passing ?? { requestIds: [], exact: [] });
  const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].slice(0, partsMax);
  return {
    requestIds: distinct(all.flatMap(({ requestIds }) => requestIds)),
    exact: distinct(all.flatMap(({ exact }) => exact)),
    waits: distinct(all.flatMap(({ waits }) => waits ?? [])),
  };
}

/** What two failures must share to be told once: where, what AWS said, and which of its classics it is. */
function causeOf(regions: RegionFailures): string {
  const cause = ({ region, reason, code = "", text, brief = text, fix }: RegionFailure): string[] =>
    code === "" ? [region, reason, brief] : [region, code, fix];
  return JSON.stringify(regions.map((failure) => cause(failure).map((said) => said.slice(0, causeCharactersMax))));
}

/** The first failure in at most `max` bytes: whole, else with the short causes, else with their beginnings. */
function headText(regions: RegionFailures, max: number): string {
  const [{ fatalLead, lead = fatalLead }] = regions;
  const isFatal = fatalLead !== "";
  const shown = cutBytes(lead, max === Infinity ? max : leadBytesMax);
  const between = !isFatal && lead.endsWith(".") ? " " : ": ";
  const write = (start: string, brief: boolean, causeMax: number): string =>
    `${start}${between}${causesText(regions, brief, isFatal, causeMax)}`;
  const long = write(lead, false, Infinity);
  if (byteLength(long) <= max) return long;
  const short = write(shown, true, Infinity);
  if (byteLength(short) <= max) return short;
  const share = Math.floor((max - byteLength(shown) - 2) / regions.length) - 2;
  return write(shown, true, Math.max(share, causeBytesMin));
}

/**
 * `<region>: <cause>; <region>: <cause>`; where one answer is told of several regions they are named together, where each was asked for itself they
 * are not. `headless` = the lead names the first region already.
 */
function causesText(regions: readonly RegionFailure[], brief: boolean, headless: boolean, max: number): string {
  const textOf = (failure: RegionFailure): string => (brief ? (failure.brief ?? failure.text) : failure.text);
  const answerOf = (failure: RegionFailure): string =>
    `${failure.passing?.requestIds.length ? failure.region : ""}\n${textOf(failure)}`;
  return Array.from(Map.groupBy(regions, answerOf).values())
    .map((alike, at) => {
      const text = alike[0] === undefined ? "" : textOf(alike[0]);
      const names = alike
        .slice(headless && at === 0 ? 1 : 0)
        .map(({ region }) => cutBytes(region, max === Infinity ? max : regionBytesMax));
      return cutBytes(names.length === 0 ? text : `${names.join(", ")}: ${text}`, max);
    })
    .join("; ");
}

/** Objects that are told in one sentence. */
interface Part {
  readonly objects: readonly SecretObject[];
  readonly write: (namesMax: number, causeMax: number) => string;
}

const plainPart = (words: string, objects: readonly SecretObject[]): Part => ({
  objects,
  write: (namesMax) => `${words} ${namesText(objects, namesMax)}`,
});

/**
 * For the event: the objects after the first. Which of those that are throttled or out of reach have failed by now, in which words, and which are
 * still on their way is another at each try, and so would be the event: they are but named, in one order. The log has the rest.
 */
function partsOf(first: RegionFailures, rest: readonly RegionFailures[], unfinished: readonly SecretObject[]): Part[] {
  // Throttled calls are not waited for, and may hide any other failure.
  const isFirstThrottled = first.some(({ reason }) => reason === "Throttled");
  const steady = isFirstThrottled ? [] : rest.filter(isSteady);
  const unsteady = isFirstThrottled ? rest : rest.filter((failure) => !isSteady(failure));
  const objects = [...unsteady.flatMap(objectsOf), ...unfinished];
  const inOrder = objects.toSorted((a, b) => (a.objectName < b.objectName ? -1 : 1));
  const named = objects.length === 0 ? [] : [plainPart("Not mounted either:", inOrder)];
  return [...knownParts(first, steady, []), ...named];
}

/** Whether the next try fails in the same way, as far as anybody can know. */
function isSteady(regions: RegionFailures): boolean {
  // Without credentials nothing is asked: one exchange has failed for all.
  return regions.every(
    ({ reason, isOutage, noCredentials }) =>
      reason !== "Throttled" && (noCredentials === true || (reason !== "AwsUnavailable" && isOutage !== true)),
  );
}

/** Those of the same cause, those of other causes, those nobody knows of yet. */
function knownParts(
  first: RegionFailures,
  rest: readonly RegionFailures[],
  unfinished: readonly SecretObject[],
): Part[] {
  const groups = Map.groupBy(rest, causeOf);
  const own = causeOf(first);
  const same = groups.get(own) ?? [];
  groups.delete(own);
  return [
    plainPart("The same for", same.flatMap(objectsOf)),
    ...Array.from(groups.values(), partOf),
    plainPart("Not known yet:", unfinished),
  ].filter(({ objects }) => objects.length > 0);
}

/** The parts in at most `max` bytes. */
function othersText(parts: readonly Part[], max: number): string {
  const write = (shown: number, namesMax: number, causeMax: number, restMax: number): string => {
    const rest = parts.slice(shown).flatMap(({ objects }) => objects);
    const more = rest.length === 0 ? "" : `And ${namesText(rest, restMax)} (see the provider's log)`;
    const texts = parts.slice(0, shown).map((part) => () => part.write(namesMax, causeMax));
    return joinUpTo([...texts, () => more], Math.min(max, wholeBytesMax));
  };
  const whole = write(partsMax, Infinity, Infinity, wholeBytesMax);
  if (byteLength(whole) <= max) return whole;
  // What is cut to its least has some 150 bytes: a handful are all that an event holds.
  for (let shown = Math.min(parts.length, handful); shown > 0; shown -= 1) {
    const text = write(shown, namesBytesMax, causeBytesMin, namesBytesMin);
    if (byteLength(text) <= max) return text;
  }
  return cutBytes(write(0, 0, 0, namesBytesMin), max);
}

/** The texts as sentences, no further than what is too long: each joint reads all before it. */
function joinUpTo(texts: readonly (() => string)[], max: number): string {
  let joined = "";
  for (const write of texts) {
    if (joined.length > max) break;
    joined = joinSentences(joined, write());
  }
  return joined;
}

function partOf(group: readonly RegionFailures[]): Part {
  const objects = group.flatMap(objectsOf);
  const regions = (group[0] ?? []).map(withoutUser);
  return {
    objects,
    write: (namesMax, causeMax) =>
      `Also failed: ${namesText(objects, namesMax)}: ${causesText(regions, true, false, causeMax)}`,
  };
}

/** AWS says first who was denied, which the first failure has told, and what was denied only then. */
function withoutUser(failure: RegionFailure): RegionFailure {
  const { text, brief = text } = failure;
  return { ...failure, brief: brief.replace(/: User: \S+ is not authorized/, ": not authorized") };
}

function objectsOf(regions: RegionFailures): readonly SecretObject[] {
  return regions.flatMap(({ objects = [] }) => objects);
}

/** `a, b and 3 more`. */
function namesText(objects: readonly SecretObject[], max: number): string {
  const names = [...new Set(objects.map(({ objectName }) => objectName))];
  const shown: string[] = [];
  let size = 0;
  for (const name of names) {
    const cut = cutBytes(name, max === Infinity ? max : nameBytesMax);
    size += byteLength(cut) + (shown.length === 0 ? 0 : 2);
    if (shown.length > 0 && size > Math.min(max, wholeBytesMax)) break;
    shown.push(cut);
  }
  const left = names.length - shown.length;
  return `${shown.join(", ")}${left === 0 ? "" : ` and ${left} more`}`;
}

/** `known`, then what else to do, each advice once and as far as there is room. */
function fixesOf(known: string, failures: readonly RegionFailures[], max: number): string {
  const fixes = new Set(failures.slice(0, partsMax).flatMap((regions) => regions.map(({ fix }) => fix)));
  return [...fixes].reduce((text, fix) => {
    if (fix === "" || text.includes(fix)) return text;
    const next = text === "" ? cutBytes(fix, max) : `${text} ${fix}`;
    return byteLength(next) <= max ? next : text;
  }, known);
}
