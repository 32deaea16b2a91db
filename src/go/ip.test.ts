import { expect, test } from "bun:test";
import { isLocalAddress, parseIp, parseNetwork } from "./ip.ts";

test.each([
  ["1.2.3.4", 0xffff_0102_0304n],
  ["::ffff:1.2.3.4", 0xffff_0102_0304n],
  ["::ffff:102:304", 0xffff_0102_0304n],
  ["::", 0n],
  ["::1", 1n],
  ["1::", 1n << 112n],
  ["1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008n],
  ["1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000n],
  ["::2:3:4:5:6:7:8", 0x0000_0002_0003_0004_0005_0006_0007_0008n],
  ["1:2:3:4:5:6:1.2.3.4", 0x0001_0002_0003_0004_0005_0006_0102_0304n],
  ["ABCD::", 0xabcdn << 112n],
])("%s is an address", (text, address) => {
  expect(parseIp(text)).toBe(address);
});

test.each(
  [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "256.1.1.1",
    "1.2.3.-4",
    " 1.2.3.4",
    "0x1.2.3.4",
    ":",
    ":::",
    "1::2::3",
    "12345::",
    "g::",
  ]
    .concat([
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4::5:6:7:8",
      ":1::",
      "[::1]",
      "fe80::1%eth0",
      "::1.2.3",
      "::1.2.3.4:5",
      "1.2.3.4::",
    ])
    .map((text) => [text]),
)("%j is no address", (text) => {
  expect(parseIp(text)).toBeUndefined();
});

test.each([
  ["10.0.0.0/8", "10.255.255.255", true],
  ["10.0.0.0/8", "11.0.0.0", false],
  ["10.1.2.3/8", "10.9.9.9", true],
  ["0.0.0.0/0", "8.8.8.8", true],
  ["0.0.0.0/0", "2001:db8::1", false],
  ["::/0", "8.8.8.8", false],
  ["fe80::/10", "febf::1", true],
  ["fe80::/10", "fec0::1", false],
  ["1.2.3.4/32", "1.2.3.4", true],
  ["1.2.3.4/32", "1.2.3.5", false],
])("%s and %s: %p", (network, address, isIn) => {
  expect(parseNetwork(network)?.(parseIp(address) ?? -1n)).toBe(isIn);
});

test.each([
  ["10.0.0.0"],
  ["10.0.0.0/"],
  ["10.0.0.0/33"],
  ["::/129"],
  ["10.0.0.0/-1"],
  ["/8"],
  ["10.0.0.0/8/8"],
  ["10.0.0.0/1e1"],
])("%s is no network", (text) => {
  expect(parseNetwork(text)).toBeUndefined();
});

test.each([
  ["127.0.0.1", true],
  ["127.255.255.255", true],
  ["[::1]", true],
  ["169.254.170.23", true],
  ["[fe80::1]", true],
  ["[fd00:ec2::23]", true],
  ["[::ffff:127.0.0.1]", true],
  ["[fd00:ec2::254]", false],
  ["[fd00:ec2::24]", false],
  ["128.0.0.1", false],
  ["169.255.0.1", false],
  ["10.0.0.1", false],
  ["0.0.0.0", false],
  ["[::]", false],
  ["localhost", false],
  ["127.0.0.1.example.com", false],
])("%s is an address of this node: %p", (host, isLocal) => {
  expect(isLocalAddress(host)).toBe(isLocal);
});
