// What the chart refuses although it could ignore it, and what it asks of the cluster: values of other charts, the image's digest, the version of
// Kubernetes, and the words that an install prints about the next steps.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chartFolder, containerOf, goldenCases, notesOf, readYaml, render, rendered } from "../chart/chart.ts";
import type { RenderOptions } from "../chart/chart.ts";

type Table = Readonly<Record<string, unknown>>;
const oldDefaults: RenderOptions = goldenCases["reuse-values"];
const template = readFileSync(join(chartFolder, "templates/_refused.tpl"), "utf8");
const [, list = ""] = /define "provider-aws.refused" -}}\n([^{]*)\n{{/.exec(template) ?? [];
const refused = list.split("\n").map((line) => line.split(" ")[0] ?? "");

describe("values of other charts", () => {
  test.each([
    [{ "rbac.create": false }, "- rbac.create (here: rbac.install)"],
    [{ "rbac.create": true }, "- rbac.create (here: rbac.install)"],
    [{ "serviceAccount.create": false }, "- serviceAccount.create (here: rbac.install)"],
    [{ "serviceAccount.name": "theirs" }, "- serviceAccount.name (here: rbac.serviceAccountName)"],
    [{ "image.registry": "registry.example" }, "- image.registry (here: image.repository, "],
    [{ env: [{ name: "HTTPS_PROXY", value: "x" }] }, "- env (here: extraEnv, "],
    [{ env: { HTTPS_PROXY: "x" } }, "- env (here: extraEnv, "],
    [{ extraArgs: ["--log-level=debug"] }, "- extraArgs (here: a value for each flag, "],
    [{ replicaCount: 0 }, "- replicaCount (here: one pod for each node; "],
    [{ hostNetwork: true }, "- hostNetwork (here: always off)"],
    [{ "serviceMonitor.enabled": true }, "- serviceMonitor (here: podMonitor)"],
    [{ enableSecretRotation: true }, "- enableSecretRotation (here: secrets-store-csi-driver.enableSecretRotation)"],
    [{ "podMonitor.additionalLabels": { a: "b" } }, "- podMonitor.additionalLabels (here: podMonitor.labels)"],
  ])("%j is refused, with what to set instead", (set, text) => {
    for (const options of [{ set }, { ...oldDefaults, set, isUpgrade: true }]) {
      const { exitCode, errors } = render(options);
      expect(errors).toContain(text);
      expect(exitCode).toBe(1);
    }
  });

  test("all are named at once", () => {
    const { errors } = render({ set: { region: "eu-west-1", volumes: [{ name: "a" }] } });
    expect(errors).toContain("- region (here: awsRegion)\n- volumes (here: extraVolumes)\n");
  });

  test("what is empty or switched off passes", () => {
    const off = { "metrics.enabled": false, env: [], args: null, linux: {}, hostNetwork: false, replicaCount: null };
    const set = { ...off, "serviceAccount.name": "", enableSecretRotation: false };
    expect(render({ set })).toMatchObject({ exitCode: 0, errors: "" });
  });

  test("none of them is a value of this chart or of 3.1.1, and what stands for it is one", () => {
    const own = readYaml(join(chartFolder, "values.yaml")) as Table;
    const old = readYaml(String(oldDefaults.instead)) as Table;
    for (const values of [own, old]) {
      for (const path of refused) {
        const [first = "", second] = path.split(".");
        const section = values[first];
        if (second === undefined) expect(Object.keys(values)).not.toContain(path);
        else expect(Object.keys((section ?? {}) as Table)).not.toContain(second);
      }
    }
    for (const [, instead = ""] of list.matchAll(/^\S+ (?!a |always|one)([\w-]+)/gm))
      expect(Object.keys(own)).toContain(instead);
  });

  test("the schema lets the nested ones through, and no others", () => {
    const { properties } = readYaml(join(chartFolder, "values.schema.json")) as {
      readonly properties: Readonly<Record<string, { readonly patternProperties?: Table }>>;
    };
    const open = Object.entries(properties).flatMap(([section, { patternProperties = {} }]) =>
      Object.keys(patternProperties).flatMap((pattern) =>
        pattern
          .slice(2, -2)
          .split("|")
          .map((key) => `${section}.${key}`),
      ),
    );
    expect(open.toSorted()).toEqual(refused.filter((path) => path.includes(".")).toSorted());
  });
});

describe("the image", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const repository = "registry.example/provider";
  test.each([
    [{ repository, tag: "4.0.0" }, `${repository}:4.0.0`],
    [{ repository, tag: "4.0.0", digest }, `${repository}:4.0.0@${digest}`],
    [{ repository, tag: "", digest }, `${repository}@${digest}`],
    [{ repository, tag: `4.0.0@${digest}` }, `${repository}:4.0.0@${digest}`],
    [{ repository, tag: "", digest: "" }, `${repository}:4.0.0`],
  ])("%j", (image, name) => expect(containerOf(rendered({ set: { image } })).image).toBe(name));

  test.each([
    [{ "image.digest": "sha256:0" }, "/image/digest"],
    [{ "image.digest": digest, "image.tag": `4.0.0@${digest}` }, "keep one"],
  ])("%j is refused", (set, text) => expect(render({ set }).errors).toContain(text));
});

test("Kubernetes without tokenRequests is refused, and no other", () => {
  expect(render({ kubeVersion: "1.19.16" }).errors).toContain("chart requires kubeVersion: >=1.20.0-0");
  for (const kubeVersion of ["1.20.0", "v1.20.15-eks-14c7a48", "v1.33.4-eks-1a2b3c4", "1.36.0"])
    expect(render({ kubeVersion })).toMatchObject({ exitCode: 0, errors: "" });
});

describe("NOTES", () => {
  test("have the next three commands, by the names that are rendered", () => {
    const notes = notesOf({ set: { nameOverride: "aws", fullnameOverride: "ascp" } });
    expect(notes.match(/^ {2}kubectl .*$/gm)).toEqual([
      "  kubectl -n kube-system rollout status daemonset/ascp",
      "  kubectl get csidriver secrets-store.csi.k8s.io -o jsonpath='{.spec.tokenRequests}'",
      "  kubectl -n kube-system logs --tail=50 $(kubectl -n kube-system get pods -o name -l app=aws --field-selector spec.nodeName=NODE)",
    ]);
    expect(notes).toContain("sts.amazonaws.com and pods.eks.amazonaws.com");
  });

  test("wait otherwise where a rollout has no status", () => {
    const notes = notesOf({ set: { "updateStrategy.type": "OnDelete" } });
    expect(notes).not.toContain("rollout status");
    expect(notes).toContain("get daemonset csi-secrets-store-csi-driver-provider-aws --watch");
  });

  test("name the Pod Security label in a namespace of one's own", () => {
    const label = "kubectl label namespace secrets pod-security.kubernetes.io/enforce=privileged";
    expect(notesOf({ namespace: "secrets" })).toContain(label);
    expect(notesOf()).not.toContain("pod-security");
  });

  test("say what an upgrade with --reuse-values keeps, and when the driver is another's", () => {
    expect(notesOf({ ...oldDefaults, isUpgrade: true })).toContain("The image is that of a 3.x release");
    const set = { "secrets-store-csi-driver.install": false, "podMonitor.enabled": true, "http.enabled": false };
    expect(notesOf({ set })).toMatch(/The driver is not part of this release[^]*the pods have no port for metrics/);
    expect(notesOf()).not.toMatch(/3\.x|not part of/);
  });
});
