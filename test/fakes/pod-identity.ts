// The EKS Pod Identity agent: GET /v1/credentials with the raw token in Authorization.
// Its errors are {code, message} under a Content-Type of exactly application/json.
import type { Call } from "./calls.ts";
import type { Cloud } from "./cloud.ts";
import type { Refusal } from "./faults.ts";
import { startService } from "./service.ts";
import type { Answer, FakeRequest, FakeServer, ListenOptions, Protocol } from "./service.ts";
import { checkToken, podIdentityAudience, readClaims } from "./tokens.ts";

/** The associations of service accounts ("ns/sa") with roles. */
export interface Associations {
  readonly associate: (subject: string, role: string) => void;
  readonly dissociate: (subject: string) => void;
  readonly roleOf: (subject: string) => string | undefined;
}

/** Makes an empty table. */
export function createAssociations(): Associations {
  const roles = new Map<string, string>();
  return {
    associate: (subject, role) => void roles.set(subject, role),
    dissociate: (subject) => void roles.delete(subject),
    roleOf: (subject) => roles.get(subject),
  };
}

export interface PodIdentityOptions {
  readonly cloud: Cloud;
  readonly associations: Associations;
}

/** Starts one listener of the agent; start two, on 127.0.0.1 and on ::1, for both families. */
export function startPodIdentity(options: PodIdentityOptions & ListenOptions): Promise<FakeServer> {
  return startService(podIdentityProtocol(options), options);
}

function podIdentityProtocol({ cloud, associations }: PodIdentityOptions): Protocol {
  function respond({ method, target, headers }: FakeRequest, call: Call): Answer {
    if (target !== "/v1/credentials" || method !== "GET") {
      return {
        status: 404,
        headers: { "content-type": "text/plain; charset=utf-8" },
        body: "404 page not found\n",
      };
    }
    const token = headers["authorization"] ?? "";
    if (token === "")
      return refuse({
        status: 400,
        code: "InvalidRequestException",
        message: "Service account token cannot be empty",
      });
    const { fault, claims } = checkToken(token, podIdentityAudience, cloud.nowMs());
    if (fault === "expired")
      return refuse({
        status: 400,
        code: "ExpiredTokenException",
        message: "The token included in the request is expired",
      });
    if (claims === undefined || fault !== undefined) {
      const why =
        fault === "audience" ? "Audience in token is invalid" : "The token included in the request is invalid";
      return refuse({
        status: 400,
        code: "InvalidTokenException",
        message: why,
      });
    }
    const subject = `${claims.namespace}/${claims.serviceAccount}`;
    const role = associations.roleOf(subject);
    if (role === undefined) {
      return refuse({
        status: 404,
        code: "ResourceNotFoundException",
        message: `No association found for service account ${subject}`,
      });
    }
    if (!cloud.trusts(cloud.roleArn(role), subject)) {
      return refuse({
        status: 400,
        code: "AccessDeniedException",
        message: "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
      });
    }
    const session = cloud.openSession(
      role,
      `eks-cluster-${call.ids[0]?.split("/")[1] ?? "pod"}-${crypto.randomUUID()}`,
    );
    call.role = role;
    return json(200, {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      Token: session.sessionToken,
      AccountId: cloud.accountId,
      Expiration: new Date(session.expiresAtMs).toISOString().replace(/\.\d+Z$/, "Z"),
    });
  }

  return {
    service: "pod-identity",
    identify: ({ headers }) => {
      const claims = readClaims(headers["authorization"] ?? "");
      const ids = claims === undefined ? [] : [`${claims.namespace}/${claims.serviceAccount}`];
      return {
        operation: "GetCredentials",
        ids,
        region: "",
        role: associations.roleOf(ids[0] ?? "") ?? "",
      };
    },
    respond,
    refuse,
  };
}

function refuse({ status, code, message }: Refusal): Answer {
  return json(status, { code, message });
}

function json(status: number, body: object): Answer {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}
