// Fuzz targets for what a SecretProviderClass says: objects, jmesPath over the value of a secret, file names.
import * as fc from "fast-check";
import { resolve } from "node:path";
import { ProviderError } from "../../src/errors.ts";
import { extract } from "../../src/values/extract.ts";
import { checkedNames } from "../../src/files/write-checks.ts";
import { faultOfPath, filePath } from "../../src/request/file-path.ts";
import { parseObjects } from "../../src/request/objects.ts";
import type { SecretObject } from "../../src/request/secret-object.ts";
import { parsePathTranslation } from "../../src/request/parameters.ts";
import { jsonTexts, jsonValues, marker, names, parts, pieces, spoiled } from "./arbitraries.ts";
import { assert, quietly, refusedBy, target } from "./target.ts";
import { createBudget } from "../../src/budget.ts";
import { finish } from "../../src/work.ts";

/** A path that a file of the mount may have. */
export function assertInside(path: string): void {
  const whole = resolve("/target", path.toWellFormed());
  assert(
    whole === `/target/${path.toWellFormed()}` && !path.includes("\0"),
    `a path stays inside the target: ${JSON.stringify(path)}`,
  );
}

const yamlParts: readonly string[] = parts(
  "- ¦-\t¦  ¦\n¦\n  ¦\n- ¦: ¦:¦,¦[¦]¦{¦}¦'¦\"¦|¦>¦|2-¦>+¦&x ¦*x¦<<: *x¦<<: [*x, *x]¦!¦!!int ¦!!binary ¦!!str ",
  "!<tag> ¦!%zz ¦!a%2¦#¦\t¦\\¦---¦...¦%YAML 1.1¦%TAG ! x¦~¦? ¦@¦`¦\\u¦\\U¦objectName¦OBJECTNAME¦objectAlias",
  "objectSelector¦path¦recursive¦namePrefix¦tags¦max¦keyPrefix¦expandKeys¦keys¦objectEncoding¦output¦optional¦base64",
  "objectType¦secretsmanager¦ssmparameter¦objectVersion¦objectVersionLabel¦filePermission¦jmesPath¦path¦failoverObject",
  '0644¦"0644"¦1e400¦0x1F¦1_0¦.inf¦-.5¦0b1¦2024-01-01¦yes¦null¦é¦\u0000¦\u2028¦\ud800¦\ufeff¦\u0085¦\r',
);

const booleans = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>(true, false, "true") },
  { weight: 1, arbitrary: names },
);
const encodings = fc.oneof({ weight: 4, arbitrary: fc.constantFrom("base64", "hex") }, { weight: 1, arbitrary: names });

/** Objects as people write them, with names as nobody does. */
const objectLists = fc.array(
  fc.record(
    {
      objectName: names,
      objectAlias: names,
      objectType: fc.constantFrom("secretsmanager", "ssmparameter", "ssm"),
      objectVersion: fc.oneof(names, fc.integer()),
      objectVersionLabel: names,
      filePermission: fc.oneof(fc.constantFrom("0644", 420, "7777"), names),
      jmesPath: fc.array(
        fc.record(
          { path: names, objectAlias: names, output: fc.constantFrom("json", "lines", "x"), objectEncoding: encodings },
          { requiredKeys: [] },
        ),
        { maxLength: 3 },
      ),
      objectSelector: fc.record(
        {
          path: fc.oneof(fc.constant("/app"), names),
          recursive: booleans,
          namePrefix: fc.oneof(fc.constant("app/"), names),
          tags: fc.dictionary(names, names, { maxKeys: 5 }),
          max: fc.oneof(fc.integer({ min: -1, max: 1002 }), names),
        },
        { requiredKeys: [] },
      ),
      expandKeys: booleans,
      keys: fc.array(names, { maxLength: 3 }),
      keyPrefix: names,
      objectEncoding: encodings,
      optional: booleans,
      failoverObject: fc.record({ objectName: names, objectVersion: names }, { requiredKeys: [] }),
      __proto__: jsonValues,
    },
    { requiredKeys: ["objectType"] },
  ),
  { maxLength: 4 },
);

const jmesParts: readonly string[] = parts(
  'a¦b¦foo¦"foo-bar"¦foo-bar¦@¦.¦*¦[¦]¦[]¦[*]¦[?¦[0]¦[-1]¦[::-1]¦[1:2:0]¦(¦)¦{¦}¦:¦,¦|¦||¦&&¦!¦&¦==¦!=¦<¦>=',
  "=¦'raw'¦'\\''¦'¦`1`¦`\"x\"`¦`[1,2]`¦`¦\\¦1¦-¦99999999999999999999¦ ¦\n¦é¦$¦\u0000¦\ud800¦length(¦to_string(",
  "to_number(¦join('',¦sort_by(@,&¦map(&¦max(¦keys(¦values(¦merge(¦reverse(¦contains(¦type(¦not_null(¦sum(¦avg(",
  'nope(¦__proto__¦constructor¦toString¦"__proto__"',
);
const calls = fc.constantFrom(
  "to_string(@)",
  "keys(@)[0]",
  "values(@)|[0]|to_string(@)",
  "@.*|to_string(@)",
  "sort(keys(@))|join(',',@)",
  "[]|length(@)|to_string(@)",
  "merge(@,@)|to_string(@)",
  "map(&type(@),@)|[0]",
);

/** Texts of `objects`: pieces of YAML, and lists that are valid but for what was spoiled. */
export const objectTexts: fc.Arbitrary<string> = fc.oneof(
  pieces(yamlParts),
  spoiled(objectLists.map((list) => JSON.stringify(list))),
  spoiled(
    fc.tuple(objectLists, pieces(yamlParts, 4)).map(
      ([list, more]) =>
        list
          .map((object) =>
            Object.entries(object)
              .map(
                ([key, value], at) =>
                  `${at === 0 ? "- " : "  "}${key}: ${typeof value === "string" ? value : JSON.stringify(value)}\n`,
              )
              .join(""),
          )
          .join("") + more,
    ),
  ),
);

export const objectTargets = [
  target({
    name: "objects (YAML)",
    inputs: fc.record({
      text: objectTexts,
      pathTranslation: fc.constantFrom("", "False", "_", ".", "/", "\0", "-"),
      failoverRegion: fc.constantFrom("", "us-east-1"),
    }),
    check: ({ text, pathTranslation, failoverRegion }) => {
      const objects = refusedBy(
        () => finish(parseObjects(text, { pathTranslation, region: "eu-west-1", failoverRegion })),
        [ProviderError],
        (error) => assert(error.reason === "ObjectsInvalid", "the reason is ObjectsInvalid"),
      );
      for (const object of objects ?? []) {
        const { selector, expandKeys } = object;
        assert((selector === undefined) === (object.filePath !== ""), "a selector alone has no file of its own");
        assert(selector === undefined || (selector.max >= 1 && selector.max <= 1000), "a selection is bounded");
        for (const naming of [selector, expandKeys])
          if (naming !== undefined) assertInside(filePath(`${naming.keyPrefix}x`, naming.translation));
        for (const { filePath: path, mode } of selector === undefined ? [object, ...object.jmesPath] : []) {
          assertInside(path);
          assert(mode === undefined || (mode >= 0 && mode <= 0o777), "a mode has nine bits");
        }
      }
    },
  }),
  target({
    name: "jmesPath over JSON",
    inputs: fc.record({
      path: fc.oneof(
        pieces(jmesParts, 12),
        spoiled(pieces(jmesParts, 6)),
        fc.tuple(pieces(jmesParts, 3), calls).map(([start, call]) => (start === "" ? call : `${start}|${call}`)),
      ),
      value: fc.oneof(
        jsonValues.map((value) => JSON.stringify(value)),
        jsonTexts,
      ),
    }),
    check: ({ path, value }) => {
      const object = {
        objectName: "s",
        jmesPath: [{ path: path.replaceAll(marker, ""), objectAlias: "x", mode: undefined, filePath: "x" }],
      } as unknown as SecretObject;
      const budget = createBudget();
      const result = refusedBy(
        () => finish(extract(object, Buffer.from(value), budget)),
        [ProviderError],
        quietly("JmesPathFailed", "TooLarge"),
      );
      if (result !== undefined) assert(result[0]?.contents instanceof Uint8Array, "there is one file");
    },
  }),
  target({
    name: "file names and translation",
    inputs: fc.record({
      names: fc.array(names, { minLength: 1, maxLength: 4 }),
      translation: fc.oneof(fc.constantFrom("", "False", "_", "/", ".", "\\"), names),
    }),
    check: ({ names: all, translation }) => {
      const parsed = refusedBy(() => parsePathTranslation(translation), [ProviderError], quietly("ParametersInvalid"));
      if (parsed === undefined) return;
      const paths = all.map((name) => filePath(name, parsed));
      for (const path of paths) if (faultOfPath(path) === undefined) assertInside(path);
      // The last line of defence takes paths that nobody has checked before.
      const contents = Buffer.from(marker);
      const checked = refusedBy(
        () =>
          finish(
            checkedNames(
              "/target",
              [...paths, ...all].map((path) => ({ path, mode: 0o644, contents })),
            ),
          ),
        [ProviderError],
        quietly("WriteFailed"),
      );
      for (const path of checked?.keys() ?? []) assertInside(path);
    },
  }),
];
