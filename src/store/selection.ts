// What both stores' selectors have in common: pages up to a bound, matches in order of name, none and too many.
import type { SecretObject } from "../request/secret-object.ts";
import { failedRead } from "./store.ts";
import type { Match, Outcome, RegionContext, RegionFailure } from "./store.ts";

/** Pages of one answer: a thousand matches by ten, and as many that hold fewer than they might (AWS filters after it has cut a page). */
const pagesMax = 200;

interface Page {
  readonly NextToken?: string | undefined;
}

/** How errors speak of one selector in one region. */
export interface Selection {
  readonly object: SecretObject;
  readonly region: string;
  /** `secret`, `parameter` */
  readonly kind: string;
  /** Stands in `<region>: <fatalLead>: <text>`. */
  readonly fatalLead: string;
}

/** The selection found nothing, more than it may, or what can't be used. */
export type Stop = { readonly failure: RegionFailure };

/**
 * Asks for page after page until there are no more or `take` says stop. `take` gives a failure to end with, undefined to go on.
 */
export async function eachPage<Output extends Page>(
  selection: Selection,
  ask: (nextToken: string | undefined) => Promise<{ readonly output: Output } | Stop>,
  take: (output: Output) => Stop | undefined | Promise<Stop | undefined>,
): Promise<Stop | undefined> {
  let token: string | undefined;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const called = await ask(token);
    if ("failure" in called) return called;
    const stop = await take(called.output);
    if (stop !== undefined) return stop;
    const { NextToken: next } = called.output;
    if (typeof next !== "string" || next === "") return undefined;
    token = next;
  }
  return stopped(selection, { reason: "ObjectUnreadable", text: `the answer has more than ${pagesMax} pages` });
}

/** The entries of a list in an answer: its fields are taken as they come, and each may be of any type. */
export function entriesOf<Entry extends object>(list: readonly Entry[] | undefined): readonly Entry[] {
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  return entries.filter((entry): entry is Entry => typeof entry === "object" && entry !== null);
}

/** The failure of a selection that has more matches than its max; undefined as long as it has not. */
export function tooMany(selection: Selection, count: number): Stop | undefined {
  const { object, kind } = selection;
  const max = object.selector?.max ?? 0;
  if (count <= max) return undefined;
  const fix = "Narrow the objectSelector, or raise its max (up to 1000).";
  const text = `more than ${max} ${kind}s match ${object.objectName}`;
  return stopped(selection, { reason: "ObjectsInvalid", text, fix, isFatal: true });
}

/** Matches of several answers. What they take is held until the selection is over: then it is the mount's, which holds it anew. */
export interface Gathered extends Disposable {
  readonly matches: readonly Match[];
  /** @throws ProviderError TooLarge */
  readonly add: (match: Match) => void;
}

/** What a match takes beside its value, bytes. */
const matchBytes = 512;

/** Begins to gather. */
export function createGathered(budget: RegionContext["budget"]): Gathered {
  const matches: Match[] = [];
  let held = 0;
  return {
    matches,
    add: (match) => {
      const bytes = match.value.length + matchBytes;
      budget.hold(bytes);
      held += bytes;
      matches.push(match);
    },
    [Symbol.dispose]: () => budget.release(held),
  };
}

/** The matches in order of name, or that there are none. */
export function selected(selection: Selection, matches: readonly Match[]): Outcome {
  const { object, kind } = selection;
  if (matches.length > 0) return { values: [matches.toSorted((a, b) => (a.name < b.name ? -1 : 1))] };
  const fix = "Check the objectSelector and the region, or set optional.";
  const text = `no ${kind} matches ${object.objectName}`;
  const { failure } = stopped(selection, { reason: "ObjectNotFound", text, fix, isFatal: true });
  return failedRead(object, failure);
}

/** Why a selection ends without values. */
interface StopCause extends Pick<RegionFailure, "reason" | "text"> {
  /** Empty = AWS's own text says enough. */
  readonly fix?: string;
  /** The mount fails whatever the other region has. */
  readonly isFatal?: boolean;
}

/** A failure of the selection. */
export function stopped(
  { region, fatalLead }: Selection,
  { reason, text, fix = "", isFatal = false }: StopCause,
): Stop {
  return { failure: { region, reason, text, fix, fatalLead: isFatal ? `${region}: ${fatalLead}` : "" } };
}
