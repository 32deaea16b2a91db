// assumeRole*: parameters of a class, and a field of its objects, that have the pod's own role assume another one. Pure.
import { ProviderError } from "../errors.ts";
import type { Parameters } from "./parameters.ts";

/** How a class wants roles to be assumed. What is not written is not there. */
export interface AssumeRole {
  /** For objects that name none. */
  readonly roleArn?: string;
  readonly externalId?: string;
  readonly durationSeconds?: number;
  readonly sessionName?: string;
}

type Field = "assumeRoleArn" | "assumeRoleExternalId" | "assumeRoleDurationSeconds" | "assumeRoleSessionName";

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: the parameters' lengths and patterns; the form of a role's ARN is IAM's.
const arnCharactersMax = 2048;
const arnPattern = /^arn:aws[a-z-]{0,30}:iam::\d{12}:role\/(?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,64}$/;
const externalIdPattern = /^[\w+=,.@:/-]{2,1224}$/;
const sessionNamePattern = /^[\w+=,.@-]{2,64}$/;
const durationMin = 900;
const durationMax = 43_200;
const shownMax = 100;

/** Reads the parameters. @throws ProviderError ParametersInvalid for the first that AWS would not take */
export function parseAssumeRole(parameters: Parameters): AssumeRole {
  const { assumeRoleArn: arn, assumeRoleExternalId: id, assumeRoleDurationSeconds: duration } = parameters;
  const name = parameters.assumeRoleSessionName;
  if (arn !== "" && !isRoleArn(arn)) throw fault("assumeRoleArn", arn, roleArnFix);
  if (id !== "" && !externalIdPattern.test(id)) {
    throw fault("assumeRoleExternalId", id, "Give 2 to 1224 letters, digits and characters of _+=,.@:/-, in quotes.");
  }
  if (name !== "" && !sessionNamePattern.test(name)) {
    throw fault("assumeRoleSessionName", name, "Give 2 to 64 letters, digits and characters of _+=,.@-, in quotes.");
  }
  return {
    ...(arn === "" ? undefined : { roleArn: arn }),
    ...(id === "" ? undefined : { externalId: id }),
    ...(duration === "" ? undefined : { durationSeconds: parseDuration(duration) }),
    ...(name === "" ? undefined : { sessionName: name }),
  };
}

/** Whether a text has the form of a role's ARN. */
export function isRoleArn(text: string): boolean {
  return text.length <= arnCharactersMax && arnPattern.test(text);
}

export const roleArnFix = "Give the ARN of a role, such as arn:aws:iam::111122223333:role/reader.";

function parseDuration(text: string): number {
  const seconds = /^[0-9]{3,5}$/.test(text) ? Number(text) : 0;
  if (seconds >= durationMin && seconds <= durationMax) return seconds;
  throw fault(
    "assumeRoleDurationSeconds",
    text,
    `Give whole seconds from ${durationMin} to ${durationMax}, in quotes; AWS allows no more than 3600 where a role assumes a role, as here.`,
  );
}

function fault(name: Field, text: string, fix: string): ProviderError {
  const message = `Invalid ${name}: ${JSON.stringify(text.slice(0, shownMax))}`;
  return new ProviderError({ reason: "ParametersInvalid", message, fix, at: [name] });
}
