// The pod events of the README, side by side with provider 3.1.1's: each is a real mount against the fakes, with ids and ports made stable.
import type { MountRequestOptions } from "./build.ts";
import type { FaultAction } from "./fakes/faults.ts";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

export interface Event {
  readonly what: string;
  readonly prepare: (lab: Lab) => unknown;
  readonly request: MountRequestOptions;
  /** What provider 3.1.1 says. */
  readonly before: string;
}

const region = "eu-west-1";
const secret = (more: object = {}): object => ({ objectName: "app/db", objectType: "secretsmanager", ...more });
const entry = (path: string): object => secret({ jmesPath: [{ path, objectAlias: "user" }] });
const podIdentity = { usePodIdentity: "true" };
const refuse = (lab: Lab, action: FaultAction): unknown =>
  lab.world.faults.inject({ service: "secrets-manager" }, action);
const generic =
  "Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: app/db";
const put = (value: string) => (lab: Lab) => lab.world.cloud.putSecret(region, "app/db", value);

export const events: readonly Event[] = [
  {
    what: "the role may not read the secret",
    prepare: (lab) => [put("v")(lab), lab.world.cloud.deny({ operation: "GetSecretValue" })],
    request: { objects: [secret()] },
    before: generic,
  },
  {
    what: "the role may not use the secret's KMS key",
    prepare: (lab) =>
      refuse(lab, {
        kind: "answer",
        status: 400,
        code: "AccessDeniedException",
        message: "Access to KMS is not allowed",
      }),
    request: { objects: [secret()] },
    before: generic,
  },
  {
    what: "the role does not trust the service account",
    prepare: ({ world }) => world.cloud.distrust("app", "default/app"),
    request: { objects: [secret()] },
    before: generic,
  },
  {
    what: "throttled",
    prepare: (lab) =>
      refuse(lab, { kind: "answer", status: 400, code: "ThrottlingException", message: "Rate exceeded" }),
    request: { objects: [secret()] },
    before: generic,
  },
  {
    what: "Secrets Manager can't be reached",
    prepare: ({ world }) => world.secretsManager.down(),
    request: { objects: [secret()] },
    before: generic,
  },
  {
    what: "no Pod Identity agent on the node",
    prepare: ({ world }) => Promise.all([world.podIdentity.ipv4.down(), world.podIdentity.ipv6.down()]),
    request: { objects: [secret()], parameters: podIdentity },
    before: generic,
  },
  {
    what: "no Pod Identity association",
    prepare: ({ world }) => world.podIdentity.dissociate("default/app"),
    request: { objects: [secret()], parameters: podIdentity },
    before:
      "eu-west-1: Failed fetching secret app/db: operation error Secrets Manager: GetSecretValue, get identity: get credentials: failed to refresh cached credentials, failed to load credentials, ResourceNotFoundException: No association found for service account default/app",
  },
  {
    what: "`jmesPath` on a value that is no JSON",
    prepare: put("v"),
    request: { objects: [entry("user")] },
    before: generic,
  },
  {
    what: "`jmesPath` on a key that is not there",
    prepare: put('{"name":"u"}'),
    request: { objects: [entry("user")] },
    before: generic,
  },
  {
    what: "`jmesPath` on a number",
    prepare: put('{"user":1}'),
    request: { objects: [entry("user")] },
    before: generic,
  },
  {
    what: "the CSIDriver has no `tokenRequests`",
    prepare: () => undefined,
    request: { objects: [secret()], tokens: null },
    before:
      "CSI token error: serviceAccount.tokens not provided - ensure tokenRequests is configured in CSIDriver - ensure tokenRequests is configured in CSIDriver spec",
  },
  {
    what: "`filePermission: 0644` without quotes",
    prepare: () => undefined,
    request: { objects: "- objectName: app/db\n  objectType: secretsmanager\n  filePermission: 0644\n" },
    before: "Invalid File Permission: 420",
  },
  {
    what: "`objectType: ssm`",
    prepare: () => undefined,
    request: { objects: [{ objectName: "app/db", objectType: "ssm" }] },
    before: "Invalid objectType: ssm",
  },
  {
    what: "the ARN of another region",
    prepare: () => undefined,
    request: { objects: [{ objectName: "arn:aws:ssm:us-west-2:111122223333:parameter/app/db" }] },
    before: "ARN region must match region eu-west-1: arn:aws:ssm:us-west-2:111122223333:parameter/app/db",
  },
];

/** Mounts each, and writes the table. */
export async function eventTable(): Promise<string> {
  const rows = await Promise.all(
    events.map(async ({ what, prepare, request, before }) => {
      await using lab = await startLab();
      await prepare(lab);
      const { details } = await lab.failure(request);
      return `| ${what} | ${cell(before)} | ${cell(stable(details))} |`;
    }),
  );
  return ["| what is wrong | provider 3.1.1 | this provider |", "| --- | --- | --- |", ...rows].join("\n");
}

function stable(text: string): string {
  return text.replace(/(127\.0\.0\.1|\[::1\]):\d+/g, "$1:PORT");
}

function cell(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}
