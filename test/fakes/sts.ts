// STS by the query protocol: AssumeRoleWithWebIdentity (unsigned, the token is the proof) and AssumeRole (signed).
// Nothing in an unsigned request tells the region: it is the one the fake was started with, or that of the Host header.
import { hostRegion } from "./aws-json.ts";
import { awsId } from "./aws-names.ts";
import type { Call } from "./calls.ts";
import type { Cloud, Session } from "./cloud.ts";
import type { Refusal } from "./faults.ts";
import { startService } from "./service.ts";
import type {
  Answer,
  FakeRequest,
  FakeServer,
  ListenOptions,
  Protocol,
} from "./service.ts";
import { readAuthorization, verifySigV4 } from "./sigv4.ts";
import { answer, refuse } from "./sts-xml.ts";
import type { Xml } from "./sts-xml.ts";
import { checkToken, clusterIssuer, stsAudience } from "./tokens.ts";
import type { TokenFault } from "./tokens.ts";

export interface StsOptions {
  readonly cloud: Cloud;
  readonly region?: string | undefined;
}

/** Starts a fake STS. */
export function startSts(
  options: StsOptions & ListenOptions,
): Promise<FakeServer> {
  return startService(stsProtocol(options), options);
}

function stsProtocol({ cloud, region }: StsOptions): Protocol {
  const regionOf = (request: FakeRequest): string =>
    region ?? hostRegion(request, "sts") ?? "";

  function respond(request: FakeRequest, call: Call): Answer {
    const input = new URLSearchParams(request.text);
    const form = (request.headers["content-type"] ?? "").startsWith(
      "application/x-www-form-urlencoded",
    );
    if (
      request.method !== "POST" ||
      request.path !== "/" ||
      !form ||
      input.get("Version") !== "2011-06-15"
    ) {
      return refuse({
        status: 404,
        code: "InvalidAction",
        message: "Could not find operation for version NO_VERSION_SPECIFIED",
      });
    }
    const operation = input.get("Action");
    if (operation === "AssumeRoleWithWebIdentity")
      return assumeRoleWithWebIdentity(cloud, input, call);
    if (operation === "AssumeRole")
      return assumeRole(cloud, request, input, call, regionOf(request));
    return refuse({
      status: 400,
      code: "InvalidAction",
      message: `Could not find operation ${operation} for version 2011-06-15`,
    });
  }

  return {
    service: "sts",
    identify: (request) => {
      const input = new URLSearchParams(request.text);
      const roleArn = input.get("RoleArn");
      const { accessKeyId = "", region: scope = "" } =
        readAuthorization(request) ?? {};
      return {
        operation: input.get("Action") ?? "",
        ids: roleArn === null ? [] : [roleArn],
        region: regionOf(request) || scope,
        role: cloud.session(accessKeyId)?.role ?? "",
      };
    },
    respond,
    refuse,
  };
}

function assumeRoleWithWebIdentity(
  cloud: Cloud,
  input: URLSearchParams,
  call: Call,
): Answer {
  const problem = inputProblem(input, [
    "RoleArn",
    "RoleSessionName",
    "WebIdentityToken",
  ]);
  if (problem !== undefined) return refuse(problem);
  const { fault, claims } = checkToken(
    input.get("WebIdentityToken") ?? "",
    stsAudience,
    cloud.nowMs(),
  );
  if (claims === undefined || fault !== undefined)
    return refuse(tokenProblem(fault, claims, cloud.nowMs()));
  const roleArn = input.get("RoleArn") ?? "";
  if (!cloud.trusts(roleArn, `${claims.namespace}/${claims.serviceAccount}`)) {
    return refuse({
      status: 403,
      code: "AccessDenied",
      message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    });
  }
  const session = openSession(cloud, input);
  call.role = session.role;
  const provider = `arn:aws:iam::${cloud.accountId}:oidc-provider/${clusterIssuer.replace("https://", "")}`;
  return answer("AssumeRoleWithWebIdentity", {
    Audience: stsAudience,
    ...sessionXml(cloud, session),
    Provider: provider,
    SubjectFromWebIdentityToken: claims.subject,
  });
}

function assumeRole(
  cloud: Cloud,
  request: FakeRequest,
  input: URLSearchParams,
  call: Call,
  region: string,
): Answer {
  const verified = verifySigV4(request, {
    cloud,
    service: "sts",
    region: region === "" ? undefined : region,
  });
  if (!verified.ok) {
    const { code, message } = verified.refusal;
    const names: Record<string, string> = {
      // the query protocol has older names for these
      UnrecognizedClientException: "InvalidClientTokenId",
      InvalidSignatureException: "SignatureDoesNotMatch",
      ExpiredTokenException: "ExpiredToken",
      MissingAuthenticationTokenException: "MissingAuthenticationToken",
    };
    return refuse({ status: 403, code: names[code] ?? code, message });
  }
  call.role = verified.session.role;
  const problem = inputProblem(input, ["RoleArn", "RoleSessionName"]);
  if (problem !== undefined) return refuse(problem);
  const roleArn = input.get("RoleArn") ?? "";
  if (!cloud.trustsRole(roleArn, verified.session.role)) {
    const user = `arn:aws:sts::${cloud.accountId}:assumed-role/${verified.session.role}/${verified.session.sessionName}`;
    return refuse({
      status: 403,
      code: "AccessDenied",
      message: `User: ${user} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    });
  }
  return answer("AssumeRole", sessionXml(cloud, openSession(cloud, input)));
}

function inputProblem(
  input: URLSearchParams,
  required: readonly string[],
): Refusal | undefined {
  const invalid = (field: string, rule: string): Refusal => ({
    status: 400,
    code: "ValidationError",
    message: `1 validation error detected: Value '${input.get(field) ?? "null"}' at '${field.charAt(0).toLowerCase()}${field.slice(1)}' failed to satisfy constraint: ${rule}`,
  });
  for (const field of required)
    if (!input.has(field)) return invalid(field, "Member must not be null");
  if ((input.get("RoleArn") ?? "").length < 20)
    return invalid(
      "RoleArn",
      "Member must have length greater than or equal to 20",
    );
  if (!/^arn:[a-z-]+:iam::\d{12}:role\/.+$/.test(input.get("RoleArn") ?? "")) {
    return {
      status: 400,
      code: "ValidationError",
      message: "Request ARN is invalid",
    };
  }
  if (!/^[\w+=,.@-]{2,64}$/.test(input.get("RoleSessionName") ?? "")) {
    return invalid(
      "RoleSessionName",
      "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    );
  }
  const duration = input.get("DurationSeconds");
  if (duration !== null && !(Number(duration) >= 900))
    return invalid(
      "DurationSeconds",
      "Member must have value greater than or equal to 900",
    );
  return undefined;
}

function tokenProblem(
  fault: TokenFault | undefined,
  claims: { readonly issuer: string; readonly expiresAtMs: number } | undefined,
  nowMs: number,
): Refusal {
  if (fault === "expired" && claims !== undefined) {
    const [now, end] = [Math.floor(nowMs / 1000), claims.expiresAtMs / 1000];
    return {
      status: 400,
      code: "ExpiredTokenException",
      message: `Token expired: current date/time ${now} must be before the expiration date/time ${end}`,
    };
  }
  const messages: Record<Exclude<TokenFault, "expired">, string> = {
    malformed:
      "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    issuer: `No OpenIDConnect provider found in your account for ${claims?.issuer}`,
    signature:
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    audience: "Incorrect token audience",
    subject: "Invalid subject in the token",
  };
  return {
    status: 400,
    code: "InvalidIdentityToken",
    message:
      messages[
        fault === undefined || fault === "expired" ? "malformed" : fault
      ],
  };
}

function openSession(cloud: Cloud, input: URLSearchParams): Session {
  const duration = input.get("DurationSeconds");
  const role = (input.get("RoleArn") ?? "").split(":role/")[1] ?? "";
  return cloud.openSession(
    role,
    input.get("RoleSessionName") ?? "",
    duration === null ? undefined : Number(duration) * 1000,
  );
}

function sessionXml(cloud: Cloud, session: Session): Xml {
  const {
    role,
    sessionName,
    accessKeyId,
    secretAccessKey,
    sessionToken,
    expiresAtMs,
  } = session;
  const arn = `arn:aws:sts::${cloud.accountId}:assumed-role/${role}/${sessionName}`;
  return {
    AssumedRoleUser: {
      AssumedRoleId: `${awsId("AROA", 17, role)}:${sessionName}`,
      Arn: arn,
    },
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAtMs).toISOString().replace(/\.\d+Z$/, "Z"),
    },
  };
}
