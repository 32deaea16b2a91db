// Service account token -> credentials at the EKS Pod Identity agent (link-local, plain HTTP, IPv4 and IPv6).
import { connect } from "node:net";
import { ProviderError } from "../errors.ts";
import { linkAbort, sleep } from "../abort.ts";
import type { Secret } from "../secret.ts";
import { readAnswer, readRefusal } from "./agent-answer.ts";
import type { EndpointFailure } from "./agent-answer.ts";
import { agentFix } from "./exchange-fix.ts";
import { OutboundError } from "../outbound.ts";
import type { Outbound } from "../outbound.ts";
import type { AwsAttempt } from "../aws/attempt.ts";
import type { AddressType } from "../request/parameters.ts";
import type { Credentials } from "../aws/credentials.ts";

export type PodIdentityExchange = (
  token: Secret<string>,
  addressType: AddressType,
  signal: AbortSignal,
) => Promise<Credentials>;

export interface PodIdentityOptions {
  readonly endpoints: { readonly ipv4: string; readonly ipv6: string };
  readonly outbound: Outbound;
  /** One HTTP attempt, ms; undefined = 10 s. */
  readonly timeoutMs: number | undefined;
  /** Called once for each request to the agent, when it is over. */
  readonly observe?: (outcome: AwsAttempt["outcome"], durationMs: number, signal: AbortSignal) => void;
}

type Family = "ipv4" | "ipv6";

const roundsMax = 3;
const attemptMs = 10_000;
/** In `auto`, IPv4 that has not connected by then is passed over for IPv6. */
const connectMs = 1_000;
const bodyBytesMax = 64 << 10;

/**
 * Makes the exchange. `auto` asks the family that worked last (IPv4 at first), then the other, up to three rounds; a 4xx answer is final,
 * since the agent itself spoke. @throws ProviderError CredentialsRefused, Throttled, CredentialsUnavailable
 */
export function createPodIdentityExchange({
  endpoints,
  outbound,
  timeoutMs = attemptMs,
  observe,
}: PodIdentityOptions): PodIdentityExchange {
  let worked: Family | undefined;

  async function ask(
    family: Family,
    token: Secret<string>,
    signal: AbortSignal,
  ): Promise<Credentials | EndpointFailure> {
    const url = new URL("/v1/credentials", endpoints[family]);
    const startedMs = performance.now();
    let outcome: AwsAttempt["outcome"] = "unavailable";
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
      observe?.(outcome, performance.now() - startedMs, signal);
    }
  }

  /** One round: each family once. Gives credentials, or the failures so far. */
  async function askEach(
    families: readonly Family[],
    token: Secret<string>,
    signal: AbortSignal,
  ): Promise<Credentials | EndpointFailure[]> {
    const failures: EndpointFailure[] = [];
    for (const family of families) {
      const reachable =
        family === families.at(-1) || family === worked || (await canConnect(endpoints[family], signal));
      const answer = reachable
        ? await ask(family, token, signal)
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

  return async (token, addressType, signal) => {
    if (/[\r\n]/.test(token.reveal())) {
      throw new ProviderError({
        reason: "CredentialsRefused",
        message: "authorization token contains invalid newline sequence",
        fix: "kubelet never makes such a token: see what has changed the driver's request.",
      });
    }
    let failures: readonly EndpointFailure[] = [];
    let isOutage = true;
    for (let round = 1; round <= roundsMax; round += 1) {
      if (round > 1) await sleep(100 * 2 ** round * (0.5 + Math.random() / 2), signal);
      const families = addressType === "auto" ? order(worked) : [addressType];
      const answer = await askEach(families, token, signal);
      if ("accessKeyId" in answer) return answer;
      failures = answer;
      isOutage &&= failures.every((one) => one.isOutage === true);
      if (failures.some(({ final }) => final)) break; // 429 is asked again, and final after that
      worked = undefined; // probe anew
    }
    const refusal = failures.find(({ spoke }) => spoke);
    const status = refusal?.status ?? failures.find((one) => one.status !== undefined)?.status ?? 0;
    const causes = failures.map(({ text }) => text).join("; ");
    throw new ProviderError({
      reason: status === 429 ? "Throttled" : refusal === undefined ? "CredentialsUnavailable" : "CredentialsRefused",
      isFinal: refusal !== undefined,
      message: `get identity: get credentials: failed to refresh cached credentials, failed to load credentials, ${causes}`,
      brief: `Pod Identity agent: ${causes}`,
      fix: agentFix({ text: causes, status }, token),
      isOutage,
      passing: { requestIds: [], exact: failures.flatMap(({ exact }) => exact ?? []) },
    });
  };
}

function order(worked: Family | undefined): readonly Family[] {
  return worked === "ipv6" ? ["ipv6", "ipv4"] : ["ipv4", "ipv6"];
}

/** Whether a TCP connection to the agent comes about within a second. A refusal is an answer for the request itself to report. */
async function canConnect(endpoint: string, signal: AbortSignal): Promise<boolean> {
  const url = new URL(endpoint);
  const limit = linkAbort(signal, connectMs);
  const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80) });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(true));
      limit.signal.addEventListener("abort", () => resolve(false), { once: true });
    });
  } finally {
    limit.release();
    socket.destroy();
    signal.throwIfAborted();
  }
}
