// One SecretProviderClass -> every fault that would fail a mount of it. The checks are the server's, which report to a sink: a mount takes the first
// fault, and here all are taken.
import type { FieldPath } from "../../errors.ts";
import { parseAssumeRole } from "../../request/assume-role.ts";
import type { Fault, Report } from "../../request/fault.ts";
import { parseBatch, parsePathTranslation, parseUsePodIdentity } from "../../request/parameters.ts";
import type { Parameters } from "../../request/parameters.ts";
import { checkRegion, checkRegions } from "../../request/regions.ts";
import type { SecretObject } from "../../request/secret-object.ts";
import type { Finding } from "./finding.ts";
import { fieldsAt } from "./manifest.ts";
import type { Resource, YamlFields } from "./manifest.ts";
import { checkEntries } from "./entries.ts";
import type { CheckedEntry } from "./entries.ts";
import { createObjectPlaces } from "./object-places.ts";
import type { ObjectPlaces } from "./object-places.ts";
import { ruleTable } from "./rules.ts";
import type { RuleId } from "./rules.ts";

/** A class as far as it could be read. */
export interface CheckedClass {
  readonly resource: Resource;
  /** `SecretProviderClass app/db`. */
  readonly subject: string;
  readonly parameters: Parameters;
  /** The text of a parameter or empty. */
  readonly written: YamlFields;
  /** Given, or that of its ARNs; empty = unknown. */
  readonly region: string;
  readonly isRegionKnown: boolean;
  readonly entries: readonly CheckedEntry[];
  /** Those without faults, in the order of writing. */
  readonly objects: readonly SecretObject[];
  readonly places: ObjectPlaces;
  readonly findings: readonly Finding[];
  readonly report: (rule: RuleId, at: FieldPath, message: string, fix: string) => Finding;
}

/** A fault, or what is legal and dangerous. */
type FoundFault = Omit<Fault, "rule" | "reason"> & { readonly rule: RuleId };

/** Checks a class. `region`: what to go by where the class gives none; empty = unknown. */
export function checkClass(resource: Resource, region: string): CheckedClass {
  const spec = fieldsAt(resource.value, "spec");
  const written = fieldsAt(spec, "parameters");
  const parameter = (name: string): string => {
    const value = written.get(name);
    return typeof value === "string" ? value : "";
  };
  const parameters: Parameters = {
    objects: parameter("objects"),
    region: parameter("region"),
    failoverRegion: parameter("failoverRegion"),
    pathTranslation: parameter("pathTranslation"),
    usePodIdentity: parameter("usePodIdentity"),
    preferredAddressType: parameter("preferredAddressType"),
    batch: parameter("batch"),
    assumeRoleArn: parameter("assumeRoleArn"),
    assumeRoleExternalId: parameter("assumeRoleExternalId"),
    assumeRoleDurationSeconds: parameter("assumeRoleDurationSeconds"),
    assumeRoleSessionName: parameter("assumeRoleSessionName"),
  };
  const places = createObjectPlaces(resource, parameters.objects);
  const subject = `SecretProviderClass ${resource.namespace === "" ? "" : `${resource.namespace}/`}${resource.name}`;
  const report = (rule: RuleId, at: FieldPath, message: string, fix: string): Finding =>
    findingOf({ rule, at, message, fix });
  const findingOf = ({ rule, at, message, fix, line }: FoundFault): Finding => ({
    file: resource.file,
    ...places.placeOf(at, line),
    rule,
    severity: ruleTable[rule].severity,
    message,
    fix,
    subject,
  });
  const findings: Finding[] = [...textFindings(written, report)];
  const take: Report = (fault) => findings.push(findingOf(fault));
  const known = parameters.region || region;
  const translation = parsePathTranslation(parameters.pathTranslation, take);
  const { failoverRegion } = parameters;
  const checking = { translation, region: known, failoverRegion, report: take };
  const { entries, guess } = checkEntries(parameters.objects, checking);
  const used = known || guess;
  if (used !== "") checkRegions(used, failoverRegion, take);
  else if (failoverRegion !== "") checkRegion(failoverRegion, "failoverRegion", take);
  parseUsePodIdentity(parameters.usePodIdentity, take);
  parseBatch(parameters.batch, take);
  parseAssumeRole(parameters, take);
  return {
    resource,
    subject,
    parameters,
    written,
    region: used,
    isRegionKnown: known !== "",
    entries,
    objects: entries.flatMap(({ object }) => object ?? []),
    places,
    findings,
    report,
  };
}

/** The API server takes text alone (the driver's CustomResourceDefinition: additionalProperties of type string). */
function textFindings(written: YamlFields, report: CheckedClass["report"]): Finding[] {
  return [...written].flatMap(([name, value]) => {
    if (typeof value === "string") return [];
    const isCollection = typeof value === "object" && value !== null;
    const what = isCollection ? "not text" : `${String(value)}, which is not text in YAML`;
    const fix =
      name === "objects"
        ? "Write `objects: |` and the list below it, indented: it is a text that holds YAML."
        : isCollection
          ? `Give ${name} as text.`
          : `Put it in quotes: ${name}: "${String(value)}".`;
    return report(
      "parameters-text",
      [name],
      `spec.parameters.${name} is ${what}: the API server refuses the class`,
      fix,
    );
  });
}
