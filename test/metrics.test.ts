// What is counted, from mounts of the whole provider in this process; how many series there can be; both text formats.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lookUpEvents } from "../src/events.ts";
import type { AwsAttempt } from "../src/events.ts";
import { createMetrics, openMetrics } from "../src/telemetry/metrics.ts";
import type { Metrics } from "../src/telemetry/metrics.ts";
import { definitions, operations, prefix, processDefinitions, regionsMax } from "../src/telemetry/metric-list.ts";
import type { Definition } from "../src/telemetry/metric-list.ts";
import { secret, until } from "./binary-lab.ts";
import { startLab } from "./inprocess.ts";
import type { Lab, LabOptions } from "./inprocess.ts";

setDefaultTimeout(60_000);
const build = { version: "4.0.0", commit: "c", bun: "1" };

/** Name with labels -> value, as scraped; labels in the order of their names. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const [, name = "", labels = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const sorted = [...labels.matchAll(/\w+="(?:[^"\\]|\\.)*"/g)].map(([label]) => label).toSorted();
      return [sorted.length === 0 ? name : `${name}{${sorted.join(",")}}`, Number(value)];
    }),
  );
}

interface Observed {
  readonly lab: Lab;
  readonly metrics: Metrics;
  /** The value of a series without the prefix; undefined = there is none. */
  readonly value: (series: string) => Promise<number | undefined>;
}

async function startObserved(options: LabOptions = {}): Promise<Observed & AsyncDisposable> {
  const metrics = createMetrics(build);
  const lab = await startLab({ ...options, emit: metrics.emit });
  lab.world.cloud.putSecret("eu-west-1", "s", "v");
  const value = async (series: string): Promise<number | undefined> =>
    samplesOf(await metrics.text()).get(prefix + series);
  return { lab, metrics, value, [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose]() };
}

const objects = [secret("s")];

describe("counts", () => {
  test("mounts by result and reason, their times, and when one last succeeded", async () => {
    await using observed = await startObserved();
    const { lab, value } = observed;
    expect(await value("last_mount_success_timestamp_seconds")).toBeUndefined();
    const beforeMs = Date.now();
    await lab.run({ objects });
    await lab.run({ objects });
    await lab.failure({ objects: [secret("none")] });
    await lab.failure({ permission: "x" });
    expect(await value('mounts_total{reason="None",result="ok"}')).toBe(2);
    expect(await value('mounts_total{reason="ObjectNotFound",result="error"}')).toBe(1);
    expect(await value('mounts_total{reason="RequestInvalid",result="error"}')).toBe(1);
    expect(await value('mount_duration_seconds_count{result="ok"}')).toBe(2);
    expect(await value('mount_duration_seconds_count{result="error"}')).toBe(2);
    expect(await value("mount_wait_seconds_count")).toBe(4);
    expect(await value("last_mount_success_timestamp_seconds")).toBeGreaterThanOrEqual(beforeMs / 1000);
  });

  test("calls by service, operation, region and outcome; retries; throttles", async () => {
    await using observed = await startObserved();
    const { lab, value } = observed;
    const throttling = { kind: "answer", status: 400, code: "ThrottlingException", message: "Rate exceeded" } as const;
    lab.world.faults.inject({ service: "secrets-manager", times: 1 }, throttling);
    await lab.run({ objects });
    const get = (outcome: string): Promise<number | undefined> =>
      value(`calls_total{operation="GetSecretValue",outcome="${outcome}",region="eu-west-1",service="secretsmanager"}`);
    expect(await get("throttled")).toBe(1);
    expect(await get("ok")).toBe(1);
    expect(await value('call_retries_total{service="secretsmanager"}')).toBe(1);
    expect(await value('call_retries_total{service="sts"}')).toBe(0);
    expect(await value('call_duration_seconds_count{service="secretsmanager"}')).toBe(2);
    await lab.run({ objects, attributes: { usePodIdentity: "true" } });
    expect(await value('calls_total{operation="GetCredentials",outcome="ok",region="",service="pod-identity"}')).toBe(
      1,
    );
  });

  test("exchanges by method and outcome, Kubernetes calls, caches", async () => {
    await using observed = await startObserved();
    const { lab, value } = observed;
    await lab.run({ objects });
    await lab.run({ objects });
    const exchanges = (method: string, outcome: string): Promise<number | undefined> =>
      value(`credential_exchanges_total{method="${method}",outcome="${outcome}"}`);
    expect(await exchanges("irsa", "ok")).toBe(1);
    lab.world.addWorkload({ namespace: "default", serviceAccount: "new", pod: "new-0", role: "app" });
    lab.world.cloud.distrust("app", "default/new");
    await lab.failure({ objects, serviceAccount: "new", pod: "new-0" });
    expect(await exchanges("irsa", "refused")).toBeGreaterThan(0);
    const fault = lab.world.faults.inject({ service: "pod-identity" }, { kind: "reset" });
    await lab.failure({ objects, attributes: { usePodIdentity: "true" } });
    fault.remove();
    expect(await exchanges("pod-identity", "unavailable")).toBe(1);
    expect(await value('kubernetes_calls_total{outcome="ok",resource="nodes"}')).toBe(1);
    expect(await value('cache_lookups_total{cache="credentials",result="hit"}')).toBe(1);
    expect(await value('cache_lookups_total{cache="node_region",result="miss"}')).toBe(1);
    expect(await value('cache_entries{cache="roles"}')).toBe(2);
  });

  test("failovers", async () => {
    await using observed = await startObserved();
    const { lab, value } = observed;
    lab.world.cloud.putSecret("us-west-2", "far", "v");
    lab.world.cloud.putSecret("eu-west-1", "far", "v");
    lab.world.cloud.deny({ region: "eu-west-1" });
    await lab.run({ objects: [secret("far")], attributes: { failoverRegion: "us-west-2" } });
    expect(await value('failovers_total{type="secretsmanager"}')).toBe(1);
    expect(await value('failovers_total{type="ssmparameter"}')).toBe(0);
  });

  test("mounts that have their turn, and that wait for it", async () => {
    await using observed = await startObserved({ drainMs: 100 });
    const { lab, value } = observed;
    const stall = lab.world.faults.inject({ service: "secrets-manager" }, { kind: "hang" });
    const running = Array.from({ length: 20 }, () => lab.run({ objects }).catch(() => undefined));
    await until(() => lab.world.inFlight("secrets-manager") > 0);
    while ((await value("mounts_waiting")) !== 4) await Bun.sleep(5);
    expect(await value("mounts_in_flight")).toBe(16);
    expect(await value("mounts_waiting")).toBe(4);
    stall.remove();
    await lab.stop();
    await Promise.all(running);
    expect(await value("mounts_in_flight")).toBe(0);
    expect(await value("mounts_waiting")).toBe(0);
  });
});

describe("the number of series is bounded", () => {
  const attempt: AwsAttempt = {
    kind: "aws-attempt",
    service: "sts",
    operation: "AssumeRoleWithWebIdentity",
    region: "eu-west-1",
    outcome: "ok",
    code: "",
    requestId: "",
    isRetry: true,
    durationMs: 1,
  };

  test("whatever regions and operations come: so many names, then other", async () => {
    const metrics = createMetrics(build);
    const odd = [
      "x",
      "EU-WEST-1",
      'a"b',
      "eu-west-1\n",
      "eu-west-1.evil.example",
      "constructor",
      "__proto__",
      "x".repeat(5_000),
    ];
    const many = Array.from({ length: 500 }, (_, at) => `eu-west-${at % 100}`);
    for (const region of [...many, ...odd]) metrics.emit({ ...attempt, region });
    metrics.emit({ ...attempt, operation: "constructor" });
    metrics.emit({ ...attempt, service: "ssm", operation: "Nothing" });
    const text = await metrics.text();
    const regions = new Set([...text.matchAll(/region="([^"]*)"/g)].map(([, region]) => region));
    expect(regions.size).toBe(regionsMax + 1);
    expect(regions.has("other")).toBe(true);
    const named = new Set([...text.matchAll(/operation="([^"]*)"/g)].map(([, operation = ""]) => operation));
    expect([...named].toSorted()).toEqual(["AssumeRoleWithWebIdentity", "other"]);
  });

  test("with every label at each of its values there are fewer than 1,300, and before the first mount fewer than 100", async () => {
    const metrics = createMetrics(build);
    const { emit } = metrics;
    expect(samplesOf(await metrics.text()).size).toBeLessThan(100);
    for (const name of ["credentials", "assumed_roles", "roles", "node_region", "values"] as const) {
      emit({ kind: "cache-opened", cache: name, size: () => 1 });
      for (const event of Object.values(lookUpEvents(name))) emit(event);
    }
    const outcomes = ["ok", "throttled", "refused", "unavailable", "cancelled"] as const;
    for (const [service, names] of Object.entries(operations))
      for (const operation of [...names, "x"])
        for (let at = 0; at < 40; at += 1)
          for (const outcome of outcomes)
            emit({
              ...attempt,
              service,
              operation,
              region: service === "pod-identity" ? "" : `eu-west-${at}`,
              outcome,
            });
    for (const resource of ["pods", "nodes", "serviceaccounts"] as const)
      for (const outcome of outcomes) emit({ kind: "kubernetes-call", resource, outcome, durationMs: 1 });
    for (const method of ["irsa", "pod-identity", "assume-role"] as const)
      for (const outcome of ["ok", "refused", "unavailable", "cancelled"] as const)
        emit({ kind: "exchange", method, outcome });
    for (let at = 0; at < 40; at += 1) {
      const reason = `Reason${at}` as "Internal";
      emit({ kind: "mount-ended", failure: { reason, name: "", stack: "" }, durationMs: 1, waitMs: 1 });
    }
    expect(samplesOf(await metrics.text()).size).toBeLessThan(1_300);
  });

  test("every operation that the code sends has a name of its own", () => {
    const table = readFileSync(join(import.meta.dir, "../src/aws/operations.ts"), "utf8");
    const sent = [...table.matchAll(/^ {2}readonly (\w+): Types</gm)].map(([, name = ""]) => name);
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.filter((name) => !Object.values(operations).flat().includes(name))).toEqual([]);
  });

  test("no label says who: pod, namespace, service account, role, object", () => {
    const labels = Object.values<Definition>({ ...definitions, ...processDefinitions }).flatMap((one) => one.labels);
    expect([...new Set(labels)].toSorted()).toEqual([
      "bun",
      "cache",
      "commit",
      "kind",
      "method",
      "operation",
      "outcome",
      "place",
      "reason",
      "region",
      "resource",
      "result",
      "service",
      "type",
      "version",
    ]);
  });
});

describe("the texts", () => {
  test("plain text stays the same after OpenMetrics was asked for", async () => {
    const metrics = createMetrics(build, () => 5_000);
    const strip = (text: string): string =>
      text.replace(/^(process_|secrets_store_csi_provider_aws_container_).*$/gm, "");
    const before = await metrics.text();
    openMetrics(before);
    expect(strip(await metrics.text())).toBe(strip(before));
    expect(before).toContain(`# TYPE ${prefix}mounts_total counter\n`);
  });

  test("OpenMetrics: families without _total, samples with it, no empty line, an end", async () => {
    const text = openMetrics(await createMetrics(build).text());
    expect(text).toContain(`# TYPE ${prefix}mounts counter\n${prefix}mounts_total{`);
    expect(text).toContain("# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total ");
    expect(text).toContain(`# TYPE ${prefix}mount_duration_seconds histogram\n`);
    expect(text).not.toContain("\n\n");
    expect(text).toEndWith("\n# EOF\n");
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    expect(types.filter(([, name = "", type]) => type === "counter" && name.endsWith("_total"))).toEqual([]);
  });

  test("process figures are those of /proc", async () => {
    const samples = samplesOf(await createMetrics(build).text());
    expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(
      samples.get("process_anonymous_memory_bytes") ?? Infinity,
    );
    expect(samples.get("process_anonymous_memory_bytes")).toBeGreaterThan(1 << 20);
    expect(samples.get("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(samples.get("process_open_fds")).toBeGreaterThan(3);
    expect(samples.get("process_max_fds")).toBeGreaterThan(samples.get("process_open_fds") ?? Infinity);
    expect(Math.abs((samples.get("process_start_time_seconds") ?? 0) - Date.now() / 1000)).toBeLessThan(3_600);
  });
});
