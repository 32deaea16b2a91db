// IP addresses and networks as numbers. IPv4 is seen as ::ffff:a.b.c.d, so that the two spellings of one address are equal, as in Go's net.IP.

const mapped = 0xffffn << 32n;

/** An address as 128 bits; undefined when the text is none. Brackets and zones are not part of an address. */
export function parseIp(text: string): bigint | undefined {
  const v4 = parseV4(text);
  if (v4 !== undefined) return mapped | v4;
  if (!/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text)) return undefined;
  // A dotted tail is two groups.
  const tail = /^(.*:)([^:]*\..*)$/.exec(text);
  const dotted = tail === null ? undefined : parseV4(tail[2] ?? "");
  if (tail !== null && dotted === undefined) return undefined;
  const groups =
    dotted === undefined
      ? text
      : `${tail?.[1] ?? ""}${(dotted >> 16n).toString(16)}:${(dotted & 0xffffn).toString(16)}`;
  const halves = groups.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], rest = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - rest.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array<string>(missing).fill("0"), ...rest];
  if (!all.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

/** Whether an address lies in a network; an IPv6 network holds no IPv4 address (::/0 is not 0.0.0.0/0). */
export type Network = (address: bigint) => boolean;

/** `address/prefix length` -> network; undefined when the text is none. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = "", digits = ""] = /^(.*)\/([0-9]+)$/.exec(text) ?? [];
  const base = parseIp(address);
  if (base === undefined) return undefined;
  const shift = (address.includes(":") ? 128 : 32) - Number(digits);
  if (shift < 0) return undefined;
  const prefix = base >> BigInt(shift);
  const isV4 = inV4(prefix << BigInt(shift));
  return (other) => inV4(other) === isV4 && other >> BigInt(shift) === prefix;
}

function inV4(address: bigint): boolean {
  return address >> 32n === 0xffffn;
}

function network(text: string): Network {
  return parseNetwork(text) ?? (() => false);
}

const loopback = [network("127.0.0.0/8"), network("::1/128")];
const agent = [network("169.254.0.0/16"), network("fe80::/10"), network("fd00:ec2::23/128")];

export function isLoopback(address: bigint): boolean {
  return loopback.some((has) => has(address));
}

/** Whether an URL's host name is an address of this node: loopback, link-local, or the Pod Identity agent's IPv6 address. */
export function isLocalAddress(hostname: string): boolean {
  const address = parseIp(hostname.replace(/^\[(.*)\]$/, "$1"));
  return address !== undefined && [...loopback, ...agent].some((has) => has(address));
}
