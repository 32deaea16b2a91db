// What an objectName says: a plain name, or an ARN whose region and service must fit (parity 7.3, step 2). Account and resource are AWS's to check.
import type { ObjectType } from "./objects.ts";

const typeOfService: ReadonlyMap<string, ObjectType> = new Map([
  ["secretsmanager", "secretsmanager"],
  ["ssm", "ssmparameter"],
]);

/** `field` is the one to correct. */
export type NameCheck =
  | { readonly type: ObjectType }
  | { readonly fault: string; readonly fix: string; readonly field: "objectName" | "objectType" };

/** Finds the type of an object from its name and its objectType (empty = not given), or what is wrong with the two in a region. */
export function checkName(name: string, objectType: string, region: string): NameCheck {
  const arn = name.startsWith("arn:");
  const [, , service = "", arnRegion = "", , resource] = arn ? name.split(":", 6) : [];
  if (arn && resource === undefined) {
    return {
      fault: `Invalid ARN format in object name: ${name}`,
      fix: "An ARN has six parts between colons.",
      field: "objectName",
    };
  }
  if (arn && arnRegion !== region) {
    return {
      fault: `ARN region must match region ${region}: ${name}`,
      fix: "Give the ARN of this region, or the name alone.",
      field: "objectName",
    };
  }
  const type = typeOfService.get(service);
  if (objectType === "") {
    const fix = "Set objectType to secretsmanager or ssmparameter.";
    const field = "objectName"; // objectType is not there to point at
    if (!arn) return { fault: `Must use objectType when a full ARN is not specified: ${name}`, fix, field };
    return type === undefined
      ? { fault: `Invalid service in ARN: ${service}`, fix: "Only secretsmanager and ssm can be mounted.", field }
      : { type };
  }
  if (objectType !== "secretsmanager" && objectType !== "ssmparameter") {
    return { fault: `Invalid objectType: ${objectType}`, fix: suggestType(objectType), field: "objectType" };
  }
  if (arn && type !== objectType) {
    return {
      fault: `objectType does not match ARN: ${name}`,
      fix: `The ARN is of the service ${service}; leave objectType out to follow it.`,
      field: "objectType",
    };
  }
  return { type: objectType };
}

function suggestType(objectType: string): string {
  const lower = objectType.toLowerCase();
  const meant = typeOfService.get(lower) ?? [...typeOfService.values()].find((type) => type === lower);
  return meant === undefined ? "Use secretsmanager or ssmparameter." : `Use ${meant}.`;
}
