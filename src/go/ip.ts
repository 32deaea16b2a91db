// IP addresses and networks as Go's net.IP has them: an IPv4 address and its form ::ffff:a.b.c.d are one.
// `isIP` and `BlockList` are the only parts of node:net that this room may import: they compute, and open nothing.
import { BlockList, isIP } from "node:net";

/** An address in its one spelling: dotted IPv4, or IPv6 as in URLs. Two addresses are equal if their texts are. */
export type Ip = string;

/** Reads an address; undefined if the text is not one. Brackets and zones are not part of an address, as in Go's net.ParseIP. */
export function parseIp(text: string): Ip | undefined {
  const family = text.includes("%") ? 0 : isIP(text);
  if (family === 0) return undefined;
  if (family === 4) return text;
  const spelled = URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) ?? text;
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(spelled) ?? [];
  if (high === undefined || low === undefined) return spelled;
  const groups = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return groups.flatMap((group) => [group >> 8, group & 0xff]).join(".");
}

/** Whether an address lies in a network. An IPv6 network holds no IPv4 address: ::/0 is not 0.0.0.0/0, though BlockList says so. */
export type Network = (address: Ip) => boolean;

/** `address/prefix length` -> network; undefined if the text is not one. */
export function parseNetwork(text: string): Network | undefined {
  const [, base = "", digits = ""] = /^(.*)\/([0-9]+)$/.exec(text) ?? [];
  const address = parseIp(base);
  if (address === undefined) return undefined;
  const isWrittenV6 = base.includes(":");
  const prefix = Number(digits);
  if (prefix > (isWrittenV6 ? 128 : 32)) return undefined;
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8; with a prefix that cuts into ::ffff: it is a network of IPv6.
  const family = isV4(address) && (!isWrittenV6 || prefix >= 96) ? "ipv4" : "ipv6";
  const list = new BlockList();
  if (family === "ipv6") list.addSubnet(base, prefix, family);
  else list.addSubnet(address, isWrittenV6 ? prefix - 96 : prefix, family);
  return (other) => isV4(other) === (family === "ipv4") && list.check(other, family);
}

function isV4(address: Ip): boolean {
  return !address.includes(":");
}

function network(text: string): Network {
  return parseNetwork(text) ?? (() => false);
}

const loopback = [network("127.0.0.0/8"), network("::1/128")];
const agent = [network("169.254.0.0/16"), network("fe80::/10"), network("fd00:ec2::23/128")];

export function isLoopback(address: Ip): boolean {
  return loopback.some((has) => has(address));
}

/** Whether a URL's host name is an address of this node: loopback, link-local, or the Pod Identity agent's IPv6 address. */
export function isLocalAddress(hostname: string): boolean {
  const address = parseIp(hostname.replace(/^\[(.*)\]$/, "$1"));
  return address !== undefined && [...loopback, ...agent].some((has) => has(address));
}
