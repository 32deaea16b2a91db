// What STS refuses before it looks at trust: parameters that break its model, tokens that do not hold. The wording is STS's own.
import type { Refusal } from "./faults.ts";
import type { TokenFault } from "./tokens.ts";

/** What is wrong with the parameters, in the order STS looks at them. */
export function inputProblem(input: URLSearchParams, required: readonly string[]): Refusal | undefined {
  const invalid = (field: string, rule: string): Refusal => ({
    status: 400,
    code: "ValidationError",
    message: `1 validation error detected: Value '${input.get(field) ?? "null"}' at '${field.charAt(0).toLowerCase()}${field.slice(1)}' failed to satisfy constraint: ${rule}`,
  });
  for (const field of required) if (!input.has(field)) return invalid(field, "Member must not be null");
  if ((input.get("RoleArn") ?? "").length < 20)
    return invalid("RoleArn", "Member must have length greater than or equal to 20");
  if (!/^arn:[a-z-]+:iam::\d{12}:role\/.+$/.test(input.get("RoleArn") ?? "")) {
    return {
      status: 400,
      code: "ValidationError",
      message: "Request ARN is invalid",
    };
  }
  if (!/^[\w+=,.@-]{2,64}$/.test(input.get("RoleSessionName") ?? "")) {
    return invalid("RoleSessionName", "Member must satisfy regular expression pattern: [\\w+=,.@-]*");
  }
  const duration = input.get("DurationSeconds");
  if (duration !== null && !(Number(duration) >= 900))
    return invalid("DurationSeconds", "Member must have value greater than or equal to 900");
  return undefined;
}

/** How STS refuses a token. */
export function tokenProblem(
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
    malformed: "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    issuer: `No OpenIDConnect provider found in your account for ${claims?.issuer}`,
    signature:
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    audience: "Incorrect token audience",
    subject: "Invalid subject in the token",
  };
  return {
    status: 400,
    code: "InvalidIdentityToken",
    message: messages[fault === undefined || fault === "expired" ? "malformed" : fault],
  };
}
