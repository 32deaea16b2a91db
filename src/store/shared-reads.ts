// What several mounts of one identity want: a read that one of them has under way is not made again by the others, nor one that began after they arrived
// (recent-reads.ts), and with --secret-cache-ttl neither is one that was made a moment ago. Identities never share: keys begin with the workload, and one without a name has no part in this.
import { abortable } from "../abort.ts";
import { ProviderError } from "../errors.ts";
import { lookUpEvents } from "../events.ts";
import type { Emit } from "../events.ts";
import { createDenials, identityOf, isDenial } from "./denials.ts";
import type { Denials } from "./denials.ts";
import { createRecentReads } from "./recent-reads.ts";
import type { OpenMounts } from "../sharing/open-mounts.ts";
import type { Found, Outcome, ReadRequest, RegionContext, RegionFailure, Store } from "./store.ts";
import type { ValueCache } from "./value-cache.ts";

export interface SharedReadsOptions {
  /** undefined = nothing is kept. */
  readonly values: ValueCache | undefined;
  /** Ends all that is kept for an identity that was denied something. What it begins with is the pod's own, whatever roles it has assumed. */
  readonly forget: (identity: string) => void;
  /** Gets the event that the cache of values was made. */
  readonly emit: Emit;
  readonly openMounts: OpenMounts;
}

/** Gives the same store, its reads shared. `isOwn`: the answer is the mount's alone, and nobody else's. */
export type Share = (store: Store, isOwn?: (request: ReadRequest) => boolean) => Store;

/** A read under way, which mounts with the same requests wait for. */
interface OpenRead {
  readonly requests: readonly ReadRequest[];
  /** The mount that made the read ended before it, went on as somebody else, or had a bad token: its failure is its own. Known with the outcome. */
  isItsOwn: boolean;
}

type ReadFrom = (store: Store, requests: readonly ReadRequest[], context: RegionContext) => Promise<Outcome>;

const lookUps = lookUpEvents("values");

/** Makes the sharing of a process. */
export function createSharedReads({ values, forget, emit, openMounts }: SharedReadsOptions): Share {
  const openReads = new Map<string, OpenRead & { readonly outcome: Promise<Outcome> }>();
  emit({ kind: "cache-opened", cache: "values", size: () => values?.size() ?? 0 });
  const denials = createDenials();
  const readAlone = createReadAlone(denials, forget);
  const recent = createRecentReads(openMounts);

  /** Makes a read that other mounts may wait for, and keeps what it gave. */
  async function readAndKeep(store: Store, key: string, own: OpenRead, context: RegionContext): Promise<Outcome> {
    const { requests } = own;
    const { credentials, region, signal } = context;
    const { workload } = credentials;
    const before = denials.count();
    const beganMs = performance.now();
    const outcome = await readAlone(store, requests, context);
    own.isItsOwn =
      ("failure" in outcome && (signal.aborted || isTokenFault(outcome.failure))) || credentials.workload !== workload;
    const isDenied = denials.isDeniedSince(identityOf(workload), before);
    if ("failure" in outcome || own.isItsOwn || isDenied) return outcome;
    recent.keep(key, { beganMs, denials: before, outcome });
    if (values !== undefined)
      keepValues(values, requests, outcome.values, (request) => keyOf(workload, region, request));
    return outcome;
  }

  async function readTogether(
    store: Store,
    requests: readonly ReadRequest[],
    context: RegionContext,
  ): Promise<Outcome> {
    const { credentials, region, signal } = context;
    const key = requests.map((request) => sharedKeyOf(credentials.workload, region, request)).join("\n");
    for (let open = openReads.get(key); open !== undefined; open = openReads.get(key)) {
      context.emit(lookUps.joined);
      let outcome: Outcome;
      try {
        outcome = await abortable(open.outcome, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
        return { failure: notYet(context) };
      }
      if (!open.isItsOwn) return asAnswerTo(requests, open.requests, outcome);
      if (openReads.get(key) === open) openReads.delete(key);
    }
    const earlier = recent.get(key, context.mount?.arrivedMs ?? Infinity);
    if (earlier !== undefined && !denials.isDeniedSince(identityOf(credentials.workload), earlier.denials)) {
      context.emit(lookUps.joined);
      return earlier.outcome; // values alone: nothing in it speaks of the other mount's objects
    }
    if (values !== undefined) context.emit(lookUps.miss);
    const read: OpenRead = { requests, isItsOwn: false };
    const outcome = readAndKeep(store, key, read, context);
    const own = Object.assign(read, { outcome });
    openReads.set(key, own);
    try {
      return await outcome;
    } finally {
      if (openReads.get(key) === own) openReads.delete(key);
    }
  }

  return (store, isOwn) => ({
    ...store,
    read: async (requests, context) => {
      if (context.credentials.workload === "" || (isOwn !== undefined && requests.some(isOwn)))
        return readAlone(store, requests, context);
      if (values === undefined) return readTogether(store, requests, context);
      return readWithCache(values, (rest) => readTogether(store, rest, context), requests, context);
    },
  });
}

/** Makes the plain read of a store, after which a denial ends all that was kept for the identity: it must not outlive the right to it. */
function createReadAlone(denials: Denials, forget: SharedReadsOptions["forget"]): ReadFrom {
  return async (store, requests, context) => {
    const asked = identityOf(context.credentials.workload);
    const outcome = await store.read(requests, context);
    if (!("failure" in outcome) || !isDenial(outcome.failure)) return outcome;
    // The role may have turned out to be another one, which was denied as well.
    for (const identity of new Set([asked, identityOf(context.credentials.workload)])) {
      denials.add(identity);
      forget(identity);
    }
    return outcome;
  };
}

/** Reads what the cache of values does not have. */
async function readWithCache(
  values: ValueCache,
  readRest: (rest: readonly ReadRequest[]) => Promise<Outcome>,
  requests: readonly ReadRequest[],
  context: RegionContext,
): Promise<Outcome> {
  const { credentials, region } = context;
  const known = requests.map((request) => values.get(keyOf(credentials.workload, region, request)));
  const rest = requests.filter((_, i) => known[i] === undefined);
  for (let hits = requests.length - rest.length; hits > 0; hits -= 1) context.emit(lookUps.hit);
  const outcome = rest.length === 0 ? { values: [] } : await readRest(rest);
  if ("failure" in outcome) return outcome;
  const read = new Map(rest.map((request, i) => [request, outcome.values[i] ?? []]));
  return { values: requests.map((request, i) => known[i] ?? read.get(request) ?? []) };
}

function keepValues(
  cache: ValueCache,
  requests: readonly ReadRequest[],
  values: readonly Found[],
  keyOfRequest: (request: ReadRequest) => string,
): void {
  requests.forEach((request, i) => {
    const found = values[i];
    if (found !== undefined && !("notFound" in found)) cache.keep(keyOfRequest(request), found);
  });
}

/** The token of one mount was refused: another's may be good. */
function isTokenFault({ noCredentials, reason }: RegionFailure): boolean {
  return noCredentials === true && reason === "CredentialsRefused";
}

/** What is read, by whom and where. Another version or label in the class is another key. */
function keyOf(workload: string, region: string, { object, ref }: ReadRequest): string {
  const { type, selector } = object;
  const what =
    selector === undefined
      ? [ref.objectName, ref.objectVersion, ref.objectVersionLabel]
      : [selector.path, selector.recursive, selector.namePrefix, [...selector.tags], selector.max];
  return `${workload}\n${JSON.stringify([region, type, ...what])}`;
}

/** The same with what the words of a failure depend on. */
function sharedKeyOf(workload: string, region: string, request: ReadRequest): string {
  const { objectName, optional } = request.object;
  return `${keyOf(workload, region, request)}${JSON.stringify([objectName, optional])}`;
}

/** Another mount's outcome for the same requests: it speaks of that mount's objects. */
function asAnswerTo(own: readonly ReadRequest[], others: readonly ReadRequest[], outcome: Outcome): Outcome {
  const translated = (failure: RegionFailure): RegionFailure => {
    if (failure.objects === undefined) return failure;
    const objects = failure.objects.flatMap(
      (object) => own[others.findIndex((other) => other.object === object)]?.object ?? [],
    );
    return { ...failure, objects };
  };
  if ("failure" in outcome) return { failure: translated(outcome.failure) };
  return {
    values: outcome.values.map((found) => ("notFound" in found ? { notFound: translated(found.notFound) } : found)),
  };
}

/** The wait for another mount's read was given up. @throws the signal's reason, unless that is an explanation */
function notYet({ region, signal }: RegionContext): RegionFailure {
  if (!(signal.reason instanceof ProviderError)) throw signal.reason;
  const { reason, message, fix, passing } = signal.reason;
  const text = `no answer yet to what another pod's mount asked for, too: ${message}`;
  return { region, reason, text, fix, fatalLead: "", passing };
}
