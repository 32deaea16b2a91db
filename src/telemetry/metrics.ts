// The listener that counts events and writes them down for Prometheus. Loaded only with --http-addr: without it nothing of this costs anything.
// prom-client without its index (scripts/build-trim.ts): its default metrics are wrong on Bun, and pushing and clusters are not used here.
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { definitions, operations, prefix, processDefinitions, regionsMax } from "./metric-list.ts";
import type { Definition } from "./metric-list.ts";
import { readProcess } from "./process.ts";
import type { AwsAttempt, CacheName, Emit, MountEnded, TurnsOpened } from "../events.ts";

export interface Metrics {
  /** Counts an event. */
  readonly emit: Emit;
  /** Everything as Prometheus text 0.0.4. */
  readonly text: () => Promise<string>;
}

export interface Build {
  readonly version: string;
  readonly commit: string;
  readonly bun: string;
}

type Instrument<D extends Definition> = D["kind"] extends "counter"
  ? Counter
  : D["kind"] extends "gauge"
    ? Gauge
    : Histogram;
type Instruments<Table extends Readonly<Record<string, Definition>>> = {
  readonly [Name in keyof Table]: Instrument<Table[Name]>;
};

/** What a region's name looks like, whatever the partition. */
const regionName = /^[a-z]{2}(-[a-z]{2,12}){1,3}-\d{1,2}$/;

type Counted = Instruments<typeof definitions>;
type OfProcess = Instruments<typeof processDefinitions>;

/** What is measured when somebody asks: nothing happens at the time of a change. */
interface Gauged {
  readonly sizes: Map<CacheName, () => number>;
  turns: Pick<TurnsOpened, "running" | "waiting">;
}

/** Makes the metrics of a process. */
export function createMetrics(build: Build, now: () => number = Date.now): Metrics {
  const registry = new Registry();
  const m = instruments(registry, prefix, definitions);
  const own = instruments(registry, "", processDefinitions);
  const gauged: Gauged = { sizes: new Map(), turns: { running: () => 0, waiting: () => 0 } };
  m.build_info.set({ version: build.version, commit: build.commit, bun: build.bun }, 1);
  beginSeries(m);
  removeUnknown(m, own);
  return {
    emit: createCount(m, gauged, now),
    text: () => {
      refresh(m, own, gauged);
      return registry.metrics();
    },
  };
}

/** Series that exist before anything has happened, so that the first event is an increase. */
function beginSeries(m: Counted): void {
  m.mounts_total.inc({ result: "ok", reason: "None" }, 0);
  for (const result of ["ok", "error"]) m.mount_duration_seconds.zero({ result });
  for (const service of Object.keys(operations)) m.call_retries_total.inc({ service }, 0);
  for (const type of ["secretsmanager", "ssmparameter"])
    for (const counted of [m.failovers_total, m.stale_serves_total]) counted.inc({ type }, 0);
  for (const place of ["mount", "uncaught_exception", "unhandled_rejection", "http"]) m.bugs_total.inc({ place }, 0);
  for (const method of ["irsa", "pod-identity", "assume-role"])
    for (const outcome of ["ok", "throttled", "refused", "unavailable"])
      m.credential_exchanges_total.inc({ method, outcome }, 0);
}

/** A gauge without labels would begin as 0, which says something else than "not known". */
function removeUnknown(m: Counted, own: OfProcess): void {
  for (const unset of [
    m.last_mount_success_timestamp_seconds,
    m.container_memory_limit_bytes,
    own.process_resident_memory_bytes,
    own.process_anonymous_memory_bytes,
    own.process_open_fds,
    own.process_max_fds,
  ])
    unset.remove();
}

/** Makes the listener that counts events. */
function createCount(m: Counted, gauged: Gauged, now: () => number): Emit {
  const regionLabel = createRegionLabel();

  function countMountEnd({ failure, durationMs, waitMs }: MountEnded): void {
    const reason = failure?.reason;
    const result = reason === undefined ? "ok" : "error";
    m.mounts_total.inc({ result, reason: reason ?? "None" });
    m.mount_duration_seconds.observe({ result }, durationMs / 1000);
    if (waitMs !== undefined) m.mount_wait_seconds.observe(waitMs / 1000);
    if (reason === undefined) m.last_mount_success_timestamp_seconds.set(now() / 1000);
  }

  function countAttempt({ service, operation, region, outcome, isRetry, durationMs }: AwsAttempt): void {
    const known = Object.hasOwn(operations, service) && operations[service]?.includes(operation) === true;
    m.calls_total.inc({ service, operation: known ? operation : "other", region: regionLabel(region), outcome });
    if (isRetry) m.call_retries_total.inc({ service });
    m.call_duration_seconds.observe({ service }, durationMs / 1000);
  }

  return (event) => {
    switch (event.kind) {
      case "cache-look-up":
        m.cache_lookups_total.inc({ cache: event.cache, result: event.lookUp });
        break;
      case "aws-attempt":
        countAttempt(event);
        break;
      case "kubernetes-call":
        m.kubernetes_calls_total.inc({ resource: event.resource, outcome: event.outcome });
        m.kubernetes_call_duration_seconds.observe(event.durationMs / 1000);
        break;
      case "exchange":
        m.credential_exchanges_total.inc({ method: event.method, outcome: event.outcome });
        break;
      case "mount-ended":
        countMountEnd(event);
        break;
      case "failover-used":
        m.failovers_total.inc({ type: event.type });
        break;
      case "stale-served":
        m.stale_serves_total.inc({ type: event.type });
        break;
      case "bug":
        m.bugs_total.inc({ place: event.place });
        break;
      case "cache-opened":
        gauged.sizes.set(event.cache, event.size);
        break;
      case "turns-opened":
        gauged.turns = event;
        break;
      default: // for the log
    }
  };
}

/** Makes the label of a region: a region that is not named like one, or comes after so many others, is `other`. */
function createRegionLabel(): (region: string) => string {
  const regions = new Set<string>();
  return (region) => {
    if (region === "" || regions.has(region)) return region;
    if (!regionName.test(region) || regions.size >= regionsMax) return "other";
    regions.add(region);
    return region;
  };
}

/** Sets the gauges, and what the kernel counts for the process. */
function refresh(m: Counted, own: OfProcess, { sizes, turns }: Gauged): void {
  m.mounts_in_flight.set(turns.running());
  m.mounts_waiting.set(turns.waiting());
  for (const [cache, size] of sizes) m.cache_entries.set({ cache }, size());
  const figures = readProcess();
  own.process_cpu_seconds_total.reset();
  own.process_cpu_seconds_total.inc(figures.cpuSeconds);
  own.process_start_time_seconds.set(figures.startedAtSeconds);
  setIfKnown(own.process_resident_memory_bytes, figures.residentBytes);
  setIfKnown(own.process_anonymous_memory_bytes, figures.anonymousBytes);
  setIfKnown(own.process_open_fds, figures.openFiles);
  setIfKnown(own.process_max_fds, figures.openFilesMax);
  setIfKnown(m.container_memory_limit_bytes, figures.memoryLimitBytes);
  for (const [kind, bytes] of Object.entries(figures.memoryBytes)) m.container_memory_bytes.set({ kind }, bytes);
}

/**
 * The text as OpenMetrics 1.0: a counter's family goes without `_total`, no empty lines, and an end. (prom-client's own way renames its counters
 * for good, so that the next plain text would lack `_total`: prom-client@15.1.3 lib/registry.js, metrics().)
 */
export function openMetrics(text: string): string {
  const lines = text.split("\n").filter((line) => line !== "");
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? []));
  const family = (line: string): string =>
    line.replace(/^(# (?:HELP|TYPE) )(\S+)_total /, (whole, head: string, name: string) =>
      counters.has(name) ? `${head}${name} ` : whole,
    );
  return `${lines.map(family).join("\n")}\n# EOF\n`;
}

function setIfKnown(gauge: Gauge, value: number | undefined): void {
  if (value !== undefined) gauge.set(value);
}

function instruments<const Table extends Readonly<Record<string, Definition>>>(
  registry: Registry,
  before: string,
  table: Table,
): Instruments<Table> {
  const make = ([name, { kind, help, labels, buckets = [] }]: [string, Definition]): [
    string,
    Counter | Gauge | Histogram,
  ] => {
    const config = { name: `${before}${name}`, help, labelNames: [...labels], registers: [registry] };
    if (kind === "counter") return [name, new Counter(config)];
    return [name, kind === "gauge" ? new Gauge(config) : new Histogram({ ...config, buckets: [...buckets] })];
  };
  return Object.fromEntries(Object.entries(table).map(make)) as Instruments<Table>;
}
