// The filters and pages of BatchGetSecretValue and ListSecrets: name, tag-key and tag-value by prefix, `!` in front negates.
import { AwsRefusal } from "./aws-json.ts";
import type { Json } from "./aws-json.ts";
import type { StoredSecret } from "./cloud-secrets.ts";

/** One page of the secrets that pass all filters of an input, in order of name. */
export function chooseByFilters(
  secrets: readonly StoredSecret[],
  input: Json,
  pageMax = 20,
): {
  readonly chosen: readonly StoredSecret[];
  readonly nextToken: string | undefined;
} {
  const filters = readFilters(input["Filters"]);
  const { MaxResults: size = pageMax, NextToken: token = "0" } = input;
  if (typeof size !== "number" || size < 1 || size > pageMax)
    throw new AwsRefusal("InvalidParameterException", `'MaxResults' must be 1 to ${pageMax}.`);
  const start = Number(token);
  if (!Number.isInteger(start)) throw new AwsRefusal("InvalidNextTokenException", "The NextToken value is invalid.");
  const passed = secrets
    .filter(
      (secret) => secret.deletedAtMs === undefined && filters.every(({ key, values }) => passes(secret, key, values)),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const end = start + size;
  return {
    chosen: passed.slice(start, end),
    nextToken: end < passed.length ? String(end) : undefined,
  };
}

interface Filter {
  readonly key: string;
  readonly values: readonly string[];
}

function readFilters(value: unknown): readonly Filter[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  if (list.length === 0 || list.length > 10)
    throw new AwsRefusal("InvalidParameterException", "'Filters' must have 1 to 10 entries.");
  return list.map((one) => {
    const { Key: key, Values: values } = typeof one === "object" && one !== null ? (one as Json) : {};
    if (typeof key !== "string" || !["name", "tag-key", "tag-value", "all"].includes(key)) {
      throw new AwsRefusal("InvalidParameterException", `Invalid filter key: ${String(key)}.`);
    }
    if (
      !Array.isArray(values) ||
      values.length === 0 ||
      values.length > 10 ||
      !values.every((text) => typeof text === "string")
    ) {
      throw new AwsRefusal("InvalidParameterException", "A filter must have 1 to 10 values.");
    }
    return { key, values };
  });
}

function passes({ name, tags }: StoredSecret, key: string, values: readonly string[]): boolean {
  const texts: Record<string, readonly string[]> = {
    name: [name],
    "tag-key": Object.keys(tags),
    "tag-value": Object.values(tags),
    all: [name, ...Object.keys(tags), ...Object.values(tags)],
  };
  return values.some((value) => {
    const negated = value.startsWith("!");
    const prefix = negated ? value.slice(1) : value;
    return (texts[key] ?? []).some((text) => text.startsWith(prefix)) !== negated;
  });
}
