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
  "region-same": mount("failoverRegion is another region than region."),
  "region-name": mount("A region is a host name's part."),
  "boolean-parameter": mount("usePodIdentity and batch take Go's spellings of booleans."),
  "path-translation": mount("pathTranslation is False or one ASCII character."),
  "objects-yaml": mount("objects is YAML."),
  "objects-shape": mount("objects is a list of entries with fields."),
  "entry-empty": mount("An entry of objects holds something."),
  "name-missing": mount("Each entry has objectName or objectSelector."),
  "arn-format": mount("An ARN has six parts."),
  "arn-region": mount("An ARN is of the region that is asked."),
  "type-missing": mount("A name that is no ARN needs objectType."),
  "arn-service": mount("Only secretsmanager and ssm can be mounted."),
  "type-unknown": mount("objectType is secretsmanager or ssmparameter."),
  "type-mismatch": mount("objectType and the ARN's service agree."),
  "version-and-label": mount("A parameter has objectVersion or objectVersionLabel."),
  "path-outside": mount("No file leaves the mount."),
  "file-name": mount("A file has a name that a file can have."),
  "file-permission": mount("filePermission is four octal digits, quoted."),
  "jmespath-path-missing": mount("A jmesPath entry has a path."),
  "jmespath-alias-missing": mount("A jmesPath entry has an objectAlias."),
  "failover-alias": mount("An object with a failoverObject has an objectAlias."),
  "failover-region-missing": mount("failoverObject needs failoverRegion."),
  "failover-version": mount("objectVersion is the same on both sides."),
  "duplicate-name": mount("One object is not listed twice alike."),
  "duplicate-alias": mount("Each objectAlias is there once."),
  "fields-together": mount("Some fields exclude or need each other."),
  selector: mount("objectSelector says what AWS can look for."),
  "field-value": mount("Fields of 4.0 hold one of their values."),
  "assume-role": mount("assumeRole parameters are such that AWS takes them."),
  "too-large": mount("A class is larger than what one mount may cost the node."),
};

const rules = {
  ...mountRules,
  "not-yaml": cluster("A manifest is YAML or JSON, and of a size that can be stored."),
  "api-version": cluster("The driver's classes are of the group secrets-store.csi.x-k8s.io."),
  "parameters-text": cluster(
    "spec.parameters holds text only: numbers, booleans and lists are refused by the API server.",
  ),
  "provider-name": cluster("The provider's name is aws, in small letters."),
  "objects-none": cluster("A class with nothing to mount fails in the driver."),
  "file-unread": cluster("A file that can't be read, or is too large, is not checked."),
  "file-path": cluster("A path that runs through another file of the mount can't be written."),
  "jmespath-invalid": cluster("A jmesPath that is none fails the mount."),
  "class-not-found": cluster("A volume names a class of its own namespace."),
  "failover-arn": cluster("The failover region is asked by a name or by an ARN of its own."),
  "role-missing": cluster("With IRSA the service account carries the ARN of a role."),
  "volume-read-only": cluster("A volume of the driver is read-only."),

  "account-not-found": warning("A pod's service account is in the input, or comes from elsewhere."),
  "same-file": warning("Two objects land on one file: the later one is mounted."),
  "driver-file-name": warning("The driver refuses some file names when it writes the files."),
  "secret-file-unknown": warning("secretObjects names a file that no object makes."),
  "secret-incomplete": warning("The driver makes no Secret without name, type, keys and file names."),
  "floating-version": warning(
    "Without rotation a changed value reaches new pods only, and pods of one workload differ.",
  ),
  "jmespath-function": warning("A jmesPath calls a function that is none, or with a wrong number of arguments."),
  "unknown-field": warning("A field or parameter that is almost one that is known is ignored."),
  "ignored-field": info("A field or parameter that nobody reads."),
  "field-twice": warning("A field that stands twice counts once."),
  "text-changed": warning("YAML reads a word without quotes as something else."),
  "permission-unquoted": warning("An unquoted filePermission works by luck."),
  "permission-bits": warning("Only the nine low bits of filePermission reach a file."),
  "name-blanks": warning("A name ends or begins with a blank or a line break, which belongs to it."),
  "aws-name": warning("A name that AWS does not allow is never found."),
  "arn-partition": warning("The partition of an ARN does not go with its region."),
  "role-session-length": warning("AWS allows an hour at most where a role assumes a role."),
  "role-without-use": warning("What is said of assumed roles is ignored where no object is read with one."),
  "address-type": warning("preferredAddressType takes any word that it does not know for auto."),
  "more-documents": warning("Of objects only the first YAML document is read."),
  "class-size": warning("A class that is too large can not be applied or stored."),
  "sub-path": warning("A mount by subPath does not follow rotation."),
  "parameter-overridden": info("A pod's volumeAttributes take the place of a parameter of the class."),
  "region-unknown": info("What depends on the region could not be checked."),
  "files-unknown": info("Which files there will be is found at AWS."),
  "new-in-4": info("Provider 3.x ignores this: rolling back changes what is mounted."),
} satisfies Record<string, Rule>;

export type RuleId = keyof typeof rules;

export const ruleTable: Readonly<Record<RuleId, Rule>> = rules;
