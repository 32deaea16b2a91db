// What an objectName says: a plain name, or an ARN whose region and service must fit (parity 7.3, step 2). Account and resource are AWS's to check.
import type { ObjectType } from "./objects.ts";

const typeOfService: ReadonlyMap<string, ObjectType> = new Map([
  ["secretsmanager", "secretsmanager"],
  ["ssm", "ssmparameter"],
]);

export type NameCheck = { readonly type: ObjectType } | { readonly fault: string; readonly fix: string };

/** Finds the type of an object from its name and its objectType (empty = not given), or what is wrong with the two in a region. */
export function checkName(name: string, objectType: string, region: string): NameCheck {
  const arn = name.startsWith("arn:");
  const [, , service = "", arnRegion = "", , resource] = arn ? name.split(":") : [];
  if (arn && resource === undefined) {
    return { fault: `Invalid ARN format in object name: ${name}`, fix: "An ARN has six parts between colons." };
  }
  if (arn && arnRegion !== region) {
    return {
      fault: `ARN region must match region ${region}: ${name}`,
      fix: "Give the ARN of this region, or the name alone.",
    };
  }
  const type = typeOfService.get(service);
  if (objectType === "") {
    const fix = "Set objectType to secretsmanager or ssmparameter.";
    if (!arn) return { fault: `Must use objectType when a full ARN is not specified: ${name}`, fix };
    return type === undefined
      ? { fault: `Invalid service in ARN: ${service}`, fix: "Only secretsmanager and ssm can be mounted." }
      : { type };
  }
  if (objectType !== "secretsmanager" && objectType !== "ssmparameter") {
    return { fault: `Invalid objectType: ${objectType}`, fix: suggestType(objectType) };
  }
  if (arn && type !== objectType) {
    return {
      fault: `objectType does not match ARN: ${name}`,
      fix: `The ARN is of the service ${service}; leave objectType out to follow it.`,
    };
  }
  return { type: objectType };
}

function suggestType(objectType: string): string {
  const lower = objectType.toLowerCase();
  const meant = typeOfService.get(lower) ?? [...typeOfService.values()].find((type) => type === lower);
  return meant === undefined ? "Use secretsmanager or ssmparameter." : `Use ${meant}.`;
}
