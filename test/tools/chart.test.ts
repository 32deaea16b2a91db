// The chart by the real helm: lint, golden renderings, and the names and labels that installs of chart 3.1.1 hold on to (parity 11.2).
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  chartFolder,
  chartName,
  containerOf,
  daemonSetOf,
  golden,
  goldenCases,
  goldenFolder,
  helm,
  only,
  podOf,
  readYaml,
  render,
  rendered,
  root,
  some,
} from "../chart/chart.ts";
import type { RenderOptions } from "../chart/chart.ts";

const oldDefaults: RenderOptions = goldenCases["reuse-values"];

describe("renderings", () => {
  for (const [name, options] of Object.entries(goldenCases)) {
    test(`${name} is that of test/chart/golden (UPDATE_GOLDEN=1 renews it)`, () => {
      const { exitCode, text, errors } = render(options);
      expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
      const { rendering, expected } = golden(name, text);
      expect(rendering).toBe(expected);
    });
  }

  test("the folder holds no other golden file", () => {
    expect(readdirSync(goldenFolder).toSorted()).toEqual(
      Object.keys(goldenCases)
        .map((name) => `${name}.yaml`)
        .toSorted(),
    );
  });

  test("every value is set by values-every.yaml, to something else than its default", () => {
    const isTable = (value: unknown): value is Record<string, unknown> =>
      typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
    const same: string[] = [];
    const compare = (defaults: Record<string, unknown>, every: Record<string, unknown>, path: string): void => {
      for (const [key, value] of Object.entries(defaults)) {
        const other = every[key];
        if (isTable(value) && isTable(other)) compare(value, other, `${path}${key}.`);
        else if (other === undefined || Bun.deepEquals(value, other)) same.push(`${path}${key}`);
      }
    };
    compare(
      readYaml(join(chartFolder, "values.yaml")) as Record<string, unknown>,
      readYaml(goldenCases["every-value"].values) as Record<string, unknown>,
      "",
    );
    // The only useful settings of these are the defaults.
    const kept = ["privileged", "allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities.drop"];
    expect(same.filter((path) => !kept.includes(path.replace("securityContext.", "")))).toEqual([
      "caBundle.secret", // one of the two
      "updateStrategy.type",
      "rbac.install",
      "http.enabled",
      "secrets-store-csi-driver.install",
    ]);
  });

  test("lint has nothing to say", () => {
    const { exitCode, text } = helm((chart) => ["lint", "--strict", chart]);
    expect(text).toContain("1 chart(s) linted, 0 chart(s) failed");
    expect(exitCode).toBe(0);
  });

  test("the lock belongs to the dependency: helm gets as far as asking for the repository", () => {
    const { exitCode, errors } = helm((chart) => ["dependency", "build", "--skip-refresh", chart]);
    expect(exitCode).toBe(1);
    expect(errors).toContain(
      "no repository definition for https://kubernetes-sigs.github.io/secrets-store-csi-driver/",
    );
  });

  test("the versions are that of package.json", async () => {
    const { version } = (await Bun.file(join(root, "package.json")).json()) as { version: string };
    const chart = readYaml(join(chartFolder, "Chart.yaml"));
    expect(chart).toMatchObject({ name: chartName, version, appVersion: version, kubeVersion: ">=1.20.0-0" });
    expect(containerOf(rendered()).image).toBe(`ghcr.io/seed-a58a391a/${chartName}:${version}`);
  });
});

describe("the driver's chart", () => {
  const receivedBy = (options: RenderOptions): string => some(only(rendered(options), "ConfigMap").data?.["values"]);

  test("receives tokenRequests for both audiences, its name, and where not to run", () => {
    const received = receivedBy({});
    expect(Bun.YAML.parse(received)).toEqual(
      (readYaml(join(chartFolder, "values.yaml")) as Record<string, unknown>)["secrets-store-csi-driver"],
    );
    expect(received).toContain("- audience: sts.amazonaws.com\n- audience: pods.eks.amazonaws.com\n");
    expect(received).toContain("virtual-kubelet");
    expect(received).toContain("fargate");
  });

  test("receives them with --reuse-values too, and what a user adds", () => {
    const set = { "secrets-store-csi-driver.enableSecretRotation": true };
    const received = receivedBy({ ...oldDefaults, set });
    expect(received).toContain("- audience: sts.amazonaws.com\n- audience: pods.eks.amazonaws.com\n");
    expect(received).toContain("enableSecretRotation: true");
  });

  test("is left out with install: false", () => {
    const objects = rendered({ set: { "secrets-store-csi-driver.install": false } });
    expect(objects.map(({ kind }) => kind).toSorted()).toEqual([
      "ClusterRole",
      "ClusterRoleBinding",
      "DaemonSet",
      "ServiceAccount",
    ]);
  });
});

describe("names that an install holds on to", () => {
  const long = "a".repeat(70);
  const cases: readonly [string, RenderOptions, { app: string; fullname: string }][] = [
    ["release csi", { release: "csi" }, { app: chartName, fullname: `csi-${chartName}` }],
    ["a release that contains the name", { release: `x-${chartName}` }, { app: chartName, fullname: `x-${chartName}` }],
    ["nameOverride", { set: { nameOverride: "aws" } }, { app: "aws", fullname: "csi-aws" }],
    ["fullnameOverride", { set: { fullnameOverride: "ascp" } }, { app: chartName, fullname: "ascp" }],
    ["a name of digits", { set: { nameOverride: "12" } }, { app: "12", fullname: "csi-12" }],
    [
      "a long nameOverride",
      { set: { nameOverride: long } },
      { app: long.slice(0, 63), fullname: `csi-${long.slice(0, 59)}` },
    ],
    [
      "a name cut at a hyphen",
      { set: { fullnameOverride: `${"b".repeat(62)}-${long}` } },
      { app: chartName, fullname: "b".repeat(62) },
    ],
  ];
  for (const [title, options, { app, fullname }] of cases) {
    for (const defaults of ["4.0.0", "3.1.1"]) {
      test(`${title}, with the defaults of ${defaults}`, () => {
        const objects = rendered({ ...(defaults === "3.1.1" ? oldDefaults : {}), ...options });
        expect(only(objects, "DaemonSet").metadata).toMatchObject({ name: fullname, namespace: "kube-system" });
        expect(daemonSetOf(objects).selector).toEqual({ matchLabels: { app } });
        expect(daemonSetOf(objects).template.metadata?.labels).toMatchObject({ app });
        expect(only(objects, "ServiceAccount").metadata).toMatchObject({ name: fullname, namespace: "kube-system" });
        expect(podOf(objects).serviceAccountName).toBe(fullname);
        expect(only(objects, "ClusterRole").metadata?.name).toBe(`${fullname}-cluster-role`);
        const binding = only(objects, "ClusterRoleBinding");
        expect(binding.metadata?.name).toBe(`${fullname}-cluster-role-binding`);
        expect(binding.roleRef).toEqual({
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: `${fullname}-cluster-role`,
        });
        expect(binding.subjects).toEqual([{ kind: "ServiceAccount", name: fullname, namespace: "kube-system" }]);
        expect(containerOf(objects).name).toBe("provider-aws-installer");
        expect(podOf(objects).volumes?.map(({ name }) => name)).toEqual(["providervol", "mountpoint-dir"]);
      });
    }
  }

  test("an upgrade adds no object and removes none, so that a rollback leaves nothing behind", () => {
    const namesOf = (options: RenderOptions): readonly string[] =>
      rendered(options).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const before = namesOf(oldDefaults);
    expect(namesOf({ isUpgrade: true })).toEqual([...before]);
    expect(namesOf({ ...oldDefaults, isUpgrade: false })).toEqual([...before]);
    const fullname = `csi-${chartName}`;
    expect(before.toSorted()).toEqual([
      `ClusterRole ${fullname}-cluster-role`,
      `ClusterRoleBinding ${fullname}-cluster-role-binding`,
      "ConfigMap driver-values",
      `DaemonSet ${fullname}`,
      `ServiceAccount ${fullname}`,
    ]);
  });

  test("labels are cut at 63, and none can take the selector's place", () => {
    const objects = rendered({
      release: "r".repeat(53),
      set: { nameOverride: long, commonLabels: { app: "mine", team: "a" }, podLabels: { app: "other", tier: "b" } },
    });
    const labels = objects.filter(({ kind }) => kind !== "ConfigMap").map(({ metadata }) => metadata.labels ?? {});
    labels.push(daemonSetOf(objects).template.metadata?.labels ?? {});
    for (const value of labels.flatMap((one) => Object.values(one))) expect(value.length).toBeLessThanOrEqual(63);
    expect(only(objects, "ClusterRole").metadata?.labels).toMatchObject({ app: long.slice(0, 63), team: "a" });
    expect(daemonSetOf(objects).template.metadata?.labels).toMatchObject({
      app: long.slice(0, 63),
      team: "a",
      tier: "b",
      "app.kubernetes.io/managed-by": "Helm",
      "app.kubernetes.io/instance": "r".repeat(53),
    });
  });
});
