// The regions of a mount: the class's parameters, else AWS_REGION, else the label of the pod's node.
import { ProviderError } from "../errors.ts";
import type { Pod } from "../request/mount-request.ts";
import type { Parameters } from "../request/parameters.ts";
import { checkRegion, checkRegions } from "../request/regions.ts";
import { createCache } from "../cache.ts";
import type { Context } from "../context.ts";
import type { Emit } from "../events.ts";
import type { Kubernetes } from "../kubernetes/kubernetes.ts";

export interface Regions {
  readonly primary: string;
  /** Empty = none. */
  readonly failover: string;
}

export type Locate = (pod: Pod, parameters: Parameters, context: Context) => Promise<Regions>;

interface NodeRegion {
  readonly region: string;
  /** It is the region of the node that the mount came from: the pod that was read has the uid of the request, or two others were on that node. */
  readonly isThisNodes: boolean;
}

const thisNode = "this node";

/**
 * Makes the step that finds the regions. The node is looked up once: all mounts of a DaemonSet pod come from its own node, so that region stays for
 * the life of the process. A pod that was read by its name and has another uid was made again, perhaps on another node: its region is used
 * for this one mount, as the Go provider uses it for each, and is kept only once another pod has named the same node.
 * @throws ProviderError RegionUnknown, ParametersInvalid
 */
export function createLocate(awsRegion: string | undefined, kubernetes: Kubernetes, emit: Emit): Locate {
  const keepMs = ({ isThisNodes }: NodeRegion): number => (isThisNodes ? Infinity : 0);
  /** The last pod that had another uid than its request. */
  let stranger: { readonly uid: string; readonly node: string } | undefined;
  const found = createCache<NodeRegion>({ entriesMax: 1, keepMs, reported: { name: "node_region", emit } });

  async function lookUp(pod: Pod, context: Context): Promise<NodeRegion> {
    try {
      const { node, uid } = await kubernetes.pod(pod.namespace, pod.name, context);
      if (node === "") throw new ProviderError({ reason: "RegionUnknown", message: "resource name may not be empty" });
      const region = await kubernetes.regionOfNode(node, context);
      if (region === "") throw new ProviderError({ reason: "RegionUnknown", message: "Region not found" });
      checkRegion(region, "region"); // what is kept for ever must be a region
      const isAgreed = stranger !== undefined && stranger.node === node && stranger.uid !== uid;
      const isOwnPod = uid === "" || uid === pod.uid;
      if (!isOwnPod) stranger = { uid, node };
      return { region, isThisNodes: isOwnPod || isAgreed };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      throw new ProviderError({
        reason: "RegionUnknown",
        message: `failed to retrieve region from node. error ${error.message}`,
        fix: "Set region in the SecretProviderClass or awsRegion in the chart (--set awsRegion=us-west-2), or let the provider get pods and nodes.",
        cause: error,
        passing: error.passing,
      });
    }
  }

  async function regionOfThisNode(pod: Pod, context: Context): Promise<string> {
    let isOwn = false;
    const load = (own: Context): Promise<NodeRegion> => {
      isOwn = true;
      return lookUp(pod, own);
    };
    try {
      const { region, isThisNodes } = await found.get(thisNode, load, context);
      if (isOwn || isThisNodes) return region;
    } catch (error) {
      if (context.signal.aborted && error instanceof ProviderError) {
        const message = `failed to retrieve region from node. error no answer yet: ${error.message}`;
        const { reason, fix, passing } = error;
        throw new ProviderError({ reason, message, fix, passing, cause: error });
      }
      if (isOwn) throw error;
    }
    // A look-up about another pod that failed (pod gone, not scheduled), or found another pod by its name, says nothing about this one.
    return (await lookUp(pod, context)).region;
  }

  return async (pod, parameters, context) => {
    const primary = parameters.region || awsRegion || (await regionOfThisNode(pod, context));
    const failover = parameters.failoverRegion;
    checkRegions(primary, failover);
    return { primary, failover };
  };
}
