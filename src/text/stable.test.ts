import { describe, expect, test } from "bun:test";
import { stableText } from "./stable.ts";

const uuid = (): string => crypto.randomUUID();
const number = (): number => Math.floor(1e9 + Math.random() * 8e9);
const stamp = (): string => new Date(number() * 100).toISOString().replace(/[-:]|\.\d+/g, "");

/** What AWS, EKS, the agent and Kubernetes answer, with all that is new at each try; and what an event shows. */
const texts: readonly (readonly [make: () => string, shown: string])[] = [
  [
    () => `User: arn:aws:sts::111122223333:assumed-role/app/eks-shop-app-0-${uuid()} is not authorized to perform: a:B`,
    "User: arn:aws:sts::111122223333:assumed-role/app/eks-shop-app-0-* is not authorized to perform: a:B",
  ],
  [
    () => `User: arn:aws-cn:sts::111122223333:assumed-role/app/${number()}123456789 is not authorized`,
    "User: arn:aws-cn:sts::111122223333:assumed-role/app/* is not authorized",
  ],
  [
    () => `User: arn:aws:sts::111122223333:assumed-role/app/botocore-session-${number()} is not authorized`,
    "User: arn:aws:sts::111122223333:assumed-role/app/botocore-session-* is not authorized",
  ],
  [
    () =>
      `The ciphertext refers to a customer master key that does not exist. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: ${uuid()}; Proxy: null)`,
    "The ciphertext refers to a customer master key that does not exist. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Proxy: null)",
  ],
  [
    () => `[${uuid()}]: (ResourceNotFoundException): No associations found, fault: client`,
    "(ResourceNotFoundException): No associations found, fault: client",
  ],
  [
    () =>
      `operation error EKS Auth: AssumeRoleForPodIdentity, https response error StatusCode: 500, RequestID: ${uuid()}, api error InternalServerException: down`,
    "operation error EKS Auth: AssumeRoleForPodIdentity, https response error StatusCode: 500, api error InternalServerException: down",
  ],
  [
    () => `You are not authorized. Encoded authorization failure message: ${btoa(uuid()).replaceAll("=", "")}_x-y`,
    "You are not authorized",
  ],
  [
    () => `Signature expired: ${stamp()} is now earlier than ${stamp()} (${stamp()} - 5 min.)`,
    "Signature expired: <time> is now earlier than <time> (<time> - 5 min.)",
  ],
  [
    () =>
      `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been\n'POST\n/\nx-amz-date:${stamp()}'`,
    "The request signature we calculated does not match the signature you provided.",
  ],
  [
    () => `Token expired: current date/time ${number()} must be before the expiration date/time ${number()}`,
    "Token expired: current date/time <time> must be before the expiration date/time <time>",
  ],
  [
    () => `certificate has expired: current time ${new Date(number()).toISOString()} is after 2026-01-01T00:00:00Z`,
    "certificate has expired: current time <time> is after 2026-01-01T00:00:00Z",
  ],
  [() => `clock is off: now ${new Date(number()).toISOString()}, sent then`, "clock is off: now <time>, sent then"],
  [
    () => `now 2026-11-28 09:${10 + (number() % 50)}:00.${number()} +0000 UTC m=+${number()}.1 is odd`,
    "now <time> is odd",
  ],
  [() => `dated ${new Date(number() * 100).toUTCString()}.`, "dated <time>."],
  [() => `dated Sat Nov 28 09:${10 + (number() % 50)}:00 UTC 2026.`, "dated <time>."],
  [() => `token is expired by ${number() % 9}m${number() % 60}.5s.`, "token is expired by <n>."],
  [() => `token was issued ${number()} seconds ago`, "token was issued <n> seconds ago"],
  [() => `token was issued ${number() % 60}m3s ago`, "token was issued <n> ago"],
  [() => `Refused (request id ${uuid()})`, "Refused ()"],
  [() => `Refused, RequestId '${uuid()}' was noted`, "Refused was noted"],
  [() => `{"message":"no","RequestId":"${uuid()}"}`, '{"message":"no"}'],
  [() => `{"message":"no", "x-amzn-RequestId" : "${uuid()}"}`, '{"message":"no"}'],
  [() => `No. Correlation ID: ${uuid()}`, "No."],
  [
    () => `read tcp [fe80::1%eth0]:${30_000 + (number() % 30_000)}->[fe80::2]:53: reset`,
    "read tcp [fe80::1%eth0]->[fe80::2]:53: reset",
  ],
  [() => `please try again in ${number()} seconds`, "please try again in <n> seconds"],
  [
    () => `dial tcp: lookup eks-auth: read udp 10.0.0.5:${30_000 + (number() % 30_000)}->10.0.0.2:53: i/o timeout`,
    "dial tcp: lookup eks-auth: read udp 10.0.0.5->10.0.0.2:53: i/o timeout",
  ],
];

describe("what an event shows of a foreign text", () => {
  test.each(texts.map(([make, shown]) => [shown, make] as const))("%s", (shown, make) => {
    for (let n = 0; n < 30; n += 1) expect(stableText(make())).toBe(shown);
  });

  test.each([
    "Secrets Manager can't find the specified secret value for VersionId: 0e4e3f1c-b550-4353-a381-3b3f1c2bde18",
    "User: arn:aws:sts::111122223333:assumed-role/app/default.app is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf",
    "arn:aws:kms:eu-west-1:111122223333:key/0e4e3f1c-b550-4353-a381-3b3f1c2bde18 is pending deletion.",
    'serviceaccounts "app" not found',
    "The request ID was not understood",
    "Secret backup-2026-11-28 is there since 3 versions",
    "1 validation error detected: Value 'x' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
  ])("as it is: %s", (text) => expect(stableText(text)).toBe(text));
});
