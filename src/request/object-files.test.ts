// Which objects an older driver's versions may have read back from their files.
import { expect, test } from "bun:test";
import { objectsYaml } from "../../test/build.ts";
import { parseObjects } from "./objects.ts";
import { withPlainFile } from "./object-files.ts";
import { finish } from "../work.ts";

const secret = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "secretsmanager",
  ...more,
});
const tree = { objectType: "ssmparameter", objectSelector: { path: "/tree" } };
const alias = (objectAlias: string): object => ({ jmesPath: [{ path: "a", objectAlias }] });

test.each<[string, object[], string[]]>([
  ["plain objects, also with jmesPath", [secret("s", alias("a")), secret("t")], ["s", "t"]],
  ["what is decoded or taken apart", [secret("s", { objectEncoding: "hex" }), secret("t", { expandKeys: true })], []],
  ["taken apart beside its own file", [secret("s", { expandKeys: true, objectAlias: "all" })], []],
  ["two labels of one name", [secret("s"), secret("s", { objectVersionLabel: "AWSPREVIOUS" }), secret("t")], ["t"]],
  ["names that translation makes one", [secret("a/b"), secret("a_b")], []],
  ["a parameter on the same path", [secret("a/b"), { objectName: "a_b", objectType: "ssmparameter" }], []],
  ["a jmesPath alias of its own on its path", [secret("s", alias("s"))], []],
  ["a jmesPath alias of another", [secret("s"), secret("t", alias("s"))], ["t"]],
  ["listed keys of another", [secret("s"), secret("u"), secret("t", { expandKeys: true, keys: ["s"] })], ["u"]],
  ["any keys of another", [secret("s"), secret("t", { expandKeys: true })], []],
  [
    "any keys of another behind a prefix",
    [secret("s"), secret("k-s"), secret("t", { expandKeys: true, keyPrefix: "k-" })],
    ["s"],
  ],
  ["the matches of a selector", [secret("s"), tree], []],
  ["the matches of a selector behind a prefix", [secret("s"), { ...tree, keyPrefix: "tree/" }], ["s"]],
])("%s", (_what, objects, plain) => {
  const context = { pathTranslation: "", region: "eu-west-1", failoverRegion: "" };
  const found = finish(withPlainFile(finish(parseObjects(objectsYaml(objects), context))));
  expect([...found].map(({ objectName }) => objectName)).toEqual(plain);
});
