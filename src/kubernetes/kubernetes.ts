// Three reads from the Kubernetes API: a pod's node, a node's region, a service account's role. No watch, no list, no write.
import type { V1Node, V1Pod, V1ServiceAccount } from "@kubernetes/client-node";
import { ProviderError } from "../errors.ts";
import type { Context } from "../context.ts";
import type { KubernetesCall } from "../events.ts";
import { OutboundError } from "../outbound.ts";
import type { Outbound, OutboundResponse } from "../outbound.ts";
import { retry } from "../retry.ts";
import { startOf } from "../text/cut.ts";
import { stableText } from "../text/stable.ts";
import { openApiServer } from "./api-server.ts";
import type { TokenBucket } from "./token-bucket.ts";

export interface Kubernetes {
  /** A pod's node and uid. @throws ProviderError KubernetesUnavailable */
  readonly pod: (namespace: string, name: string, context: Context) => Promise<PodRead>;
  /** Label `topology.kubernetes.io/region` of a node, empty if absent. @throws ProviderError KubernetesUnavailable */
  readonly regionOfNode: (name: string, context: Context) => Promise<string>;
  /** Annotation `eks.amazonaws.com/role-arn` of a service account, empty if absent; not trimmed. @throws ProviderError KubernetesUnavailable */
  readonly roleOfServiceAccount: (namespace: string, name: string, context: Context) => Promise<string>;
}

/** What is read of a pod. */
export interface PodRead {
  /** `spec.nodeName`; empty if it is not scheduled. */
  readonly node: string;
  /** `metadata.uid`; empty if the answer has none, which an API server's always has. */
  readonly uid: string;
}

export interface KubernetesOptions {
  readonly kubeconfig: string | undefined;
  /** Whether the environment says where the cluster is; needed without a kubeconfig. */
  readonly inCluster: boolean;
  readonly outbound: Outbound;
  readonly bucket: TokenBucket;
}

interface Ended {
  /** undefined = no answer came. */
  readonly response: OutboundResponse | undefined;
  /** What to say of the answer should it be no success. */
  readonly failure: string;
}

const attemptsMax = 3;
/** Answers after which another attempt may end better; 401: the token file may be newer than what was read up to a minute ago. */
const retriedStatuses: readonly number[] = [401, 429, 500, 502, 503, 504];
const failureMax = 512;

/** Reads the cluster's address; makes no call. @throws Error with the reason when there is none */
export function createKubernetes({ kubeconfig, inCluster, outbound, bucket }: KubernetesOptions): Kubernetes {
  const server = openApiServer(kubeconfig, inCluster, outbound);

  async function attempt(resource: KubernetesCall["resource"], path: string, context: Context): Promise<Ended> {
    const { signal, emit } = context;
    await bucket.take(context);
    const startedMs = performance.now();
    const report = (outcome: KubernetesCall["outcome"]): void =>
      emit({ kind: "kubernetes-call", resource, outcome, durationMs: performance.now() - startedMs });
    try {
      const { response, sent } = await server.get(path, signal);
      const failure = response.status === 200 ? "" : statusText(response, sent);
      report(outcomeOf(response.status));
      if (response.status === 401) server.renew();
      return { response, failure };
    } catch (error) {
      report(signal.aborted ? "cancelled" : outcomeOf(undefined));
      if (signal.aborted) throw signal.reason;
      const unread = "the cluster's CA or the service account token could not be read";
      return { response: undefined, failure: error instanceof OutboundError ? error.message : unread };
    }
  }

  async function get<T>(resource: KubernetesCall["resource"], path: string, context: Context): Promise<T> {
    const { response, failure } = await retry(() => attempt(resource, path, context), {
      attemptsMax,
      pauseMs: 200,
      signal: context.signal,
      isWorthRetry: (ended) => ended.response === undefined || retriedStatuses.includes(ended.response.status),
    });
    if (response?.status === 200) return parseObject(response) as T;
    throw unavailable(startOf(failure, failureMax), fixFor(resource, response?.status));
  }

  return {
    pod: async (namespace, name, context) => {
      const pod = await get<V1Pod>("pods", `/api/v1/namespaces/${segment(namespace)}/pods/${segment(name)}`, context);
      return { node: text(pod.spec?.nodeName), uid: text(pod.metadata?.uid) };
    },
    regionOfNode: async (name, context) => {
      const node = await get<V1Node>("nodes", `/api/v1/nodes/${segment(name)}`, context);
      return text(node.metadata?.labels?.["topology.kubernetes.io/region"]);
    },
    roleOfServiceAccount: async (namespace, name, context) => {
      const path = `/api/v1/namespaces/${segment(namespace)}/serviceaccounts/${segment(name)}`;
      const account = await get<V1ServiceAccount>("serviceaccounts", path, context);
      return text(account.metadata?.annotations?.["eks.amazonaws.com/role-arn"]);
    },
  };
}

function unavailable(message: string, fix: string): ProviderError {
  return new ProviderError({ reason: "KubernetesUnavailable", message, fix });
}

/** What to do by the status; undefined = no answer. */
function fixFor(resource: KubernetesCall["resource"], status: number | undefined): string {
  if (status === undefined) return "Check that the node reaches the Kubernetes API.";
  if (status === 401)
    return "The Kubernetes API does not take the provider's own token: restart its pod, check its service account.";
  if (status === 403) return `Allow the provider to get ${resource}, as the chart's ClusterRole does (rbac.install).`;
  if (status === 404)
    return resource === "serviceaccounts"
      ? "Create the service account, or correct serviceAccountName of the pod."
      : "It was deleted meanwhile; kubelet tries again.";
  if (status === 429 || status >= 500)
    return "The Kubernetes API is overloaded or in trouble; kubelet tries again by itself.";
  return "What answers is not the Kubernetes API: check the address and the proxy settings (NO_PROXY).";
}

function outcomeOf(status: number | undefined): KubernetesCall["outcome"] {
  if (status === 200) return "ok";
  if (status === 429) return "throttled";
  return status === undefined || status >= 500 ? "unavailable" : "refused";
}

/** One path segment. client-go's rules (apimachinery path.IsValidPathSegmentName), since URL parsers resolve `..` even when it is encoded. */
function segment(name: string): string {
  if (name === "")
    throw new ProviderError({ reason: "KubernetesUnavailable", message: "resource name may not be empty" });
  if (name === "." || name === ".." || /[/%]/.test(name)) {
    throw new ProviderError({
      reason: "KubernetesUnavailable",
      message: `invalid resource name ${JSON.stringify(name)}: may not be '.', '..' or contain '/' or '%'`,
    });
  }
  return encodeURIComponent(name.toWellFormed());
}

function parseObject(response: OutboundResponse): object {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(response.body));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below: a parser's text may quote the answer.
  }
  throw unavailable(
    "the Kubernetes API's answer is not a JSON object",
    "What answers is not the Kubernetes API: check the address and the proxy settings (NO_PROXY).",
  );
}

/** The message of a Status answer (`serviceaccounts "x" not found`), or the HTTP status; `sent` = the credential that it must not quote. */
function statusText(response: OutboundResponse, sent: string): string {
  let message = "";
  try {
    const status: unknown = JSON.parse(new TextDecoder().decode(response.body));
    if (typeof status === "object" && status !== null && "message" in status) message = text(status.message);
  } catch {
    // Not a Status object.
  }
  if (message === "") return `Kubernetes API answered HTTP ${response.status}`;
  return stableText(sent === "" ? message : message.replaceAll(sent, "[redacted]"));
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
