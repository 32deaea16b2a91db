// Three reads from the Kubernetes API: a pod's node, a node's region, a service account's role. No watch, no list, no write.
// client-node's own transport hands the cluster CA to an undici dispatcher, which Bun's fetch ignores (oven-sh/bun#38840, #35145, #36102):
// so KubeConfig supplies server, CA and bearer token, and our own fetch carries them. Delete this wiring when those issues are closed.
import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import type { V1Node, V1Pod, V1ServiceAccount } from "@kubernetes/client-node";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { ProviderError } from "../errors.ts";
import { deadlineOf, sleep } from "../abort.ts";
import { OutboundError } from "../outbound.ts";
import type { Outbound, OutboundResponse } from "../outbound.ts";
import { stableText } from "../text/stable.ts";
import type { TokenBucket } from "./token-bucket.ts";
import { openTokenFile } from "./token-file.ts";
import type { ReadToken } from "./token-file.ts";

export interface Kubernetes {
  /** A pod's node and uid. @throws ProviderError KubernetesUnavailable */
  readonly pod: (namespace: string, name: string, signal: AbortSignal) => Promise<PodRead>;
  /** Label `topology.kubernetes.io/region` of a node, empty if absent. @throws ProviderError KubernetesUnavailable */
  readonly regionOfNode: (name: string, signal: AbortSignal) => Promise<string>;
  /** Annotation `eks.amazonaws.com/role-arn` of a service account, empty if absent; not trimmed. @throws ProviderError KubernetesUnavailable */
  readonly roleOfServiceAccount: (namespace: string, name: string, signal: AbortSignal) => Promise<string>;
}

/** What is read of a pod. */
export interface PodRead {
  /** `spec.nodeName`; empty if it is not scheduled. */
  readonly node: string;
  /** `metadata.uid`; empty if the answer has none, which an API server's always has. */
  readonly uid: string;
}

/** One call on the wire, for logs and metrics. */
export interface KubernetesCall {
  readonly resource: "pods" | "nodes" | "serviceaccounts";
  readonly outcome: "ok" | "throttled" | "refused" | "unavailable" | "cancelled";
  readonly durationMs: number;
}

export interface KubernetesOptions {
  readonly kubeconfig: string | undefined;
  /** Whether the environment says where the cluster is; needed without a kubeconfig. */
  readonly inCluster: boolean;
  readonly outbound: Outbound;
  readonly bucket: TokenBucket;
  /** Called once for each call on the wire, when it is over. */
  readonly observe?: (call: KubernetesCall, signal: AbortSignal) => void;
}

interface Sent {
  readonly response: OutboundResponse;
  /** What to say of the answer should it be no success. */
  readonly failure: string;
}

const outOfCluster =
  "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined";
// Where client-node looks too (config.js, SERVICEACCOUNT_TOKEN_PATH).
const tokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const attemptMs = 10_000;
const attemptsMax = 3;
// A Node object with many images is tens of KiB; etcd refuses objects over 1.5 MiB by default, in a form that is shorter than JSON.
const bodyBytesMax = 2 << 20;

/** Reads the cluster's address; makes no call. @throws Error with the reason when there is none */
export function createKubernetes({ kubeconfig, inCluster, outbound, bucket, observe }: KubernetesOptions): Kubernetes {
  const load = () => loadConfig(kubeconfig, inCluster);
  let { config, readToken } = load();

  function renew(): void {
    try {
      ({ config, readToken } = load());
    } catch {
      // A file is gone or half-written: what was read before stays, and is refused as before.
    }
  }

  async function send(path: string, signal: AbortSignal): Promise<Sent> {
    const options: RequestOptions & { headers: Record<string, string> } = { headers: { accept: "application/json" } };
    await config.applyToHTTPSOptions(options);
    if (readToken !== undefined) options.headers["Authorization"] = `Bearer ${readToken()}`;
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error("kubeconfig has no current cluster");
    const pem = (value: unknown): string | undefined =>
      Buffer.isBuffer(value) ? value.toString() : typeof value === "string" ? value : undefined;
    const [cert, key] = [pem(options.cert), pem(options.key)];
    const response = await outbound({
      url: new URL(cluster.server.replace(/\/+$/, "") + path),
      method: "GET",
      headers: options.headers,
      ca: pem(options.ca),
      clientCertificate: cert === undefined || key === undefined ? undefined : { cert, key },
      timeoutMs: attemptMs,
      bodyBytesMax,
      signal,
    });
    const sent = options.headers["Authorization"]?.replace(/^\w+ /, "") ?? "";
    return {
      response,
      failure: statusText(response, sent),
    };
  }

  async function get<T>(resource: KubernetesCall["resource"], path: string, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      await bucket.take(signal, deadlineOf(signal));
      const startedMs = performance.now();
      let response: OutboundResponse | undefined;
      let failure: string;
      const tell = (outcome: KubernetesCall["outcome"]): void =>
        observe?.({ resource, outcome, durationMs: performance.now() - startedMs }, signal);
      try {
        ({ response, failure } = await send(path, signal));
      } catch (error) {
        if (signal.aborted) {
          tell("cancelled");
          throw signal.reason;
        }
        failure =
          error instanceof OutboundError
            ? error.message
            : "the cluster's CA or the service account token could not be read";
      }
      tell(outcomeOf(response?.status));
      if (response?.status === 200) return parseObject(response) as T;
      if (response?.status === 401) renew(); // the token file may be newer than what was read up to a minute ago
      const again = response === undefined || [401, 429, 500, 502, 503, 504].includes(response.status);
      if (!again || attempt === attemptsMax)
        throw unavailable(failure.slice(0, 512), fixFor(resource, response?.status));
      await sleep(100 * 2 ** attempt * (0.5 + Math.random() / 2), signal);
    }
  }

  return {
    pod: async (namespace, name, signal) => {
      const pod = await get<V1Pod>("pods", `/api/v1/namespaces/${segment(namespace)}/pods/${segment(name)}`, signal);
      return { node: text(pod.spec?.nodeName), uid: text(pod.metadata?.uid) };
    },
    regionOfNode: async (name, signal) => {
      const node = await get<V1Node>("nodes", `/api/v1/nodes/${segment(name)}`, signal);
      return text(node.metadata?.labels?.["topology.kubernetes.io/region"]);
    },
    roleOfServiceAccount: async (namespace, name, signal) => {
      const path = `/api/v1/namespaces/${segment(namespace)}/serviceaccounts/${segment(name)}`;
      const account = await get<V1ServiceAccount>("serviceaccounts", path, signal);
      return text(account.metadata?.annotations?.["eks.amazonaws.com/role-arn"]);
    },
  };
}

interface Access {
  readonly config: KubeConfig;
  /** undefined = the configuration has the token, or another way to be somebody. */
  readonly readToken: ReadToken | undefined;
}

function loadConfig(kubeconfig: string | undefined, inCluster: boolean): Access {
  const config = new KubeConfig();
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
  else {
    // client-node would go on with the host "undefined"; the words are client-go's.
    if (!inCluster) throw new Error(outOfCluster);
    config.loadFromCluster();
    readFileSync(tokenFile); // as client-go: no token, no start
  }
  if (config.getCurrentCluster() === null) throw new Error("no current context in the kubeconfig");
  const readToken = kubeconfig === undefined ? undefined : openTokenFile(kubeconfig, config.getCurrentUser());
  return { config, readToken };
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
