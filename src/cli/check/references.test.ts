import { expect, test } from "bun:test";
import { checkClass } from "./check-class.ts";
import { readManifest } from "./manifest.ts";
import type { Resource } from "./manifest.ts";
import { podsOf } from "./pods.ts";
import { referenceFindings, usersOf } from "./references.ts";

const documents = [
  "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: same}\nspec: {provider: aws, parameters: {region: eu-west-1, objects: '[]'}}\n",
  "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: own}\n",
  "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {serviceAccountName: own, volumes: [{name: v, csi: {driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: same}}}]}\n",
];

/** How often a namespace is read while `count` copies of everything, all of one name, are compared; and what is found. */
function compare(count: number): { reads: number; found: number; users: number } {
  let reads = 0;
  const text = Array.from({ length: count }, () => documents.join("---\n")).join("---\n");
  const resources = readManifest("f", text).resources.map((resource): Resource => {
    const { namespace } = resource;
    const get = (): string => {
      reads++;
      return namespace;
    };
    return Object.defineProperty({ ...resource }, "namespace", { get, enumerable: true });
  });
  const ofKind = (kind: string): Resource[] => resources.filter((one) => one.kind === kind);
  const pods = ofKind("Pod").flatMap((one) => podsOf(one) ?? []);
  const classes = ofKind("SecretProviderClass").map((one) => checkClass(one, ""));
  reads = 0;
  const known = { accounts: ofKind("ServiceAccount"), classes, otherClasses: [], rotation: "on" } as const;
  const found = referenceFindings(pods, known).length;
  return { reads, found, users: usersOf(pods, classes).length };
}

test("many objects of one name cost no more each than few", () => {
  const [few, many] = [compare(10), compare(200)];
  expect([few.found, many.found, few.users, many.users]).toEqual([10, 200, 1, 1]);
  expect(few.reads).toBeGreaterThan(0);
  expect(many.reads / few.reads).toBeWithin(19, 21.5);
});
