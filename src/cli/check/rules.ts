// The rules of `check`, each once: name, severity, one line. Those of group "mount" are the server's own: its faults carry the rule (request/fault.ts).
import type { FaultRule } from "../../request/fault.ts";

/** `info` is worth knowing and never changes the exit code. */
export type Severity = "error" | "warning" | "info";

interface Rule {
  readonly severity: Severity;
  /** mount: the server's parser refuses the class. cluster: something else does, or the mount fails later. lint: legal. */
  readonly group: "mount" | "cluster" | "lint";
  readonly summary: string;
}

const mount = (summary: string): Rule => ({ severity: "error", group: "mount", summary });
const cluster = (summary: string): Rule => ({ severity: "error", group: "cluster", summary });
const warning = (summary: string): Rule => ({ severity: "warning", group: "lint", summary });
const info = (summary: string): Rule => ({ severity: "info", group: "lint", summary });

const mountRules: Readonly<Record<FaultRule, Rule>> = {
  "region-same": mount("failoverRegion is the same as region."),
  "region-name": mount("Region is not valid: it becomes part of a host name."),
  "boolean-parameter": mount("usePodIdentity or batch is not a boolean of Go."),
  "path-translation": mount("pathTranslation is neither False nor one ASCII character."),
  "objects-yaml": mount("objects is not YAML."),
  "objects-shape": mount("objects is not a list of entries with fields, or a field has the wrong kind of value."),
  "entry-empty": mount("Entry of objects is empty."),
  "name-missing": mount("Entry has neither objectName nor objectSelector."),
  "arn-format": mount("ARN has fewer than six parts."),
  "arn-region": mount("ARN is of another region than the one that is read."),
  "type-missing": mount("objectType is missing, and objectName is not an ARN."),
  "arn-service": mount("ARN is of another service than secretsmanager and ssm."),
  "type-unknown": mount("objectType is neither secretsmanager nor ssmparameter."),
  "type-mismatch": mount("objectType does not match the ARN's service."),
  "version-and-label": mount("Parameter has both objectVersion and objectVersionLabel."),
  "path-outside": mount("File path leads out of the mount."),
  "file-name": mount("File name is not valid."),
  "file-permission": mount("filePermission is not four octal digits."),
  "jmespath-path-missing": mount("jmesPath entry has no path."),
  "jmespath-alias-missing": mount("jmesPath entry has no objectAlias."),
  "failover-alias": mount("Object with a failoverObject has no objectAlias."),
  "failover-region-missing": mount("failoverObject is set without failoverRegion."),
  "failover-version": mount("objectVersion differs between object and failoverObject."),
  "duplicate-name": mount("Object is listed twice with the same alias and label."),
  "duplicate-alias": mount("objectAlias is used twice."),
  "fields-together": mount("Fields exclude or need each other."),
  selector: mount("objectSelector is not valid."),
  "field-value": mount("Value of a field of 4.0 is not valid."),
  "assume-role": mount("Parameter or field assumeRole... is not valid."),
  "too-large": mount("Class exceeds a bound of one mount."),
};

const rules = {
  ...mountRules,
  "not-yaml": cluster("Manifest is neither YAML nor JSON, or too large to be stored."),
  "api-version": cluster("apiVersion is not of the group secrets-store.csi.x-k8s.io."),
  "parameters-text": cluster("Value in spec.parameters is not text: the API server rejects it."),
  "provider-name": cluster("Provider's name is not aws in lower case."),
  "objects-none": cluster("Class has nothing to mount: the driver fails the mount."),
  "file-unread": cluster("File can't be read, or is too large, and was not checked."),
  "file-path": cluster("File path runs through another file of the mount."),
  "jmespath-invalid": cluster("jmesPath is not valid."),
  "class-not-found": cluster("Volume names a class that is not in its namespace."),
  "failover-arn": cluster("Failover region is asked for an ARN of another region."),
  "role-missing": cluster("Service account has no valid role ARN, which IRSA needs."),
  "volume-read-only": cluster("Volume of the driver is not read-only."),

  "account-not-found": warning("Service account of a pod is not in the input."),
  "same-file": warning("Two objects have the same file: the later one is mounted."),
  "driver-file-name": warning("File name is rejected by the driver when it writes the files."),
  "secret-file-unknown": warning("secretObjects names a file that no object makes."),
  "secret-incomplete": warning("secretObjects lacks a name, type, key or file name: the driver makes no Secret."),
  "floating-version": warning("Object has no fixed version and rotation is off: pods of one workload may differ."),
  "jmespath-function": warning("jmesPath calls an unknown function, or one with the wrong number of arguments."),
  "unknown-field": warning("Unknown field or parameter, which is ignored, is close to a known one."),
  "ignored-field": info("Unknown field or parameter is ignored."),
  "field-twice": warning("Field appears twice: one of the two is ignored."),
  "text-changed": warning("Text without quotes is another value in YAML."),
  "permission-unquoted": warning("filePermission is not quoted."),
  "permission-bits": warning("filePermission has more than the nine bits that reach a file."),
  "name-blanks": warning("Name begins or ends with a blank or a line break."),
  "aws-name": warning("Name is not one that AWS allows."),
  "arn-partition": warning("Partition of an ARN does not match its region."),
  "role-session-length": warning("assumeRoleDurationSeconds exceeds the hour that AWS allows here."),
  "role-without-use": warning("Parameter of assumed roles is ignored: no object is read with one."),
  "address-type": warning("preferredAddressType is unknown and counts as auto."),
  "more-documents": warning("objects has more than one YAML document: only the first is read."),
  "class-size": warning("Class is too large to be applied or stored."),
  "sub-path": warning("Volume mounted with subPath is not updated on rotation."),
  "parameter-overridden": info("volumeAttributes of a pod replace a parameter of the class."),
  "region-unknown": info("Region is unknown: what depends on it was not checked."),
  "files-unknown": info("File names are known only at AWS and were not checked."),
  "new-in-4": info("Field is ignored by provider 3.x: a rollback changes what is mounted."),
} satisfies Record<string, Rule>;

export type RuleId = keyof typeof rules;

export const ruleTable: Readonly<Record<RuleId, Rule>> = rules;
