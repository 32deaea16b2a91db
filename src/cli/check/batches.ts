// Which secrets of a class go by BatchGetSecretValue: unpinned ones, where batches are on, unless there is only one (store/secret-batch.ts).
import type { SecretObject } from "../../request/secret-object.ts";

/** Names in one region; empty = no batch is asked for. */
export function batchedNames(
  objects: readonly SecretObject[],
  isPrimary: boolean,
  batch: boolean,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const object of batch ? objects : []) {
    const { objectName, objectVersion, objectVersionLabel } = isPrimary ? object.primary : object.failover;
    const isNamedSecret = object.type === "secretsmanager" && object.selector === undefined;
    if (isNamedSecret && objectVersion === "" && objectVersionLabel === "") names.add(objectName);
  }
  return names.size < 2 ? new Set() : names;
}
