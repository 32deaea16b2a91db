// Advice for AWS's codes that are about the call itself, not about the object. Pure.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
import type { Asked } from "./unanswered.ts";

const endpoints = "AWS_ENDPOINT_URL...";

/** The advice; empty without a code. `operation` as AWS calls it. */
export function refusedFix(operation: string, code: string, text: string, { service, region }: Asked): string {
  if (code === "") return "";
  if (isSignature(code)) return signatureFix(code, text, service, region);
  if (/^ExpiredToken|^TokenRefresh/.test(code))
    return "The credentials have run out; the next try has fresh ones. If it lasts, check the clock of the node.";
  if (/^(?:InvalidToken|UnrecognizedClient|InvalidClientTokenId)/.test(code))
    return "Check that the region is enabled for the account; where it is, the next try has fresh credentials.";
  if (/^(?:OptInRequired|SubscriptionRequired|RegionDisabled)/.test(code))
    return `Enable the region ${region} and ${service} for the role's account.`;
  if (/^(?:InvalidAction|UnknownOperation|MissingAction)/.test(code))
    return `What answers does not know ${operation}: check the endpoint settings (${endpoints}).`;
  if (code.startsWith("RequestTimeout"))
    return "The request reached AWS too slowly: check the network and the proxy of the node, and its CPU.";
  if (/^(?:Validation|InvalidParameter)/.test(code) && !operation.startsWith("AssumeRole"))
    return invalidFix(operation);
  return `AWS's API reference of ${operation} explains the code.`;
}

function invalidFix(operation: string): string {
  const isSelector = /^(?:GetParametersByPath|ListSecrets)$/.test(operation);
  const fields = isSelector ? "objectSelector" : "objectName, objectVersion or objectVersionLabel";
  return `AWS does not take ${fields} as ${isSelector ? "it is" : "they are"} written.`;
}

function isSignature(code: string): boolean {
  return /Skewed|Signature|^RequestExpired|^MissingAuthenticationToken/.test(code);
}

/** Signatures fail by the clock, by another region or service at the endpoint, or because something changes the request. */
function signatureFix(code: string, text: string, service: string, region: string): string {
  if (/Skewed|^RequestExpired/.test(code) || /signature (?:expired|not yet current)/i.test(text))
    return "Check the clock of the node.";
  if (/scoped to (?:a valid|correct) region|scoped to correct service|valid region/i.test(text))
    return `What answers is of another region or service: check that the region ${region} is spelled right, and the endpoint settings (${endpoints}).`;
  return `Something between the node and ${service} changes the request: check the proxy and the endpoint settings (${endpoints}).`;
}
