// Advice for a call without an answer of AWS: by the error code of the system or the runtime, or by the HTTP status of another answer. Pure.

/** What came in place of AWS's answer. */
export interface Unanswered {
  /** The system's error code; empty = something answered. */
  readonly network: string;
  /** HTTP status of what can't be read as AWS's answer; 0 = no answer. */
  readonly status: number;
}

/** Who was asked. */
export interface Asked {
  /** "Secrets Manager" */
  readonly service: string;
  /** The name of its VPC endpoint: "secretsmanager". */
  readonly endpoint: string;
  /** Empty = unknown. */
  readonly region: string;
}

const untrusted =
  "A proxy or a private endpoint opens the TLS connection: give its CA to the provider in AWS_CA_BUNDLE or SSL_CERT_FILE.";
const clock = "Check the clock of the node; and the certificate of the proxy, where one opens TLS.";

const ofCode: Readonly<Record<string, string>> = {
  EAI_AGAIN: "Check the DNS of the cluster and of the VPC: it gave no answer.",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  CERT_NOT_YET_VALID: clock,
  CERT_HAS_EXPIRED: clock,
  ERR_TLS_CERT_ALTNAME_INVALID:
    "Another host answers under this name: check DNS, the proxy and the endpoint settings (AWS_ENDPOINT_URL...).",
};

/** What to do next. Never empty. */
export function unansweredFix({ network, status }: Unanswered, { service, endpoint, region }: Asked): string {
  const at = region === "" ? "" : ` ${region}`;
  if (network === "ENOTFOUND")
    return `Check the spelling of the region${at} (a zone such as us-west-2a is not a region), the endpoint settings, and the node's DNS.`;
  if (status >= 500)
    return `What answered is ${service} in trouble or a proxy in its stead: the driver tries again. If it lasts, check the proxy and the VPC endpoint ${endpoint}.`;
  if (status > 0 || network === "EMSGSIZE")
    return `What answered is not ${service}: check the proxy (HTTPS_PROXY, NO_PROXY) and the endpoint settings (AWS_ENDPOINT_URL...).`;
  return (
    ofCode[network] ??
    `Check that the node reaches ${service} in this region: DNS, routes, security groups, proxy, the VPC endpoint ${endpoint}.`
  );
}
