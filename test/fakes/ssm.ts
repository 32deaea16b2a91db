// Parameter Store: GetParameters, GetParameter, GetParametersByPath.
// A name may carry a selector (`name:3`, `name:label`), and so may an ARN; the answer has it back as ":3", apart from the name.
import { authorize, awsJson, AwsRefusal, constraint, textField, textListField } from "./aws-json.ts";
import type { Json, SignedCall } from "./aws-json.ts";
import { startService } from "./service.ts";
import type { FakeServer, ListenOptions, Protocol } from "./service.ts";
import type { Cloud } from "./cloud.ts";
import type { ParameterVersion, StoredParameter } from "./cloud-parameters.ts";

export interface SsmOptions {
  readonly cloud: Cloud;
  /** Answer for this region alone; absent = any, as the signature says. */
  readonly region?: string | undefined;
}

interface Found {
  readonly parameter: StoredParameter;
  readonly version: ParameterVersion;
  readonly selector: string;
}

const namesMax = 10;

/** Starts a fake Parameter Store. */
export function startSsm(options: SsmOptions & ListenOptions): Promise<FakeServer> {
  return startService(ssmProtocol(options), options);
}

function ssmProtocol({ cloud, region }: SsmOptions): Protocol {
  return awsJson({
    cloud,
    service: "ssm",
    target: "AmazonSSM",
    signingName: "ssm",
    region,
    operations: {
      GetParameters: (call) => getParameters(cloud, call),
      GetParameter: (call) => getParameter(cloud, call),
      GetParametersByPath: (call) => getParametersByPath(cloud, call),
    },
    idsOf: ({ Names, Name, Path }) =>
      [Name, Path, ...(Array.isArray(Names) ? Names : [])].filter((id) => typeof id === "string"),
  });
}

function getParameters(cloud: Cloud, call: SignedCall): Json {
  const names = textListField(call.input, "Names") ?? [];
  const shown = `[${names.join(", ")}]`;
  if (names.length === 0) throw constraint(shown, "names", "Member must have length greater than or equal to 1");
  if (names.length > namesMax)
    throw constraint(shown, "names", `Member must have length less than or equal to ${namesMax}`);
  if (new Set(names).size !== names.length)
    throw new AwsRefusal("ValidationException", "Names must be unique. Remove the duplicates and try again.");
  for (const name of names) allow(cloud, call, "ssm:GetParameters", name);
  const parameters: Json[] = [];
  const invalid: string[] = [];
  for (const name of names) {
    const found = find(cloud, call.region, name);
    if (found === "no parameter" || found === "no version") invalid.push(name);
    else parameters.push(describe(cloud, call, found));
  }
  // AWS promises no order.
  return { InvalidParameters: invalid.toSorted(() => Math.random() - 0.5), Parameters: parameters };
}

function getParameter(cloud: Cloud, call: SignedCall): Json {
  const name = textField(call.input, "Name") ?? "";
  allow(cloud, call, "ssm:GetParameter", name);
  const found = find(cloud, call.region, name);
  if (found === "no parameter") throw new AwsRefusal("ParameterNotFound", "");
  if (found === "no version") {
    const { plain, selector } = split(name);
    throw new AwsRefusal(
      "ParameterVersionNotFound",
      `Systems Manager could not find version ${selector.slice(1)} of ${plain}. Verify the version and try again.`,
    );
  }
  return { Parameter: describe(cloud, call, found) };
}

function getParametersByPath(cloud: Cloud, call: SignedCall): Json {
  const { input, region } = call;
  const path = textField(input, "Path") ?? "";
  const { Recursive: recursive = false, MaxResults: size = 10, NextToken: token = "0" } = input;
  if (!path.startsWith("/")) {
    throw new AwsRefusal(
      "ValidationException",
      'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".',
    );
  }
  if (typeof size !== "number" || size < 1 || size > 10)
    throw constraint(String(size), "maxResults", "Member must have value less than or equal to 10");
  const start = Number(token);
  if (!Number.isInteger(start)) throw new AwsRefusal("InvalidNextToken", "The specified token isn't valid.");
  allow(cloud, call, "ssm:GetParametersByPath", path);
  const prefix = path.endsWith("/") ? path : `${path}/`;
  const under = cloud
    .listParameters(region)
    .filter(({ name }) => name.startsWith(prefix) && (recursive === true || !name.slice(prefix.length).includes("/")))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const page = under.slice(start, start + size).map((parameter) => find(cloud, region, parameter.name));
  const parameters = page.filter((found) => typeof found !== "string").map((found) => describe(cloud, call, found));
  const more = start + size < under.length;
  return {
    Parameters: parameters,
    ...(more ? { NextToken: String(start + size) } : {}),
  };
}

/** A name or ARN and its selector, ":3" or "". */
function split(name: string): {
  readonly plain: string;
  readonly selector: string;
} {
  const parts = name.split(":");
  const plainParts = name.startsWith("arn:") ? 6 : 1;
  if (parts.length > plainParts + 1) {
    throw new AwsRefusal(
      "ValidationException",
      "Invalid parameter name. Please use correct syntax for referencing a version/label  <name>:<version/label>",
    );
  }
  const plain = parts.slice(0, plainParts).join(":");
  return { plain, selector: name.slice(plain.length) };
}

function allow(cloud: Cloud, call: SignedCall, action: string, name: string): void {
  const { plain } = split(name);
  const resource = plain.startsWith("arn:") ? plain : cloud.parameterArn(call.region, plain);
  authorize(cloud, call, action, [name, plain, resource]);
  if (!/^[\w./:-]+$/.test(plain)) {
    throw new AwsRefusal(
      "ValidationException",
      'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
    );
  }
}

function find(cloud: Cloud, region: string, name: string): Found | "no parameter" | "no version" {
  const { plain, selector } = split(name);
  const parameter = cloud.findParameter(region, plain);
  if (parameter === undefined) return "no parameter";
  const wanted = selector.slice(1);
  const version = parameter.versions.findLast(
    ({ version: number, labels }) => selector === "" || String(number) === wanted || labels.has(wanted),
  );
  return version === undefined ? "no version" : { parameter, version, selector };
}

function describe(cloud: Cloud, call: SignedCall, { parameter, version, selector }: Found): Json {
  const secure = version.type === "SecureString";
  const decrypt = call.input["WithDecryption"] === true;
  if (secure && decrypt) {
    const refusal = cloud.refusal(call.session, {
      action: "kms:Decrypt",
      region: call.region,
      ids: [parameter.name, parameter.arn],
    });
    if (refusal !== undefined) {
      throw new AwsRefusal(
        "AccessDeniedException",
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
      );
    }
  }
  return {
    ARN: parameter.arn,
    DataType: "text",
    LastModifiedDate: version.modifiedAtMs / 1000,
    Name: parameter.name,
    ...(selector === "" ? {} : { Selector: selector }),
    Type: version.type,
    Value: secure && !decrypt ? `AQICAHj${Buffer.from(parameter.arn).toString("base64")}` : version.value,
    Version: version.version,
  };
}
