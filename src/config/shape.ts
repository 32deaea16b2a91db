// The shape of the configuration: what flags and environment come to, read once at start.
import type { HttpAddress } from "./http-addr.ts";

export interface Config {
  /** Product version (package.json). */
  readonly version: string;
  readonly providerVolume: string;
  readonly driverWritesSecrets: boolean;
  /** Kubernetes API calls per second; negative = unlimited, never 0. */
  readonly qps: number;
  readonly burst: number;
  /** User-Agent application id: `secrets-store-csi-driver-provider-aws-<version>`, characters outside the allowed set replaced. */
  readonly appId: string;
  /** One HTTP attempt against the Pod Identity agent, ms; undefined = default. */
  readonly podIdentityHttpTimeoutMs: number | undefined;
  /** Base URLs of the agent by family; loopback or link-local addresses only. */
  readonly podIdentityEndpoints: { readonly ipv4: string; readonly ipv6: string };
  /** Path of a kubeconfig; undefined = in-cluster. */
  readonly kubeconfig: string | undefined;
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are both there. */
  readonly inCluster: boolean;
  /** BatchGetSecretValue for classes that do not say. */
  readonly batchSecrets: boolean;
  /** When the driver writes: renew the mount directory's time when nothing has changed. */
  readonly restoreRotationInterval: boolean;
  /** Longest time credentials are kept, ms; 0 = not at all. */
  readonly credentialCacheMaxAgeMs: number;
  /** How long values serve further mounts of the same identity, ms; 0 = not at all. */
  readonly secretCacheTtlMs: number;
  /** How long the last values of a pod may serve it in an outage, ms; 0 = not at all. */
  readonly serveStaleForMs: number;
  readonly stsFips: "auto" | "required" | "off";
  /** Where health and metrics are served; undefined = nowhere. */
  readonly httpAddress: HttpAddress | undefined;
  readonly logFormat: "text" | "json";
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly aws: AwsConfig;
  /** Things to say once at start, e.g. a pod-identity-http-timeout that was not understood. */
  readonly notices: readonly Notice[];
}

export interface Notice {
  readonly level: "warn" | "error";
  readonly text: string;
}

export interface AwsConfig {
  /** AWS_REGION; undefined = look at the node. */
  readonly region: string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
  /** Endpoint overrides, absolute URLs. */
  readonly endpoints: { readonly secretsManager?: string; readonly ssm?: string; readonly sts?: string };
  /** For Secrets Manager, SSM and STS. */
  readonly maxAttempts: number;
  readonly retryMode: "standard" | "adaptive";
  /** PEM text of AWS_CA_BUNDLE, which replaces the system roots for AWS; undefined = system roots. */
  readonly caBundle: string | undefined;
  /** Proxy for a URL by the rules of Go's httpproxy; undefined = direct. */
  readonly proxyFor: (url: URL) => string | undefined;
}
