import { expect, test } from "bun:test";
import { parseHttpAddress } from "./http-addr.ts";

test.each([
  ["", undefined],
  [":8989", { hostname: "", port: 8989 }],
  [":0", { hostname: "", port: 0 }],
  [":65535", { hostname: "", port: 65_535 }],
  ["127.0.0.1:80", { hostname: "127.0.0.1", port: 80 }],
  ["localhost:8989", { hostname: "localhost", port: 8989 }],
  ["node-1.eu.example:1", { hostname: "node-1.eu.example", port: 1 }],
  ["[::]:8989", { hostname: "::", port: 8989 }],
  ["[fd00::1]:8989", { hostname: "fd00::1", port: 8989 }],
])("%j", (text, address) => expect(parseHttpAddress(text)).toEqual(address));

test.each([
  "8989",
  "true",
  ":",
  ":65536",
  ":-1",
  ":0x50",
  ": 80",
  "::1:80",
  "[127.0.0.1]:80",
  "[::1]",
  "[]:80",
  "256.1.1.1:80",
  "-a:80",
  "a b:80",
  "http://a:80",
  "a:80/metrics",
  ":80\n",
])("%j is refused", (text) => {
  expect(() => parseHttpAddress(text)).toThrow("must be HOST:PORT or :PORT");
});
