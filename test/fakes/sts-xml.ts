// The XML of the query protocol: answers and errors as STS writes them.
import type { Refusal } from "./faults.ts";
import type { Answer } from "./service.ts";

/** Elements by name, in order. */
export type Xml = { readonly [name: string]: string | Xml };

const namespace = "https://sts.amazonaws.com/doc/2011-06-15/";

/** The answer to an operation. */
export function answer(operation: string, result: Xml): Answer {
  const requestId = crypto.randomUUID();
  const body = {
    [`${operation}Result`]: result,
    ResponseMetadata: { RequestId: requestId },
  };
  return xml(200, requestId, `<${operation}Response xmlns="${namespace}">${toXml(body)}</${operation}Response>`);
}

/** An error of the query protocol. */
export function refuse({ status, code, message }: Refusal): Answer {
  const requestId = crypto.randomUUID();
  const error = {
    Type: status < 500 ? "Sender" : "Receiver",
    Code: code,
    Message: message,
  };
  return xml(
    status,
    requestId,
    `<ErrorResponse xmlns="${namespace}">${toXml({ Error: error, RequestId: requestId })}</ErrorResponse>`,
  );
}

function xml(status: number, requestId: string, body: string): Answer {
  return {
    status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": requestId },
    body,
  };
}

function toXml(value: string | Xml): string {
  if (typeof value === "string") return value.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  return Object.entries(value)
    .map(([name, inner]) => `<${name}>${toXml(inner)}</${name}>`)
    .join("\n");
}
