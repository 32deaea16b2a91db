// The objects of a fake cluster that the provider may read: service accounts, pods, nodes.
// Each is as full as a real one where a careless reader could trip: managed fields, images, null-ish times.
import { uidOf } from "./tokens.ts";

/** The region label of a node. */
export const regionLabel = "topology.kubernetes.io/region";
/** The annotation that names a service account's role. */
export const roleAnnotation = "eks.amazonaws.com/role-arn";

/** What a cluster holds. */
export interface Cluster {
  /** Creates or replaces. */
  readonly putServiceAccount: (namespace: string, name: string, annotations?: Readonly<Record<string, string>>) => void;
  readonly putPod: (
    namespace: string,
    name: string,
    pod: { readonly serviceAccount: string; readonly node?: string },
  ) => void;
  readonly putNode: (name: string, labels?: Readonly<Record<string, string>>) => void;
  /** Removes an object of `serviceaccounts`, `pods` or `nodes` (namespace empty for nodes). */
  readonly remove: (resource: string, namespace: string, name: string) => void;
  readonly get: (resource: string, namespace: string, name: string) => object | undefined;
}

/** Makes an empty cluster. */
export function createCluster(): Cluster {
  const objects = new Map<string, object>();
  let resourceVersion = 1000;
  const key = (resource: string, namespace: string, name: string): string =>
    JSON.stringify([resource, namespace, name]);

  function metadata(kind: string, namespace: string, name: string, more: object): object {
    resourceVersion += 1;
    return {
      name,
      ...(namespace === "" ? {} : { namespace }),
      uid: uidOf(kind, namespace, name),
      resourceVersion: String(resourceVersion),
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...more,
      managedFields: [
        {
          manager: "kubectl",
          operation: "Update",
          apiVersion: "v1",
          fieldsType: "FieldsV1",
          fieldsV1: { "f:metadata": {} },
        },
      ],
    };
  }

  return {
    putServiceAccount: (namespace, name, annotations) => {
      const more = annotations === undefined ? {} : { annotations };
      objects.set(key("serviceaccounts", namespace, name), {
        kind: "ServiceAccount",
        apiVersion: "v1",
        metadata: metadata("serviceaccount", namespace, name, more),
      });
    },
    putPod: (namespace, name, { serviceAccount, node }) => {
      objects.set(key("pods", namespace, name), {
        kind: "Pod",
        apiVersion: "v1",
        metadata: metadata("pod", namespace, name, { labels: { app: name } }),
        spec: {
          volumes: [],
          containers: [
            {
              name: "main",
              image: "registry.k8s.io/pause:3.10",
              resources: {},
            },
          ],
          serviceAccountName: serviceAccount,
          ...(node === undefined ? {} : { nodeName: node }),
        },
        status: {
          phase: "Pending",
          conditions: [{ type: "Initialized", status: "True", lastProbeTime: null }],
        },
      });
    },
    putNode: (name, labels = {}) => {
      objects.set(key("nodes", "", name), {
        kind: "Node",
        apiVersion: "v1",
        metadata: metadata("node", "", name, {
          labels: { "kubernetes.io/hostname": name, ...labels },
        }),
        spec: { providerID: "aws:///eu-west-1a/i-0123456789abcdef0" },
        status: {
          images: [{ names: ["registry.k8s.io/pause:3.10"], sizeBytes: 320_368 }],
        },
      });
    },
    remove: (resource, namespace, name) => void objects.delete(key(resource, namespace, name)),
    get: (resource, namespace, name) => objects.get(key(resource, namespace, name)),
  };
}
