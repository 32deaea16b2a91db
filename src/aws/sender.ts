// A call to AWS: without the SDK as long as it simply succeeds, by way of the SDK for all else. Neither is loaded before it is needed.
import { lazy } from "../lazy.ts";
import { createLean } from "./direct.ts";
import type { AwsSettings, Call } from "./attempt.ts";
import type { OperationName, Operations, ServiceName } from "./operations.ts";
import type { SdkSender } from "./sdk-sender.ts";

export interface Sender {
  /** Makes a call in a region. Rejects with the SDK's error, an OutboundError, or the signal's reason. */
  readonly send: <Name extends OperationName>(
    region: string,
    operation: Name,
    input: Operations[Name]["input"],
    call: Call,
  ) => Promise<Operations[Name]["output"]>;
}

/** Makes the sender of one service. `endpoint` = the override, undefined = AWS's own. */
export function createSender(service: ServiceName, settings: AwsSettings, endpoint: string | undefined): Sender {
  const lean = createLean(service, settings, endpoint);
  let opened: SdkSender | undefined;
  const sdk = lazy(async () => {
    const { createSdkSender } = await import("./sdk-sender.ts");
    return (opened = createSdkSender(service, settings, endpoint));
  });
  return {
    send: async (region, operation, input, call) => {
      call.context.signal.throwIfAborted();
      const asked = { region, operation, input };
      // Client-side rate adaptation counts each attempt: it stays with the SDK.
      const isLean = settings.retryMode === "standard";
      const offsetMs = opened?.clockOffsetMs(region) ?? 0;
      const first = isLean ? await lean(asked, call, offsetMs) : undefined;
      if (first !== undefined && "output" in first) return first.output;
      call.context.signal.throwIfAborted();
      return (await sdk()).send(asked, call, first);
    },
  };
}
