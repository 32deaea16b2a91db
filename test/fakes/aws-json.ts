// AWS JSON 1.1, which Secrets Manager and Parameter Store speak: X-Amz-Target, SigV4, errors with __type.
// What a service itself refuses has a bare __type and, for some errors, "Message"; what the layer before it refuses has a prefix.
import { partitionOf } from "./aws-names.ts";
import type { Call, Service } from "./calls.ts";
import type { Cloud, Session } from "./cloud.ts";
import type { Refusal } from "./faults.ts";
import type { Answer, Facts, FakeRequest, Protocol } from "./service.ts";
import { readAuthorization, verifySigV4 } from "./sigv4.ts";

export type Json = Readonly<Record<string, unknown>>;

/** One signed call, ready to be answered. */
export interface SignedCall {
  readonly input: Json;
  readonly session: Session;
  readonly region: string;
}

/** Thrown by an operation to refuse; the fake turns it into an answer. */
export class AwsRefusal extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = "AwsRefusal";
    this.code = code;
    this.status = status;
  }
}

export type Operation = (call: SignedCall) => Json;

export interface AwsJsonOptions {
  readonly cloud: Cloud;
  readonly service: Service;
  /** Before the dot in X-Amz-Target. */
  readonly target: string;
  readonly signingName: string;
  /** The one region that this fake is; absent = the Host header or else the signature tells. */
  readonly region?: string | undefined;
  readonly operations: Readonly<Record<string, Operation>>;
  /** The ids that an input names. */
  readonly idsOf: (input: Json) => readonly string[];
}

const framework = "com.amazon.coral.service#";

/** Makes the protocol of one service out of its operations. */
export function awsJson(options: AwsJsonOptions): Protocol {
  const { cloud, service, target, signingName, operations } = options;

  function regionOf(request: FakeRequest): string | undefined {
    return options.region ?? hostRegion(request, signingName);
  }

  function identify(request: FakeRequest): Facts {
    const authorization = readAuthorization(request);
    return {
      operation: (request.headers["x-amz-target"] ?? "").split(".").at(-1) ?? "",
      ids: options.idsOf(readJson(request.text) ?? {}),
      region: regionOf(request) ?? authorization?.region ?? "",
      role: cloud.session(authorization?.accessKeyId ?? "")?.role ?? "",
    };
  }

  function respond(request: FakeRequest, call: Call): Answer {
    const [prefix, operationName] = (request.headers["x-amz-target"] ?? "").split(".");
    const operation = prefix === target ? operations[operationName ?? ""] : undefined;
    if (request.method !== "POST" || request.path !== "/" || operation === undefined)
      return refuse({
        status: 400,
        code: `${framework}UnknownOperationException`,
        message: "",
      });
    if (request.headers["content-type"] !== "application/x-amz-json-1.1")
      return refuse({
        status: 404,
        code: `${framework}UnknownOperationException`,
        message: "",
      });
    const verified = verifySigV4(request, {
      cloud,
      service: signingName,
      region: regionOf(request),
    });
    if (!verified.ok)
      return refuse({
        ...verified.refusal,
        code: framework + verified.refusal.code,
      });
    call.role = verified.session.role;
    const input = readJson(request.text);
    if (input === undefined)
      return refuse({
        status: 400,
        code: `${framework}SerializationException`,
        message: "",
      });
    try {
      return answer(
        200,
        operation({
          input,
          session: verified.session,
          region: verified.region,
        }),
      );
    } catch (error) {
      if (error instanceof AwsRefusal)
        return refuse({
          status: error.status,
          code: error.code,
          message: error.message,
        });
      throw error;
    }
  }

  return { service, identify, respond, refuse };
}

function refuse({ status, code, message }: Refusal): Answer {
  // As seen on the wire: AccessDeniedException and Secrets Manager's own errors write the name with a capital.
  const name = code.startsWith(framework) || code.startsWith("Throttling") ? "message" : "Message";
  return answer(status, {
    __type: code,
    ...(message === "" ? {} : { [name]: message }),
  });
}

function answer(status: number, body: Json): Answer {
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amzn-requestid": crypto.randomUUID(),
  };
  return { status, headers, body: JSON.stringify(body) };
}

/** The region in a Host header such as ssm.eu-west-1.amazonaws.com, secretsmanager-fips.us-east-1.amazonaws.com, ssm.eu-west-1.api.aws. */
export function hostRegion(request: FakeRequest, endpointName: string): string | undefined {
  const host = request.headers["host"] ?? "";
  const [name, region, ...rest] = host.replace(/:\d+$/, "").split(".");
  const known = ["amazonaws.com", "amazonaws.com.cn", "api.aws"].includes(rest.join("."));
  return known && (name === endpointName || name === `${endpointName}-fips`) ? region : undefined;
}

function readJson(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** Refuses with AccessDeniedException if the session may not. `ids`: all the names of the thing, the one to show last. */
export function authorize(cloud: Cloud, { session, region }: SignedCall, action: string, ids: readonly string[]): void {
  const refusal = cloud.refusal(session, { action, region, ids });
  if (refusal !== undefined) throw new AwsRefusal("AccessDeniedException", refusal);
}

/** A field that must be text. @throws AwsRefusal ValidationException */
export function textField(input: Json, name: string): string | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw new AwsRefusal(`${framework}SerializationException`, `${typeof value} can not be converted to an String`);
}

/** A field that must be a list of texts. */
export function textListField(input: Json, name: string): readonly string[] | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw new AwsRefusal(`${framework}SerializationException`, "Expected list or null");
}

/** The wording of a constraint that the service's model has. */
export function constraint(value: string, field: string, rule: string): AwsRefusal {
  return new AwsRefusal(
    "ValidationException",
    `1 validation error detected: Value '${value}' at '${field}' failed to satisfy constraint: ${rule}`,
  );
}

/** An ARN of this account. */
export function arnOf(cloud: Cloud, service: string, region: string, resource: string): string {
  return `arn:${partitionOf(region)}:${service}:${region}:${cloud.accountId}:${resource}`;
}
