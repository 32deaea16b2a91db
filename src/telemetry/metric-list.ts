// The list of the metrics: names by Prometheus's conventions, closed sets of labels. The README's table is tested against it; alerts and dashboard
// of the chart may name nothing else.

/** Before each name that is not one of a process's usual ones. */
export const prefix = "secrets_store_csi_provider_aws_";

export interface Definition {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, few: each is a number for every series. */
  readonly buckets?: readonly number[];
}

const counter = (help: string, ...labels: string[]) => ({ kind: "counter" as const, help, labels });
const gauge = (help: string, ...labels: string[]) => ({ kind: "gauge" as const, help, labels });
const seconds = (help: string, buckets: readonly number[], ...labels: string[]) => ({
  kind: "histogram" as const,
  help,
  labels,
  buckets,
});

export const definitions = {
  mounts_total: counter(
    "Mounts that ended, by result (ok, error) and reason (None, or as in the README).",
    "result",
    "reason",
  ),
  mount_duration_seconds: seconds(
    "Time from a mount's call to its end, the wait for its turn included.",
    [0.1, 0.5, 2, 10, 50],
    "result",
  ),
  mount_wait_seconds: seconds("Time that a mount waited for its turn.", [0.01, 1, 10, 50]),
  mounts_in_flight: gauge("Mounts that have their turn now."),
  mounts_waiting: gauge("Mounts that wait for their turn now."),
  last_mount_success_timestamp_seconds: gauge("When a mount last succeeded; absent before the first."),
  calls_total: counter(
    "Requests to AWS services and the Pod Identity agent, each attempt, by outcome (ok, throttled, refused, unavailable, cancelled).",
    "service",
    "operation",
    "region",
    "outcome",
  ),
  call_retries_total: counter("Those of them that repeat an earlier attempt.", "service"),
  call_duration_seconds: seconds("Time of such a request.", [0.02, 0.1, 0.5, 2, 10], "service"),
  credential_exchanges_total: counter(
    "Exchanges of a service account token for credentials, retries included, by method (irsa, pod-identity, assume-role) and outcome (ok, throttled, refused, unavailable, cancelled).",
    "method",
    "outcome",
  ),
  cache_lookups_total: counter(
    "Look-ups in a cache, by result (hit, miss; joined: another mount loads it already).",
    "cache",
    "result",
  ),
  cache_entries: gauge("Entries that a cache holds.", "cache"),
  kubernetes_calls_total: counter("Requests to the Kubernetes API, by resource and outcome.", "resource", "outcome"),
  kubernetes_call_duration_seconds: seconds("Time of such a request.", [0.02, 0.1, 0.5, 2, 10]),
  failovers_total: counter("Units of objects that came from the failover region, by type of object.", "type"),
  stale_serves_total: counter(
    "Units of objects that were served from the memory of the pod's last mount (--serve-stale-for), by type of object.",
    "type",
  ),
  bugs_total: counter("Errors that nobody expected, by the place they came up in.", "place"),
  build_info: gauge("1; the labels say which build runs.", "version", "commit", "bun"),
  container_memory_bytes: gauge(
    "Memory that the container is charged with, by kind: anon, file, shmem (a part of file: what lies in the pods' volumes), kernel (not with cgroup v1).",
    "kind",
  ),
  container_memory_limit_bytes: gauge("The container's memory limit; absent without one."),
} satisfies Readonly<Record<string, Definition>>;

/** With the names that every Prometheus client library uses. */
export const processDefinitions = {
  process_cpu_seconds_total: counter("CPU time that the process has used."),
  process_resident_memory_bytes: gauge("Resident memory."),
  process_anonymous_memory_bytes: gauge("The anonymous part of resident memory."),
  process_open_fds: gauge("Open files."),
  process_max_fds: gauge("Limit on open files."),
  process_start_time_seconds: gauge("When the process started."),
} satisfies Readonly<Record<string, Definition>>;

/** The operations that this program calls, by service; what else may come counts as "other". */
export const operations: Readonly<Record<string, readonly string[]>> = {
  sts: ["AssumeRoleWithWebIdentity", "AssumeRole"],
  secretsmanager: ["GetSecretValue", "DescribeSecret", "BatchGetSecretValue", "ListSecrets"],
  ssm: ["GetParameters", "GetParametersByPath", "GetParameter"],
  "pod-identity": ["GetCredentials"],
};

/** The region of a call is the author's text: so many that look like one get a name, the others are "other". */
export const regionsMax = 16;
