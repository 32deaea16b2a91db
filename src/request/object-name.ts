// What an objectName says: a plain name, or an ARN whose region and service must fit (parity 7.3, step 2). Account and resource are AWS's to check.
import type { FaultRule } from "./fault.ts";
import type { ObjectType } from "./secret-object.ts";

const typeOfService: ReadonlyMap<string, ObjectType> = new Map([
  ["secretsmanager", "secretsmanager"],
  ["ssm", "ssmparameter"],
]);

/** What is wrong with a name or a type; `field` is the one to correct. */
export interface NameFault {
  readonly rule: FaultRule;
  readonly field: "objectName" | "objectType";
  readonly message: string;
  readonly fix: string;
}

/** Finds the type of an object from its name and its objectType (empty = not given). Undefined: neither says it, which is reported. */
export function checkName(
  name: string,
  objectType: string,
  region: string,
  report: (fault: NameFault) => void,
): ObjectType | undefined {
  if (!name.startsWith("arn:")) return checkType(name, objectType, report);
  const [, , service = "", arnRegion = "", , resource] = name.split(":", 6);
  if (resource === undefined) {
    const message = `Invalid ARN format in object name: ${name}`;
    report({ rule: "arn-format", field: "objectName", message, fix: "An ARN has six parts between colons." });
    return isType(objectType) ? objectType : undefined;
  }
  if (arnRegion !== region) {
    const message = `ARN region must match region ${region}: ${name}`;
    report({
      rule: "arn-region",
      field: "objectName",
      message,
      fix: "Give the ARN of this region, or the name alone.",
    });
  }
  const type = typeOfService.get(service);
  if (objectType === "") {
    if (type !== undefined) return type;
    const message = `Invalid service in ARN: ${service}`;
    report({ rule: "arn-service", field: "objectName", message, fix: "Only secretsmanager and ssm can be mounted." });
    return undefined;
  }
  const given = checkType(name, objectType, report);
  if (given !== undefined && type !== given) {
    const fix = `The ARN is of the service ${service}; leave objectType out to follow it.`;
    report({ rule: "type-mismatch", field: "objectType", message: `objectType does not match ARN: ${name}`, fix });
  }
  return type;
}

function checkType(name: string, objectType: string, report: (fault: NameFault) => void): ObjectType | undefined {
  if (isType(objectType)) return objectType;
  if (objectType === "") {
    const message = `Must use objectType when a full ARN is not specified: ${name}`;
    const fix = "Set objectType to secretsmanager or ssmparameter.";
    report({ rule: "type-missing", field: "objectName", message, fix }); // objectType is not there to point at
  } else {
    const message = `Invalid objectType: ${objectType}`;
    report({ rule: "type-unknown", field: "objectType", message, fix: suggestType(objectType) });
  }
  return undefined;
}

function isType(text: string): text is ObjectType {
  return text === "secretsmanager" || text === "ssmparameter";
}

function suggestType(objectType: string): string {
  const lower = objectType.toLowerCase();
  const meant = typeOfService.get(lower) ?? [...typeOfService.values()].find((type) => type === lower);
  return meant === undefined ? "Use secretsmanager or ssmparameter." : `Use ${meant}.`;
}
