// Builders of test input with defaults: a mount request as driver 1.6.0 sends it, the `objects` text of a SecretProviderClass.
import type { MountRequest } from "../src/request/messages.ts";
import { serviceAccountTokens, uidOf } from "./fakes/tokens.ts";

/** What a mount request is made of; what is absent is usual. */
export interface MountRequestOptions {
  readonly namespace?: string;
  readonly serviceAccount?: string;
  readonly pod?: string;
  /** `objects`: YAML text, or entries for `objectsYaml`. */
  readonly objects?: string | readonly object[];
  /** spec.parameters beside `objects`: region, failoverRegion, usePodIdentity, ... */
  readonly parameters?: Readonly<Record<string, string>>;
  /** serviceAccount.tokens; undefined = fresh ones, null = the attribute is left out. */
  readonly tokens?: string | null | undefined;
  /** Further attributes, or replacements of any of the above. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** The attributes as text, verbatim, instead of all of the above. */
  readonly rawAttributes?: string;
  readonly targetPath?: string;
  readonly permission?: string;
  readonly secrets?: string;
  readonly currentObjectVersions?: MountRequest["currentObjectVersions"];
}

/** A mount request as driver 1.6.0 sends it, for pod default/app-0 with tokens of both audiences. */
export function aMountRequest(options: MountRequestOptions = {}): MountRequest {
  return {
    attributes: options.rawAttributes ?? JSON.stringify(attributes(options)),
    secrets: options.secrets ?? "null",
    targetPath: options.targetPath ?? "/var/lib/kubelet/pods/x/volumes/kubernetes.io~csi/secrets/mount",
    permission: options.permission ?? "420",
    currentObjectVersions: options.currentObjectVersions ?? [],
  };
}

function attributes(options: MountRequestOptions): Record<string, unknown> {
  const { namespace = "default", serviceAccount = "app", pod = "app-0", objects = "", tokens } = options;
  const prefix = "csi.storage.k8s.io";
  return {
    [`${prefix}/ephemeral`]: "true",
    [`${prefix}/pod.name`]: pod,
    [`${prefix}/pod.namespace`]: namespace,
    [`${prefix}/pod.uid`]: uidOf("pod", namespace, pod),
    [`${prefix}/serviceAccount.name`]: serviceAccount,
    ...(tokens === null
      ? {}
      : {
          [`${prefix}/serviceAccount.tokens`]: tokens ?? serviceAccountTokens({ namespace, serviceAccount, pod }),
        }),
    secretProviderClass: "aws-secrets",
    objects: typeof objects === "string" ? objects : objectsYaml(objects),
    ...options.parameters,
    ...options.attributes,
  };
}

/** The `objects` text for entries such as `{ objectName: "db", objectType: "secretsmanager" }`, block style as people write it. */
export function objectsYaml(objects: readonly object[]): string {
  return objects.map((object) => `- ${yamlMap(object, "  ").trimStart()}`).join("");
}

function yamlMap(map: object, indent: string): string {
  return Object.entries(map)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]: [string, unknown]) => `${indent}${name}:${yamlValue(value, indent)}`)
    .join("");
}

function yamlValue(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    const entry = (one: unknown): string =>
      typeof one === "object" && one !== null ? yamlMap(one, `${indent}    `).trimStart() : `${JSON.stringify(one)}\n`;
    return value.length === 0 ? " []\n" : `\n${value.map((one: unknown) => `${indent}  - ${entry(one)}`).join("")}`;
  }
  if (typeof value === "object" && value !== null) return `\n${yamlMap(value, `${indent}  `)}`;
  return ` ${JSON.stringify(value)}\n`;
}
