import { expect, test } from "bun:test";
import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { Secret } from "../secret.ts";
import { signed } from "./sigv4.ts";

const word = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const token = fc.stringMatching(/^[\x21-\x7e](?:[\x20-\x7e]{0,60}[\x21-\x7e])?$/);
const day = 86_400_000;

test("a request is signed as the SDK signs it", async () => {
  const cases = fc.record({
    host: fc.constantFrom("ssm.eu-west-1.amazonaws.com", "127.0.0.1:4566", "[::1]:80"),
    region: word,
    service: word,
    accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,20}$/),
    secretAccessKey: fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
    sessionToken: fc.oneof(token, fc.constant("")),
    target: token,
    body: fc.string({ unit: "grapheme", maxLength: 300 }),
    atMs: fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2099, 11) }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ host, region, service, target, body, atMs, ...given }) => {
      const credentials = {
        accessKeyId: given.accessKeyId,
        secretAccessKey: new Secret(given.secretAccessKey),
        sessionToken: new Secret(given.sessionToken),
        expiresAtMs: Infinity,
      };
      const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
      const [, hostname = "", port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
      const request = new HttpRequest({
        method: "POST",
        protocol: "https:",
        hostname,
        ...(port === undefined ? {} : { port: Number(port) }),
        path: "/",
        headers: { ...headers, host },
        body,
      });
      const theirs = await new SignatureV4({ credentials: given, region, service, sha256: Sha256 }).sign(request, {
        signingDate: new Date(atMs),
      });
      // The signing key is kept: signed again, also on the next day, it is the right one still.
      for (const at of [atMs + day, atMs, atMs]) signed({ host, headers, body }, { region, service }, credentials, at);
      const { host: _, ...expected } = theirs.headers;
      expect(signed({ host, headers, body }, { region, service }, credentials, atMs)).toEqual(expected);
    }),
    { numRuns: 300, seed: 20261124 },
  );
});

test("two identities never share a signing key", () => {
  const of = (secret: string) => ({
    accessKeyId: "AKID",
    secretAccessKey: new Secret(secret),
    sessionToken: new Secret("token"),
    expiresAtMs: Infinity,
  });
  const request = { host: "h", headers: {}, body: "" };
  const scope = { region: "r", service: "s" };
  const [a, b] = [of("one"), of("two")].map((credentials) => signed(request, scope, credentials, 0)["authorization"]);
  expect(a).not.toBe(b);
});
