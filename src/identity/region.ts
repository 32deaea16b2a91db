// The regions of a mount: the class's parameters, else AWS_REGION, else the label of the pod's node.
import { ProviderError } from "../errors.ts";
import type { Pod } from "../request/mount-request.ts";
import type { Parameters } from "../request/parameters.ts";
import { checkRegion, checkRegions } from "../request/regions.ts";
import { createCache } from "../cache.ts";
import type { CacheWatch } from "../cache.ts";
import type { Kubernetes } from "./kubernetes.ts";

export interface Regions {
  readonly primary: string;
  /** Empty = none. */
  readonly failover: string;
}

export type Locate = (pod: Pod, parameters: Parameters, signal: AbortSignal) => Promise<Regions>;

const thisNode = "this node";

/**
 * Makes the step that finds the regions. The node is looked up once: all mounts of a DaemonSet pod come from its own node, so that
 * region stays for the life of the process. @throws ProviderError RegionUnknown, ParametersInvalid
 */
export function createLocate(awsRegion: string | undefined, kubernetes: Kubernetes, watch?: CacheWatch): Locate {
  const found = createCache<{ readonly region: string }>({ entriesMax: 1, keepMs: () => Infinity, watch });

  async function lookUp(pod: Pod, signal: AbortSignal): Promise<string> {
    try {
      const node = await kubernetes.nodeOfPod(pod.namespace, pod.name, signal);
      if (node === "") throw new ProviderError({ reason: "RegionUnknown", message: "resource name may not be empty" });
      const region = await kubernetes.regionOfNode(node, signal);
      if (region === "") throw new ProviderError({ reason: "RegionUnknown", message: "Region not found" });
      checkRegion(region, "region"); // what is kept for ever must be a region
      return region;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      throw new ProviderError({
        reason: "RegionUnknown",
        message: `failed to retrieve region from node. error ${error.message}`,
        fix: "Set region in the SecretProviderClass or awsRegion in the chart (--set awsRegion=us-west-2), or let the provider get pods and nodes.",
        cause: error,
      });
    }
  }

  async function regionOfThisNode(pod: Pod, signal: AbortSignal): Promise<string> {
    let isOwn = false;
    const load = async (own: AbortSignal): Promise<{ region: string }> => {
      isOwn = true;
      return { region: await lookUp(pod, own) };
    };
    try {
      return (await found.get(thisNode, load, signal)).region;
    } catch (error) {
      if (signal.aborted && error instanceof ProviderError) {
        const message = `failed to retrieve region from node. error no answer yet: ${error.message}`;
        throw new ProviderError({ reason: error.reason, message, fix: error.fix, cause: error });
      }
      // A look-up about another pod that failed (pod gone, not scheduled) says nothing about this one.
      if (isOwn) throw error;
      return lookUp(pod, signal);
    }
  }

  return async (pod, parameters, signal) => {
    const primary = parameters.region || awsRegion || (await regionOfThisNode(pod, signal));
    const failover = parameters.failoverRegion;
    checkRegions(primary, failover);
    return { primary, failover };
  };
}
