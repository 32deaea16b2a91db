// The Kubernetes API over HTTPS with a private CA: get on serviceaccounts, pods, nodes and nothing else, as the chart's ClusterRole has it.
// In this order, as the API server does: 401 for the bearer token, 403 for the permission, 404 for the object.
import type { Faults, Refusal } from "./faults.ts";
import { createCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { createClusterAccess } from "./cluster-access.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import type { Recorder } from "./calls.ts";
import { createAuthority, issueFor } from "./pki.ts";
import type { ServerCertificate } from "./pki.ts";
import { startService } from "./service.ts";
import type { Answer, FakeRequest, FakeServer, Protocol } from "./service.ts";

/** A fake API server, what it holds and how to reach it. */
export interface FakeKubernetes extends FakeServer, Cluster, ClusterAccess {}

interface Target {
  readonly resource: string;
  readonly namespace: string;
  /** Empty = the collection. */
  readonly name: string;
  readonly subresource: string;
}

const user = "system:serviceaccount:kube-system:csi-secrets-store-provider-aws";
const allowed = ["serviceaccounts", "pods", "nodes"];

/** Starts a fake API server with an empty cluster. */
export async function startKubernetes(options: {
  readonly recorder: Pick<Recorder, "begin" | "end">;
  readonly faults: Faults;
  readonly hostname?: string;
  readonly port?: number;
  readonly certificate?: ServerCertificate;
}): Promise<FakeKubernetes> {
  const authority = createAuthority("kubernetes");
  const hosts = ["kubernetes.default.svc", "kubernetes", "localhost", "127.0.0.1", "::1"];
  const tls = issueFor(authority, options.certificate, hosts);
  const cluster = createCluster();
  const access = createClusterAccess(authority.ca);
  const server = await startService(kubernetesProtocol(cluster, access), {
    ...options,
    tls,
  });
  access.setServer(server.url);
  return { ...server, ...cluster, ...access };
}

function kubernetesProtocol(cluster: Cluster, access: ClusterAccess): Protocol {
  function respond(request: FakeRequest): Answer {
    const bearer = /^Bearer (.+)$/i.exec(request.headers["authorization"] ?? "")?.[1] ?? "";
    if (!access.accepts(bearer))
      return refuse({
        status: 401,
        code: "Unauthorized",
        message: "Unauthorized",
      });
    const target = parseTarget(request.path);
    if (target === undefined) {
      return refuse({
        status: 403,
        code: "Forbidden",
        message: `forbidden: User "${user}" cannot ${request.method.toLowerCase()} path "${request.path}"`,
      });
    }
    const { resource, namespace, name, subresource } = target;
    const verb = verbOf(request, name);
    const full = subresource === "" ? resource : `${resource}/${subresource}`;
    if (verb !== "get" || !allowed.includes(full)) {
      const scope = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
      const named = name === "" ? full : `${full} "${name}"`;
      return refuse({
        status: 403,
        code: "Forbidden",
        message: `${named} is forbidden: User "${user}" cannot ${verb} resource "${full}" in API group "" ${scope}`,
      });
    }
    const object = cluster.get(resource, namespace, name);
    if (object === undefined)
      return refuse({
        status: 404,
        code: "NotFound",
        message: `${resource} "${name}" not found`,
      });
    return json(200, object);
  }

  return {
    service: "kubernetes",
    identify: ({ path }) => {
      const { resource = "", namespace = "", name = "" } = parseTarget(path) ?? {};
      const id = namespace === "" ? name : `${namespace}/${name}`;
      return {
        operation: resource,
        ids: id === "" ? [] : [id],
        region: "",
        role: "",
      };
    },
    respond,
    refuse,
  };
}

/** Takes /api/v1/[namespaces/NS/]RESOURCE[/NAME[/SUBRESOURCE]] apart. */
function parseTarget(path: string): Target | undefined {
  let parts: string[];
  try {
    parts = path.split("/").map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const [root, api, version, ...rest] = parts;
  if (root !== "" || api !== "api" || version !== "v1" || rest.length === 0) return undefined;
  const namespaced = rest[0] === "namespaces" && rest.length > 2;
  const [resource = "", name = "", subresource = ""] = namespaced ? rest.slice(2) : rest;
  return {
    resource,
    namespace: namespaced ? (rest[1] ?? "") : "",
    name,
    subresource,
  };
}

function verbOf({ method, query }: FakeRequest, name: string): string {
  const verbs: Record<string, string> = {
    POST: "create",
    PUT: "update",
    PATCH: "patch",
    DELETE: "delete",
  };
  if (new URLSearchParams(query).get("watch") === "true") return "watch";
  return verbs[method] ?? (name === "" ? "list" : "get");
}

function refuse({ status, code, message }: Refusal): Answer {
  const quoted = /^(\w+) "([^"]*)"/.exec(message);
  const details = quoted === null ? {} : { details: { name: quoted[2], kind: quoted[1] } };
  return json(status, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: code,
    ...details,
    code: status,
  });
}

function json(status: number, body: object): Answer {
  const headers = {
    "content-type": "application/json",
    "cache-control": "no-cache, private",
    "audit-id": crypto.randomUUID(),
  };
  return { status, headers, body: `${JSON.stringify(body)}\n` };
}
