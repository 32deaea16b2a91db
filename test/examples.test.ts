// deployment/examples: each class is understood by the code that reads it in a mount, and each pod refers to what its file holds.
import { describe, expect, test } from "bun:test";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { finish } from "../src/work.ts";
import { parseObjects } from "../src/request/objects.ts";
import { fieldNames } from "../src/request/schema.ts";
import type { SecretObject } from "../src/request/secret-object.ts";
import { invent } from "../scripts/demo-values.ts";
import { parseJmesPath } from "../src/go/jmespath/parser.ts";
import { objectsOf, only, readYaml, root, some } from "./chart/chart.ts";
import type { KubernetesObject, SecretProviderClass } from "./chart/chart.ts";

const folder = join(root, "deployment/examples");
const examples = readdirSync(folder).filter((name) => !name.endsWith("-values.yaml"));
const read = (name: string): readonly KubernetesObject[] => objectsOf(readFileSync(join(folder, name), "utf8"));
const known: readonly string[] = fieldNames.parameters;

function parse({ spec: { parameters } }: SecretProviderClass): readonly SecretObject[] {
  return finish(
    parseObjects(parameters["objects"] ?? "", {
      pathTranslation: parameters["pathTranslation"] ?? "",
      region: parameters["region"] ?? "eu-west-1",
      failoverRegion: parameters["failoverRegion"] ?? "",
    }),
  );
}

/** The files of an object, by the values that the demo invents for it. */
function filesOf(object: SecretObject): string[] {
  return invent(object, 1).flatMap(({ files }) => files.map(({ path }) => path));
}

test("there is one for each way of use", () => {
  expect(examples.toSorted()).toEqual([
    "assume-role.yaml",
    "expand-keys.yaml",
    "failover.yaml",
    "irsa.yaml",
    "jmespath-output.yaml",
    "jmespath.yaml",
    "object-encoding.yaml",
    "optional.yaml",
    "pod-identity.yaml",
    "rotation.yaml",
    "secret-cache.yaml",
    "secret-objects.yaml",
    "selector.yaml",
    "serve-stale.yaml",
  ]);
});

describe("examples", () => {
  for (const name of examples) {
    const objects = read(name);
    const secretProviderClass = only(objects, "SecretProviderClass");
    const files = (): string[] => parse(secretProviderClass).flatMap(filesOf);

    test(`${name}: its class parses, and each object has a file of its own`, () => {
      const { apiVersion, spec } = secretProviderClass;
      expect({ apiVersion, provider: spec.provider }).toEqual({
        apiVersion: "secrets-store.csi.x-k8s.io/v1",
        provider: "aws",
      });
      for (const [key, value] of Object.entries(spec.parameters)) {
        expect(known).toContain(key);
        expect(value).toBeString();
      }
      expect(files().length).toBeGreaterThan(0);
      expect(new Set(files()).size).toBe(files().length);
      for (const { path } of parse(secretProviderClass).flatMap(({ jmesPath }) => jmesPath))
        finish(parseJmesPath(path));
    });

    test(`${name}: its pod refers to the class, the account and the label that are there`, () => {
      const { template, selector } = some(only(objects, "Deployment").spec);
      const pod = some(template.spec);
      expect(template.metadata?.labels).toEqual(selector.matchLabels);
      expect(pod.serviceAccountName).toBe(some(only(objects, "ServiceAccount").metadata?.name));
      expect(pod.volumes?.map(({ csi }) => csi)).toEqual([
        {
          driver: "secrets-store.csi.k8s.io",
          readOnly: true,
          volumeAttributes: { secretProviderClass: secretProviderClass.metadata.name },
        },
      ]);
      expect(pod.containers[0]?.volumeMounts).toEqual([
        { name: some(pod.volumes?.[0]).name, mountPath: "/mnt/secrets", readOnly: true },
      ]);
    });

    test(`${name}: the account has a role's annotation unless Pod Identity gives the role`, () => {
      const arn = only(objects, "ServiceAccount").metadata?.annotations?.["eks.amazonaws.com/role-arn"];
      if (secretProviderClass.spec.parameters["usePodIdentity"] === "true") expect(arn).toBeUndefined();
      else expect(arn).toMatch(/^arn:aws:iam::111122223333:role\/./);
    });
  }

  test("secret-objects.yaml: the Secret is made of mounted files, and the pod reads keys it has", () => {
    const objects = read("secret-objects.yaml");
    const { spec } = only(objects, "SecretProviderClass");
    const mounted = parse(only(objects, "SecretProviderClass")).flatMap((one) =>
      one.jmesPath.map((entry) => entry.filePath),
    );
    const secret = some(spec.secretObjects?.[0]);
    expect(secret.data.map(({ objectName }) => objectName)).toEqual(mounted);
    const env = only(objects, "Deployment").spec?.template.spec?.containers[0]?.env;
    expect(env).toHaveLength(2);
    for (const { valueFrom } of env ?? []) {
      expect(valueFrom?.secretKeyRef?.name).toBe(secret.secretName);
      expect(secret.data.map(({ key }) => key)).toContain(some(valueFrom?.secretKeyRef?.key));
    }
  });

  test("rotation-values.yaml turns the driver's rotation on", () => {
    expect(readYaml(join(folder, "rotation-values.yaml"))).toEqual({
      "secrets-store-csi-driver": { enableSecretRotation: true, rotationPollInterval: "2m" },
    });
  });
});
