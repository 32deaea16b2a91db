// With which role an object is read: its own assumeRoleArn, the class's, or the pod's own.
import type { SecretObject } from "../../request/secret-object.ts";
import type { CheckedClass } from "./check-class.ts";

/** The role that is assumed for an object; empty = none. */
function roleOf({ parameters }: CheckedClass, { assumeRoleArn }: SecretObject): string {
  return assumeRoleArn ?? parameters.assumeRoleArn;
}

/** The objects that are read with a role; empty = the pod's own. */
export function objectsOfRole(checked: CheckedClass, role: string): readonly SecretObject[] {
  return checked.objects.filter((object) => roleOf(checked, object) === role);
}

/** The roles that the pod's own assumes, each once. */
export function rolesOf(checked: CheckedClass): readonly string[] {
  return [...new Set(checked.objects.map((object) => roleOf(checked, object)))].filter((role) => role !== "");
}
