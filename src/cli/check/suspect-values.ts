// Findings about values that are legal and probably not what was meant: words that YAML changes, names with blanks, mode bits that are dropped.
import type { FieldPath } from "../../errors.ts";
import { foldName } from "../../request/object-fields.ts";
import type { SecretObject } from "../../request/secret-object.ts";
import { scalarText } from "../../go/yaml/scalar.ts";
import type { YamlValue } from "../../go/yaml.ts";
import { parameterName, partitionOf, secretName } from "./aws-names.ts";
import type { CheckedClass } from "./check-class.ts";
import type { Finding } from "./finding.ts";
import { isFields, isList } from "./manifest.ts";
import { rolesOf } from "./roles.ts";

/** Text fields whose words matter: what becomes of a number there is what the server sees. */
const textFields: ReadonlyMap<string, string> = new Map(
  ["objectName", "objectAlias", "path", "objectVersionLabel", "namePrefix", "keyPrefix"].map((name) => [
    foldName(name),
    name,
  ]),
);

/** All findings about single values in a class, as they are asked for. */
export function* valueFindings(checked: CheckedClass): Generator<Finding> {
  const { entries, parameters, report } = checked;
  const word = parameters.preferredAddressType;
  if (!["", "ipv4", "ipv6", "auto"].includes(word.toLowerCase())) {
    const message = `preferredAddressType ${word} is not known and means auto`;
    yield report("address-type", ["preferredAddressType"], message, "Write ipv4, ipv6 or auto.");
  }
  yield* roleFindings(checked);
  for (const [i, { value, object }] of entries.entries()) {
    yield* wordFindings(checked, value, ["objects", i]);
    if (object !== undefined) yield* objectFindings(checked, object, ["objects", i]);
  }
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, DurationSeconds: role chaining. */
const chainedSecondsMax = 3_600;

function* roleFindings(checked: CheckedClass): Generator<Finding> {
  const { parameters, report } = checked;
  const { assumeRoleDurationSeconds: duration } = parameters;
  if (Number(duration) > chainedSecondsMax) {
    const message = `assumeRoleDurationSeconds ${duration} is more than AWS allows where a role assumes a role`;
    yield report("role-session-length", ["assumeRoleDurationSeconds"], message, "Give 3600 at most, or leave it out.");
  }
  // Of an entry with a fault it is not known with which role it would be read.
  if (rolesOf(checked).length > 0 || checked.entries.some(({ object }) => object === undefined)) return;
  for (const name of ["assumeRoleExternalId", "assumeRoleDurationSeconds", "assumeRoleSessionName"] as const) {
    if (parameters[name] === "") continue;
    yield report(
      "role-without-use",
      [name],
      `${name} is ignored: no object is read with an assumed role`,
      "Set assumeRoleArn, or remove it.",
    );
  }
}

/** `["objects", 0, "jmesPath", 0, "path"]`: nothing that is read lies deeper. */
const wayMax = 5;

/** `objectAlias: y` is true, `objectName: 0123` is 83. */
function* wordFindings(checked: CheckedClass, value: YamlValue, at: FieldPath): Generator<Finding> {
  if (at.length >= wayMax) return;
  if (isList(value)) for (const [i, item] of value.entries()) yield* wordFindings(checked, item, [...at, i]);
  if (!isFields(value)) return;
  for (const [key, inner] of value) {
    const path = [...at, key];
    const folded = foldName(key);
    if (folded === "keys" && isList(inner))
      for (const [i, item] of inner.entries()) yield* changedFindings(checked, "", item, [...path, i]);
    else if (folded === "tags" && isFields(inner))
      for (const [tag, item] of inner) yield* changedFindings(checked, `${tag}: `, item, [...path, tag]);
    else if (typeof inner === "object" && inner !== null) yield* wordFindings(checked, inner, path);
    else if (folded === foldName("filePermission")) yield* permissionFindings(checked, inner, path);
    else if (textFields.has(folded)) {
      if (typeof inner === "string") yield* blankFindings(checked, key, inner, path);
      else yield* changedFindings(checked, `${key}: `, inner, path);
    }
  }
}

/** `lead`: the key as it stands before the value; empty in a list. */
function changedFindings({ places, report }: CheckedClass, lead: string, value: YamlValue, path: FieldPath): Finding[] {
  const source = places.fields().scalarAt(path.slice(1))?.text;
  const isScalar = value !== null && typeof value !== "object";
  if (!isScalar || source === undefined || source === scalarText(value)) return [];
  const message = `${lead}${source} is ${scalarText(value)} in YAML`;
  return [report("text-changed", path, message, `Put it in quotes: ${lead}"${source}".`)];
}

function blankFindings({ report }: CheckedClass, key: string, text: string, path: FieldPath): Finding[] {
  if (text.trim() === text || text === "") return [];
  const what = text.endsWith("\n") ? "ends with a line break" : "begins or ends with a blank";
  const fix = text.endsWith("\n") ? "Write it on one line, without `|`." : "Remove the blank.";
  return [report("name-blanks", path, `${key} ${what}, which is part of the name`, fix)];
}

function permissionFindings({ report, places }: CheckedClass, value: YamlValue, path: FieldPath): Finding[] {
  const text = typeof value === "bigint" || typeof value === "string" ? String(value) : "";
  if (!/^[0-7]{4}$/.test(text)) return [];
  const found: Finding[] = [];
  if (typeof value === "bigint" && places.isPlain(path)) {
    const message = `filePermission: ${text} without quotes works only because it does not begin with 0`;
    found.push(report("permission-unquoted", path, message, `Put it in quotes: "${text}".`));
  }
  if (!text.startsWith("0")) {
    const message = `filePermission ${text} becomes 0${text.slice(1)}: a file gets the nine low bits`;
    found.push(report("permission-bits", path, message, `Write "0${text.slice(1)}".`));
  }
  return found;
}

function objectFindings(checked: CheckedClass, object: SecretObject, at: FieldPath): Finding[] {
  const { primary, failover, selector } = object;
  const own = selector === undefined ? primary.objectName : "";
  const other = failover.objectName === primary.objectName ? "" : failover.objectName;
  return [
    ...failoverFindings(checked, object, at),
    ...nameFindings(checked, object, own, [...at, "objectName"]),
    ...nameFindings(checked, object, other, [...at, "failoverObject", "objectName"]),
  ];
}

function nameFindings(checked: CheckedClass, { type }: SecretObject, name: string, path: FieldPath): Finding[] {
  if (name === "") return [];
  if (name.startsWith("arn:")) return partitionFindings(checked, name, path);
  const pattern = type === "secretsmanager" ? secretName : parameterName;
  if (pattern.test(name) || name.trim() !== name) return [];
  const service = type === "secretsmanager" ? "Secrets Manager" : "Parameter Store";
  const message = `${service} does not allow this name: ${name}`;
  return [checked.report("aws-name", path, message, "Check the name, and objectType.")];
}

/** What is not there in the failover region fails the mount, even where the primary has it; unless it is optional. */
function failoverFindings({ parameters, report }: CheckedClass, object: SecretObject, at: FieldPath): Finding[] {
  const { failoverRegion } = parameters;
  const { objectName } = object.failover;
  const [start, , , region = ""] = objectName.split(":");
  if (failoverRegion === "" || object.optional === true || start !== "arn" || region === failoverRegion) return [];
  const message = `${failoverRegion} is asked for an ARN of ${region} and does not find it, so that the mount always fails: ${objectName}`;
  const fix = `Give the ARN in ${failoverRegion} as failoverObject.objectName, with an objectAlias; or the name in place of the ARN, if both regions know it.`;
  return [report("failover-arn", [...at, "objectName"], message, fix)];
}

function partitionFindings({ report }: CheckedClass, arn: string, path: FieldPath): Finding[] {
  const [, partition = "", , region = ""] = arn.split(":");
  const right = partitionOf(region);
  if (partition === right || region === "") return [];
  const message = `the region ${region} is in the partition ${right}, not ${partition}: ${arn}`;
  return [report("arn-partition", path, message, `Begin the ARN with arn:${right}:.`)];
}
