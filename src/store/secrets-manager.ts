// Secrets Manager: one secret a call. Value = SecretString, else SecretBinary, else empty; version = VersionId (a UUID).
import type { ObjectRef, SecretObject } from "../request/secret-object.ts";
import type { Sender } from "../aws/sender.ts";
import { secretFix } from "./advice/object-advice.ts";
import type { SecretBatch } from "./secret-batch.ts";
import { callWithCredentials, failedRead, readSecret } from "./store.ts";
import type { Operation, Outcome, ReadRequest, RegionContext, RegionFailure, Store, StoredValue } from "./store.ts";

/** What is mounted already, for the current-version shortcut (older drivers send versions during rotation; 1.6.0 sends none). */
export interface Mounted {
  /** Version the driver knows for the file of an object, undefined = none. */
  readonly versionOf: (object: SecretObject) => string | undefined;
  /** The objects whose file can be nothing but their stored value. */
  readonly plain: ReadonlySet<SecretObject>;
  /** The mounted bytes, undefined when the file can't be read. */
  readonly read: (object: SecretObject) => Promise<Uint8Array | undefined>;
}

const service = "Secrets Manager";
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors, without InternalServiceError
const getFatal = new Set([
  "ResourceNotFoundException",
  "InvalidParameterException",
  "InvalidRequestException",
  "DecryptionFailure",
]);
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html#API_DescribeSecret_Errors
const describeFatal = new Set(["ResourceNotFoundException", "InvalidParameterException"]);

/** The version of the value that the file of an object holds as it is stored; empty = none is known. */
export function versionIn({ versionOf, plain }: Mounted, object: SecretObject): string {
  return plain.has(object) ? (versionOf(object) ?? "") : "";
}

/** Makes the store of a mount; `batch` = ask for unpinned secrets together. */
export function createSecretsManager(sender: Sender, mounted: Mounted, batch?: SecretBatch): Store {
  async function get({ object, ref }: ReadRequest, context: RegionContext): Promise<Outcome> {
    const called = await callWithCredentials(
      operation("GetSecretValue", getFatal, `Failed fetching secret ${object.objectName}`, ref),
      context,
      (credentials, onFailedAttempt) => {
        const input = {
          SecretId: ref.objectName,
          ...(ref.objectVersion === "" ? {} : { VersionId: ref.objectVersion }),
          ...(ref.objectVersionLabel === "" ? {} : { VersionStage: ref.objectVersionLabel }),
        };
        return sender.send(context.region, "GetSecretValue", input, {
          context,
          credentials,
          onFailedAttempt,
        });
      },
    );
    if ("failure" in called) return failedRead(object, called.failure);
    const read = readSecret(called.output);
    if (typeof read !== "string") return { values: [read] };
    return { failure: unreadable(context.region, `operation error ${service}: GetSecretValue, ${read}`) };
  }

  /** The mounted value if the driver's version is still the wanted one. undefined = fetch. */
  async function keep(
    { object, ref }: ReadRequest,
    context: RegionContext,
  ): Promise<StoredValue | RegionFailure | undefined> {
    const version = versionIn(mounted, object);
    if (version === "") return undefined;
    if (ref.objectVersion !== "") {
      if (ref.objectVersion !== version) return undefined;
    } else {
      const called = await callWithCredentials(
        operation("DescribeSecret", describeFatal, `Failed to describe secret ${object.objectName}`, ref),
        context,
        (credentials, onFailedAttempt) => {
          const call = { context, credentials, onFailedAttempt };
          return sender.send(context.region, "DescribeSecret", { SecretId: ref.objectName }, call);
        },
      );
      if ("failure" in called) return called.failure;
      const stages: unknown = called.output.VersionIdsToStages;
      const wanted = ref.objectVersionLabel === "" ? "AWSCURRENT" : ref.objectVersionLabel;
      if (!labelsOf(stages, version).includes(wanted)) return undefined;
    }
    const value = await mounted.read(object);
    return value === undefined ? undefined : { value, version };
  }

  return {
    unitMax: 1,
    read: async ([request], context) => {
      if (request === undefined) return { values: [] };
      // Only a primary read can stand for what is mounted: the failover region's versions are its own.
      const kept = request.ref === request.object.primary ? await keep(request, context) : undefined;
      if (kept !== undefined) return "value" in kept ? { values: [kept] } : failedRead(request.object, kept);
      const isUnpinned = request.ref.objectVersion === "" && request.ref.objectVersionLabel === "";
      const answer = isUnpinned ? await batch?.read(request.ref, context) : undefined;
      if (answer === undefined) return get(request, context);
      if ("value" in answer) return { values: [answer.value] };
      if ("said" in answer) return afterBatch(await get(request, context), answer.said);
      const { failure } = answer;
      const lead = `Failed fetching secret ${request.object.objectName}`;
      return { failure: { ...failure, fatalLead: failure.fatalLead === "" ? "" : `${context.region}: ${lead}` } };
    },
    leadText: ([request]) =>
      `Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: ${request?.object.objectName ?? ""}`,
  };
}

function operation(
  name: "GetSecretValue" | "DescribeSecret",
  fatalCodes: ReadonlySet<string>,
  fatalLead: string,
  ref: ObjectRef,
): Operation {
  return { service, name, fatalCodes, fatalLead, fix: (failure, region) => secretFix(name, ref, failure, region) };
}

/** What AWS has answered to the batch is no outage, whatever comes of the single call. */
function afterBatch(outcome: Outcome, said: "nothing" | "something" | "denied"): Outcome {
  if (said === "nothing" || !("failure" in outcome) || outcome.failure.isOutage !== true) return outcome;
  return { failure: { ...outcome.failure, isOutage: false, isDenied: said === "denied" } };
}

function unreadable(region: string, text: string): RegionFailure {
  return {
    region,
    reason: "ObjectUnreadable",
    text,
    fix: "AWS answered in a way it does not document; if an endpoint is configured, look there.",
    fatalLead: "",
  };
}

/** The SDK takes the fields of an answer as they are. */
function labelsOf(stages: unknown, version: string): readonly unknown[] {
  if (typeof stages !== "object" || stages === null || !Object.hasOwn(stages, version)) return [];
  const labels: unknown = (stages as Record<string, unknown>)[version];
  return Array.isArray(labels) ? labels : [];
}
