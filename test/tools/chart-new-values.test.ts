// Values that 3.1.1 did not have: volumes and the CA bundle, what NOTES say of unknown keys, monitoring, and that each may be missing or null.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { chartFolder, containerOf, goldenCases, notesOf, podOf, readYaml, render, rendered } from "../chart/chart.ts";
import type { RenderOptions } from "../chart/chart.ts";

const oldDefaults: RenderOptions = goldenCases["reuse-values"];

describe("caBundle", () => {
  test.each([
    [{ configMap: "proxy-ca", key: "bundle.pem" }, { configMap: { name: "proxy-ca" } }, "bundle.pem"],
    [{ configMap: "proxy-ca" }, { configMap: { name: "proxy-ca" } }, "ca.crt"],
    [{ secret: "proxy-ca" }, { secret: { secretName: "proxy-ca" } }, "ca.crt"],
  ])("%j mounts the file and names it in AWS_CA_BUNDLE", (caBundle, source, key) => {
    for (const options of [{ set: { caBundle } }, { ...oldDefaults, set: { caBundle } }]) {
      const objects = rendered(options);
      const [kind, from] = Object.entries(source)[0] ?? [];
      const items = [{ key, path: "ca.crt" }];
      expect(podOf(objects).volumes).toContainEqual({ name: "ca-bundle", [String(kind)]: { ...from, items } });
      expect(containerOf(objects).volumeMounts).toContainEqual({
        name: "ca-bundle",
        mountPath: "/etc/aws-ca-bundle",
        readOnly: true,
      });
      expect(containerOf(objects).env).toEqual([{ name: "AWS_CA_BUNDLE", value: "/etc/aws-ca-bundle/ca.crt" }]);
    }
  });

  test.each([
    [{ caBundle: { configMap: "a", secret: "b" } }, "set one of them"],
    [{ caBundle: { key: "a" } }, "set caBundle.configMap or caBundle.secret"],
    [
      { caBundle: { configMap: "a" }, extraEnv: [{ name: "AWS_CA_BUNDLE", value: "/a" }] },
      "extraEnv sets AWS_CA_BUNDLE",
    ],
    [{ "caBundle.config": "a" }, "config"],
  ])("%j is refused", (set, text) => expect(render({ set }).errors).toContain(text));

  test("unset renders nothing", () => {
    for (const set of [{}, { caBundle: null }, { caBundle: { configMap: "" } }])
      expect(render({ set }).text).not.toMatch(/ca-bundle|AWS_CA_BUNDLE/);
  });
});

test("extraVolumes and extraVolumeMounts come after the chart's own", () => {
  const extraVolumes = [{ name: "roots", configMap: { name: "roots" } }];
  const extraVolumeMounts = [{ name: "roots", mountPath: "/etc/roots", readOnly: true }];
  for (const options of [{}, oldDefaults]) {
    const objects = rendered({ ...options, set: { extraVolumes, extraVolumeMounts } });
    expect(podOf(objects).volumes?.slice(2)).toEqual(extraVolumes);
    expect(containerOf(objects).volumeMounts?.slice(2)).toEqual(extraVolumeMounts);
  }
});

describe("NOTES list top-level values that have no effect", () => {
  const line = (set: Record<string, unknown>): string =>
    /^Top-level values (not known, no effect: .*)$/m.exec(notesOf({ set }))?.[1] ?? "";

  test.each([
    ["logLvel", " (logLevel?)"],
    ["loglevel", " (logLevel?)"],
    ["batchSecret", " (batchSecrets?)"],
    ["toleration", " (tolerations?)"],
    ["exrtaEnv", " (extraEnv?)"],
    ["hhttp", " (http?)"],
    ["en", ""],
    ["somethingOfTheParent", ""],
  ])("%s", (key, near) => expect(line({ [key]: 1 })).toBe(`not known, no effect: ${key}${near}`));

  test("all of them, in order", () =>
    expect(line({ zone: "a", logLvel: "debug", myOwn: { a: 1 } })).toBe(
      "not known, no effect: logLvel (logLevel?), myOwn, zone",
    ));

  test("none with the defaults, those of 3.1.1 and what Helm adds", () => {
    expect(line({ global: { imageRegistry: "x" } })).toBe("");
    expect(notesOf({ ...oldDefaults, isUpgrade: true })).not.toContain("not known");
  });
});

describe("podMonitor", () => {
  const endpointOf = (options: RenderOptions): unknown => {
    const monitor = rendered(options).find(({ kind }) => kind === "PodMonitor") as unknown as {
      readonly spec: { readonly podMetricsEndpoints: readonly unknown[] };
    };
    return monitor.spec.podMetricsEndpoints[0];
  };
  const node = { sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node" };

  test("names the node, with --reuse-values too", () => {
    const set = { "podMonitor.enabled": true };
    const plain = { port: "metrics", path: "/metrics", relabelings: [node] };
    expect(endpointOf({ set })).toEqual(plain);
    expect(endpointOf({ ...oldDefaults, set })).toEqual(plain);
  });

  test("takes intervals and relabelings, after its own", () => {
    const relabelings = [{ action: "labeldrop", regex: "endpoint" }];
    const metricRelabelings = [{ sourceLabels: ["__name__"], regex: "process_.*", action: "drop" }];
    const podMonitor = { enabled: true, interval: "1m", scrapeTimeout: "50s", relabelings, metricRelabelings };
    expect(endpointOf({ set: { podMonitor } })).toEqual({
      port: "metrics",
      path: "/metrics",
      interval: "1m",
      scrapeTimeout: "50s",
      relabelings: [node, ...relabelings],
      metricRelabelings,
    });
  });
});

describe("prometheusRule", () => {
  const specOf = (options: RenderOptions): unknown =>
    (rendered(options).find(({ kind }) => kind === "PrometheusRule") as unknown as { readonly spec: unknown }).spec;

  test("renders the same with --reuse-values, which brings none of its values", () => {
    const set = { "prometheusRule.enabled": true };
    expect(specOf({ ...oldDefaults, set })).toEqual(specOf({ set }));
  });

  test.each([
    [[], "by ()", "on (job, instance)", "without (result, instance, pod, node, container, endpoint)"],
    [["region", "job"], "by (region, job)", "on (job, instance, region)", "without (result, instance, pod"],
    [["cluster", "pod", "node"], "by (cluster)", "on (job, instance, cluster)", "without (result, instance, container"],
  ])("aggregationLabels %j", (aggregationLabels, by, on, without) => {
    const text = render({ set: { prometheusRule: { enabled: true, aggregationLabels } } }).text;
    for (const part of [by, on, without]) expect(text).toContain(part);
    if (!aggregationLabels.includes("cluster")) expect(text).not.toContain("(cluster)");
  });

  test.each([
    [{ "prometheusRule.disabled": ["SecretsStoreProviderAwsDwon"] }, "/prometheusRule/disabled/0"],
    [{ "prometheusRule.aggregationLabels": ["a) or (b"] }, "/prometheusRule/aggregationLabels/0"],
  ])("%j is refused by the schema", (set, text) => {
    const { errors } = render({ set });
    expect(errors).toContain("values don't meet the specifications of the schema");
    expect(errors).toContain(text);
  });
});

test("the schema's list of alerts is that of files/alerts.yaml", () => {
  const { groups } = readYaml(join(chartFolder, "files/alerts.yaml")) as {
    readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
  };
  const schema = readYaml(join(chartFolder, "values.schema.json")) as {
    readonly properties: {
      readonly prometheusRule: { readonly properties: { readonly disabled: { items: unknown } } };
    };
  };
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  expect(schema.properties.prometheusRule.properties.disabled.items).toEqual({ enum: alerts });
});

describe("values that --reuse-values does not bring along", () => {
  const own = readYaml(join(chartFolder, "values.yaml")) as Record<string, unknown>;
  const old = readYaml(String(oldDefaults.instead)) as Record<string, unknown>;
  const added = Object.keys(own).filter((key) => !(key in old));
  const on = ["http", "networkPolicy", "podMonitor", "prometheusRule", "dashboard"];

  test("render what is switched on without any of its other values", () => {
    const set = Object.fromEntries(on.map((key) => [`${key}.enabled`, true]));
    const { exitCode, errors, objects } = render({
      ...oldDefaults,
      set: { ...set, "image.tag": "4.0.0" },
      isUpgrade: true,
    });
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
    const kinds = objects.map(({ kind }) => kind);
    for (const kind of ["NetworkPolicy", "PodMonitor", "PrometheusRule"]) expect(kinds).toContain(kind);
    expect(notesOf({ ...oldDefaults, set })).not.toContain("<nil>");
  });

  test("may be null, in part or as a whole", () => {
    const leaves = added.flatMap((key) =>
      on.includes(key) || key === "caBundle" ? Object.keys(own[key] as object).map((leaf) => `${key}.${leaf}`) : [key],
    );
    const nothing = Object.fromEntries(leaves.filter((path) => !path.endsWith(".enabled")).map((path) => [path, null]));
    const set = { ...nothing, ...Object.fromEntries(on.map((key) => [`${key}.enabled`, true])), "image.digest": null };
    expect(render({ set })).toMatchObject({ exitCode: 0, errors: "" });
    expect(render({ set: Object.fromEntries(added.map((key) => [key, null])) })).toMatchObject({
      exitCode: 0,
      errors: "",
    });
  });
});
