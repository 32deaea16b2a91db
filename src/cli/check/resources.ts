// Names of objects and roles -> the resources of a policy. A name that would widen the policy is refused.
import type { ObjectType } from "../../request/secret-object.ts";
import { parameterName, secretName } from "./aws-names.ts";

/** A name can't stand in a policy. */
export class PolicyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PolicyError";
  }
}

/** AWS ends a secret's ARN with a hyphen and six random characters; an ARN in a class may lack them. */
const suffix = "-??????";

/** The resources that stand for an object; `arn` makes one of the region that is asked. @throws PolicyError */
export function resourcesOf(
  name: string,
  type: ObjectType,
  arn: (service: string, resource: string) => string,
): string[] {
  if (name.startsWith("arn:")) {
    const [, , , , , ...rest] = name.split(":");
    const resource = rest.join(":");
    const isPlain = type === "secretsmanager" ? isSecret(resource) : isParameter(resource);
    const [, , service = "", , account = ""] = name.split(":");
    const isOwned = /^\d{12}$/.test(account) || (account === "" && isPublic(service, resource));
    if (!isPlain || !isOwned || !/^arn:[\w-]+:[\w-]+:[\w-]+:/.test(name))
      throw new PolicyError(`no policy can name ${name}`);
    if (type === "secretsmanager") return [name, `${name}${suffix}`];
    return [name.replace(/(:parameter[^:]*):[^:]*$/, "$1")];
  }
  if (!(type === "secretsmanager" ? secretName : parameterName).test(name))
    throw new PolicyError(`no policy can name ${name}`);
  if (type === "secretsmanager") return [arn("secretsmanager", `secret:${name}${suffix}`)];
  return [arn("ssm", `parameter/${name.replace(/^\//, "").replace(/:.*$/, "")}`)];
}

/** AWS's own parameters are in no account. https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html */
export function isPublic(service: string, resource: string): boolean {
  return service === "ssm" && /^parameter\/aws\/service(?:\/|$)/.test(resource);
}

function isSecret(resource: string): boolean {
  return resource.startsWith("secret:") && secretName.test(resource.slice("secret:".length));
}

function isParameter(resource: string): boolean {
  return resource.startsWith("parameter/") && parameterName.test(resource.slice("parameter".length));
}

/** The ARN of a role; its path may hold anything to IAM's own pattern. @throws PolicyError */
export function roleResource(arn: string): string {
  if (/[*?$]/.test(arn)) throw new PolicyError(`no policy can name ${arn}`);
  return arn;
}
