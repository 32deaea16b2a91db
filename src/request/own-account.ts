// Whether an object may be another account's. A name is the caller's account's, an ARN says whose it is; AWS's answers name both alike. Pure.

/** Whether this is an ARN that is not known to be of the account of these credentials: of Pod Identity the role is not known. */
export function isForeign(id: string, { role }: { readonly role: string }): boolean {
  return id.startsWith("arn:") && (!role.startsWith("arn:") || role.split(":")[4] !== id.split(":")[4]);
}
