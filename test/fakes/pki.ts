// A private certificate authority made at run time: X.509 written as DER by hand, signed with node:crypto.
// P-256 and a day of life; enough for servers on loopback, nothing more.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";

/** A key and its certificate, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority. */
export interface Authority {
  /** Its own certificate, PEM. */
  readonly ca: string;
  /** A server certificate for DNS names (a leading `*.` is fine) and IP addresses. */
  readonly issue: (...hosts: readonly string[]) => Certificate;
  /** The same, but its time has run out. */
  readonly issueExpired: (...hosts: readonly string[]) => Certificate;
}

const oid = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Makes an authority of that name. */
export function createAuthority(name: string): Authority {
  const own = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const extensions = [
    extension(oid.basicConstraints, true, sequence(boolean(true))),
    extension(oid.keyUsage, true, bitString(Buffer.from([0b0000_0110]), 1)), // keyCertSign, cRLSign
  ];
  const ca = certificate({
    subject: name,
    issuer: name,
    publicKey: own.publicKey,
    signer: own.privateKey,
    extensions,
  });
  const issue = (hosts: readonly string[], endsMs: number): Certificate => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", {
      namedCurve: "prime256v1",
    });
    const cert = certificate({
      subject: hosts[0] ?? "server",
      issuer: name,
      publicKey,
      signer: own.privateKey,
      endsMs,
      extensions: [
        extension(oid.keyUsage, true, bitString(Buffer.from([0b1000_0000]), 7)), // digitalSignature
        extension(oid.extendedKeyUsage, false, sequence(objectId(oid.serverAuth))),
        extension(oid.subjectAltName, false, sequence(...hosts.map(generalName))),
      ],
    });
    return {
      cert,
      key: privateKey.export({ type: "pkcs8", format: "pem" }),
    };
  };
  return {
    ca,
    issue: (...hosts) => issue(hosts, dayMs),
    issueExpired: (...hosts) => issue(hosts, -hourMs),
  };
}

/** What a server shows instead of a good certificate. */
export type ServerCertificate = "expired" | "of another authority" | "of another host";

/** A certificate for the hosts, good unless told otherwise. */
export function issueFor(
  authority: Authority,
  kind: ServerCertificate | undefined,
  hosts: readonly string[],
): Certificate {
  if (kind === "expired") return authority.issueExpired(...hosts);
  if (kind === "of another authority") return createAuthority("somebody else").issue(...hosts);
  return authority.issue(...(kind === undefined ? hosts : ["elsewhere.example"]));
}

interface CertificateContents {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  /** From now; a day if absent. */
  readonly endsMs?: number;
  readonly extensions: readonly Uint8Array[];
}

function certificate({ subject, issuer, publicKey, signer, endsMs = dayMs, extensions }: CertificateContents): string {
  const algorithm = sequence(objectId(oid.ecdsaWithSha256));
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]); // positive
  const toSign = sequence(
    tagged(0xa0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    algorithm,
    distinguishedName(issuer),
    sequence(time(Date.now() - dayMs), time(Date.now() + endsMs)),
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions)),
  );
  const der = sequence(toSign, algorithm, bitString(sign("sha256", toSign, signer), 0));
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function tagged(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  const { length } = content;
  const bytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

function sequence(...contents: readonly Uint8Array[]): Uint8Array {
  return tagged(0x30, ...contents);
}

function integer(bytes: Uint8Array): Uint8Array {
  return tagged(0x02, bytes);
}

function boolean(value: boolean): Uint8Array {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]));
}

function bitString(bytes: Uint8Array, unusedBits: number): Uint8Array {
  return tagged(0x03, Buffer.from([unusedBits]), bytes);
}

function objectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest.flatMap(base128)];
  return tagged(0x06, Buffer.from(bytes));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

function time(ms: number): Uint8Array {
  const text = new Date(ms)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, "")
    .slice(2);
  return tagged(0x17, Buffer.from(text));
}

function distinguishedName(commonName: string): Uint8Array {
  const attribute = sequence(objectId(oid.commonName), tagged(0x0c, Buffer.from(commonName)));
  return sequence(tagged(0x31, attribute));
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  const flag = critical ? [boolean(true)] : [];
  return sequence(objectId(id), ...flag, tagged(0x04, value));
}

function generalName(host: string): Uint8Array {
  return isIP(host) === 0 ? tagged(0x82, Buffer.from(host)) : tagged(0x87, addressBytes(host));
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const zeros: number[] = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return Buffer.from([...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]));
}
