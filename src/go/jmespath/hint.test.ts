import { describe, expect, test } from "bun:test";
import { readJson } from "../json.ts";
import { finish } from "../../work.ts";
import { nullFix, pathFix } from "./hint.ts";

describe("a path that is no JMESPath", () => {
  test.each([
    ["$.password", "$ is JSONPath, not JMESPath: leave \"$.\" out, here 'password'."],
    ["$.db.user-name", `$ is JSONPath, not JMESPath: leave "$." out, here 'db."user-name"'.`],
    ["$['password']", "$ is JSONPath, not JMESPath: leave $ out, here 'password'."],
    [`$["tls.crt"][0].a-b`, `leave $ out, here '"tls.crt"[0]."a-b"'.`],
    ["$.users[*]['first name']", `leave "$." out, here 'users[*]."first name"'.`],
    ["$..password", '$ is JSONPath, not JMESPath: leave "$." out.'],
    ["$.a[?(@.b)]", '$ is JSONPath, not JMESPath: leave "$." out.'],
    ["$", "$ is JSONPath, not JMESPath: the whole value is '@'."],
    ["${a}", "The path holds a placeholder, ${a}, that was not replaced"],
    ["db.$(KEY)", "The path holds a placeholder, $(KEY), that was not replaced"],
    ["{{ .Values.key }}", "The path holds a placeholder, {{ .Values.key }}, that was not replaced"],
    ["a.0", `An item of a list is written 'a[0]', a key that is a number 'a."0"' in YAML.`],
    ["a.0.b", `An item of a list is written 'a[0].b', a key that is a number 'a."0".b' in YAML.`],
    ["user name", "double quotes inside the path: '\"user name\"' in YAML."],
    ["db/password", "double quotes inside the path: '\"db/password\"' in YAML."],
    ["1st", "double quotes inside the path: '\"1st\"' in YAML."],
    ["stra\u00dfe.nr", "double quotes inside the path: '\"stra\u00dfe\".nr' in YAML."],
    [".password", "Join the keys with single dots: 'password'."],
    ["a..b", "Join the keys with single dots: 'a.b'."],
    ["db-user", `Put names with a hyphen in double quotes inside the path, such as '"db-user"' in YAML.`],
    ["a[?b-c]", `such as '"b-c"' in YAML.`],
  ])("%s", (path, advice) => expect(pathFix(path)).toContain(advice));

  test.each(["x ".repeat(1 << 19), "$".repeat(1 << 20), "${".repeat(1 << 19)])("a long one is not looked at", (path) =>
    expect(pathFix(path)).toBeUndefined(),
  );

  test.each(["a[", "length(", "a ||", "`x"])("the parser's words are kept: %s", (path) =>
    expect(pathFix(path)).toBeUndefined(),
  );
});

describe("a path that leads to nothing", () => {
  const usual = "Check the spelling against the keys of the secret.";
  test.each([
    ["db.password", '{"db.password":"marker"}', "double quotes inside the path: '\"db.password\"' in YAML."],
    ["a.b.c", '{"a":{"b.c":"marker"}}', "inside the path: 'a.\"b.c\"' in YAML."],
    ["a.b.c", '{"a.b":{"c":"marker"}}', "inside the path: '\"a.b\".c' in YAML."],
    ["user", '{"user":null}', "The key is there, and its value is null: put a text there."],
    [
      "db.user",
      '{"db":"{\\"user\\":\\"marker\\"}"}',
      "db is one value, not an object with keys; JSON inside a text is not read.",
    ],
    ["db.user", '{"db":[{"user":"marker"}]}', "db is a list: say which item, such as db[0]."],
    ["db.user", '{"db":null}', "db is null: put an object there."],
    ['"tls.crt".x', '{"tls.crt":["marker"]}', `"tls.crt" is a list: say which item, such as "tls.crt"[0].`],
    ['"tls.crt".x', '{"tls.crt":"marker"}', `"tls.crt" is one value, not an object with keys`],
    ['db."1"', '{"db":["marker"]}', "db is a list: say which item, such as db[1]."],
    [`${"a.".repeat(64 << 10)}a`, '{"a":1}', usual],
    ["user", '["marker"]', "The value is a list: say which item"],
    ["user", '"marker"', "The value is one value, not an object with keys"],
    ["usr", '{"user":"marker"}', usual],
    ["users[0].name", '{"user":"marker"}', usual],
    [`a${".a".repeat(100)}`, '{"a":1}', usual],
  ])("%s of %s", (path, json, advice) => {
    const fix = nullFix(path, finish(readJson(json)));
    expect(fix).toContain(advice);
    expect(fix).not.toContain("marker");
  });
});
