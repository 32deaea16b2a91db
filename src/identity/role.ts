// The role of a service account: its annotation, read at most every ten seconds.
import { createCache } from "../cache.ts";
import type { Context } from "../context.ts";
import type { Emit } from "../events.ts";
import { ProviderError } from "../errors.ts";
import type { Pod } from "../request/mount-request.ts";
import type { Kubernetes } from "../kubernetes/kubernetes.ts";

export interface Roles {
  /** The role ARN; `onRead` is called when Kubernetes is asked for it. @throws ProviderError KubernetesUnavailable, RoleMissing */
  readonly read: (pod: Pod, context: Context, onRead?: () => void) => Promise<string>;
  /** The next read asks Kubernetes. */
  readonly forget: (pod: Pod) => void;
}

/** A node runs at most some hundred pods. */
const entriesMax = 1024;
const roleKeepMs = 10_000;
/** AWS STS, RoleArn: "Maximum length of 2048". An annotation may have 256 KiB; a longer one is refused by STS and not kept. */
const keptArnMax = 2_048;

/** Makes the reader of roles. */
export function createRoles(kubernetes: Kubernetes, emit: Emit): Roles {
  const roles = createCache<{ readonly arn: string }>({
    entriesMax,
    keepMs: ({ arn }) => (arn.length > keptArnMax ? 0 : roleKeepMs),
    reported: { name: "roles", emit },
  });

  async function read(pod: Pod, context: Context, onRead?: () => void): Promise<string> {
    const { namespace, serviceAccount } = pod;
    try {
      const load = async (own: Context): Promise<{ arn: string }> => {
        onRead?.();
        return { arn: await kubernetes.roleOfServiceAccount(namespace, serviceAccount, own) };
      };
      const { arn } = await roles.get(roleKey(pod), load, context);
      if (arn !== "") return arn;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const message = `failed to get service account ${namespace}/${serviceAccount}: ${context.signal.aborted ? "no answer yet: " : ""}${error.message}`;
      const { reason, fix, passing } = error;
      throw new ProviderError({ reason, message, fix, passing, cause: error });
    }
    roles.drop(roleKey(pod)); // an annotation that is added now should count at the next try
    throw new ProviderError({
      reason: "RoleMissing",
      message: `An IAM role must be associated with service account ${serviceAccount} (namespace: ${namespace})`,
      fix: 'Annotate it with eks.amazonaws.com/role-arn, or set usePodIdentity: "true" in the SecretProviderClass.',
    });
  }

  return { read, forget: (pod) => roles.drop(roleKey(pod)) };
}

function roleKey({ namespace, serviceAccount }: Pod): string {
  return JSON.stringify([namespace, serviceAccount]);
}
