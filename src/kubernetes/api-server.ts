// The API server: its address, CA and token from KubeConfig, and one GET with them.
// client-node's own transport hands the cluster CA to an undici dispatcher, which Bun's fetch ignores (oven-sh/bun#38840, #35145, #36102):
// so KubeConfig supplies server, CA and bearer token, and our own fetch carries them. Delete this wiring when those issues are closed.
import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { Outbound, OutboundResponse } from "../outbound.ts";
import { openTokenFile } from "./token-file.ts";
import type { ReadToken } from "./token-file.ts";

export interface ApiServer {
  /** Sends a GET. Rejects with an OutboundError, the signal's reason, or the error of a file that can't be read. */
  readonly get: (path: string, signal: AbortSignal) => Promise<Answer>;
  /** Reads address, CA and token anew; what can't be read stays as it was. */
  readonly renew: () => void;
}

export interface Answer {
  readonly response: OutboundResponse;
  /** The credential that the request carried, which no text may quote; empty = none. */
  readonly sent: string;
}

const outOfCluster =
  "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined";
// Where client-node looks too (config.js, SERVICEACCOUNT_TOKEN_PATH).
const tokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const attemptMs = 10_000;
// A Node object with many images is tens of KiB; etcd refuses objects over 1.5 MiB by default, in a form that is shorter than JSON.
const bodyBytesMax = 2 << 20;

/** Reads the cluster's address; makes no call. @throws Error with the reason when there is none */
export function openApiServer(kubeconfig: string | undefined, inCluster: boolean, outbound: Outbound): ApiServer {
  let { config, readToken } = loadConfig(kubeconfig, inCluster);
  return {
    renew: () => {
      try {
        ({ config, readToken } = loadConfig(kubeconfig, inCluster));
      } catch {
        // A file is gone or half-written: what was read before stays, and is refused as before.
      }
    },
    get: async (path, signal) => {
      const options: RequestOptions & { headers: Record<string, string> } = { headers: { accept: "application/json" } };
      await config.applyToHTTPSOptions(options);
      if (readToken !== undefined) options.headers["Authorization"] = `Bearer ${readToken()}`;
      const cluster = config.getCurrentCluster();
      if (cluster === null) throw new Error("kubeconfig has no current cluster");
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
      return { response, sent: options.headers["Authorization"]?.replace(/^\w+ /, "") ?? "" };
    },
  };
}

function pem(value: unknown): string | undefined {
  return Buffer.isBuffer(value) ? value.toString() : typeof value === "string" ? value : undefined;
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
