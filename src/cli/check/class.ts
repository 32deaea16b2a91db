// One SecretProviderClass -> what a mount would say of it, every fault of it, in the order in which the mount would come to them. The checks are the
// server's; here they are only run again after each fault, without the field that was at fault.
import { ProviderError } from "../../errors.ts";
import type { FieldPath } from "../../errors.ts";
import { parseAssumeRole } from "../../request/assume-role.ts";
import { parseBatch, parsePathTranslation, parseUsePodIdentity } from "../../request/parameters.ts";
import type { Parameters } from "../../request/parameters.ts";
import { checkRegion, checkRegions } from "../../request/regions.ts";
import { parseObjects } from "../../request/objects.ts";
import type { SecretObject } from "../../request/objects.ts";
import { finish } from "../../work.ts";
import type { Finding } from "./finding.ts";
import { fieldsAt } from "./manifest.ts";
import type { Resource, YamlFields } from "./manifest.ts";
import { checkEntries } from "./entries.ts";
import type { Entry } from "./entries.ts";
import { createObjectPlaces } from "./object-places.ts";
import type { ObjectPlaces } from "./object-places.ts";
import { ruleOfFault, ruleTable } from "./rules.ts";
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
  readonly entries: readonly Entry[];
  /** Those without faults, in the order of writing. */
  readonly objects: readonly SecretObject[];
  readonly places: ObjectPlaces;
  readonly findings: readonly Finding[];
  readonly report: (rule: RuleId, at: FieldPath, message: string, fix: string) => Finding;
}

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
  const report = (rule: RuleId, at: FieldPath, message: string, fix: string): Finding => ({
    file: resource.file,
    ...places.placeOf(at, message),
    rule,
    severity: ruleTable[rule].severity,
    message,
    fix,
    subject,
  });
  const findings: Finding[] = [...textFindings(written, report)];
  const faults: ProviderError[] = [];
  const attempt = (check: () => unknown): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      faults.push(error);
    }
  };

  const known = parameters.region || region;
  const { entries, guess } = checkEntries(parameters, known, (fault) => faults.push(fault));
  const used = known || guess;
  if (used !== "") attempt(() => checkRegions(used, parameters.failoverRegion));
  else if (parameters.failoverRegion !== "") attempt(() => checkRegion(parameters.failoverRegion, "failoverRegion"));
  attempt(() => parseUsePodIdentity(parameters.usePodIdentity));
  attempt(() => parsePathTranslation(parameters.pathTranslation));
  attempt(() => parseBatch(parameters.batch));
  attempt(() => parseAssumeRole(parameters));
  // The last word is the server's own, in one piece: should the above miss what it refuses, that is told all the same.
  attempt(() => finish(parseObjects(parameters.objects, { ...parameters, region: used })));
  const told = new Set<string>();
  for (const fault of faults) {
    const key = `${fault.message}\n${fault.at.join("/")}`;
    if (!told.has(key)) findings.push(report(ruleOfFault(fault), fault.at, fault.message, fault.fix));
    told.add(key);
  }
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
    const what = isCollection ? "not text" : `${String(value)}, which is no text in YAML`;
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
