// Parameter Store: GetParameters, up to ten names a call, decrypted. Version = the decimal version of the parameter.
import type { Parameter } from "@aws-sdk/client-ssm";
import type { ObjectRef } from "../request/secret-object.ts";
import type { Sender } from "../aws/sender.ts";
import { parametersFix, unknownParametersFix } from "./advice/object-advice.ts";
import { isForeign } from "../request/own-account.ts";
import { entriesOf } from "./selection.ts";
import { callWithCredentials } from "./store.ts";
import type {
  Found,
  Operation,
  Outcome,
  ReadRequest,
  RegionContext,
  RegionFailure,
  Store,
  StoredValue,
} from "./store.ts";

const service = "SSM";
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html#API_GetParameters_Errors, without InternalServerError
const fatalCodes = new Set(["InvalidKeyId"]);
/** The same page: "Names: Maximum number of 10 items". */
const namesMax = 10;

const operation: Operation = {
  service,
  name: "GetParameters",
  fatalCodes,
  fatalLead: "Failed fetching parameters",
  fix: parametersFix,
};

/** Makes the store. */
export function createParameterStore(sender: Sender): Store {
  async function call(requests: readonly ReadRequest[], context: RegionContext): Promise<Called> {
    const { region } = context;
    const Names = [...new Set(requests.map(({ ref }) => nameOf(ref)))];
    const called = await callWithCredentials(operation, context, (credentials, onFailedAttempt) => {
      const input = { Names, WithDecryption: true };
      return sender.send(region, "GetParameters", input, { context, credentials, onFailedAttempt });
    });
    if ("failure" in called) return called;
    const answers = entriesOf(called.output.Parameters).filter(isWhole);
    const invalid = inOrderOf(Names, textsOf(called.output.InvalidParameters));
    const values = new Map(requests.map((request) => [request, valueOf(request.ref, requests, answers)]));
    return { invalid, values };
  }

  async function read(requests: readonly ReadRequest[], context: RegionContext): Promise<Outcome> {
    const { region } = context;
    const invalid: string[] = [];
    const found = new Map<ReadRequest, StoredValue | undefined>();
    for (const called of await Promise.all(unambiguous(requests, context).map((some) => call(some, context)))) {
      if ("failure" in called) return called;
      invalid.push(...called.invalid);
      for (const [request, value] of called.values) found.set(request, value);
    }
    const required = invalid.length === 0 ? [] : requiredOf(requests, invalid);
    if (required.length > 0)
      return { failure: { ...invalidParameters(region, requests, required), fatalLead: `400: ${region}` } };
    const values = requests.map((request): Found | undefined =>
      invalid.includes(nameOf(request.ref))
        ? { notFound: invalidParameters(region, requests, [nameOf(request.ref)]) }
        : found.get(request),
    );
    const missing = requests.filter((_, at) => values[at] === undefined);
    if (missing.length === 0) return { values: values.filter((value) => value !== undefined) };
    const text = `operation error ${service}: GetParameters, the answer holds no usable value for: ${[...new Set(missing.map(({ ref }) => nameOf(ref)))].join(", ")}`;
    const unread = missing.map(({ object }) => object);
    return { failure: { region, reason: "ObjectUnreadable", text, fix: "", fatalLead: "", objects: unread } };
  }

  return {
    unitMax: namesMax,
    read,
    leadText: () => "Failed to fetch parameters from all regions.",
  };
}

type Called =
  | { readonly failure: RegionFailure }
  | { readonly invalid: readonly string[]; readonly values: ReadonlyMap<ReadRequest, StoredValue | undefined> };

/**
 * The calls for some requests: one, unless a parameter is asked for by name and one of that name by ARN. The name is the caller's account's, the ARN may
 * be another's, and AWS's answer names both alike: such ARNs are asked for in a call of their own.
 */
function unambiguous(
  requests: readonly ReadRequest[],
  { credentials }: RegionContext,
): readonly (readonly ReadRequest[])[] {
  const bare = new Set(requests.map(({ ref }) => (ref.objectName.startsWith("arn:") ? "" : pathOf(ref.objectName))));
  const isApart = ({ ref: { objectName } }: ReadRequest): boolean =>
    isForeign(objectName, credentials) && bare.has(pathOf(objectName));
  const apart = requests.filter(isApart);
  return apart.length === 0 ? [requests] : [requests.filter((request) => !isApart(request)), apart];
}

/** The path of a name or an ARN as an ARN has it behind `parameter`, without the version or label that either may end in (`:3`). */
function pathOf(id: string): string {
  const parts = id.split(":", 6);
  const [name = ""] = id.startsWith("arn:") ? [parts[5]?.replace(/^parameter/, "")] : parts;
  return name.startsWith("/") ? name : `/${name}`;
}

/** As they were asked for, whatever order AWS gives them in; others last. */
function inOrderOf(asked: readonly string[], names: readonly string[]): string[] {
  return [...asked.filter((name) => names.includes(name)), ...names.filter((name) => !asked.includes(name))];
}

/** Those among the invalid names that no request, or not only optional ones, have asked for. */
function requiredOf(requests: readonly ReadRequest[], invalid: readonly string[]): string[] {
  return invalid.filter((name) => {
    const asking = requests.filter(({ ref }) => nameOf(ref) === name);
    return asking.length === 0 || asking.some(({ object }) => object.optional !== true);
  });
}

function invalidParameters(region: string, requests: readonly ReadRequest[], names: readonly string[]): RegionFailure {
  const asking = requests.filter(({ ref }) => names.includes(nameOf(ref)));
  return {
    region,
    reason: "ObjectNotFound",
    text: `invalid parameters: ${[...new Set(names)].join(", ")}`,
    fix: unknownParametersFix(names, region),
    fatalLead: "",
    ...(asking.length === 0 ? {} : { objects: asking.map(({ object }) => object) }),
  };
}

/** The name that is asked for: name or ARN, then version or label. */
function nameOf({ objectName, objectVersion, objectVersionLabel }: ObjectRef): string {
  const selector = objectVersion === "" ? objectVersionLabel : objectVersion;
  return selector === "" ? objectName : `${objectName}:${selector}`;
}

function textsOf(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
}

/** The SDK takes the fields of an answer as they are: one of another type than the API's makes the parameter unusable. */
function isWhole({ Name = "", ARN = "", Selector = "", Value, Version }: Parameter): boolean {
  return [Name, ARN, Selector, Value].every((text) => typeof text === "string") && Number.isSafeInteger(Version);
}

/** The answer to one request: the same name or ARN and the same selector, since one parameter may be asked for in several versions. */
function valueOf(
  ref: ObjectRef,
  requests: readonly ReadRequest[],
  answers: readonly Parameter[],
): StoredValue | undefined {
  const wanted = nameOf(ref);
  const names = ({ Name = "", ARN = "" }: Parameter): string[] => [Name, ARN];
  const matches = (selectorOf: (answer: Parameter) => string) => (answer: Parameter) =>
    names(answer).some((name) => name !== "" && name + selectorOf(answer) === wanted);
  // AWS says the selector that was asked for; an emulator may leave it out, but not the version.
  const exact =
    answers.find(matches(({ Selector }) => Selector ?? "")) ?? answers.find(matches(({ Version }) => `:${Version}`));
  // Selector may be left out of an answer; it is not missed where the parameter was asked for once.
  const once =
    new Set(requests.filter((other) => other.ref.objectName === ref.objectName).map((other) => nameOf(other.ref)))
      .size === 1;
  const found = exact ?? (once ? answers.find((answer) => names(answer).includes(ref.objectName)) : undefined);
  if (found?.Value === undefined || found.Version === undefined) return undefined;
  return { value: new TextEncoder().encode(found.Value), version: String(found.Version) };
}
