// --http-addr: `host:port`, or `:port` for every address; an IPv6 host stands in brackets. The text alone is judged here: whether the port is free
// shows when it is opened.
import { isIP } from "node:net";
import { FlagError } from "../go/flag.ts";

export interface HttpAddress {
  /** Empty = every address of the pod. */
  readonly hostname: string;
  /** 0 = any free one. */
  readonly port: number;
}

/** Labels of a host name, as in RFC 1123. */
const name = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i;

/** Reads the flag; empty = off. @throws FlagError */
export function parseHttpAddress(text: string): HttpAddress | undefined {
  if (text === "") return undefined;
  const [, bracketed, plain = "", digits = ""] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const isHost =
    bracketed === undefined
      ? plain === "" || isIP(plain) === 4 || (name.test(plain) && !/^[\d.]+$/.test(plain))
      : isIP(bracketed) === 6;
  if (digits === "" || !isHost || port > 65_535)
    throw new FlagError("must be HOST:PORT or :PORT, an IPv6 address in brackets");
  return { hostname: bracketed ?? plain, port };
}
