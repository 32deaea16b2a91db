// Service account token + role ARN -> credentials: AssumeRoleWithWebIdentity at the region's own STS (IRSA). Unsigned; nothing is cached here.
import type { AssumeRoleWithWebIdentityResponse } from "@aws-sdk/client-sts";
import { ProviderError } from "../errors.ts";
import { sleep } from "../abort.ts";
import { Secret } from "../secret.ts";
import { OutboundError } from "../outbound.ts";
import type { Sender } from "../store/aws.ts";
import { awsErrorCode, readAwsError } from "../store/aws-error.ts";
import type { Credentials } from "./credentials.ts";
import { isRefusal, stsFix } from "./exchange-fix.ts";
import { lazy } from "../lazy.ts";

/** The runtime takes some 20 us for each import(), of a module that is loaded too. */
const sdk = lazy(() => import("@aws-sdk/client-sts"));

export type WebIdentityExchange = (
  token: Secret<string>,
  roleArn: string,
  region: string,
  signal: AbortSignal,
) => Promise<Credentials>;

export interface WebIdentityOptions {
  /** STS of a region at its ordinary endpoint. */
  readonly ordinary: Sender;
  /** STS at the FIPS endpoint; undefined = FIPS is off. */
  readonly fips: Sender | undefined;
  /** Whether the ordinary endpoint may serve where the FIPS one can't be reached. */
  readonly fipsRequired: boolean;
  readonly warn: (text: string, signal: AbortSignal) => void;
}

const fipsForgetMs = 10 * 60_000;
const invalidTokenAttempts = 3;

/** Makes the exchange. @throws ProviderError CredentialsRefused (final for all regions), AccessDenied, CredentialsUnavailable */
export function createWebIdentityExchange({
  ordinary,
  fips,
  fipsRequired,
  warn,
}: WebIdentityOptions): WebIdentityExchange {
  const noFipsUntil = new Map<string, number>();

  async function assume(
    sender: Sender,
    token: Secret<string>,
    roleArn: string,
    region: string,
    signal: AbortSignal,
  ): Promise<Credentials> {
    const { AssumeRoleWithWebIdentityCommand } = await sdk();
    // The reference's session name: Unix time in nanoseconds (aws-sdk-go-v2 stscreds/web_identity_provider.go).
    const RoleSessionName = `${Date.now()}${String(Math.floor(Math.random() * 1e6)).padStart(6, "0")}`;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const input = { RoleArn: roleArn, RoleSessionName, WebIdentityToken: token.reveal() };
        const answer = await sender.send<AssumeRoleWithWebIdentityResponse>(
          region,
          new AssumeRoleWithWebIdentityCommand(input),
          { signal },
        );
        return readCredentials(answer);
      } catch (error) {
        // A token that was just minted may be unknown to IAM's view of the OIDC keys for a moment (stscreds retries this code alone).
        const fresh = awsErrorCode(error) === "InvalidIdentityToken" && attempt < invalidTokenAttempts;
        if (!fresh || signal.aborted) throw error;
        await sleep(100 * 2 ** attempt * (0.5 + Math.random() / 2), signal);
      }
    }
  }

  async function assumeSomewhere(
    token: Secret<string>,
    roleArn: string,
    region: string,
    signal: AbortSignal,
  ): Promise<Credentials> {
    if (fips === undefined) return assume(ordinary, token, roleArn, region, signal);
    if (!fipsRequired && (noFipsUntil.get(region) ?? 0) > Date.now())
      return assume(ordinary, token, roleArn, region, signal);
    try {
      return await assume(fips, token, roleArn, region, signal);
    } catch (error) {
      if (!(error instanceof OutboundError) || fipsRequired || signal.aborted) throw error;
      noFipsUntil.set(region, Date.now() + fipsForgetMs);
      warn(
        `the FIPS endpoint of STS in ${region} can't be reached (${error.message}); using the ordinary one (--sts-fips=required forbids this)`,
        signal,
      );
      return assume(ordinary, token, roleArn, region, signal);
    }
  }

  return async (token, roleArn, region, signal) => {
    try {
      return await assumeSomewhere(token, roleArn, region, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const { reason, code, text, brief } = readAwsError(error, "STS", "AssumeRoleWithWebIdentity", [token]);
      const refused = isRefusal(code);
      const detail = error instanceof ProviderError ? error.message : text;
      throw new ProviderError({
        reason: refused ? "CredentialsRefused" : reason === "AccessDenied" ? "AccessDenied" : "CredentialsUnavailable",
        message: `get identity: get credentials: failed to refresh cached credentials, failed to retrieve credentials, ${detail}`,
        brief: error instanceof ProviderError ? error.brief : brief,
        fix: stsFix({ reason, code, text }, roleArn, token),
      });
    }
  };
}

/** An answer without credentials is an error like any other (it ends the reference's process, parity 12.1 row 1). */
function readCredentials({ Credentials: given }: AssumeRoleWithWebIdentityResponse): Credentials {
  if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken) {
    throw new ProviderError({
      reason: "CredentialsUnavailable",
      message: "operation error STS: AssumeRoleWithWebIdentity, the answer holds no credentials",
    });
  }
  const expiresAtMs = given.Expiration instanceof Date ? given.Expiration.getTime() : Date.now();
  return {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: new Secret(given.SecretAccessKey),
    sessionToken: new Secret(given.SessionToken),
    expiresAtMs,
  };
}
