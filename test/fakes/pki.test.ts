// The certificates, read back by OpenSSL-grade code that did not write them.
import { expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { createAuthority } from "./pki.ts";

const authority = createAuthority("test ca");
const ca = new X509Certificate(authority.ca);

test("an authority vouches for itself and for what it issues, not for others", () => {
  const { cert, key } = authority.issue("a.example");
  const issued = new X509Certificate(cert);
  expect(ca.ca).toBe(true);
  expect(issued.ca).toBe(false);
  expect(issued.issuer).toBe("CN=test ca");
  expect(issued.subject).toBe("CN=a.example");
  expect(ca.verify(ca.publicKey)).toBe(true);
  expect(issued.verify(ca.publicKey)).toBe(true);
  expect(issued.checkIssued(ca)).toBe(true);
  expect(key).toStartWith("-----BEGIN PRIVATE KEY-----");
  const other = new X509Certificate(createAuthority("test ca").ca);
  expect(issued.verify(other.publicKey)).toBe(false);
});

test("a certificate is good for its names and addresses alone, and for a day", () => {
  const { cert } = authority.issue("a.example", "*.eu-west-1.amazonaws.com", "127.0.0.1", "::1", "fd00:ec2::23");
  const issued = new X509Certificate(cert);
  expect(issued.checkHost("a.example")).toBe("a.example");
  expect(issued.checkHost("ssm.eu-west-1.amazonaws.com")).toBe("*.eu-west-1.amazonaws.com");
  expect(issued.checkHost("b.example")).toBeUndefined();
  expect(issued.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(issued.subjectAltName).toContain("IP Address:0:0:0:0:0:0:0:1");
  expect(issued.subjectAltName).toContain("IP Address:FD00:EC2:0:0:0:0:0:23");
  expect(new Date(issued.validFrom).getTime()).toBeLessThan(Date.now());
  const hoursLeft = (new Date(issued.validTo).getTime() - Date.now()) / 3_600_000;
  expect(Math.round(hoursLeft)).toBe(24);
});

test("serial numbers differ", () => {
  const serials = Array.from({ length: 3 }, () => new X509Certificate(authority.issue("a").cert).serialNumber);
  expect(new Set(serials).size).toBe(3);
});
