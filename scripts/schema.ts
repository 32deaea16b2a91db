// Writes docs/schema from src/request/schema.ts: JSON Schemas for editors. `--check` changes nothing and exits 1 if they differ.
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { objectsSchema, parametersSchema } from "../src/request/schema.ts";

const folder = join(dirname(import.meta.dir), "docs/schema");
const repository =
  "https://raw.githubusercontent.com/seed-a58a391a/secrets-store-csi-driver-provider-aws/main/docs/schema";

function schemaOf(schema: GenericSchema): Record<string, unknown> {
  const { $schema: _, ...rest } = toJsonSchema(schema);
  return rest;
}

const draft = "http://json-schema.org/draft-07/schema#";
/** A file may hold other kinds, and classes of other providers: they are not looked at. */
const isOurs = {
  properties: {
    kind: { const: "SecretProviderClass" },
    spec: { properties: { provider: { const: "aws" } }, required: ["provider"] },
  },
  required: ["kind", "spec"],
};
const files: Readonly<Record<string, unknown>> = {
  "objects.json": { $schema: draft, $id: `${repository}/objects.json`, ...schemaOf(objectsSchema) },
  "parameters.json": { $schema: draft, $id: `${repository}/parameters.json`, ...schemaOf(parametersSchema) },
  "secretproviderclass.json": {
    $schema: draft,
    $id: `${repository}/secretproviderclass.json`,
    title: "SecretProviderClass for the AWS provider",
    if: isOurs,
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { properties: { spec: { properties: { parameters: schemaOf(parametersSchema) } } } },
  },
};

let differs = false;
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(files)) {
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  const path = join(folder, name);
  if (process.argv[2] !== "--check") writeFileSync(path, text);
  else differs ||= readFileSync(path, "utf8") !== text;
}
process.exit(differs ? 1 : 0);
