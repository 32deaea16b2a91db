// What the values of the chart do, those of chart 3.1.1 above all, and what its schema refuses.
import { describe, expect, test } from "bun:test";
import { argsOf, containerOf, daemonSetOf, goldenCases, only, podOf, render, rendered, some } from "../chart/chart.ts";
import type { KubernetesObject, RenderOptions } from "../chart/chart.ts";

const oldDefaults: RenderOptions = goldenCases["reuse-values"];
const legacyImage = { "image.tag": "3.1.1" };

const withValues = (set: Record<string, unknown>): readonly KubernetesObject[] => rendered({ set });

describe("helm upgrade --reuse-values from 3.1.1", () => {
  test("keeps image, tolerations and container security, and renders nothing that 3.1.1 does not know", () => {
    const objects = rendered(oldDefaults);
    const { containers } = podOf(objects);
    expect(Object.keys(podOf(objects)).toSorted()).toEqual(
      ["serviceAccountName", "hostNetwork", "nodeSelector", "affinity", "containers", "volumes"].toSorted(),
    );
    expect(Object.keys(some(containers[0])).toSorted()).toEqual(
      ["name", "image", "imagePullPolicy", "args", "resources", "securityContext", "volumeMounts"].toSorted(),
    );
    expect(containers[0]).toMatchObject({
      image: "public.ecr.aws/aws-secrets-manager/secrets-store-csi-driver-provider-aws:3.1.1",
      args: ["--provider-volume=/var/run/secrets-store-csi-providers"],
      securityContext: { privileged: false, allowPrivilegeEscalation: false },
    });
  });

  test("opens no port and has no probe, with an image of 4.0.0 too, whatever 3.1.1's value of port is", () => {
    const cases: readonly RenderOptions[] = [
      oldDefaults,
      { ...oldDefaults, set: { port: 9000, "image.tag": "4.0.0" } },
      { set: { ...legacyImage, "http.port": 9000 } },
      { set: { "http.enabled": false } },
      { set: { http: null } },
    ];
    for (const options of cases) expect(render(options).text).not.toMatch(/8989|9000|ports:|Probe|http-addr/);
    const on = rendered({ ...oldDefaults, set: { "http.enabled": true, "image.tag": "4.0.0" } });
    expect(argsOf(on)).toContain("--http-addr=:8989");
    expect(containerOf(on).livenessProbe).toBeUndefined(); // their times are new values too
  });

  test("sections that a user has set to null render", () => {
    const nothing = ["k8sThrottlingParams", "securityContext", "resources", "affinity", "nodeSelector", "podLabels"];
    expect(rendered({ set: Object.fromEntries(nothing.map((key) => [key, null])) }).length).toBeGreaterThan(0);
    expect(rendered({ ...oldDefaults, set: { updateStrategy: null, rbac: { install: true } } })).toBeArray();
  });

  test("a pinned 3.1.1 image keeps the mount of the pods' directory where the driver writes; 4 has none", () => {
    const mounts = (set: Record<string, unknown>): readonly string[] =>
      some(containerOf(withValues({ driverWritesSecrets: true, ...set })).volumeMounts).map(({ name }) => name);
    expect(mounts(legacyImage)).toEqual(["providervol", "mountpoint-dir"]);
    expect(mounts({})).toEqual(["providervol"]);
    expect(mounts({ "image.tag": "latest" })).toEqual(["providervol"]);
    expect(podOf(withValues({ driverWritesSecrets: true })).volumes).toHaveLength(1);
  });

  test("restoreRotationInterval keeps that mount where the driver writes", () => {
    const own = { driverWritesSecrets: true, restoreRotationInterval: true };
    for (const set of [own, { ...own, driverWritesSecrets: false }, { ...own, ...legacyImage }]) {
      const objects = withValues(set);
      expect(containerOf(objects).volumeMounts).toEqual(containerOf(withValues({})).volumeMounts);
      expect(podOf(objects).volumes).toEqual(podOf(withValues({})).volumes);
    }
    for (const unset of [false, null]) {
      expect(podOf(withValues({ ...own, restoreRotationInterval: unset })).volumes).toHaveLength(1);
    }
  });

  test("a pinned 3.1.1 image gets no new flag, whether from the new defaults or from new values", () => {
    const old = containerOf(rendered(oldDefaults)).args;
    expect(containerOf(withValues(legacyImage)).args).toEqual(old);
    const set = {
      batchSecrets: true,
      restoreRotationInterval: true,
      credentialCacheMaxAge: "1m",
      secretCacheTtl: "30s",
      serveStaleFor: "1h",
      stsFips: "off",
      logFormat: "json",
      logLevel: "warn",
    };
    expect(containerOf(rendered({ ...oldDefaults, set })).args).toEqual(old);
    expect(containerOf(withValues({ ...legacyImage, ...set })).args).toEqual(old);
    expect(argsOf(withValues(set))).toHaveLength(2 + Object.keys(set).length);
  });
});

describe("flags and environment", () => {
  const cases: readonly [Record<string, unknown>, readonly string[]][] = [
    [{}, []],
    [{ driverWritesSecrets: true }, ["--driver-writes-secrets=true"]],
    [{ driverWritesSecrets: false }, []],
    [{ k8sThrottlingParams: { qps: 20, burst: 40 } }, ["--qps=20", "--burst=40"]],
    [{ k8sThrottlingParams: { qps: "20", burst: "40" } }, ["--qps=20", "--burst=40"]],
    [{ k8sThrottlingParams: { qps: 1_000_000, burst: 25_000_000 } }, ["--qps=1000000", "--burst=25000000"]],
    [{ k8sThrottlingParams: { qps: -1 } }, ["--qps=-1"]],
    [{ k8sThrottlingParams: { qps: 0, burst: 0 } }, []],
    [{ eksAddonVersion: "v3.1.1-eksbuild.1" }, ["--eks-addon-version=v3.1.1-eksbuild.1"]],
    [{ podIdentityHttpTimeout: "500ms" }, ["--pod-identity-http-timeout=500ms"]],
    [{ credentialCacheMaxAge: "1m" }, ["--credential-cache-max-age=1m"]],
    [{ credentialCacheMaxAge: 0 }, ["--credential-cache-max-age=0"]],
    [{ credentialCacheMaxAge: "0" }, ["--credential-cache-max-age=0"]],
    [{ secretCacheTtl: "30s", serveStaleFor: "1h" }, ["--secret-cache-ttl=30s", "--serve-stale-for=1h"]],
    [{ secretCacheTtl: "", serveStaleFor: null }, []],
    [{ batchSecrets: true }, ["--batch-secrets=true"]],
    [{ batchSecrets: false, restoreRotationInterval: false }, []],
    [{ batchSecrets: null, restoreRotationInterval: null }, []],
    [
      { driverWritesSecrets: true, restoreRotationInterval: true },
      ["--driver-writes-secrets=true", "--restore-rotation-interval=true"],
    ],
    [{ stsFips: "off" }, ["--sts-fips=off"]],
    [{ logFormat: "json", logLevel: "warn" }, ["--log-format=json", "--log-level=warn"]],
    [{ http: { enabled: true } }, ["--http-addr=:8989"]],
    [{ http: { enabled: true, port: 80 } }, ["--http-addr=:80"]],
  ];
  for (const [set, args] of cases)
    test(JSON.stringify(set), () =>
      expect(argsOf(withValues({ "http.enabled": false, ...set })).slice(1)).toEqual([...args]),
    );

  test("the volume's path is one thing in flag, mount and host path", () => {
    const objects = withValues({ providerVolume: "/etc/kubernetes/providers", kubeletPath: "/data/kubelet" });
    expect(containerOf(objects).args?.[0]).toBe("--provider-volume=/etc/kubernetes/providers");
    expect(containerOf(objects).volumeMounts).toEqual([
      { name: "providervol", mountPath: "/etc/kubernetes/providers" },
      { name: "mountpoint-dir", mountPath: "/data/kubelet/pods", mountPropagation: "HostToContainer" },
    ]);
    expect(podOf(objects).volumes).toEqual([
      { name: "providervol", hostPath: { path: "/etc/kubernetes/providers" } },
      { name: "mountpoint-dir", hostPath: { path: "/data/kubelet/pods", type: "DirectoryOrCreate" } },
    ]);
  });

  test("environment only where it is needed, in one list", () => {
    expect(containerOf(withValues({})).env).toBeUndefined();
    const extraEnv = [{ name: "HTTPS_PROXY", value: "http://p:1" }];
    expect(containerOf(withValues({ awsRegion: "eu-west-1", useFipsEndpoint: true, extraEnv })).env).toEqual([
      { name: "AWS_REGION", value: "eu-west-1" },
      { name: "AWS_USE_FIPS_ENDPOINT", value: "true" },
      ...extraEnv,
    ]);
  });

  test("one variable can't be set twice", () => {
    const extraEnv = [{ name: "AWS_REGION", value: "eu-west-2" }];
    expect(render({ set: { awsRegion: "eu-west-1", extraEnv } }).errors).toContain("extraEnv sets AWS_REGION");
  });
});

describe("rights", () => {
  const rulesOf = (set: Record<string, unknown>): unknown => only(withValues(set), "ClusterRole").rules;
  const get = (resource: string): unknown => ({ apiGroups: [""], resources: [resource], verbs: ["get"] });

  test("get of service accounts, pods and nodes; with awsRegion of service accounts alone", () => {
    expect(rulesOf({})).toEqual([get("serviceaccounts"), get("pods"), get("nodes")]);
    expect(rulesOf({ awsRegion: "eu-west-1" })).toEqual([get("serviceaccounts")]);
  });

  test("rbac.install: false leaves all three out and uses the account named", () => {
    const objects = withValues({ rbac: { install: false, serviceAccountName: "theirs" } });
    expect(objects.map(({ kind }) => kind).toSorted()).toEqual(["ConfigMap", "DaemonSet"]);
    expect(podOf(objects).serviceAccountName).toBe("theirs");
  });

  test("no capability is left; a security context of the user's is merged", () => {
    const contextOf = (set: Record<string, unknown>): unknown => containerOf(withValues(set)).securityContext;
    const none = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } };
    expect(contextOf({})).toEqual({ privileged: false, ...none });
    expect(contextOf({ driverWritesSecrets: true })).toEqual({ privileged: false, ...none });
    expect(contextOf({ "securityContext.privileged": true })).toEqual({ ...none, privileged: true });
    const own = { "securityContext.capabilities.add": ["DAC_OVERRIDE"] };
    expect(contextOf(own)).toMatchObject({ capabilities: { drop: ["ALL"], add: ["DAC_OVERRIDE"] } });
  });
});

describe("placement", () => {
  test("every tainted node by default; a list of the user's takes its place, an empty one too", () => {
    const tolerationsOf = (set: Record<string, unknown>): unknown => podOf(withValues(set)).tolerations;
    expect(tolerationsOf({})).toEqual([{ operator: "Exists" }]);
    expect(tolerationsOf({ tolerations: [{ key: "a", operator: "Exists" }] })).toEqual([
      { key: "a", operator: "Exists" },
    ]);
    expect(tolerationsOf({ tolerations: [] })).toBeUndefined();
  });

  test("Linux nodes, whatever nodeSelector says", () => {
    const nodeSelector = { "kubernetes.io/os": "windows", pool: "a" };
    expect(podOf(withValues({ nodeSelector })).nodeSelector).toEqual({ "kubernetes.io/os": "linux", pool: "a" });
  });

  test("maxUnavailable joins the update strategy, and leaves OnDelete alone", () => {
    const strategyOf = (set: Record<string, unknown>): unknown => daemonSetOf(withValues(set)).updateStrategy;
    expect(strategyOf({})).toEqual({ type: "RollingUpdate" });
    expect(strategyOf({ maxUnavailable: 3 })).toEqual({ type: "RollingUpdate", rollingUpdate: { maxUnavailable: 3 } });
    expect(strategyOf({ maxUnavailable: 3, "updateStrategy.type": "OnDelete" })).toEqual({ type: "OnDelete" });
    const rollingUpdate = { maxUnavailable: "50%" };
    expect(strategyOf({ "updateStrategy.rollingUpdate": rollingUpdate })).toMatchObject({ rollingUpdate });
  });

  test("probes have the times of the values, and null leaves one out", () => {
    const container = containerOf(
      withValues({ http: { port: 9000, livenessProbe: { timeoutSeconds: 7 }, startupProbe: null } }),
    );
    expect(container.ports).toEqual([{ name: "metrics", containerPort: 9000, protocol: "TCP" }]);
    expect(container.livenessProbe).toEqual({
      httpGet: { path: "/livez", port: "metrics" },
      periodSeconds: 30,
      timeoutSeconds: 7,
      failureThreshold: 6,
    });
    expect(container.readinessProbe?.httpGet).toEqual({ path: "/readyz", port: "metrics" });
    expect(container.startupProbe).toBeUndefined();
  });

  test("the policy lets those reach the metrics who are named, at the port alone", () => {
    const ingressOf = (set: Record<string, unknown>): unknown =>
      (
        withValues({ "networkPolicy.enabled": true, ...set }).find(
          ({ kind }) => kind === "NetworkPolicy",
        ) as unknown as {
          spec: { ingress: unknown };
        }
      ).spec.ingress;
    const from = [{ namespaceSelector: { matchLabels: { name: "monitoring" } } }];
    const rule = { from, ports: [{ port: 8989, protocol: "TCP" }] };
    expect(ingressOf({})).toEqual([]);
    expect(ingressOf({ "networkPolicy.metricsFrom": from })).toEqual([rule]);
    expect(ingressOf({ "networkPolicy.metricsFrom": from, "networkPolicy.ingress": [{}] })).toEqual([rule, {}]);
    expect(ingressOf({ "networkPolicy.metricsFrom": from, "http.enabled": false })).toEqual([]);
  });

  test("network policy, pod monitor, rules and dashboard are off unless asked for", () => {
    const kindsOf = (set: Record<string, unknown>): readonly string[] => withValues(set).map(({ kind }) => kind);
    expect(kindsOf({})).not.toContain("NetworkPolicy");
    expect(kindsOf({})).not.toContain("PodMonitor");
    expect(kindsOf({ "networkPolicy.enabled": true })).toContain("NetworkPolicy");
    expect(kindsOf({ "podMonitor.enabled": true })).toContain("PodMonitor");
    expect(kindsOf({})).not.toContain("PrometheusRule");
    expect(kindsOf({ "prometheusRule.enabled": true })).toContain("PrometheusRule");
    expect(kindsOf({ "dashboard.enabled": true }).filter((kind) => kind === "ConfigMap")).toHaveLength(2);
  });
});

describe("the schema", () => {
  const refused: readonly [Record<string, unknown>, string][] = [
    [{ "image.repo": "x" }, "repo"],
    [{ "k8sThrottlingParams.qsp": 5 }, "qsp"],
    [{ "rbac.instal": false }, "instal"],
    [{ "serviceAccount.annotation": {} }, "annotation"],
    [{ "networkPolicy.enable": true }, "enable"],
    [{ "updateStrategy.maxUnavailable": 1 }, "maxUnavailable"],
    [{ "http.enable": true }, "enable"],
    [{ "http.port": 70_000 }, "port"],
    [{ "http.livenessProbe.httpGet": {} }, "httpGet"],
    [{ logLevel: "verbose" }, "logLevel"],
    [{ stsFips: "on" }, "stsFips"],
    [{ credentialCacheMaxAge: "5 minutes" }, "credentialCacheMaxAge"],
    [{ credentialCacheMaxAge: 300 }, "credentialCacheMaxAge"],
    [{ secretCacheTtl: 30 }, "secretCacheTtl"],
    [{ serveStaleFor: "an hour" }, "serveStaleFor"],
    [{ batchSecrets: "false" }, "batchSecrets"],
    [{ restoreRotationInterval: "1h" }, "restoreRotationInterval"],
    [{ "k8sThrottlingParams.qps": "many" }, "qps"],
    [{ "k8sThrottlingParams.qps": 1.5 }, "qps"],
    [{ terminationGracePeriodSeconds: 10 }, "terminationGracePeriodSeconds"],
    [{ tolerations: "all" }, "tolerations"],
    [{ extraEnv: [{ nam: "A" }] }, "extraEnv"],
  ];
  for (const [set, named] of refused) {
    test(`refuses ${JSON.stringify(set)}`, () => {
      const { exitCode, errors } = render({ set });
      expect(exitCode).toBe(1);
      expect(errors).toContain("values don't meet the specifications of the schema");
      expect(errors).toContain(named);
    });
  }

  const accepted: readonly Record<string, unknown>[] = [
    { "image.tag": 3 },
    { "image.tag": 3.1 },
    { "k8sThrottlingParams.qps": "0x10" },
    { "k8sThrottlingParams.qps": "1_000" },
    { podIdentityHttpTimeout: "soon" }, // the program says so and starts
    { driverWritesSecrets: "true", useFipsEndpoint: "true" },
    { podLabels: { a: 1, b: true } },
    { port: "8989" },
    { global: { imageRegistry: "x" }, myOwn: { anything: 1 } },
    { "secrets-store-csi-driver.linux.image.tag": "v1.6.0" },
    { "securityContext.seLinuxOptions": { type: "super_t" } },
    { updateStrategy: { type: "OnDelete" } },
    { credentialCacheMaxAge: "1h2m3.5s" },
  ];
  for (const set of accepted) {
    test(`accepts ${JSON.stringify(set)}`, () => expect(render({ set })).toMatchObject({ exitCode: 0, errors: "" }));
  }
});
