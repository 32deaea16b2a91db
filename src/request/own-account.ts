// Whether an object may belong to another account. A name belongs to the caller's account, an ARN has its account in it. AWS's answers name both
// alike, so that the stores must read such objects apart. Pure.

/** Whether this is an ARN that is not known to be of the account of these credentials: of Pod Identity the role is not known. */
export function isForeign(id: string, { role }: { readonly role: string }): boolean {
  return id.startsWith("arn:") && (!role.startsWith("arn:") || role.split(":")[4] !== id.split(":")[4]);
}
