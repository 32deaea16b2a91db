// What the EKS Pod Identity agent answers: credentials, or a refusal in its own words. Nothing of an answer is quoted but the refusal's text.
import * as v from "valibot";
import type { OutboundResponse } from "../outbound.ts";
import { Secret } from "../secret.ts";
import { startOf } from "../text/cut.ts";
import { stableText } from "../text/stable.ts";
import { oneLine } from "../text/visible.ts";
import type { Credentials } from "../aws/credentials.ts";

/** A shorter token is none of kubelet's, and would blot out words. */
const redactedMin = 8;
/** Of the agent's words; an event has 1,023 bytes for all. */
const shownMax = 512;

/** One endpoint's failure. `final` = the agent itself said no (4xx): the other endpoint would say the same. */
export interface EndpointFailure {
  readonly text: string;
  readonly final: boolean;
  /** The agent itself answered 4xx. */
  readonly spoke?: boolean;
  /** HTTP status; absent = it did not answer. */
  readonly status?: number;
  /** It did not answer, or with 5xx. */
  readonly isOutage?: boolean;
  /** The agent's words where the text has less; for the log. */
  readonly exact?: string;
}

// EKS Pod Identity agent, GET /v1/credentials (the container credentials format of the AWS SDKs). Keys are matched as Go does, without case.
const answerSchema = v.object({
  accesskeyid: v.pipe(v.string(), v.minLength(1)),
  secretaccesskey: v.pipe(v.string(), v.minLength(1)),
  token: v.optional(v.nullable(v.string()), ""),
  expiration: v.optional(v.nullable(v.string())),
});

/** Credentials out of a 200 answer, or why it holds none. */
export function readAnswer(response: OutboundResponse, host: string): Credentials | EndpointFailure {
  const answer = v.safeParse(answerSchema, lowerKeys(response));
  if (!answer.success)
    return { text: `${host}: the agent's answer holds no usable credentials`, final: false, status: 200 };
  const { accesskeyid, secretaccesskey, token, expiration } = answer.output;
  const expiresAtMs = typeof expiration === "string" && expiration !== "" ? Date.parse(expiration) : Infinity;
  if (Number.isNaN(expiresAtMs))
    return { text: `${host}: the agent's answer has an unreadable Expiration`, final: false, status: 200 };
  return {
    accessKeyId: accesskeyid,
    secretAccessKey: new Secret(secretaccesskey),
    sessionToken: new Secret(token ?? ""),
    expiresAtMs,
  };
}

function lowerKeys(response: OutboundResponse): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(response.body));
    if (typeof value !== "object" || value === null) return undefined;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item as unknown]));
  } catch {
    return undefined; // the parser's text could quote credentials
  }
}

/** A refusal in the agent's words; never the token, should the agent echo it. */
export interface Refusal {
  /** `<code>: <message>` of a JSON refusal, else the start of the body; without what is new at each try. */
  readonly text: string;
  /** The same with it. */
  readonly exact: string;
}

/** Reads the answer that is no 200. */
export function readRefusal(response: OutboundResponse, token: Secret<string>): Refusal {
  let text = new TextDecoder().decode(response.body); // bounded by the caller; cut only when the token is out
  if (response.headers.get("content-type") === "application/json") {
    const fields = lowerKeys(response);
    if (typeof fields === "object" && fields !== null) {
      const { code, message } = fields as { code?: unknown; message?: unknown };
      text = `${typeof code === "string" ? code : response.status}: ${typeof message === "string" ? message : ""}`;
    }
  }
  text = text.replaceAll(token.reveal().length < redactedMin ? "\0" : token.reveal(), "[redacted]");
  const line = (words: string): string => {
    const shown = startOf(oneLine(words).trim(), shownMax);
    return shown === "" ? `HTTP ${response.status}` : shown;
  };
  return { text: line(stableText(text)), exact: line(text) };
}
