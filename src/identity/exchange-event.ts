// The event of an exchange of tokens: one for each, with all its retries. Wraps the exchanges in wire.ts.
import type { Context } from "../context.ts";
import { ProviderError } from "../errors.ts";
import type { AttemptOutcome } from "../events.ts";
import type { CredentialSource } from "./credential-source.ts";

/** The same exchange, its end reported to the context, which is its last argument. */
export function reportExchanges<Args extends readonly [...unknown[], Context], Result>(
  method: CredentialSource["method"],
  exchange: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    const { signal, emit } = args.at(-1) as Context;
    let outcome: AttemptOutcome = "unavailable";
    try {
      const result = await exchange(...args);
      outcome = "ok";
      return result;
    } catch (error) {
      if (signal.aborted) outcome = "cancelled";
      else if (error instanceof ProviderError && error.reason === "Throttled") outcome = "throttled";
      else if (error instanceof ProviderError && error.reason !== "CredentialsUnavailable") outcome = "refused";
      throw error;
    } finally {
      emit({ kind: "exchange", method, outcome });
    }
  };
}
