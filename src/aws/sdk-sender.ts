// Calls by way of the SDK, for what direct.ts does not do: failures and their retries, FIPS, dual stack, unusual partitions, adaptive retries.
// Each call has a client of its own (about 0.5 ms of CPU), since a client holds one identity: nothing of a call can reach another. The SDK's quota of
// retries is then the call's as well: a shared one would let the failing calls of one pod use up the retries of the others.
import { AdaptiveRetryStrategy } from "@smithy/core/retry";
import { LRUCache } from "lru-cache";
import { abortable } from "../abort.ts";
import { sendRequest } from "./attempt.ts";
import type { Asked, AwsSettings, Call } from "./attempt.ts";
import type { FirstAttempt } from "./direct.ts";
import type { ServiceName } from "./operations.ts";
import { createSdkHandler } from "./sdk-handler.ts";
import { openSdk } from "./sdk.ts";

/** Calls by way of the SDK. */
export interface SdkSender {
  /**
   * Makes a call; `first` = the result of an attempt that was made already. Rejects with the SDK's error, an OutboundError, or the signal's reason.
   * @throws Error for a signed operation without credentials
   */
  readonly send: (asked: Asked, call: Call, first: FirstAttempt | undefined) => Promise<object>;
  /** How far AWS's clock is ahead of ours, as the SDK has learned it, ms. */
  readonly clockOffsetMs: (region: string) => number;
}

/** What outlives a call. */
interface RegionState {
  clockOffsetMs: number;
  /** Adapts the rate of all calls to a region; undefined = standard retries, which remember nothing. */
  readonly retryStrategy: AdaptiveRetryStrategy | undefined;
}

// A region is the author's text: the least recently used one of more than this many is forgotten.
const regionsMax = 16;

/** Makes the SDK's way to one service. Its clients get every setting: they look nothing up in environment or files and have no credential source. */
export function createSdkSender(service: ServiceName, settings: AwsSettings, endpoint: string | undefined): SdkSender {
  const regions = new LRUCache<string, RegionState>({ max: regionsMax });

  function stateOf(region: string): RegionState {
    const known = regions.get(region);
    if (known !== undefined) return known;
    const { maxAttempts, retryMode } = settings;
    const retryStrategy =
      retryMode === "adaptive" ? new AdaptiveRetryStrategy(maxAttempts, { maxAttempts }) : undefined;
    const state = { clockOffsetMs: 0, retryStrategy };
    regions.set(region, state);
    return state;
  }

  /** Sends the attempts of one call. The first may have been made already. */
  function handlerOf({ region, operation }: Asked, call: Call, first: FirstAttempt | undefined) {
    let attempts = 0;
    return createSdkHandler(async ({ url, headers, body = "" }) => {
      attempts += 1;
      if (attempts === 1 && first !== undefined) {
        if ("error" in first) throw first.error;
        if ("response" in first) return first.response;
      }
      if (call.context.signal.aborted) throw new Error("the call is over"); // the retry was still asleep
      const isRetry = attempts > 1;
      return sendRequest(settings, { service, region, operation, url, headers, body, isRetry }, call);
    });
  }

  async function open(asked: Asked, call: Call, handler: object, { clockOffsetMs, retryStrategy }: RegionState) {
    const { region } = asked;
    const sdk = await openSdk(service, {
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      useFipsEndpoint: settings.useFipsEndpoint,
      useDualstackEndpoint: settings.useDualstackEndpoint,
      maxAttempts: settings.maxAttempts,
      retryMode: settings.retryMode,
      ...(retryStrategy === undefined ? {} : { retryStrategy }),
      defaultsMode: "standard",
      authSchemePreference: [],
      userAgentAppId: "",
      systemClockOffset: clockOffsetMs,
      credentials: async () => revealed(call),
      requestHandler: handler,
      defaultUserAgentProvider: async () => [],
    });
    for (const tag of ["USER_AGENT", "RECURSION_DETECTION", "LOGGER"]) sdk.client.middlewareStack.removeByTag(tag);
    return sdk;
  }

  return {
    clockOffsetMs: (region) => regions.peek(region)?.clockOffsetMs ?? 0,
    send: async (asked, call, first) => {
      const state = stateOf(asked.region);
      const atStartMs = state.clockOffsetMs;
      const opening = open(asked, call, handlerOf(asked, call, first), state);
      const { client, commands } = await abortable(opening, call.context.signal);
      const Command = commands[asked.operation];
      if (Command === undefined) throw new Error(`${service} has no ${asked.operation}`);
      try {
        return (await abortable(
          client.send(new Command(asked.input as never) as never),
          call.context.signal,
        )) as object;
      } finally {
        const { systemClockOffset: learnedMs = atStartMs } = client.config;
        if (learnedMs !== atStartMs) state.clockOffsetMs = learnedMs; // else another call's correction stays
      }
    },
  };
}

/** The credentials as the SDK's signer takes them. Asked for by signed operations only. */
function revealed({ credentials }: Call) {
  if (credentials === undefined) throw new Error("a signed operation was called without credentials");
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return { accessKeyId, secretAccessKey: secretAccessKey.reveal(), sessionToken: sessionToken.reveal() };
}
