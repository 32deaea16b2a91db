// One simulated node: its provider's caches, bounds and retries, between pods that want mounts and AWS.
import type { Clock } from "./clock.ts";
import { objectCalls } from "./model.ts";
import type { Fleet, Operation, Pattern } from "./model.ts";
import { createAdaptiveRate, createBucket } from "./rates.ts";
import type { AdaptiveRate } from "./rates.ts";

export interface NodeOptions {
  readonly clock: Clock;
  readonly chance: () => number;
  readonly fleet: Fleet;
  readonly pattern: Pattern;
  /** Asks AWS: false = throttled. Counts. */
  readonly ask: (operation: Operation) => boolean;
}

/** Mounts for a pod of an account, then says how it went. */
export type MountOnNode = (account: number, done: (ok: boolean) => void) => void;

const callSeconds = 0.008;
const retryCost = 5;
const singlySeconds = 60;

/** Lets at most so many through at a time. */
function createGate(most: number): (enter: (leave: () => void) => void) => void {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return (enter) => {
    const go = (): void => {
      inside += 1;
      enter(() => {
        inside -= 1;
        waiting.shift()?.();
      });
    };
    if (inside < most) go();
    else waiting.push(go);
  };
}

/** Makes a node with cold caches. */
export function createNode({ clock, chance, fleet, pattern, ask }: NodeOptions): MountOnNode {
  // Long because its short functions share one state: the caches, gates and rates of a node.
  const kubernetes = createBucket(5, 10);
  const callGate = createGate(pattern.callsAtOnce);
  const mountGate = createGate(pattern.mountsAtOnce);
  const rates = new Map<Operation, AdaptiveRate>();
  const retryTokens = new Map<Operation, number>();
  let singlyUntil = 0;
  /** Account -> until when its credentials are good, or who waits for them. */
  const credentials = new Map<number, { readonly until: number } | { readonly waiting: ((ok: boolean) => void)[] }>();

  function rateOf(operation: Operation): AdaptiveRate {
    const known = rates.get(operation) ?? createAdaptiveRate();
    rates.set(operation, known);
    return known;
  }

  function maySpend(operation: Operation): boolean {
    if (pattern.retryTokens === 0) return true;
    const left = retryTokens.get(operation) ?? pattern.retryTokens;
    if (left < retryCost) return false;
    retryTokens.set(operation, left - retryCost);
    return true;
  }

  function call(operation: Operation, done: (ok: boolean) => void, attempt = 1): void {
    const send = (): void =>
      callGate((leave) => {
        const ok = ask(operation);
        clock.after(callSeconds * (0.75 + chance() / 2), () => {
          leave();
          if (pattern.adaptive) rateOf(operation).learn(clock.now(), !ok);
          if (ok) {
            const left = retryTokens.get(operation);
            if (left !== undefined) retryTokens.set(operation, Math.min(pattern.retryTokens, left + 1));
            return done(true);
          }
          if (attempt >= pattern.attempts || !maySpend(operation)) return done(false);
          const wait = Math.min(20, chance() * pattern.backoffSeconds * 2 ** (attempt - 1));
          clock.after(wait, () => call(operation, done, attempt + 1));
        });
      });
    const wait = pattern.adaptive ? rateOf(operation).wait(clock.now()) : 0;
    if (wait > 0) clock.after(wait, send);
    else send();
  }

  function authenticate(account: number, done: (ok: boolean) => void): void {
    if (pattern.credentialsSeconds === 0) return call("AssumeRoleWithWebIdentity", done);
    const known = credentials.get(account);
    if (known !== undefined && "waiting" in known) return void known.waiting.push(done);
    if (known !== undefined && known.until > clock.now()) return done(true);
    const waiting = [done];
    credentials.set(account, { waiting });
    call("AssumeRoleWithWebIdentity", (ok) => {
      const good = pattern.credentialsSeconds * (1 - pattern.jitter * chance());
      if (ok) credentials.set(account, { until: clock.now() + good });
      else credentials.delete(account);
      for (const one of waiting) one(ok);
    });
  }

  /** Secrets of a throttled batch, one by one. */
  function readSingly(done: (ok: boolean) => void): void {
    singlyUntil = clock.now() + singlySeconds;
    together(objectCalls({ ...fleet, parametersPerPod: 0 }, false), (operation, one) => call(operation, one), done);
  }

  function together(
    calls: readonly Operation[],
    each: (operation: Operation, done: (ok: boolean) => void) => void,
    done: (ok: boolean) => void,
  ): void {
    let left = calls.length;
    let allOk = true;
    for (const operation of calls)
      each(operation, (ok) => {
        allOk &&= ok;
        left -= 1;
        if (left === 0) done(allOk);
      });
  }

  function read(done: (ok: boolean) => void): void {
    const isBatch = pattern.batch === "yes" || (pattern.batch === "then single" && singlyUntil <= clock.now());
    const calls = objectCalls(fleet, isBatch);
    if (pattern.order === "one by one") {
      const next = (at: number): void => {
        const operation = calls[at];
        if (operation === undefined) return done(true);
        call(operation, (ok) => (ok ? next(at + 1) : done(false)));
      };
      return next(0);
    }
    together(
      calls,
      (operation, one) =>
        operation === "BatchGetSecretValue" && pattern.batch === "then single"
          ? call(operation, (ok) => (ok ? one(true) : readSingly(one)), pattern.attempts) // one attempt
          : call(operation, one),
      done,
    );
  }

  return (account, done) => {
    let wait = 0;
    for (let n = 0; n < pattern.kubernetesCalls; n += 1) wait = Math.max(wait, kubernetes.reserve(clock.now()));
    clock.after(wait, () =>
      mountGate((leave) =>
        authenticate(account, (known) => {
          const finish = (ok: boolean): void => {
            leave();
            done(ok);
          };
          if (known) read(finish);
          else finish(false);
        }),
      ),
    );
  };
}
