// STS by the query protocol: AssumeRoleWithWebIdentity (unsigned, the token is the proof) and AssumeRole (signed).
// Nothing in an unsigned request tells the region: it is the one the fake was started with, or that of the Host header.
import { hostRegion } from "./aws-json.ts";
import { awsId } from "./aws-names.ts";
import type { Call } from "./calls.ts";
import type { Cloud, Session } from "./cloud.ts";
import { startService } from "./service.ts";
import type { Answer, FakeRequest, FakeServer, ListenOptions, Protocol } from "./service.ts";
import { readAuthorization, verifySigV4 } from "./sigv4.ts";
import { inputProblem, tokenProblem } from "./sts-refusals.ts";
import { answer, refuse } from "./sts-xml.ts";
import type { Xml } from "./sts-xml.ts";
import { checkToken, clusterIssuer, stsAudience } from "./tokens.ts";

export interface StsOptions {
  readonly cloud: Cloud;
  readonly region?: string | undefined;
}

/** Starts a fake STS. */
export function startSts(options: StsOptions & ListenOptions): Promise<FakeServer> {
  return startService(stsProtocol(options), options);
}

function stsProtocol({ cloud, region }: StsOptions): Protocol {
  const regionOf = (request: FakeRequest): string => region ?? hostRegion(request, "sts") ?? "";

  function respond(request: FakeRequest, call: Call): Answer {
    const input = new URLSearchParams(request.text);
    const form = (request.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
    if (request.method !== "POST" || request.path !== "/" || !form || input.get("Version") !== "2011-06-15") {
      return refuse({
        status: 404,
        code: "InvalidAction",
        message: "Could not find operation for version NO_VERSION_SPECIFIED",
      });
    }
    const operation = input.get("Action");
    if (operation === "AssumeRoleWithWebIdentity") return assumeRoleWithWebIdentity(cloud, input, call);
    if (operation === "AssumeRole") return assumeRole(cloud, request, { input, call, region: regionOf(request) });
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
      const { accessKeyId = "", region: scope = "" } = readAuthorization(request) ?? {};
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

function assumeRoleWithWebIdentity(cloud: Cloud, input: URLSearchParams, call: Call): Answer {
  const problem = inputProblem(input, ["RoleArn", "RoleSessionName", "WebIdentityToken"]);
  if (problem !== undefined) return refuse(problem);
  const { fault, claims } = checkToken(input.get("WebIdentityToken") ?? "", stsAudience, cloud.nowMs());
  if (claims === undefined || fault !== undefined) return refuse(tokenProblem(fault, claims, cloud.nowMs()));
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

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, DurationSeconds: role chaining. */
const chainedSecondsMax = 3_600;

interface AssumeRoleCall {
  readonly input: URLSearchParams;
  readonly call: Call;
  readonly region: string;
}

function assumeRole(cloud: Cloud, request: FakeRequest, { input, call, region }: AssumeRoleCall): Answer {
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
  const duration = Number(input.get("DurationSeconds") ?? 0);
  // Whoever signs here is a session of a role: there are no users in this account.
  if (duration > chainedSecondsMax) {
    return refuse({
      status: 400,
      code: "ValidationError",
      message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    });
  }
  const attempt = { action: "sts:AssumeRole", region: call.region, ids: [roleArn] };
  const isDenied = cloud.refusal(verified.session, attempt) !== undefined;
  if (isDenied || !cloud.trustsRole(roleArn, verified.session.role, input.get("ExternalId") ?? undefined)) {
    const user = `arn:aws:sts::${cloud.accountId}:assumed-role/${verified.session.role}/${verified.session.sessionName}`;
    return refuse({
      status: 403,
      code: "AccessDenied",
      message: `User: ${user} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    });
  }
  return answer("AssumeRole", sessionXml(cloud, openSession(cloud, input)));
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
  const { role, sessionName, accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = session;
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
