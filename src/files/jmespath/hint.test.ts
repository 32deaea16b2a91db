import { describe, expect, test } from "bun:test";
import { readJson } from "../../request/go-json.ts";
import { finish } from "../../work.ts";
import { nullFix, pathFix } from "./hint.ts";

describe("a path that is no JMESPath", () => {
  test.each([
    ["$.password", "$ is JSONPath, not JMESPath: leave \"$.\" out, here 'password'."],
    ["$.db.user-name", `$ is JSONPath, not JMESPath: leave "$." out, here 'db."user-name"'.`],
    ["$['password']", '$ is JSONPath, not JMESPath: leave "$." out.'],
    ["$", '$ is JSONPath, not JMESPath: leave "$." out.'],
    ["user name", "double quotes inside the path: '\"user name\"' in YAML."],
    ["db/password", "double quotes inside the path: '\"db/password\"' in YAML."],
    ["1st", "double quotes inside the path: '\"1st\"' in YAML."],
    ["stra\u00dfe.nr", "double quotes inside the path: '\"stra\u00dfe\".nr' in YAML."],
    [".password", "Join the keys with single dots: 'password'."],
    ["a..b", "Join the keys with single dots: 'a.b'."],
    ["db-user", `Put names with a hyphen in double quotes inside the path, such as '"db-user"' in YAML.`],
    ["a[?b-c]", `such as '"b-c"' in YAML.`],
  ])("%s", (path, advice) => expect(pathFix(path)).toContain(advice));

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
