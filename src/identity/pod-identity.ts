// Service account token -> credentials at the EKS Pod Identity agent (link-local, plain HTTP, IPv4 and IPv6).
import { ProviderError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { readAnswer, readRefusal } from "./agent-answer.ts";
import type { EndpointFailure } from "./agent-answer.ts";
import { agentFix } from "./exchange-fix.ts";
import { OutboundError, canConnect } from "../outbound.ts";
import type { Outbound } from "../outbound.ts";
import { retry } from "../retry.ts";
import type { Context } from "../context.ts";
import type { AttemptOutcome, AwsAttempt } from "../events.ts";
import type { AddressType } from "../request/parameters.ts";
import type { Credentials } from "../aws/credentials.ts";

export type PodIdentityExchange = (
  token: Secret<string>,
  addressType: AddressType,
  context: Context,
) => Promise<Credentials>;

export interface PodIdentityOptions {
  readonly endpoints: { readonly ipv4: string; readonly ipv6: string };
  readonly outbound: Outbound;
  /** One HTTP attempt, ms; undefined = 10 s. */
  readonly timeoutMs: number | undefined;
}

type Family = "ipv4" | "ipv6";

/** A request to the agent as an event; it is the node's own, whatever the region. */
const agentCall: Omit<AwsAttempt, "outcome" | "durationMs"> = {
  kind: "aws-attempt",
  service: "pod-identity",
  operation: "GetCredentials",
  region: "",
  code: "",
  requestId: "",
  isRetry: false,
};

const roundsMax = 3;
const attemptMs = 10_000;
/** In `auto`, IPv4 that has not connected by then is passed over for IPv6. */
const connectMs = 1_000;
const bodyBytesMax = 64 << 10;

/**
 * Makes the exchange. `auto` asks the family that worked last (IPv4 at first), then the other, up to three rounds; a 4xx answer is final,
 * since the agent itself spoke. @throws ProviderError CredentialsRefused, Throttled, CredentialsUnavailable
 */
export function createPodIdentityExchange(options: PodIdentityOptions): PodIdentityExchange {
  const { endpoints } = options;
  let worked: Family | undefined;

  /** One round: each family once. Gives credentials, or the failures so far. */
  async function askEach(
    families: readonly Family[],
    token: Secret<string>,
    context: Context,
  ): Promise<Credentials | EndpointFailure[]> {
    const failures: EndpointFailure[] = [];
    for (const family of families) {
      const reachable =
        family === families.at(-1) ||
        family === worked ||
        (await canConnect(new URL(endpoints[family]), connectMs, context.signal));
      const answer = reachable
        ? await ask(options, family, token, context)
        : {
            text: `${new URL(endpoints[family]).host}: no connection within ${connectMs / 1000} s`,
            final: false,
            isOutage: true,
          };
      if ("accessKeyId" in answer) {
        worked = family;
        return answer;
      }
      if (answer.spoke === true) return [answer]; // the other address is the same agent
      failures.push(answer);
    }
    return failures;
  }

  return async (token, addressType, context) => {
    if (/[\r\n]/.test(token.reveal())) {
      throw new ProviderError({
        reason: "CredentialsRefused",
        message: "authorization token contains invalid newline sequence",
        fix: "kubelet never makes such a token: see what has changed the driver's request.",
      });
    }
    let isOutage = true;
    const askRound = async (): Promise<Credentials | EndpointFailure[]> => {
      const answer = await askEach(addressType === "auto" ? order(worked) : [addressType], token, context);
      if ("accessKeyId" in answer) return answer;
      isOutage &&= answer.every((one) => one.isOutage === true);
      if (mayChange(answer)) worked = undefined; // probe anew
      return answer;
    };
    const isWorthRetry = (answer: Credentials | EndpointFailure[]): boolean =>
      !("accessKeyId" in answer) && mayChange(answer);
    const failures = await retry(askRound, {
      attemptsMax: roundsMax,
      pauseMs: 400,
      signal: context.signal,
      isWorthRetry,
    });
    if ("accessKeyId" in failures) return failures;
    throw failedExchange(failures, isOutage, token);
  };
}

/** One request to the agent at one address. */
async function ask(
  { endpoints, outbound, timeoutMs = attemptMs }: PodIdentityOptions,
  family: Family,
  token: Secret<string>,
  { signal, emit }: Context,
): Promise<Credentials | EndpointFailure> {
  const url = new URL("/v1/credentials", endpoints[family]);
  const startedMs = performance.now();
  let outcome: AttemptOutcome = "unavailable";
  try {
    const headers = { accept: "application/json", authorization: token.reveal() };
    const response = await outbound({ url, method: "GET", headers, timeoutMs, bodyBytesMax, signal });
    if (response.status === 200) {
      const answer = readAnswer(response, url.host);
      if ("accessKeyId" in answer) outcome = "ok";
      return answer;
    }
    const spoke = response.status >= 400 && response.status < 500;
    if (spoke) outcome = response.status === 429 ? "throttled" : "refused";
    const { text, exact } = readRefusal(response, token);
    return {
      text: spoke ? text : `${url.host}: ${text}`,
      ...(exact === text ? {} : { exact }),
      final: spoke && response.status !== 429,
      status: response.status,
      spoke,
      isOutage: !spoke,
    };
  } catch (error) {
    if (signal.aborted) {
      outcome = "cancelled";
      throw signal.reason;
    }
    return {
      text: error instanceof OutboundError ? error.message : `${url.host}: request failed`,
      final: false,
      isOutage: true,
    };
  } finally {
    emit({ ...agentCall, outcome, durationMs: performance.now() - startedMs });
  }
}

/** The error of an exchange whose last round ended with these failures. */
function failedExchange(failures: readonly EndpointFailure[], isOutage: boolean, token: Secret<string>): ProviderError {
  const refusal = failures.find(({ spoke }) => spoke);
  const status = refusal?.status ?? failures.find((one) => one.status !== undefined)?.status ?? 0;
  const causes = failures.map(({ text }) => text).join("; ");
  return new ProviderError({
    reason: status === 429 ? "Throttled" : refusal === undefined ? "CredentialsUnavailable" : "CredentialsRefused",
    isFinal: refusal !== undefined,
    message: `get identity: get credentials: failed to refresh cached credentials, failed to load credentials, ${causes}`,
    brief: `Pod Identity agent: ${causes}`,
    fix: agentFix({ text: causes, status }, token),
    isOutage,
    passing: { requestIds: [], exact: failures.flatMap(({ exact }) => exact ?? []) },
  });
}

/** 429 is asked again, and final after the last round. */
function mayChange(failures: readonly EndpointFailure[]): boolean {
  return !failures.some(({ final }) => final);
}

function order(worked: Family | undefined): readonly Family[] {
  return worked === "ipv6" ? ["ipv6", "ipv4"] : ["ipv4", "ipv6"];
}
