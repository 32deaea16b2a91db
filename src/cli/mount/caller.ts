// The caller's own AWS credentials: those of --profile and no others, else the SDK's default chain (environment, AWS_PROFILE, SSO, process, web
// identity, container, instance); and a role on top.
// Loaded by `mount` alone. The server never comes here, and its SDK clients are built without a chain (scripts/build-trim.ts).
import { fromIni, fromNodeProviderChain, fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { loadConfig } from "@smithy/core/config";
import type { AwsConfig } from "../../config/shape.ts";
import { ProviderError } from "../../errors.ts";
import type { Credentials } from "../../aws/credentials.ts";
import { createSdkHandler } from "../../aws/sdk-handler.ts";
import type { Identify } from "../../identity/credentials.ts";
import { createOutbound } from "../../outbound.ts";
import { parseUsePodIdentity } from "../../request/parameters.ts";
import { Secret } from "../../secret.ts";

export interface CallerOptions {
  /** The only source then, as for the AWS CLI; empty = the default chain. */
  readonly profile: string;
  /** To be assumed with the caller's credentials; empty = none. */
  readonly roleArn: string;
  /** Proxy and CA bundle for what the chain asks. */
  readonly aws: AwsConfig;
}

const from = "the caller's AWS credentials";
const messageMax = 600;
const attemptMs = 10_000;
/** Credentials and tokens are some KiB. */
const bodyBytesMax = 1 << 20;

/** Makes the step that settles who mounts: whatever the class says, the caller. Nothing is asked for before the first call. @throws ProviderError ParametersInvalid */
export function createCallerIdentity({ profile, roleArn, aws }: CallerOptions): Identify {
  const known = new Map<string, Promise<Credentials>>();
  // Our one way out, so that proxy and CA bundle hold for STS and SSO too.
  const outbound = createOutbound(aws.proxyFor);
  const requestHandler = createSdkHandler((request, signal = new AbortController().signal) =>
    outbound({ ...request, ca: aws.caBundle, timeoutMs: attemptMs, bodyBytesMax, signal }),
  );
  const ofProfile = profile === "" ? "" : ` of profile ${profile}`;
  const howTo =
    profile === ""
      ? "Say --profile, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in (aws sso login)"
      : `No other credentials are tried: correct profile ${profile}, or sign in (aws sso login --profile ${profile})`;

  async function find(region: string): Promise<Credentials> {
    const clientConfig = { region, requestHandler, ...(profile === "" ? {} : { profile }) };
    // The chain would go on to other sources where the profile's own fails, and mount with somebody else's rights.
    const chain = profile === "" ? fromNodeProviderChain({ clientConfig }) : fromIni({ profile, clientConfig });
    const provider =
      roleArn === ""
        ? chain
        : fromTemporaryCredentials({ masterCredentials: chain, params: { RoleArn: roleArn }, clientConfig });
    try {
      const { accessKeyId, secretAccessKey, sessionToken = "", expiration } = await provider();
      const [key, token] = [new Secret(secretAccessKey), new Secret(sessionToken)];
      const expiresAtMs = expiration?.getTime() ?? Infinity;
      return { accessKeyId, secretAccessKey: key, sessionToken: token, expiresAtMs };
    } catch (error) {
      throw new ProviderError({
        reason: "CredentialsUnavailable",
        message: `no AWS credentials${ofProfile}: ${error instanceof Error ? error.message.slice(0, messageMax) : "unknown error"}`,
        fix: `${howTo}; with --role-arn they must be allowed sts:AssumeRole.`,
      });
    }
  }

  return async (_pod, parameters) => {
    // Checked as in a pod; what the class asks for is what a pod would use.
    const method = parseUsePodIdentity(parameters.usePodIdentity) ? "pod-identity" : "irsa";
    return {
      method,
      from,
      role: roleArn === "" ? from : roleArn,
      workload: "",
      get: (region) => {
        const found = known.get(region) ?? find(region);
        known.set(region, found);
        return found;
      },
      isFresh: () => true,
      renew: async () => false,
      drop: () => undefined,
    };
  };
}

/** The region of the caller's profile; empty = none is given. */
export function regionOfProfile(profile: string): Promise<string> {
  const read = loadConfig(
    { environmentVariableSelector: () => undefined, configFileSelector: ({ region }) => region, default: "" },
    profile === "" ? {} : { profile },
  );
  return read().catch(() => "");
}
