// docs/schema: JSON Schemas for editors, made of src/request/schema.ts.
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import { objectsSchema, parametersSchema } from "../../src/request/schema.ts";

const repository =
  "https://raw.githubusercontent.com/seed-a58a391a/secrets-store-csi-driver-provider-aws/main/docs/schema";

/** A file may hold other kinds, and classes of other providers: they are not looked at. */
const isOurs = {
  properties: {
    kind: { const: "SecretProviderClass" },
    spec: { properties: { provider: { const: "aws" } }, required: ["provider"] },
  },
  required: ["kind", "spec"],
};

export function objectsText(): string {
  return textOf("objects.json", schemaOf(objectsSchema));
}

export function parametersText(): string {
  return textOf("parameters.json", schemaOf(parametersSchema));
}

/** The schema of a whole manifest. */
export function manifestText(): string {
  return textOf("secretproviderclass.json", {
    title: "SecretProviderClass for the AWS provider",
    if: isOurs,
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { properties: { spec: { properties: { parameters: schemaOf(parametersSchema) } } } },
  });
}

function schemaOf(schema: GenericSchema): Readonly<Record<string, unknown>> {
  const { $schema: _, ...rest } = toJsonSchema(schema);
  return rest;
}

function textOf(file: string, schema: Readonly<Record<string, unknown>>): string {
  const head = { $schema: "http://json-schema.org/draft-07/schema#", $id: `${repository}/${file}` };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}
