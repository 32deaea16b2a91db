// The chart as the tests render it: by the real helm, with a stand-in for the driver's chart, so that nothing is fetched. Golden files follow the
// rendering only when UPDATE_GOLDEN=1 says so.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ConfigMap,
  V1Container,
  V1DaemonSet,
  V1DaemonSetSpec,
  V1Deployment,
  V1PodSpec,
  V1ServiceAccount,
} from "@kubernetes/client-node";

export const root = join(import.meta.dir, "../..");
export const chartName = "secrets-store-csi-driver-provider-aws";
export const chartFolder = join(root, "charts", chartName);

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface SecretProviderClass extends KubernetesObject {
  readonly spec: {
    readonly provider: string;
    readonly parameters: Readonly<Record<string, string>>;
    readonly secretObjects?: readonly {
      readonly secretName: string;
      readonly data: readonly { readonly objectName: string; readonly key: string }[];
    }[];
  };
}

interface Kinds {
  readonly ClusterRole: V1ClusterRole;
  readonly ClusterRoleBinding: V1ClusterRoleBinding;
  readonly ConfigMap: V1ConfigMap;
  readonly DaemonSet: V1DaemonSet;
  readonly Deployment: V1Deployment;
  readonly SecretProviderClass: SecretProviderClass;
  readonly ServiceAccount: V1ServiceAccount;
}

export interface RenderOptions {
  /** A values file, as with -f. */
  readonly values?: string;
  /** As with --set-json, one after the other. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Takes the place of the chart's values.yaml, as --reuse-values does with the old chart's. */
  readonly instead?: string;
  readonly release?: string;
  readonly isUpgrade?: boolean;
  /** Of the cluster. */
  readonly kubeVersion?: string;
}

export interface HelmResult {
  readonly exitCode: number;
  readonly text: string;
  readonly errors: string;
}

export interface Rendered extends HelmResult {
  readonly objects: readonly KubernetesObject[];
}

/** Where the golden renderings are. */
export const goldenFolder = join(import.meta.dir, "golden");

/** What the golden files hold. */
export const goldenCases = {
  defaults: {},
  "every-value": { values: join(import.meta.dir, "values-every.yaml") },
  "reuse-values": { instead: join(import.meta.dir, "values-3.1.1.yaml"), isUpgrade: true },
  "driver-writes": { set: { driverWritesSecrets: true } },
  "aws-region": { set: { awsRegion: "eu-west-1" } },
  monitoring: { set: { "podMonitor.enabled": true, "prometheusRule.enabled": true } },
  fips: { set: { useFipsEndpoint: true, stsFips: "required" } },
} satisfies Record<string, RenderOptions>;

/** helm on a copy of the chart, with an environment and a home of its own. */
export function helm(
  args: (chart: string) => readonly string[],
  { instead }: Pick<RenderOptions, "instead"> = {},
): HelmResult {
  const folder = mkdtempSync(join(tmpdir(), "chart-"));
  try {
    const chart = join(folder, chartName);
    cpSync(chartFolder, chart, { recursive: true });
    mkdirSync(join(chart, "charts"), { recursive: true });
    cpSync(join(import.meta.dir, "stand-in"), join(chart, "charts/secrets-store-csi-driver"), { recursive: true });
    if (instead !== undefined) cpSync(instead, join(chart, "values.yaml"));
    const { exitCode, stdout, stderr } = Bun.spawnSync([process.env["HELM"] ?? "helm", ...args(chart)], {
      cwd: folder,
      env: { HOME: folder },
    });
    return { exitCode, text: stdout.toString(), errors: stderr.toString() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `helm template` in kube-system. */
export function render(options: RenderOptions = {}): Rendered {
  const { values, set = {}, release = "csi", isUpgrade = false, kubeVersion = "1.35.0" } = options;
  const result = helm(
    (chart) => [
      "template",
      release,
      chart,
      "--namespace=kube-system",
      `--kube-version=${kubeVersion}`,
      ...(isUpgrade ? ["--is-upgrade"] : []),
      ...(values === undefined ? [] : ["-f", values]),
      ...setFlags(set),
    ],
    options,
  );
  return { ...result, objects: result.exitCode === 0 ? objectsOf(result.text) : [] };
}

/** What an install prints at its end (NOTES.txt), which `helm template` leaves out: as the one text of a template. @throws Error with helm's words */
export function notesOf(options: Omit<RenderOptions, "values"> & { readonly namespace?: string } = {}): string {
  const { set = {}, release = "csi", namespace = "kube-system", isUpgrade = false } = options;
  const { exitCode, text, errors } = helm((chart) => {
    const notes = readFileSync(join(chart, "templates/NOTES.txt"), "utf8");
    const wrapped = `{{- define "notes" -}}\n${notes}{{- end -}}\n{{ dict "notes" (include "notes" .) | toJson }}\n`;
    writeFileSync(join(chart, "templates/notes.yaml"), wrapped);
    const flags = [
      `--namespace=${namespace}`,
      "--show-only=templates/notes.yaml",
      ...(isUpgrade ? ["--is-upgrade"] : []),
    ];
    return ["template", release, chart, ...flags, ...setFlags(set)];
  }, options);
  if (exitCode !== 0) throw new Error(errors);
  return (Bun.YAML.parse(text) as { readonly notes: string }).notes;
}

const setFlags = (set: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(set).flatMap(([path, value]) => ["--set-json", `${path}=${JSON.stringify(value)}`]);

/** The objects of `helm template`. @throws Error with helm's words */
export function rendered(options: RenderOptions = {}): readonly KubernetesObject[] {
  const { exitCode, errors, objects } = render(options);
  if (exitCode !== 0) throw new Error(errors);
  return objects;
}

/** The rendering as the formatter lays it out, as the golden files are, and the golden file; which is written first if it is to be updated. */
export function golden(name: string, text: string): { readonly rendering: string; readonly expected: string } {
  const format = [process.execPath, "fmt", `--stdin-filepath=test/chart/golden/${name}.yaml`];
  const { exitCode, stdout, stderr } = Bun.spawnSync(format, { cwd: root, stdin: Buffer.from(text) });
  if (exitCode !== 0) throw new Error(stderr.toString());
  const rendering = stdout.toString();
  const path = join(goldenFolder, `${name}.yaml`);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, rendering);
  return { rendering, expected: readFileSync(path, "utf8") };
}

export function goldenObjects(name: string): readonly KubernetesObject[] {
  return objectsOf(readFileSync(join(goldenFolder, `${name}.yaml`), "utf8"));
}

export function objectsOf(text: string): KubernetesObject[] {
  return [Bun.YAML.parse(text) as KubernetesObject | null].flat().filter((item) => item !== null);
}

export function readYaml(path: string): unknown {
  return Bun.YAML.parse(readFileSync(path, "utf8"));
}

/** The one object of a kind, `as` the API has it; the schema suite holds it to that. @throws Error if there is none or more */
export function only<Kind extends keyof Kinds>(objects: readonly KubernetesObject[], kind: Kind): Kinds[Kind] {
  const [object, ...more] = objects.filter((item) => item.kind === kind);
  if (object === undefined || more.length > 0) throw new Error(`${more.length + (object ? 1 : 0)} objects of ${kind}`);
  return object as unknown as Kinds[Kind];
}

/** What the DaemonSet is to be. */
export function daemonSetOf(objects: readonly KubernetesObject[]): V1DaemonSetSpec {
  return some(only(objects, "DaemonSet").spec);
}

/** The pod of the DaemonSet. */
export function podOf(objects: readonly KubernetesObject[]): V1PodSpec {
  return some(daemonSetOf(objects).template.spec);
}

/** Its only container. */
export function containerOf(objects: readonly KubernetesObject[]): V1Container {
  return some(podOf(objects).containers[0]);
}

/** The arguments of that. */
export function argsOf(objects: readonly KubernetesObject[]): readonly string[] {
  return containerOf(objects).args ?? [];
}

/** What must be there. */
export function some<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("missing");
  return value;
}
