// The name of a role's session, as CloudTrail and AWS's own messages show it: the workload, and so the same at each exchange.
import type { Pod } from "../request/mount-request.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: RoleSessionName, 2 to 64 characters. */
const whole = /^[\w+=,.@-]{2,64}$/;
const charactersMax = 64;
const hashCharacters = 16;

/** `<namespace>.<service account>`: a namespace has no dot, so each pair has a name of its own. Where that is too long its end becomes a hash. */
export function sessionNameOf({ namespace, serviceAccount }: Pick<Pod, "namespace" | "serviceAccount">): string {
  const name = `${namespace}.${serviceAccount}`;
  if (whole.test(name)) return name;
  const hash = new Bun.CryptoHasher("sha256").update(name).digest("hex").slice(0, hashCharacters);
  return `${name.replace(/[^\w+=,.@-]/gu, "-").slice(0, charactersMax - hash.length - 1)}-${hash}`;
}
