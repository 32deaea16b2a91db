// The flags, each once: from this table come the parser, the usage text and the table in the README.
import { parseHttpAddress } from "./http-addr.ts";
import type { HttpAddress } from "./http-addr.ts";
import { isLocalAddress } from "../go/ip.ts";
import {
  boolFlag,
  choiceFlag,
  durationFlag,
  FlagError,
  intFlag,
  parseArguments,
  stringFlag,
  textFlag,
  usageText,
} from "../go/flag.ts";
import type { FlagValues } from "../go/flag.ts";

/** Base URLs of the Pod Identity agent. */
export interface AgentEndpoints {
  readonly ipv4: string;
  readonly ipv6: string;
}

const agentEndpoints: AgentEndpoints = { ipv4: "http://169.254.170.23", ipv6: "http://[fd00:ec2::23]" };

/** The first six are those of provider 3.x and keep their type for good (parity 1.1). */
export const flags = {
  "provider-volume": stringFlag(
    "/var/run/secrets-store-csi-providers",
    "Directory in which the socket aws.sock is created.",
  ),
  "driver-writes-secrets": boolFlag(
    false,
    "Return the files to the driver, which writes them; otherwise this program writes them into the mount.",
  ),
  qps: intFlag(5, "Kubernetes API requests per second, sustained; 0 means 5, negative means unlimited."),
  burst: intFlag(10, "Kubernetes API requests at once; must be positive unless qps is negative or both are 0."),
  "eks-addon-version": stringFlag("", "Version of the EKS add-on, for the User-Agent instead of the product version."),
  "pod-identity-http-timeout": stringFlag(
    "",
    "Time limit of one HTTP attempt against the Pod Identity agent, as 500ms or 2s (default 10s).",
  ),
  "pod-identity-endpoints": textFlag(
    agentEndpoints,
    `${agentEndpoints.ipv4},${agentEndpoints.ipv6}`,
    "URL[,URL] of the Pod Identity agent, IPv4 then IPv6; one alone serves both. Loopback and link-local addresses only.",
    parseAgentEndpoints,
  ),
  kubeconfig: stringFlag(
    "",
    "File to reach Kubernetes with, outside of a cluster (default: the pod's service account).",
  ),
  "credential-cache-max-age": durationFlag(
    300_000,
    "5m0s",
    "Longest time that AWS credentials are kept between mounts; 0 keeps none.",
  ),
  "batch-secrets": boolFlag(
    false,
    "Fetch unpinned secrets with BatchGetSecretValue, up to 20 a call; the roles need that right too. A class may say batch by itself.",
  ),
  "restore-rotation-interval": boolFlag(
    false,
    "When the driver writes: renew the mount directory's time when nothing has changed, so that rotationPollInterval holds.",
  ),
  "secret-cache-ttl": durationFlag(
    0,
    "",
    "How long values are kept in memory for further mounts of the same workload identity; 0 keeps none. A rotated value shows up so much later.",
  ),
  "serve-stale-for": durationFlag(
    0,
    "",
    "How long after it was served a pod gets its last values again while AWS answers with nothing but network errors and 5xx; 0 is off.",
  ),
  "sts-fips": choiceFlag(
    ["auto", "required", "off"],
    "auto",
    "With FIPS endpoints on: STS falls back to its ordinary endpoint (auto), never (required), or always uses that (off).",
  ),
  "http-addr": textFlag<HttpAddress | undefined>(
    undefined,
    "",
    "HOST:PORT or :PORT for /livez, /readyz and /metrics (default: no port is opened).",
    parseHttpAddress,
  ),
  "log-format": choiceFlag(["text", "json"], "text", "Log lines as klog-like text or JSON."),
  "log-level": choiceFlag(
    ["debug", "info", "warn", "error"],
    "info",
    "Least level that is logged: debug, info, warn or error.",
  ),
};

/** Reads the flags. @throws FlagError with Go's words; an empty message asks for help */
export function parseFlags(argv: readonly string[]): FlagValues<typeof flags> {
  return parseArguments(flags, argv);
}

/** The usage text of --help and of errors. */
export function usage(program: string): string {
  return usageText(program, flags);
}

/** Service account tokens are sent there: nothing that leaves the node is accepted (design 3.16). */
function parseAgentEndpoints(text: string): AgentEndpoints {
  const [ipv4 = "", ipv6 = ipv4, ...more] = text.split(",").map((part) => part.trim());
  if (more.length > 0) throw new FlagError("must be one URL, or two separated by a comma");
  return { ipv4: agentUrl(ipv4), ipv6: agentUrl(ipv6) };
}

function agentUrl(text: string): string {
  const url = URL.parse(text);
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== "" ||
    url.password !== "" ||
    `${url.pathname}${url.search}${url.hash}` !== "/"
  ) {
    throw new FlagError("must be http://ADDRESS[:PORT] without a path");
  }
  if (!isLocalAddress(url.hostname))
    throw new FlagError(
      "must be a loopback or link-local address (127.0.0.0/8, ::1, 169.254.0.0/16, fe80::/10, fd00:ec2::23)",
    );
  return url.origin;
}
