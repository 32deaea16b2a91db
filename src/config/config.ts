// Flags and environment -> one frozen Config. With config/, the only place that knows their names; defaults are there too.
import { readAws } from "./aws-settings.ts";
import { parseFlags, usage } from "./flags.ts";
import type { Config, Notice } from "./shape.ts";
import { DurationError, formatDuration, parseDuration } from "../go/duration.ts";
import { FlagError } from "../go/flag.ts";
import { refuseUnsafe } from "./refuse.ts";
import { StartError } from "./start-error.ts";
import type { Env, ReadFile, StarterWords } from "./start-error.ts";
import { visible } from "../text/visible.ts";

export interface ConfigInput {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Env;
  readonly readFile: ReadFile;
  /** Product version. */
  readonly version: string;
  /** For whoever reads the errors; absent = the operator of the provider's pods. */
  readonly words?: StarterWords;
}

/** Of main.ts; --help is where people look for them. */
const subCommands =
  "Run by hand, as the exact first argument: check, mount, version, help; `help check` and `help mount` tell more.";
const program = "secrets-store-csi-driver-provider-aws";
const agentTimeoutUsualMax = 30_000_000_000n;
/** Timers hold 31 bits of milliseconds. */
const timerMsMax = 2 ** 31 - 1;

/** Reads everything that configures the process. @throws StartError: 0 help, 2 flags, 255 anything else */
export function readConfig({ argv, env, readFile, version, words }: ConfigInput): Config {
  const flags = readFlags(argv);
  refuseUnsafe(env, words);
  const { timeoutMs, notices } = readAgentTimeout(flags["pod-identity-http-timeout"]);
  const warnings: Notice[] = [];
  const aws = readAws(env, readFile, (text) => warnings.push({ level: "warn", text }), words);
  return Object.freeze({
    version,
    providerVolume: flags["provider-volume"],
    driverWritesSecrets: flags["driver-writes-secrets"],
    ...readRate(flags.qps, flags.burst),
    appId: appIdOf(flags["eks-addon-version"] || version),
    podIdentityHttpTimeoutMs: timeoutMs,
    podIdentityEndpoints: flags["pod-identity-endpoints"],
    kubeconfig: flags.kubeconfig || undefined,
    inCluster: Boolean(env["KUBERNETES_SERVICE_HOST"]) && Boolean(env["KUBERNETES_SERVICE_PORT"]),
    batchSecrets: flags["batch-secrets"],
    restoreRotationInterval: flags["restore-rotation-interval"],
    credentialCacheMaxAgeMs: flags["credential-cache-max-age"],
    secretCacheTtlMs: flags["secret-cache-ttl"],
    serveStaleForMs: flags["serve-stale-for"],
    stsFips: flags["sts-fips"],
    httpAddress: flags["http-addr"],
    logFormat: flags["log-format"],
    logLevel: flags["log-level"],
    aws: Object.freeze(aws),
    notices: [...notices, ...warnings],
  });
}

/** What `help` and `--help` say: the flags, and what can be run by hand. */
export function helpText(): string {
  return `${usage(program)}\n${subCommands}`;
}

function readFlags(argv: readonly string[]): ReturnType<typeof parseFlags> {
  try {
    return parseFlags(argv);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw error.message === ""
      ? new StartError(0, helpText())
      : new StartError(2, `${visible(error.message)}\n${usage(program)}`);
  }
}

/** As client-go: qps 0 means 5, and then burst 0 means 10; a positive qps needs a burst (kubernetes.NewForConfigAndClient). */
function readRate(qps: number, burst: number): { readonly qps: number; readonly burst: number } {
  const rate = qps === 0 ? { qps: 5, burst: burst === 0 ? 10 : burst } : { qps, burst };
  if (rate.qps > 0 && rate.burst <= 0) {
    const why = "burst is required to be greater than 0 when RateLimiter is not set and QPS is set to greater than 0";
    throw new StartError(
      255,
      `Can not initialize kubernetes client. error: ${why}. Correct --burst (${burst}) or --qps (${qps}).`,
    );
  }
  return rate;
}

/** An invalid value is logged and then ignored: existing installs have such values, and have always started (parity 1.1). */
function readAgentTimeout(text: string): {
  readonly timeoutMs: number | undefined;
  readonly notices: readonly Notice[];
} {
  if (text === "") return { timeoutMs: undefined, notices: [] };
  const instead = (error: string): ReturnType<typeof readAgentTimeout> => ({
    timeoutMs: undefined,
    notices: [{ level: "error", text: `${error}, using default SDK value` }],
  });
  let timeout: bigint;
  try {
    timeout = parseDuration(text);
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    return instead(`failed to parse podIdentityHttpTimeout value '${text}': ${error.message}`);
  }
  if (timeout <= 0n) return instead(`podIdentityHttpTimeout must be positive, got: ${formatDuration(timeout)}`);
  const high = `podIdentityHttpTimeout value ${formatDuration(timeout)} is unusually high, a mount may fail before it has passed`;
  return {
    timeoutMs: Math.min(timerMsMax, Math.max(1, Math.round(Number(timeout) / 1e6))),
    notices: timeout > agentTimeoutUsualMax ? [{ level: "warn", text: high }] : [],
  };
}

/** For the User-Agent: characters that it can't carry become `-`; never shortened (parity 5.3). */
function appIdOf(version: string): string {
  return `${program}-${version}`.replace(/[^A-Za-z0-9!#$%&'*+\-.^_`|~]/gu, "-");
}
