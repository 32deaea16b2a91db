// The raw manifests: names and labels that installs without Helm hold on to (parity 11.2), and the pod that the chart renders.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { containerOf, daemonSetOf, goldenObjects, objectsOf, only, podOf, root, some } from "./chart.ts";

const name = "csi-secrets-store-provider-aws";
const read = (file: string): string => readFileSync(join(root, "deployment", file), "utf8");
const installer = objectsOf(read("aws-provider-installer.yaml"));

describe("aws-provider-installer.yaml", () => {
  test("has the names, label and selector of 3.x", () => {
    expect(installer.map(({ kind, metadata }) => [kind, metadata.name, metadata.namespace])).toEqual([
      ["ServiceAccount", name, "kube-system"],
      ["ClusterRole", `${name}-cluster-role`, undefined],
      ["ClusterRoleBinding", `${name}-cluster-rolebinding`, undefined],
      ["DaemonSet", name, "kube-system"],
    ]);
    const daemonSet = only(installer, "DaemonSet");
    expect(daemonSet.metadata?.labels).toEqual({ app: name });
    expect(daemonSetOf(installer).selector).toEqual({ matchLabels: { app: name } });
    expect(daemonSetOf(installer).template.metadata?.labels).toEqual({ app: name });
    expect(only(installer, "ClusterRoleBinding")).toMatchObject({
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: `${name}-cluster-role` },
      subjects: [{ kind: "ServiceAccount", name, namespace: "kube-system" }],
    });
  });

  test("pulls the version of package.json always, and runs on every Linux node", async () => {
    const { version } = (await Bun.file(join(root, "package.json")).json()) as { version: string };
    expect(containerOf(installer)).toMatchObject({
      name: "provider-aws-installer",
      image: `ghcr.io/seed-a58a391a/secrets-store-csi-driver-provider-aws:${version}`,
      imagePullPolicy: "Always",
      args: ["--provider-volume=/var/run/secrets-store-csi-providers", "--http-addr=:8989"],
    });
    expect(podOf(installer)).toMatchObject({ hostNetwork: false, tolerations: [{ operator: "Exists" }] });
  });

  test("else is what the chart renders by default", () => {
    const chart = goldenObjects("defaults");
    const pod = structuredClone(podOf(installer));
    if (pod.containers[0] !== undefined) pod.containers[0].imagePullPolicy = "IfNotPresent";
    expect(pod).toEqual(Object.assign(structuredClone(podOf(chart)), { serviceAccountName: name }));
    expect(only(installer, "ClusterRole").rules).toEqual(only(chart, "ClusterRole").rules);
    expect(daemonSetOf(installer).updateStrategy).toEqual(daemonSetOf(chart).updateStrategy);
  });
});

test("private-installer.yaml differs in the image alone", () => {
  const own = read("private-installer.yaml");
  expect(own.match(/\$\{?\w+\}?/g)).toEqual(["${PRIVREPO}"]);
  const image = some(containerOf(installer).image);
  expect(objectsOf(own.replace("${PRIVREPO}:latest", image))).toEqual([...installer]);
});

test("no manifest grants tokens, secrets, or more than get", () => {
  for (const objects of [installer, goldenObjects("defaults"), goldenObjects("every-value")]) {
    const rules = some(only(objects, "ClusterRole").rules);
    expect([...new Set(rules.flatMap(({ verbs }) => verbs))]).toEqual(["get"]);
    for (const resource of rules.flatMap(({ resources = [] }) => resources)) {
      expect(["serviceaccounts", "pods", "nodes"]).toContain(resource);
    }
  }
});
