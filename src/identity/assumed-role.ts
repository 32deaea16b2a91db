// A role that the pod's own role assumes, in another account as a rule: sts:AssumeRole at the region's own STS, signed with the pod's own credentials
// and never with others. Cached as those are, under the identity that they belong to.
import type { Context } from "../context.ts";
import { ProviderError } from "../errors.ts";
import type { AttemptOutcome, Emit } from "../events.ts";
import type { AssumeRole } from "../request/assume-role.ts";
import type { Pod } from "../request/mount-request.ts";
import type { SecretObject } from "../request/secret-object.ts";
import type { Sender } from "../aws/sender.ts";
import { exchangeReason, passingOf, readAwsError } from "../aws/error.ts";
import type { Call, OnFailedAttempt } from "../aws/attempt.ts";
import { withCredentials } from "../aws/with-credentials.ts";
import { createCredentialCache } from "./credential-cache.ts";
import type { Credentials } from "../aws/credentials.ts";
import type { CredentialSource } from "./credential-source.ts";
import { assumeRoleFix } from "./exchange-fix.ts";
import { sessionNameOf } from "./session-name.ts";
import { readCredentials } from "./sts-endpoint.ts";
import type { AskSts } from "./sts-endpoint.ts";

/** Says whose credentials each object of a mount is read with. */
export type Assume = (own: CredentialSource, how: AssumeRole, pod: Pod) => (object: SecretObject) => CredentialSource;

/** With a name for the session: 2..64 of letters, digits and _+=,.@- */
type Named = AssumeRole & { readonly sessionName: string };

/** Which role is assumed, how, and in which region. */
interface Assumed {
  readonly ask: AskSts;
  readonly roleArn: string;
  readonly how: Named;
  readonly region: string;
}

export interface AssumeOptions {
  readonly ask: AskSts;
  /** Longest time credentials are kept, ms; 0 = for one mount only. */
  readonly cacheMaxAgeMs: number;
  /** Gets the event that the cache was made. */
  readonly emit: Emit;
}

/** Makes the step. Nothing is exchanged before credentials are asked for; without a role it gives the pod's own. */
export function createAssume({ ask, cacheMaxAgeMs, emit }: AssumeOptions): Assume {
  const takerFor = createCredentialCache(cacheMaxAgeMs, { name: "assumed_roles", emit });

  function assumed(own: CredentialSource, roleArn: string, how: Named): CredentialSource {
    const { take, isFresh, drop } = takerFor(own.workload !== "");
    const workload = (): string => {
      const { externalId, durationSeconds, sessionName } = how;
      // One line for the pod's own identity, one for what it has assumed: values.ts forgets both together.
      return own.workload === ""
        ? ""
        : `${own.workload}\n${JSON.stringify([roleArn, externalId, durationSeconds, sessionName])}`;
    };
    const keyOf = (region: string): string => `${region}\n${workload()}`;
    return {
      method: own.method,
      from: "STS",
      role: roleArn,
      get workload() {
        return workload();
      },
      get: async (region, wait) => {
        const key = keyOf(region);
        const credentials = await take(key, (context) => assume(own, { ask, roleArn, how, region }, context), wait);
        if (keyOf(region) !== key) drop(key, credentials); // the pod's own role was found to be another one
        return credentials;
      },
      isFresh,
      renew: own.renew,
      drop: (region, refused) => drop(keyOf(region), refused),
    };
  }

  return (own, how, pod) => {
    const byArn = new Map<string, CredentialSource>();
    return ({ assumeRoleArn: roleArn = how.roleArn }) => {
      if (roleArn === undefined) return own;
      let source = byArn.get(roleArn);
      if (source === undefined)
        byArn.set(
          roleArn,
          (source = assumed(own, roleArn, { ...how, sessionName: how.sessionName ?? sessionNameOf(pod) })),
        );
      return source;
    };
  };
}

/** One exchange with the pod's own credentials, reported. */
async function exchange(
  { ask, roleArn, how, region }: Assumed,
  current: Credentials,
  call: Call,
): Promise<Credentials> {
  const { externalId, durationSeconds, sessionName } = how;
  const { signal, emit } = call.context;
  const input = {
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    ...(durationSeconds === undefined ? {} : { DurationSeconds: durationSeconds }),
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
  };
  const send = (sender: Sender) => sender.send(region, "AssumeRole", input, { ...call, credentials: current });
  let outcome: AttemptOutcome = "ok";
  try {
    return readCredentials(await ask(region, send, call.context), "AssumeRole");
  } catch (error) {
    outcome = outcomeOf(error, signal);
    throw error;
  } finally {
    emit({ kind: "exchange", method: "assume-role", outcome });
  }
}

/** As a store's call: the pod's own credentials are renewed once where STS refuses them (aws/with-credentials.ts). */
async function assume(own: CredentialSource, assumed: Assumed, context: Context): Promise<Credentials> {
  const { roleArn, how, region } = assumed;
  const call = (current: Credentials, onFailedAttempt: OnFailedAttempt): Promise<Credentials> =>
    exchange(assumed, current, { context, onFailedAttempt });
  const signed = { source: own, region, service: "STS", operation: "AssumeRole", call };
  const called = await withCredentials(signed, context);
  if ("output" in called) return called.output;
  if ("lastAttempt" in called) throw context.signal.reason;
  if ("noCredentials" in called) {
    const { noCredentials, isAnswered } = called;
    if (!isAnswered || !(noCredentials instanceof ProviderError)) throw noCredentials;
    // STS has answered before: this is no outage, in which kept values may be served.
    const { reason, message, brief, fix, isFinal, passing } = noCredentials;
    throw new ProviderError({ reason, message, brief, fix, isFinal, passing, isOutage: false, cause: noCredentials });
  }
  const { failure, error } = called;
  const { method, role } = own;
  const { message: text, brief } =
    error instanceof ProviderError ? error : { message: failure.text, brief: failure.brief };
  throw new ProviderError({
    // Never final: the other region has an STS of its own, and may say otherwise (parity 6).
    reason: exchangeReason(failure.reason),
    message: `get identity: get credentials: failed to assume role ${roleArn} with ${role}, ${text}`,
    brief: `assume role ${roleArn}: ${brief}`,
    fix: assumeRoleFix(failure, roleArn, { method, role, hasExternalId: how.externalId !== undefined }, region),
    isOutage: failure.isOutage,
    passing: passingOf(failure),
  });
}

function outcomeOf(error: unknown, signal: AbortSignal): AttemptOutcome {
  if (signal.aborted) return "cancelled";
  const { reason, code } = readAwsError(error, "STS", "AssumeRole", []);
  if (reason === "Throttled") return "throttled";
  return code === "" || reason === "AwsUnavailable" ? "unavailable" : "refused";
}
