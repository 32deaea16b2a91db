// The listener of one mount: its counts, the lines of parity 1.3 on its way, one summary at its end, all joined by the mount's id. Made by
// server/serve.ts for each mount; every event goes on to the listener of the process. Nothing here comes from a token, an attribute or a value.
import { ProviderError, errorText } from "../errors.ts";
import type { AwsAttempt, Emit, KubernetesCall, MountEnded } from "../events.ts";
import type { Fields, Log } from "./log.ts";
import { createMountLines } from "./mount-lines.ts";

export interface MountLog {
  /** Takes the events of the mount, its end the last but for those of loads that others wait for. */
  readonly emit: Emit;
  /** Attempts on the wire so far, retries included. Work that several mounts wait for counts for the mount that started it. */
  readonly awsCalls: () => number;
  /** Which mount this is, as far as it is known by now. */
  readonly who: () => Fields;
}

export interface MountLogOptions {
  readonly log: Log;
  /** The listener of the process. */
  readonly emit: Emit;
  /** Of the mount. */
  readonly id: string;
  readonly driverWrites: boolean;
}

/** As many as have their turn at once. */
const suspectsMax = 16;

/** Those of a line; each of the failing objects has one or two. */
const requestIdsMax = 20;

/** The steps in their order; each ends where the next begins. */
const steps = ["waitMs", "locateMs", "identifyMs", "fetchMs", "deliverMs"] as const;

/** Makes the log of a mount that begins now; its lines are bounded. */
export function createMountLog({ log, emit: pass, id, driverWrites }: MountLogOptions): MountLog {
  // Long because the events of a mount, one case each, change one state: fields, lead, counts.
  const { log: lines, close } = createMountLines(log);
  const own: Fields = { mount: id };
  let who = own;
  let facts: Fields = {};
  let lead = "Failed to mount";
  let awsCalls = 0;
  let cacheHits = 0;
  const { times, stepDone, lastStepDone } = createStepClock();

  function ended({ failure, durationMs }: MountEnded): void {
    lastStepDone();
    const outcome = failure === undefined ? "ok" : "error";
    const counts = { outcome, awsCalls, cacheHits };
    const fields: Fields = { ...who, ...facts, ...counts, ...times, durationMs: Math.round(durationMs) };
    close(who);
    if (failure === undefined) log.info("Mounted", fields);
    else if (failure instanceof ProviderError) {
      const requestId = failure.passing.requestIds.slice(0, requestIdsMax).join(", ");
      const { reason } = failure;
      const waits = failure.passing.waits ?? [];
      const waited = waits.length === 0 ? "" : ` (waited: ${waits.join("; ")})`;
      log.error(`${lead}: ${errorText(failure)}${waited}`, {
        ...fields,
        reason,
        ...(requestId === "" ? {} : { requestId }),
      });
    } else {
      const { name, reason, stack } = failure;
      log.error(`${lead}: internal error (${name})`, { ...fields, reason, stack });
    }
  }

  const emit: Emit = (event) => {
    switch (event.kind) {
      case "cache-look-up":
        if (event.lookUp === "hit") cacheHits += 1;
        break;
      case "aws-attempt":
        awsCalls += 1;
        if (lines.writes("debug")) logAttempt(lines, own, event);
        break;
      case "kubernetes-call":
        if (lines.writes("debug")) logKubernetesCall(lines, own, event);
        break;
      case "warning":
        lines.warn(event.text, event.about === "objects" ? { ...who, ...facts } : own);
        break;
      case "step-began":
        ({ lead } = event);
        break;
      case "request-parsed": {
        const { pod, namespace, serviceAccount } = event;
        who = { ...own, pod, namespace, serviceAccount };
        lines.info(`${driverWrites ? "Driver" : "Provider"} is configured to write secrets`, own);
        break;
      }
      case "turn-began":
        stepDone();
        break;
      case "regions-located": {
        stepDone();
        const { primary, failover } = event;
        facts = { region: primary, ...(failover === "" ? {} : { failoverRegion: failover }) };
        const { pod, namespace, serviceAccount } = who;
        const regions = failover === "" ? primary : `${primary}, ${failover}`;
        lines.info(
          `Servicing mount request for pod ${pod} in namespace ${namespace} using service account ${serviceAccount} with region(s) ${regions}`,
          own,
        );
        break;
      }
      case "role-found":
        lines.info(`Role ARN for ${event.namespace}:${event.serviceAccount} is ${event.roleArn}`, own);
        break;
      case "identified":
        stepDone();
        facts = { ...facts, method: event.method };
        break;
      case "objects-read":
        facts = { ...facts, objects: event.count };
        break;
      case "objects-fetched":
        stepDone();
        break;
      case "files-delivered":
        stepDone();
        facts = { ...facts, files: event.count };
        break;
      case "mount-ended":
        ended(event);
        break;
      default: // for the metrics
    }
    pass(event);
  };

  return { emit, awsCalls: () => awsCalls, who: () => who };
}

/** How long each step took, ms. */
function createStepClock() {
  const times: { [Step in (typeof steps)[number]]?: number } = {};
  let step = 0;
  let stepAtMs = performance.now();
  const stepDone = (): void => {
    const nowMs = performance.now();
    const name = steps[step];
    if (name !== undefined) times[name] = Math.round(nowMs - stepAtMs);
    step += 1;
    stepAtMs = nowMs;
  };
  /** The step that a failure came in has lasted until now. */
  const lastStepDone = (): void => {
    if (step < steps.length) stepDone();
  };
  return { times, stepDone, lastStepDone };
}

function logAttempt(lines: Log, mount: Fields, attempt: AwsAttempt): void {
  const { kind: _, isRetry: __, durationMs, ...fields } = attempt;
  lines.debug("AWS call", { ...mount, ...fields, durationMs: Math.round(durationMs) });
}

function logKubernetesCall(lines: Log, mount: Fields, { resource, outcome, durationMs }: KubernetesCall): void {
  const fields = { operation: `get ${resource}`, outcome, durationMs: Math.round(durationMs) };
  lines.debug("Kubernetes call", { ...mount, ...fields });
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
