// Which exchange a mount uses, and its credentials: cached per workload identity, renewed before expiry, dropped when AWS refuses them.
// Cache keys name the workload (design: issuer, namespace, service account and its uid, role or pod), never a token. What is cached goes only to a
// token that names the pod of its request and is valid: all others make an exchange of their own, which AWS judges.
import type { Credentials } from "../aws/credentials.ts";
import { ProviderError } from "../errors.ts";
import type { Context } from "../context.ts";
import type { Emit } from "../events.ts";
import type { Pod } from "../request/mount-request.ts";
import { parseAddressType, parseUsePodIdentity } from "../request/parameters.ts";
import type { Parameters } from "../request/parameters.ts";
import type { Kubernetes } from "../kubernetes/kubernetes.ts";
import { createCredentialCache } from "./credential-cache.ts";
import type { Taker } from "./credential-cache.ts";
import type { CredentialSource } from "./credential-source.ts";
import { createRoles } from "./role.ts";
import type { Roles } from "./role.ts";
import type { PodIdentityExchange } from "./pod-identity.ts";
import { sessionNameOf } from "./session-name.ts";
import { irsaAudience, ownClaimsOf, podIdentityAudience, tokenFor } from "../request/tokens.ts";
import type { Tokens } from "../request/tokens.ts";
import type { WebIdentityExchange } from "./web-identity.ts";

export type Identify = (
  pod: Pod,
  parameters: Parameters,
  tokens: Tokens,
  context: Context,
) => Promise<CredentialSource>;

export interface IdentifyOptions {
  readonly kubernetes: Kubernetes;
  readonly webIdentity: WebIdentityExchange;
  readonly podIdentity: PodIdentityExchange;
  /** Longest time credentials are kept, ms; 0 = for one mount only. */
  readonly cacheMaxAgeMs: number;
  /** Epoch ms. */
  readonly now?: () => number;
  /** Gets the events that the caches which outlive a mount were made. */
  readonly emit: Emit;
}

/** What the sources of a process's mounts share. */
interface Shared extends IdentifyOptions {
  readonly now: () => number;
  readonly takerFor: (isNamed: boolean) => Taker;
  readonly roles: Roles;
}

/** Makes the step that settles a mount's identity: token and role, no AWS call yet. @throws ProviderError ParametersInvalid, TokenMissing, KubernetesUnavailable, RoleMissing */
export function createIdentify(options: IdentifyOptions): Identify {
  const { kubernetes, cacheMaxAgeMs, now = Date.now, emit } = options;
  const takerFor = createCredentialCache(cacheMaxAgeMs, { name: "credentials", emit });
  const shared: Shared = { ...options, now, takerFor, roles: createRoles(kubernetes, emit) };
  return async (pod, parameters, tokens, context) =>
    parseUsePodIdentity(parameters.usePodIdentity)
      ? identifyByAgent(shared, { pod, parameters, tokens })
      : identifyByRole(shared, { pod, tokens }, context);
}

interface Identified {
  readonly pod: Pod;
  readonly parameters: Parameters;
  readonly tokens: Tokens;
}

/** IRSA: the role of the service account's annotation. */
async function identifyByRole(
  { roles, takerFor, webIdentity, now }: Shared,
  { pod, tokens }: Omit<Identified, "parameters">,
  context: Context,
): Promise<CredentialSource> {
  const token = tokenFor(tokens, irsaAudience, "IRSA");
  let isRoleFresh = false;
  let arn = await roles.read(pod, context, () => (isRoleFresh = true));
  const { namespace, serviceAccount } = pod;
  context.emit({ kind: "role-found", namespace, serviceAccount, roleArn: arn });
  const claims = ownClaimsOf(token, irsaAudience, pod, now());
  const sessionName = sessionNameOf(pod);
  const { take, isFresh, drop } = takerFor(claims !== undefined);
  const keyOf = (region: string, role: string): string =>
    JSON.stringify([
      "web",
      region,
      role,
      claims?.issuer,
      claims?.namespace,
      claims?.serviceAccount.name,
      claims?.serviceAccount.uid,
    ]);
  let renewing: Promise<boolean> | undefined;
  const readAgain = async (wait: Context): Promise<boolean> => {
    const role = arn;
    roles.forget(pod);
    arn = await roles.read(pod, wait).catch(() => role);
    return arn !== role;
  };
  const exchange = (region: string, role: string, wait: Context): Promise<Credentials> =>
    take(keyOf(region, role), (own) => webIdentity(token, { roleArn: role, sessionName }, region, own), wait);
  return {
    method: "irsa",
    from: "STS",
    get role() {
      return arn;
    },
    get workload() {
      return claims === undefined ? "" : keyOf("", arn);
    },
    get: async (region, wait) => {
      const role = arn;
      try {
        return await exchange(region, role, wait);
      } catch (error) {
        // The annotation is up to ten seconds old: STS may refuse a role that is no longer the one.
        if (
          !(error instanceof ProviderError) ||
          (error.reason !== "AccessDenied" && error.reason !== "CredentialsRefused")
        )
          throw error;
        roles.forget(pod);
        arn = await roles.read(pod, wait);
        if (arn === role) throw error;
        return exchange(region, arn, wait);
      }
    },
    isFresh,
    // Once a mount, for all its objects that are denied at the same time.
    renew: (wait) => (renewing ??= isRoleFresh ? Promise.resolve(false) : readAgain(wait)),
    drop: (region, refused) => {
      drop(keyOf(region, arn), refused);
      roles.forget(pod);
    },
  };
}

/** Pod Identity: the agent of the node knows the role. */
function identifyByAgent(
  { takerFor, podIdentity, now }: Shared,
  { pod, parameters, tokens }: Identified,
): CredentialSource {
  const token = tokenFor(tokens, podIdentityAudience, "Pod Identity");
  const addressType = parseAddressType(parameters.preferredAddressType);
  const claims = ownClaimsOf(token, podIdentityAudience, pod, now());
  // The session carries tags of the pod, so it is the pod's alone: the token's and the one that kubelet names. The agent is the node's, whatever the region.
  const key = JSON.stringify([
    "pod",
    claims?.issuer,
    claims?.namespace,
    claims?.serviceAccount.name,
    claims?.serviceAccount.uid,
    claims?.pod.name,
    claims?.pod.uid,
    pod.uid,
    addressType,
  ]);
  const { take, isFresh, drop } = takerFor(claims !== undefined);
  return {
    method: "pod-identity",
    from: "the EKS Pod Identity agent",
    role: `the role of the Pod Identity association of ${pod.namespace}/${pod.serviceAccount}`,
    workload: claims === undefined ? "" : key,
    get: (_region, wait) => take(key, (own) => podIdentity(token, addressType, own), wait),
    isFresh,
    renew: async () => false,
    drop: (_region, refused) => drop(key, refused),
  };
}
