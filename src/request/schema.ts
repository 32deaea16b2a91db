// What may be written in spec.parameters and in `objects`, each name once, with its meaning: from here come docs/schema, what `check` knows of
// misspelt names, and a test that keeps the readers (parameters.ts, object-fields.ts) equal to it. No mount runs it: it is not loaded to serve.
import * as v from "valibot";
import { booleanSpellings } from "../go/boolean.ts";

/** A scalar that is read as text, as sigs.k8s.io/yaml does. */
const text = (meaning: string) =>
  v.optional(v.pipe(v.union([v.string(), v.number(), v.boolean(), v.null()]), v.description(meaning)));
/** Text that has to be quoted in YAML: the API server takes no other. */
const quoted = (meaning: string) => v.optional(v.pipe(v.string(), v.description(meaning)));
const choice = <const Choices extends readonly string[]>(choices: Choices, meaning: string) =>
  v.optional(v.pipe(v.picklist(choices), v.description(meaning)));
const flag = (meaning: string) =>
  v.optional(v.pipe(v.union([v.picklist(booleanSpellings), v.boolean(), v.null()]), v.description(meaning)));
const permission = (meaning: string) => v.optional(v.pipe(v.string(), v.regex(/^[0-7]{4}$/), v.description(meaning)));

const failoverObject = v.strictObject({
  objectName: text("Name or ARN in the failover region."),
  objectVersion: text("The same as the object's own objectVersion."),
  objectVersionLabel: text("Staging label (Secrets Manager) or label (Parameter Store) in the failover region."),
});

const jmesPathEntry = v.strictObject({
  path: text("JMESPath expression; names with a hyphen in double quotes inside it: '\"api-key\"'."),
  objectAlias: text("File name. Required."),
  filePermission: permission('Four octal digits, quoted, such as "0400"; the object\'s if left out.'),
  output: choice(
    ["json", "lines"],
    "Write a result that is no string as JSON, or a list of scalars as lines. New in 4.0.",
  ),
  objectEncoding: choice(["base64", "hex"], "Decode the result before it is written. New in 4.0."),
});

const objectSelector = v.strictObject({
  path: text("Parameter Store: hierarchy, which starts with a slash."),
  recursive: flag("Parameter Store: also what lies deeper than one level."),
  namePrefix: text("Secrets Manager: how the names start."),
  tags: v.optional(
    v.pipe(
      v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])),
      v.description("Secrets Manager: tags that a secret must all have; four at most."),
    ),
  ),
  max: text("More matches than this are an error; 1 to 1000, 100 if left out."),
});

/** One entry of `objects`. */
const objectEntry = v.strictObject({
  objectName: text("Name or full ARN of the secret or parameter. An ARN's region must be the mount's."),
  objectType: choice(["secretsmanager", "ssmparameter"], "Where the object is; needless with an ARN."),
  objectAlias: text("File name instead of objectName."),
  objectVersion: text("Version id (Secrets Manager) or version number (Parameter Store)."),
  objectVersionLabel: text("Staging label (Secrets Manager, AWSCURRENT if left out) or label (Parameter Store)."),
  filePermission: permission('Four octal digits, quoted, such as "0400".'),
  jmesPath: v.optional(
    v.pipe(
      v.nullable(v.array(v.nullable(jmesPathEntry))),
      v.description("Strings of a JSON value as files of their own, beside the whole value."),
    ),
  ),
  failoverObject: v.optional(
    v.pipe(v.nullable(failoverObject), v.description("What to read in failoverRegion, where it is not the same.")),
  ),
  objectSelector: v.optional(
    v.pipe(
      v.nullable(objectSelector),
      v.description("Objects found by path, name or tags, instead of objectName. New in 4.0."),
    ),
  ),
  expandKeys: flag("One file for each top-level key of a JSON value. New in 4.0."),
  keys: v.optional(
    v.pipe(
      v.nullable(v.array(v.union([v.string(), v.number(), v.boolean()]))),
      v.description("The keys that expandKeys mounts; all if left out. New in 4.0."),
    ),
  ),
  keyPrefix: text("Goes before the file names of expandKeys and objectSelector. New in 4.0."),
  objectEncoding: choice(["base64", "hex"], "Decode the value before it is written. New in 4.0."),
  optional: flag("An object that is not there is no fault. New in 4.0."),
  assumeRoleArn: text("Role to assume for this object, instead of the class's. New in 4.0."),
});

/** The YAML list in `objects`. */
export const objectsSchema = v.pipe(
  v.array(objectEntry),
  v.title("objects of a SecretProviderClass for the AWS provider"),
);

/** `spec.parameters`: text only. */
export const parametersSchema = v.strictObject({
  objects: v.pipe(
    v.string(),
    v.description("YAML list of what to mount, as a text: `objects: |`. Its own schema is objects.json."),
  ),
  region: quoted("AWS region; AWS_REGION of the provider, else the node's, if left out."),
  failoverRegion: quoted("Second region, asked too; serves when the first can't."),
  pathTranslation: quoted('One ASCII character that replaces / in file names, _ if left out; "False" makes folders.'),
  usePodIdentity: choice(
    [...booleanSpellings, ""],
    'Credentials from the EKS Pod Identity agent instead of IRSA: "true" or "false".',
  ),
  preferredAddressType: quoted("Address of the Pod Identity agent: ipv4, ipv6 or auto."),
  batch: choice([...booleanSpellings, ""], 'Fetch secrets by BatchGetSecretValue: "true" or "false". New in 4.0.'),
  assumeRoleArn: quoted("Role that the pod's own role assumes to read the objects. New in 4.0."),
  assumeRoleExternalId: quoted("External ID for the assumed roles. New in 4.0."),
  assumeRoleDurationSeconds: quoted("Life of the assumed roles' sessions, 900 to 43200; AWS allows 3600. New in 4.0."),
  assumeRoleSessionName: quoted("Name of the sessions; <namespace>.<service account> if left out. New in 4.0."),
});

/** Names by where they may stand. */
export const fieldNames = {
  parameters: Object.keys(parametersSchema.entries),
  object: Object.keys(objectEntry.entries),
  jmesPath: Object.keys(jmesPathEntry.entries),
  failoverObject: Object.keys(failoverObject.entries),
  objectSelector: Object.keys(objectSelector.entries),
} as const;

/** Fields and parameters that provider 3.x does not know and ignores. */
export const newNames: Readonly<Record<"parameters" | "object" | "jmesPath", readonly string[]>> = {
  parameters: newOnes(parametersSchema.entries),
  object: newOnes(objectEntry.entries),
  jmesPath: newOnes(jmesPathEntry.entries),
};

/** The types of what is written, for the tests that hold the readers to it. */
export type SchemaNames = {
  readonly parameters: keyof typeof parametersSchema.entries;
  readonly object: keyof typeof objectEntry.entries;
  readonly jmesPath: keyof typeof jmesPathEntry.entries;
  readonly failoverObject: keyof typeof failoverObject.entries;
  readonly objectSelector: keyof typeof objectSelector.entries;
};

function newOnes(entries: v.ObjectEntries): string[] {
  return Object.entries<v.GenericSchema>(entries as Record<string, v.GenericSchema>).flatMap(([name, schema]) =>
    meaningOf(schema).endsWith("New in 4.0.") ? [name] : [],
  );
}

function meaningOf(schema: v.GenericSchema & { readonly wrapped?: v.GenericSchema }): string {
  return v.getDescription(schema.wrapped ?? schema) ?? "";
}
