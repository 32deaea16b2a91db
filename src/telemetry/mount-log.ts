// What the log says of one mount: the lines of parity 1.3 on its way, one summary at its end, all joined by the mount's id.
// The rooms hand their facts up through the notes; nothing here comes from a token, an attribute or a value.
import { errorText } from "../errors.ts";
import type { Fields, Log } from "./log.ts";
import { createMountLines } from "./mount-lines.ts";
import type { MountNotes } from "../mount.ts";
import type { Observer } from "./observe.ts";
import type { ParsedRequest } from "../request/mount-request.ts";
import type { Tally } from "./tally.ts";
import { bugText, explanationOf } from "../server/status.ts";

export interface MountLog {
  readonly notes: MountNotes;
  /** Whose mount it is. */
  readonly parsed: (request: ParsedRequest) => void;
  /** The wait for a turn is over. */
  readonly turn: () => void;
  readonly succeeded: () => void;
  readonly failed: (error: unknown) => void;
  /** Which mount this is, as far as it is known by now. */
  readonly who: () => Fields;
}

export interface MountLogOptions {
  readonly log: Log;
  readonly observer: Observer;
  readonly tally: Tally;
  readonly driverWrites: boolean;
}

/** As many as have their turn at once. */
const suspectsMax = 16;

/** Those of a line; each of the failing objects has one or two. */
const requestIdsMax = 20;

/** The steps in their order; each ends where the next begins. */
const steps = ["waitMs", "locateMs", "identifyMs", "fetchMs", "deliverMs"] as const;

/** Makes the log of a mount that begins now; what others log for it is bounded with its own lines. */
export function createMountLog({ log, observer, tally, driverWrites }: MountLogOptions): MountLog {
  const lines = createMountLines(log);
  tally.log = lines.log;
  const startedMs = performance.now();
  const own: Fields = { mount: tally.id };
  let who = own;
  let facts: Fields = {};
  let lead = "Failed to mount";
  let step = 0;
  let stepAtMs = startedMs;
  let waitMs: number | undefined;
  const times: { [Step in (typeof steps)[number]]?: number } = {};

  function stepDone(): void {
    const nowMs = performance.now();
    const name = steps[step];
    if (name !== undefined) times[name] = Math.round(nowMs - stepAtMs);
    step += 1;
    stepAtMs = nowMs;
  }

  /** The summary's fields; the step that a failure came in has lasted until now. */
  const summary = (outcome: string): Fields => {
    if (step < steps.length) stepDone();
    const { awsCalls, cacheHits } = tally;
    const durationMs = Math.round(performance.now() - startedMs);
    return { ...who, ...facts, outcome, awsCalls, cacheHits, ...times, durationMs };
  };

  const notes: MountNotes = {
    located: ({ pod }, { primary, failover }) => {
      stepDone();
      facts = { region: primary, ...(failover === "" ? {} : { failoverRegion: failover }) };
      const regions = failover === "" ? primary : `${primary}, ${failover}`;
      lines.log.info(
        `Servicing mount request for pod ${pod.name} in namespace ${pod.namespace} using service account ${pod.serviceAccount} with region(s) ${regions}`,
        own,
      );
    },
    identified: (method) => {
      stepDone();
      facts = { ...facts, method };
    },
    objects: (objects) => (facts = { ...facts, objects }),
    fetched: stepDone,
    delivered: (files) => {
      stepDone();
      facts = { ...facts, files };
    },
    failover: observer.failover,
    stale: observer.stale,
    warning: (text) => lines.log.warn(text, { ...who, ...facts }),
    step: (words) => (lead = words),
  };

  return {
    notes,
    parsed: ({ pod }) => {
      who = { ...own, pod: pod.name, namespace: pod.namespace, serviceAccount: pod.serviceAccount };
      lines.log.info(`${driverWrites ? "Driver" : "Provider"} is configured to write secrets`, own);
    },
    turn: () => {
      stepDone();
      waitMs = stepAtMs - startedMs;
    },
    succeeded: () => {
      lines.close(who);
      log.info("Mounted", summary("ok"));
      observer.mount({ reason: undefined, durationMs: performance.now() - startedMs, waitMs });
    },
    failed: (error) => {
      const explained = explanationOf(error);
      const reason = explained?.reason ?? "Internal";
      const ids = explained?.passing.requestIds ?? [];
      const requestId = ids.slice(0, requestIdsMax).join(", ");
      const fields: Fields = { ...summary("error"), reason, ...(requestId === "" ? {} : { requestId }) };
      lines.close(who);
      if (explained !== undefined) log.error(`${lead}: ${errorText(explained)}`, fields);
      else {
        const { name, stack } = bugText(error);
        log.error(`${lead}: internal error (${name})`, { ...fields, stack });
        observer.bug("mount");
      }
      observer.mount({ reason, durationMs: performance.now() - startedMs, waitMs });
    },
    who: () => who,
  };
}

/** For a line that can't be held to a mount: the fields of the only one there is, or the list of all. */
export function suspectsAmong(mounts: readonly MountLog[]): Fields {
  const [only, ...more] = mounts;
  if (only === undefined) return {};
  if (more.length === 0) return only.who();
  const names = mounts.slice(0, suspectsMax).map((one) => {
    const { mount = "", namespace = "", pod = "" } = one.who();
    return `${mount} ${namespace}/${pod}`;
  });
  const left = mounts.length - names.length;
  return { mounts: names.join(", ") + (left > 0 ? ` and ${left} more` : "") };
}
