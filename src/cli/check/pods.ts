// Pods of an input as far as they matter here: their service account, and the volumes of the driver.
import type { FieldPath } from "../../errors.ts";
import { fieldsAt, isFields, listAt, textAt } from "./manifest.ts";
import type { Resource, YamlFields } from "./manifest.ts";

/** Where the pod's spec is in each kind. */
const podSpecs: Readonly<Record<string, FieldPath>> = {
  Pod: ["spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};
const driver = "secrets-store.csi.k8s.io";

/** A pod, or what makes pods. Ways are from the resource's root. */
export interface Pods {
  readonly resource: Resource;
  /** `default` if none is named. */
  readonly account: string;
  readonly accountAt: FieldPath;
  readonly volumes: readonly DriverVolume[];
}

export interface DriverVolume {
  readonly at: FieldPath;
  readonly isReadOnly: boolean;
  readonly attributes: YamlFields;
  /** Mounts of it in containers that take one path out of it. */
  readonly subPaths: readonly FieldPath[];
}

/** The pods of a resource; undefined for other kinds. */
export function podsOf(resource: Resource): Pods | undefined {
  const at = Object.hasOwn(podSpecs, resource.kind) ? podSpecs[resource.kind] : undefined;
  if (at === undefined) return undefined;
  const spec = at.reduce<YamlFields>((fields, part) => fieldsAt(fields, String(part)), resource.value);
  const account = textAt(spec, "serviceAccountName") || textAt(spec, "serviceAccount") || "default";
  const accountAt = [...at, spec.has("serviceAccountName") ? "serviceAccountName" : "serviceAccount"];
  const volumes = listAt(spec, "volumes").flatMap((volume, i): DriverVolume[] => {
    const csi = isFields(volume) ? fieldsAt(volume, "csi") : undefined;
    if (!isFields(volume) || csi === undefined || textAt(csi, "driver") !== driver) return [];
    return [
      {
        at: [...at, "volumes", i, "csi"],
        isReadOnly: csi.get("readOnly") === true,
        attributes: fieldsAt(csi, "volumeAttributes"),
        subPaths: subPathsOf(spec, textAt(volume, "name")).map((path) => [...at, ...path]),
      },
    ];
  });
  return { resource, account, accountAt, volumes };
}

function subPathsOf(spec: YamlFields, volume: string): FieldPath[] {
  return ["initContainers", "containers"].flatMap((containers) =>
    listAt(spec, containers).flatMap((container, i) => {
      const mounts = isFields(container) ? listAt(container, "volumeMounts") : [];
      return mounts.flatMap((mount, j) => {
        if (!isFields(mount) || textAt(mount, "name") !== volume) return [];
        const field = ["subPath", "subPathExpr"].find((name) => textAt(mount, name) !== "");
        return field === undefined ? [] : [[containers, i, "volumeMounts", j, field]];
      });
    }),
  );
}
