// assumeRole*: parameters of a class, and a field of its objects, that have the pod's own role assume another one. Pure.
import { parameterFault, refuse } from "./fault.ts";
import type { Report } from "./fault.ts";
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

/** Reads the parameters. Reports each that AWS would not take. */
export function parseAssumeRole(parameters: Parameters, report: Report = refuse): AssumeRole {
  const wrong = (field: Field, text: string, fix: string): void =>
    report(parameterFault("assume-role", field, `Invalid ${field}: ${JSON.stringify(text.slice(0, shownMax))}`, fix));
  const { assumeRoleArn: arn, assumeRoleExternalId: id, assumeRoleDurationSeconds: duration } = parameters;
  const name = parameters.assumeRoleSessionName;
  if (arn !== "" && !isRoleArn(arn)) wrong("assumeRoleArn", arn, roleArnFix);
  if (id !== "" && !externalIdPattern.test(id)) {
    wrong("assumeRoleExternalId", id, "Give 2 to 1224 letters, digits and characters of _+=,.@:/-, in quotes.");
  }
  if (name !== "" && !sessionNamePattern.test(name)) {
    wrong("assumeRoleSessionName", name, "Give 2 to 64 letters, digits and characters of _+=,.@-, in quotes.");
  }
  const durationSeconds = duration === "" ? undefined : secondsOf(duration);
  if (duration !== "" && durationSeconds === undefined) wrong("assumeRoleDurationSeconds", duration, durationFix);
  return {
    ...(arn === "" ? undefined : { roleArn: arn }),
    ...(id === "" ? undefined : { externalId: id }),
    ...(durationSeconds === undefined ? undefined : { durationSeconds }),
    ...(name === "" ? undefined : { sessionName: name }),
  };
}

/** Whether a text has the form of a role's ARN. */
export function isRoleArn(text: string): boolean {
  return text.length <= arnCharactersMax && arnPattern.test(text);
}

export const roleArnFix = "Give the ARN of a role, such as arn:aws:iam::111122223333:role/reader.";

const durationFix = `Give whole seconds from ${durationMin} to ${durationMax}, in quotes; AWS allows no more than 3600 where a role assumes a role, as here.`;

function secondsOf(text: string): number | undefined {
  const seconds = /^[0-9]{3,5}$/.test(text) ? Number(text) : 0;
  return seconds >= durationMin && seconds <= durationMax ? seconds : undefined;
}
