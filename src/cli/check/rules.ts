// The rules of `check`, each once: name, severity, one line. Those of group "mount" are the server's own faults; which one it is, is read off the words
// that parity.md keeps for good.
import type { ProviderError } from "../../errors.ts";
import type { Severity } from "./finding.ts";

interface Rule {
  readonly severity: Severity;
  /** mount: the server's parser refuses the class. cluster: something else does, or the mount fails later. lint: legal. */
  readonly group: "mount" | "cluster" | "lint";
  readonly summary: string;
  /** How the server's message starts. */
  readonly lead?: RegExp;
}

const mount = (lead: RegExp, summary: string): Rule => ({ severity: "error", group: "mount", lead, summary });
const cluster = (summary: string): Rule => ({ severity: "error", group: "cluster", summary });
const warning = (summary: string): Rule => ({ severity: "warning", group: "lint", summary });
const info = (summary: string): Rule => ({ severity: "info", group: "lint", summary });

const rules = {
  "region-same": mount(/failover region cannot be the same/, "failoverRegion is another region than region."),
  "region-name": mount(/^invalid input region/, "A region is a host name's part."),
  "boolean-parameter": mount(/^failed to parse \w+ value/, "usePodIdentity and batch take Go's spellings of booleans."),
  "path-translation": mount(/^pathTranslation must/, "pathTranslation is False or one ASCII character."),
  "objects-yaml": mount(/ error converting YAML to JSON/, "objects is YAML."),
  "objects-shape": mount(/ error unmarshaling JSON/, "objects is a list of entries with fields."),
  "entry-empty": mount(/^Empty descriptor entry/, "An entry of objects holds something."),
  "name-missing": mount(/^Object name must/, "Each entry has objectName or objectSelector."),
  "arn-format": mount(/^Invalid ARN format/, "An ARN has six parts."),
  "arn-region": mount(/^ARN region must/, "An ARN is of the region that is asked."),
  "type-missing": mount(/^Must use objectType/, "A name that is no ARN needs objectType."),
  "arn-service": mount(/^Invalid service in ARN/, "Only secretsmanager and ssm can be mounted."),
  "type-unknown": mount(/^Invalid objectType/, "objectType is secretsmanager or ssmparameter."),
  "type-mismatch": mount(/^objectType does not match/, "objectType and the ARN's service agree."),
  "version-and-label": mount(/^ssm parameters can not/, "A parameter has objectVersion or objectVersionLabel."),
  "path-outside": mount(/^path can not contain/, "No file leaves the mount."),
  "file-name": mount(/^Invalid file name/, "A file has a name that a file can have."),
  "file-permission": mount(/^Invalid File Permission/, "filePermission is four octal digits, quoted."),
  "jmespath-path-missing": mount(/^Path must be/, "A jmesPath entry has a path."),
  "jmespath-alias-missing": mount(/^Object alias must be specified for JMES/, "A jmesPath entry has an objectAlias."),
  "failover-alias": mount(/^object alias must/, "An object with a failoverObject has an objectAlias."),
  "failover-region-missing": mount(/^failover object allowed/, "failoverObject needs failoverRegion."),
  "failover-version": mount(/^object versions must/, "objectVersion is the same on both sides."),
  "duplicate-name": mount(/^found descriptor with duplicate/, "One object is not listed twice alike."),
  "duplicate-alias": mount(/found duplicate object alias/, "Each objectAlias is there once."),
  "fields-together": mount(
    / can not be used with | needs (?:expandKeys|jmesPath|objectSelector)/,
    "Some fields exclude or need each other.",
  ),
  selector: mount(/^Invalid (?:objectSelector|max|recursive)\b/, "objectSelector says what AWS can look for."),
  "field-value": mount(
    /^Invalid (?:output|objectEncoding|optional|expandKeys|keyPrefix)\b|^keys has|^keys is/,
    "Fields of 4.0 hold one of their values.",
  ),
  "assume-role": mount(/^Invalid assumeRole/, "assumeRole parameters are such that AWS takes them."),
  "too-large": mount(/^$/, "A class is larger than what one mount may cost the node."),
  "parameters-invalid": mount(/^/, "The class's parameters are such that a mount takes them."),

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

/** The rule that a fault of the server's parser breaks. */
export function ruleOfFault({ message, reason }: ProviderError): RuleId {
  if (reason === "TooLarge") return "too-large";
  const found = Object.entries<Rule>(rules).find(([, { lead }]) => lead?.test(message) === true);
  return (found?.[0] ?? "parameters-invalid") as RuleId;
}
