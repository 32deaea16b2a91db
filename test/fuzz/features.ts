// Fuzz targets for what 3.x has not: values that are expanded, decoded and written out, JSON by its tokens, and what AWS answers to a selector.
import * as fc from "fast-check";
import { ProviderError } from "../../src/errors.ts";
import { decodeText } from "../../src/values/decode.ts";
import { parseInOrder, readMembers } from "../../src/go/json-tokens.ts";
import { planFiles } from "../../src/files/plan/plan-files.ts";
import type { FetchedObject } from "../../src/values/extracted.ts";
import { createReadValue } from "../../src/values/read-value.ts";
import type { ReadValue } from "../../src/values/read-value.ts";
import { JsonError, parseJson } from "../../src/go/json.ts";
import type { JsonValue } from "../../src/go/json.ts";
import { parsePathTranslation } from "../../src/request/parameters.ts";
import type { SecretObject } from "../../src/request/secret-object.ts";
import { createSender } from "../../src/aws/sender.ts";
import { createSelectedParameters } from "../../src/store/selected-parameters.ts";
import { createSelectedSecrets } from "../../src/store/selected-secrets.ts";
import { jsonTexts, jsonValues, marker, names, parts, pieces, spoiled } from "./arbitraries.ts";
import { assertOutcome, settings, source } from "./answers.ts";
import { answerNext, anything, bodies, contentTypes, forever, region } from "./network.ts";
import { assertInside } from "./objects.ts";
import { assert, quietly, refusedBy, target } from "./target.ts";
import { createBudget } from "../../src/budget.ts";
import { finish } from "../../src/work.ts";

const translations = fc.constantFrom("", "False", "_", ".", "/", "-").map(parsePathTranslation);
const namings = fc.record({ keyPrefix: fc.oneof(fc.constant(""), names), translation: translations });
const encodedTexts = fc.oneof(
  spoiled(jsonTexts.map((text) => Buffer.from(text).toString("base64"))),
  spoiled(jsonTexts.map((text) => Buffer.from(text).toString("hex"))),
  jsonTexts,
);
const paths = pieces(parts("a¦b¦foo¦@¦.¦[0]¦[]¦*¦|¦keys(@)¦values(@)¦{x:@}¦[@,@]¦`1`¦`1e400`¦`-0`"), 4);

/** An object with whatever is asked of it; the checks of parseObjects have a target of their own. */
function anObject(more: Partial<SecretObject>): SecretObject {
  const ref = { objectName: "s", objectVersion: "", objectVersionLabel: "" };
  return {
    type: "secretsmanager",
    objectName: "s",
    objectAlias: "",
    primary: ref,
    failover: ref,
    mode: undefined,
    filePath: "x",
    jmesPath: [],
    ...more,
  };
}

/** Markers in keys would be in names of files, which may be told. */
const bare = (text: string): string => text.replaceAll(`"${marker}":`, '"k":');

/** What comes of a value that a store gave, in one go. */
function unfolded(...given: Parameters<ReadValue>): readonly FetchedObject[] {
  const made = createReadValue(createBudget())(...given);
  return "next" in made ? finish(made) : made;
}

export const featureTargets = [
  target({
    name: "keys, encodings and outputs of a value",
    inputs: fc.record({
      value: fc.oneof(jsonTexts.map(bare), encodedTexts.map(bare)),
      encoding: fc.constantFrom(undefined, undefined, "base64" as const, "hex" as const),
      expandKeys: fc.option(fc.record({ naming: namings, keys: fc.option(fc.array(names, { maxLength: 2 })) })),
      entries: fc.array(
        fc.record({ path: paths, output: fc.constantFrom("json" as const, "lines" as const, undefined) }),
        { maxLength: 2 },
      ),
    }),
    check: ({ value, encoding, expandKeys, entries }) => {
      const object = anObject({
        ...(encoding === undefined ? {} : { encoding }),
        ...(expandKeys === null ? {} : { expandKeys: { ...expandKeys.naming, keys: expandKeys.keys ?? undefined } }),
        jmesPath: entries.map(({ path, output }, at) => ({
          path,
          objectAlias: `e${at}`,
          mode: undefined,
          filePath: `e${at}`,
          ...(output === undefined ? {} : { output }),
        })),
      });
      const fetched = refusedBy(
        () => unfolded(object, { value: Buffer.from(value), version: "v" }),
        [ProviderError],
        quietly("JmesPathFailed", "ValueUnusable", "TooLarge"),
      );
      const { files, versions } = finish(planFiles(fetched ?? [], 0o644));
      for (const { path, contents } of files) {
        assertInside(path);
        assert(contents instanceof Uint8Array, "a file is bytes");
      }
      assert(files.length === versions.length, "each file has a version");
    },
  }),
  target({
    name: "matches of a selector",
    inputs: fc.record({
      found: fc.array(names, { minLength: 1, maxLength: 3 }),
      naming: namings,
      path: fc.constantFrom("", "/", "/app", "/app/"),
      namePrefix: fc.constantFrom("", "a", "app/"),
    }),
    check: ({ found, naming, path, namePrefix }) => {
      const selector = {
        ...naming,
        path,
        namePrefix: path === "" ? namePrefix : "",
        recursive: true,
        tags: new Map(),
        max: 9,
      };
      const start = path === "" || path.endsWith("/") ? path + selector.namePrefix : `${path}/`;
      const matches = found.map((name) => ({ name: start + name, value: Buffer.from(marker), version: "v" }));
      const fetched = refusedBy(
        () => unfolded(anObject({ selector, filePath: "" }), matches),
        [ProviderError],
        quietly("ValueUnusable"),
      );
      for (const { path: file } of finish(planFiles(fetched ?? [], 0o644)).files) assertInside(file);
    },
  }),
  target({
    name: "JSON by its tokens",
    inputs: fc.record({
      text: fc.oneof(
        jsonTexts,
        jsonValues.map((value) => JSON.stringify(value, null, 1)),
      ),
    }),
    check: ({ text }) => {
      const value = refusedBy(() => parseJson(text), [JsonError]);
      if (value === undefined) return;
      assert(Bun.deepEquals(plain(finish(parseInOrder(text))), plain(value)), "the value is what JSON.parse says");
      const members = finish(readMembers(text));
      assert((members !== undefined) === value instanceof Map, "objects have members, and nothing else");
      if (members === undefined || !(value instanceof Map)) return;
      assert(members.length === value.size, "each key is there once");
      for (const { key, text: own } of members) {
        const one: JsonValue = value.get(key) ?? null;
        assert(
          typeof one === "string" ? own === one : Bun.deepEquals(plain(parseJson(own)), plain(one)),
          "and has its value",
        );
      }
    },
  }),
  target({
    name: "encoded texts",
    inputs: fc.record({ text: encodedTexts, encoding: fc.constantFrom("base64" as const, "hex" as const) }),
    check: ({ text, encoding }) => {
      const decoded = decodeText(text, encoding);
      if (decoded === undefined) return;
      const again = Buffer.from(decoded).toString(encoding);
      assert(
        again.toLowerCase() === text.replaceAll(/^\uFEFF|[ \t\r\n]/g, "").toLowerCase(),
        "the text says these bytes",
      );
    },
  }),
  target({
    name: "AWS's answers to a selector",
    inputs: fc.record({
      status: fc.constantFrom(200, 200, 200, 400, 500),
      type: contentTypes,
      body: fc.oneof(
        bodies({
          Parameters: listOf({
            Name: nameLike("/app/x"),
            Value: anything,
            Version: fc.oneof(fc.constant(1), anything),
          }),
          NextToken: fc.oneof(fc.constant(null), fc.constant(""), fc.constant(7)),
        }),
        bodies({
          SecretValues: listOf({
            Name: nameLike("app/x"),
            SecretString: anything,
            SecretBinary: anything,
            VersionId: fc.oneof(fc.constant("v"), anything),
          }),
          Errors: listOf({ SecretId: nameLike("app/x"), ErrorCode: nameLike("DecryptionFailure"), Message: names }),
          SecretList: listOf({
            ARN: nameLike("arn:aws:secretsmanager:eu-west-1:1:secret:app/x-abcdef"),
            Name: nameLike("app/x"),
            Tags: listOf({ Key: nameLike("k"), Value: nameLike("v") }),
          }),
          NextToken: fc.oneof(fc.constant(null), fc.constant(""), fc.constant(7)),
        }),
      ),
      store: fc.constantFrom("secretsmanager" as const, "ssmparameter" as const),
      tagged: fc.boolean(),
    }),
    check: async ({ store: type, tagged, ...answer }) => {
      answerNext(answer);
      const isParameters = type === "ssmparameter";
      const selector = {
        path: isParameters ? "/app" : "",
        recursive: false,
        namePrefix: isParameters ? "" : "app/",
        tags: new Map(tagged && !isParameters ? [["k", "v"]] : []),
        max: 2,
        keyPrefix: "",
        translation: parsePathTranslation(""),
      };
      const object = anObject({ type, selector, filePath: "" });
      assertOutcome(
        await selected[type].read([{ object, ref: object.primary }], {
          region,
          credentials: source,
          ...forever,
          budget: createBudget(),
        }),
      );
    },
  }),
];

const selected = {
  secretsmanager: createSelectedSecrets(createSender("secretsmanager", settings, undefined)),
  ssmparameter: createSelectedParameters(createSender("ssm", settings, undefined)),
};

function nameLike(usual: string): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant<unknown>(usual) },
    { weight: 1, arbitrary: anything.map(withoutMarker) },
  );
}

/** Names may be told, so that a marker has no place in them. */
function withoutMarker(value: unknown): unknown {
  return JSON.stringify([value]).includes(marker) ? null : value;
}

function listOf(fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> {
  return fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record(fields, { requiredKeys: [] }) },
      { weight: 1, arbitrary: anything.map(withoutMarker) },
    ),
    {
      maxLength: 3,
    },
  );
}

/** For a comparison that does not look at the order of keys. */
function plain(value: JsonValue): unknown {
  if (value instanceof Map) {
    const fields: readonly (readonly [string, JsonValue])[] = [...(value as ReadonlyMap<string, JsonValue>)];
    return fields.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]): unknown[] => [key, plain(inner)]);
  }
  return Array.isArray(value) ? value.map(plain) : value;
}
