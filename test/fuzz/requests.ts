// Fuzz targets for what comes over the socket: protobuf bytes, JSON, attributes, tokens and their claims.
import * as fc from "fast-check";
import { join } from "node:path";
import protobuf from "protobufjs";
import { ProviderError } from "../../src/errors.ts";
import { claimsOf, parseTokens, tokenFor } from "../../src/request/tokens.ts";
import { JsonError, decodeUtf8, parseJson } from "../../src/go/json.ts";
import { parseMountRequest } from "../../src/request/mount-request.ts";
import { parseUsePodIdentity } from "../../src/request/parameters.ts";
import { Secret } from "../../src/secret.ts";
import { decodeMountRequest, decodeVersionRequest } from "../../src/server/codec.ts";
import { ProtobufError } from "../../src/server/protobuf.ts";
import { jsonTexts, jsonValues, marker, names, spoiled, spoiledBytes } from "./arbitraries.ts";
import { assert, assertQuiet, quietly, refusedBy, target } from "./target.ts";

const prefix = "csi.storage.k8s.io";
const types = protobuf.loadSync(join(import.meta.dir, "../../proto/service.proto"));
const mountType = types.lookupType("v1alpha1.MountRequest");

const jwts = fc
  .oneof(
    fc.record({
      iss: names,
      aud: fc.oneof(names, fc.array(names, { maxLength: 2 })),
      exp: fc.oneof(fc.integer(), names),
      sub: names,
      "kubernetes.io": jsonValues,
    }),
    jsonValues,
  )
  .map((claims) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${marker}`);

const tokenTexts = spoiled(
  fc.oneof(
    jsonValues.map((value) => JSON.stringify(value)),
    fc
      .dictionary(
        fc.oneof(fc.constantFrom("sts.amazonaws.com", "pods.eks.amazonaws.com"), names),
        fc.oneof(
          fc.dictionary(
            fc.oneof(fc.constantFrom("token", "TOKEN", "to\u212Aen", "expirationTimestamp"), names),
            fc.oneof(jwts, jsonValues),
            { maxKeys: 3 },
          ),
          jsonValues,
        ),
        { maxKeys: 3 },
      )
      .map((value) => JSON.stringify(value)),
  ),
);

const attributes = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      "objects",
      "region",
      "failoverRegion",
      "pathTranslation",
      "usePodIdentity",
      `${prefix}/pod.name`,
      `${prefix}/serviceAccount.tokens`,
    ),
    names,
  ),
  fc.oneof(names, tokenTexts, fc.constant(marker), jsonValues),
  { maxKeys: 6 },
);

const requests = fc.record({
  attributes: fc.oneof(
    spoiled(attributes.map((value) => JSON.stringify(value))),
    jsonTexts,
    fc.string({ unit: "binary" }),
  ),
  secrets: fc.constant(marker),
  targetPath: fc.oneof(fc.constant("/target"), names),
  permission: fc.oneof(
    fc.constantFrom("420", "null", " 0 ", "4294967296", "-1", "0644", "4.2e2"),
    names,
    fc.constant(marker),
  ),
  currentObjectVersions: fc.array(fc.record({ id: names, version: names }), { maxLength: 2 }),
});

export const requestTargets = [
  target({
    name: "protobuf bytes",
    inputs: fc.oneof(
      spoiledBytes(
        fc
          .record({
            attributes: names,
            secrets: fc.constant(marker),
            targetPath: names,
            permission: names,
            currentObjectVersion: fc.array(fc.record({ id: names, version: names }), { maxLength: 3 }),
          })
          .map((message) => mountType.encode(message).finish()),
      ),
      fc.uint8Array({ maxLength: 200 }),
    ),
    check: (bytes) => {
      const message = refusedBy(() => decodeMountRequest(bytes), [ProtobufError]);
      if (message !== undefined)
        for (const text of [
          message.attributes,
          message.targetPath,
          ...message.currentObjectVersions.map(({ id }) => id),
        ])
          assert(text.isWellFormed(), "texts are well-formed");
      refusedBy(() => decodeVersionRequest(bytes), [ProtobufError]);
    },
  }),
  target({
    name: "JSON",
    inputs: fc.oneof(
      jsonTexts.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 60 }),
    ),
    check: (bytes) => {
      const text = decodeUtf8(bytes);
      assert(text.isWellFormed(), "decoded text is well-formed");
      refusedBy(() => parseJson(text), [JsonError]);
    },
  }),
  target({
    name: "attributes and permission",
    inputs: requests,
    check: (request) => {
      const parsed = refusedBy(
        () => parseMountRequest(request),
        [ProviderError],
        quietly("RequestInvalid", "TokenMissing"),
      );
      if (parsed === undefined) return;
      assert(
        Object.values(parsed.parameters).every((value) => typeof value === "string"),
        "parameters are texts",
      );
      assert(
        Number.isInteger(parsed.defaultMode) && parsed.defaultMode >= 0 && parsed.defaultMode <= 0xffff_ffff,
        "the mode has 32 bits",
      );
      assertQuiet(Bun.inspect(parsed.tokens) + JSON.stringify([...parsed.tokens.values()]));
      refusedBy(
        () => parseUsePodIdentity(parsed.parameters.usePodIdentity.replaceAll(marker, "")),
        [ProviderError],
        quietly("ParametersInvalid"),
      );
    },
  }),
  target({
    name: "tokens and claims",
    inputs: fc.tuple(tokenTexts, spoiled(jwts)),
    check: ([text, jwt]) => {
      const claims = claimsOf(new Secret(jwt));
      if (claims !== undefined)
        for (const part of [claims.issuer, claims.namespace, claims.serviceAccount.uid, claims.pod.uid])
          assert(part !== "", "claims are whole");
      const tokens = refusedBy(() => parseTokens(text), [ProviderError], quietly("TokenMissing"));
      if (tokens === undefined) return;
      for (const audience of ["sts.amazonaws.com", "__proto__", "constructor"]) {
        const token = refusedBy(() => tokenFor(tokens, audience, "IRSA"), [ProviderError], quietly("TokenMissing"));
        if (token !== undefined) assertQuiet(`${token.toString()} ${JSON.stringify(token)} ${Bun.inspect(token)}`);
      }
    },
  }),
];
