// Service account token + role ARN -> credentials: AssumeRoleWithWebIdentity at the region's own STS (IRSA). Unsigned; nothing is cached here.
import { ProviderError } from "../errors.ts";
import type { Context } from "../context.ts";
import { retry } from "../retry.ts";
import type { Secret } from "../secret.ts";
import type { Sender } from "../aws/sender.ts";
import { awsErrorCode, exchangeReason, passingOf, readAwsError } from "../aws/error.ts";
import type { Call, OnFailedAttempt } from "../aws/attempt.ts";
import type { Credentials } from "../aws/credentials.ts";
import type { Operations } from "../aws/operations.ts";
import { isRefusal, stsFix } from "./exchange-fix.ts";
import { readCredentials } from "./sts-endpoint.ts";
import type { AskSts } from "./sts-endpoint.ts";

/** What is assumed, and under which name. */
export interface WebRole {
  readonly roleArn: string;
  /** 2..64 of letters, digits and _+=,.@- */
  readonly sessionName: string;
}

export type WebIdentityExchange = (
  token: Secret<string>,
  role: WebRole,
  region: string,
  context: Context,
) => Promise<Credentials>;

const invalidTokenAttempts = 3;

/** Makes the exchange. @throws ProviderError CredentialsRefused (final for all regions), AccessDenied, Throttled, CredentialsUnavailable */
export function createWebIdentityExchange(ask: AskSts): WebIdentityExchange {
  /** A token that was just minted may be unknown to IAM's view of the OIDC keys for a moment (stscreds retries this code alone). */
  async function assume(
    sender: Sender,
    input: Operations["AssumeRoleWithWebIdentity"]["input"],
    region: string,
    call: Call,
  ): Promise<Credentials> {
    const operation = "AssumeRoleWithWebIdentity";
    const attempt = () =>
      sender.send(region, operation, input, call).then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error }),
      );
    const { signal } = call.context;
    const asked = await retry(attempt, {
      attemptsMax: invalidTokenAttempts,
      pauseMs: 200,
      signal,
      isWorthRetry: (one) => "error" in one && awsErrorCode(one.error) === "InvalidIdentityToken" && !signal.aborted,
    });
    if ("error" in asked) throw asked.error;
    return readCredentials(asked.answer, operation);
  }

  return async (token, role, region, context) => {
    const { roleArn, sessionName } = role;
    let isAnswered = false;
    const onFailedAttempt: OnFailedAttempt = (_, isOutage) => (isAnswered ||= !isOutage);
    const call = { context, onFailedAttempt };
    const input = { RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: token.reveal() };
    try {
      return await ask(region, (sender) => assume(sender, input, region, call), context);
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      const said = readAwsError(error, "STS", "AssumeRoleWithWebIdentity", [token]);
      const { code, text, brief, isOutage } = said;
      const refused = isRefusal(code);
      const detail = error instanceof ProviderError ? error.message : text;
      throw new ProviderError({
        reason: refused ? "CredentialsRefused" : exchangeReason(said.reason),
        message: `get identity: get credentials: failed to refresh cached credentials, failed to retrieve credentials, ${detail}`,
        brief: error instanceof ProviderError ? error.brief : brief,
        fix: stsFix(said, roleArn, token, region),
        isOutage: isOutage && !isAnswered,
        passing: passingOf(said),
      });
    }
  };
}
