// The one answer of STS that is read without the SDK: credentials, in exactly the form that AWS gives them. Anything else is for the SDK to read.
import type { Credentials } from "@aws-sdk/client-sts";

const bodyCharactersMax = 64 << 10;
const credentials =
  /<Credentials>\s*(?:<(?:AccessKeyId|SecretAccessKey|SessionToken|Expiration)>[A-Za-z0-9+/=_:.-]{1,8192}<\/[A-Za-z]{1,20}>\s*){4}<\/Credentials>/g;

/** The Credentials of an answer to AssumeRole or AssumeRoleWithWebIdentity; undefined = not read here. */
export function readCredentialsXml(xml: string): { readonly Credentials: Credentials } | undefined {
  if (xml.length > bodyCharactersMax || !/^\s*<AssumeRole(?:WithWebIdentity)?Response[\s>]/.test(xml)) return undefined;
  if (/<[!?]/.test(xml)) return undefined; // comments, CDATA, declarations: rules of their own
  const found = xml.match(credentials);
  if (found?.length !== 1) return undefined;
  const field = (name: string): string | undefined => {
    const all = [...(found[0]?.matchAll(new RegExp(`<${name}>([^<]+)</${name}>`, "g")) ?? [])];
    return all.length === 1 ? all[0]?.[1] : undefined;
  };
  const AccessKeyId = field("AccessKeyId");
  const SecretAccessKey = field("SecretAccessKey");
  const SessionToken = field("SessionToken");
  const expiration = field("Expiration");
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) return undefined;
  if (expiration === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(expiration)) return undefined;
  const Expiration = new Date(expiration);
  if (Number.isNaN(Expiration.getTime())) return undefined;
  return { Credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration } };
}
