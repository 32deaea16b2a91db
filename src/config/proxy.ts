// Which proxy a request goes through, by the rules of golang.org/x/net/http/httpproxy v0.62.0, which the Go provider followed.
// Bun's own reading of NO_PROXY differs (CIDR, ports), so it is not used.
import { domainToASCII } from "node:url";
import { isLocalAddress, isLoopback, parseIp, parseNetwork } from "../go/ip.ts";
import type { Ip } from "../go/ip.ts";
import type { Env } from "./start-error.ts";

export type ProxyFor = (url: URL) => string | undefined;

/** Whether an entry of NO_PROXY covers a host. */
type Exception = (host: string, port: string, address: Ip | undefined) => boolean;

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY (upper case first). A proxy that is no URL counts as none, as in Go; SOCKS,
 * which Go could do, is not supported by Bun. Addresses of the node
 * itself (loopback, and unlike Go the link-local ones of the Pod Identity agent) are always reached directly.
 */
export function readProxy(env: Env, warn: (text: string) => void): ProxyFor {
  const any = (name: string): string => env[name] || env[name.toLowerCase()] || "";
  const read = (name: string): string | undefined => {
    const text = any(name);
    const proxy = proxyUrl(text);
    // Neither the value nor a part of it is reported: it may hold a password.
    if (text !== "" && proxy === undefined) warn(`${name} is not the URL of a proxy: requests go directly`);
    else if (proxy !== undefined && !/^https?:/.test(proxy)) {
      warn(`${name} is not an http or https proxy: requests through it will fail`);
    }
    return proxy;
  };
  const proxies = new Map([
    ["https:", read("HTTPS_PROXY")],
    ["http:", read("HTTP_PROXY")],
  ]);
  const exceptions = any("NO_PROXY").split(",").flatMap(parseException);
  return (url) => {
    const proxy = proxies.get(url.protocol);
    if (proxy === undefined) return undefined;
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const address = parseIp(host);
    if (host === "localhost" || isLocalAddress(host) || (address !== undefined && isLoopback(address)))
      return undefined;
    const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
    return exceptions.some((covers) => covers(host, port, address)) ? undefined : proxy;
  };
}

/** `host:port` gets `http://`, as in Go. */
function proxyUrl(text: string): string | undefined {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  return url === null || url.host === "" ? undefined : url.href.replace(/\/$/, "");
}

function parseException(entry: string): Exception[] {
  const text = entry.trim().toLowerCase();
  if (text === "") return [];
  if (text === "*") return [() => true];
  const network = parseNetwork(text);
  if (network !== undefined) return [(_host, _port, address) => address !== undefined && network(address)];
  // Go's net.SplitHostPort: `[v6]:port` or `host:port`; anything else has no port.
  const [, bracketed, plain, port = ""] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? text;
  if (host === "") return [];
  const onPort = (asked: string): boolean => port === "" || port === asked;
  const own = parseIp(host);
  if (own !== undefined) return [(_host, asked, address) => address === own && onPort(asked)];
  const domain = host.replace(/^\*\./, ".");
  const suffix = ascii(domain.startsWith(".") ? domain : `.${domain}`);
  const itself = domain.startsWith(".") ? undefined : suffix.slice(1);
  return [
    (asked, askedPort, address) =>
      address === undefined && (asked.endsWith(suffix) || asked === itself) && onPort(askedPort),
  ];
}

function ascii(domain: string): string {
  return /^[\x00-\x7f]*$/.test(domain) ? domain : domainToASCII(domain) || domain;
}
