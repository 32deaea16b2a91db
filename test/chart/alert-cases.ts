// Series that must raise an alert, and series that must not, with the labels that the alert then has. A case describes one process; the suite runs it
// at one, at two of a cluster, and at one of each of two clusters.
import { prefix } from "../../src/telemetry/metric-list.ts";

export type Labels = Readonly<Record<string, string>>;

/** Labels of a scraped process, as PodMonitor and an external label give them. Pods of two clusters may have the same address. */
export interface Target {
  readonly cluster: string;
  readonly node: string;
}

/** One minute a step; a series is `values` in promtool's notation. */
export interface Case {
  readonly alert: string;
  readonly what: string;
  readonly series: (target: Target) => Labels;
  /** Labels of the alerts that fire, beside severity and those of the scope; none = silence. */
  readonly fires: readonly Labels[];
  /** One alert for each process, for each cluster with the other labels of the job, or for each cluster alone. */
  readonly scope: "process" | "cluster" | "absence";
}

export const healthy = "1x60";

export function labelsOf({ cluster, node }: Target, scope: Case["scope"] = "process"): Labels {
  if (scope === "absence") return { cluster };
  const shared = { cluster, namespace: "kube-system", job: "kube-system/aws" };
  if (scope === "cluster") return shared;
  const pod = { pod: `aws-${node}`, container: "provider-aws-installer", endpoint: "metrics" };
  return { ...shared, ...pod, node, instance: `10.0.0.${node}:8989` };
}

/** A series of the process in PromQL's notation. */
export function series(target: Target, name: string, labels: Labels = {}): string {
  const all = Object.entries({ ...labelsOf(target), ...labels });
  return `${name}{${all.map(([label, value]) => `${label}="${value}"`).join(", ")}}`;
}

const own = (target: Target, name: string, labels?: Labels): string => series(target, prefix + name, labels);
const mounts = (target: Target, failed: string, ok: string): Labels => ({
  [own(target, "mounts_total", { result: "error", reason: "AccessDenied" })]: failed,
  [own(target, "mounts_total", { result: "ok", reason: "None" })]: ok,
});
const call = { service: "ssm", operation: "GetParameters", region: "eu-west-1" };
const calls = (target: Target, throttled: string, ok: string): Labels => ({
  [own(target, "calls_total", { ...call, outcome: "throttled" })]: throttled,
  [own(target, "calls_total", { ...call, outcome: "ok" })]: ok,
});
const memory = (target: Target, anon: string, shmem: string, file: string): Labels => ({
  [own(target, "container_memory_bytes", { kind: "anon" })]: anon,
  [own(target, "container_memory_bytes", { kind: "shmem" })]: shmem,
  [own(target, "container_memory_bytes", { kind: "file" })]: file,
  [own(target, "container_memory_limit_bytes")]: "100x60",
});
const build = (target: Target, values: string): Labels => ({
  [own(target, "build_info", { version: "4.0.0" })]: values,
});
export const cases: readonly Case[] = [
  {
    alert: "SecretsStoreProviderAwsMountsFail",
    what: "a rotation that fails again and again",
    series: (target) => mounts(target, "1+0.5x60", "0+1x60"),
    fires: [{ reason: "AccessDenied" }],
    scope: "cluster",
  },
  {
    alert: "SecretsStoreProviderAwsMountsFail",
    what: "one failure, mended",
    series: (target) => mounts(target, "0 0 0 1+0x60", "0+1x60"),
    fires: [],
    scope: "cluster",
  },
  {
    alert: "SecretsStoreProviderAwsAllMountsFail",
    what: "failures alone",
    series: (target) => mounts(target, "0+1x60", "5+0x60"),
    fires: [{}],
    scope: "process",
  },
  {
    alert: "SecretsStoreProviderAwsAllMountsFail",
    what: "failures beside successes",
    series: (target) => mounts(target, "0+1x60", "0+1x60"),
    fires: [],
    scope: "process",
  },
  {
    alert: "SecretsStoreProviderAwsThrottled",
    what: "every tenth call",
    series: (target) => calls(target, "0+1x60", "0+9x60"),
    fires: [{ service: "ssm", region: "eu-west-1" }],
    scope: "cluster",
  },
  {
    alert: "SecretsStoreProviderAwsThrottled",
    what: "every hundredth call",
    series: (target) => calls(target, "0+1x60", "0+99x60"),
    fires: [],
    scope: "cluster",
  },
  {
    alert: "SecretsStoreProviderAwsCredentialsFail",
    what: "an association that is missing",
    series: (target) => ({
      [own(target, "credential_exchanges_total", { method: "pod-identity", outcome: "refused" })]: "0+1x60",
      [own(target, "credential_exchanges_total", { method: "irsa", outcome: "ok" })]: "0+1x60",
    }),
    fires: [{ method: "pod-identity", outcome: "refused" }],
    scope: "cluster",
  },
  {
    alert: "SecretsStoreProviderAwsFailover",
    what: "a primary region that is out",
    series: (target) => ({
      [own(target, "failovers_total", { type: "secretsmanager" })]: "0+1x60",
      [own(target, "failovers_total", { type: "ssmparameter" })]: "0x60",
    }),
    fires: [{ type: "secretsmanager" }],
    scope: "cluster",
  },
  {
    alert: "SecretsStoreProviderAwsServesStale",
    what: "an outage that pods are carried over",
    series: (target) => ({
      [own(target, "stale_serves_total", { type: "secretsmanager" })]: "0+1x60",
      [own(target, "stale_serves_total", { type: "ssmparameter" })]: "0x60",
    }),
    fires: [{ type: "secretsmanager" }],
    scope: "cluster",
  },
  {
    alert: "SecretsStoreProviderAwsDown",
    what: "a target that answered and then does not",
    series: (target) => ({ ...build(target, "1x20 _x40"), [series(target, "up")]: "1x20 0x40" }),
    fires: [{}],
    scope: "process",
  },
  {
    alert: "SecretsStoreProviderAwsDown",
    what: "another job's target",
    series: (target) => ({ ...build(target, healthy), [series(target, "up", { job: "other" })]: "0x60" }),
    fires: [],
    scope: "process",
  },
  {
    alert: "SecretsStoreProviderAwsAbsent",
    what: "the last provider of a cluster is gone",
    series: (target) => build(target, "1x20 _x40"),
    fires: [{}],
    scope: "absence",
  },
  {
    alert: "SecretsStoreProviderAwsAbsent",
    what: "a provider that is scraped",
    series: (target) => build(target, healthy),
    fires: [],
    scope: "absence",
  },
  {
    alert: "SecretsStoreProviderAwsMemory",
    what: "what can't be reclaimed fills the limit",
    series: (target) => memory(target, "30x60", "65x60", "1x60"),
    fires: [{}],
    scope: "process",
  },
  {
    alert: "SecretsStoreProviderAwsMemory",
    what: "the page cache fills the limit",
    series: (target) => memory(target, "30x60", "0x60", "69x60"),
    fires: [],
    scope: "process",
  },
  {
    alert: "SecretsStoreProviderAwsBug",
    what: "one",
    series: (target) => ({ [own(target, "bugs_total", { place: "mount" })]: "0x30 1x30" }),
    fires: [{ place: "mount" }],
    scope: "process",
  },
];
