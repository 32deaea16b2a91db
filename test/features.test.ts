// What 3.x has not, on objects that are named: output, objectEncoding, expandKeys, optional. Through gRPC, in both write modes, with failover and
// remounts. What 3.x has too is as it was: the tests of parity beside this one.
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

const region = "eu-west-1";
const second = "us-east-1";
const secret = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "secretsmanager",
  ...more,
});
const parameter = (objectName: string, more: object = {}): object => ({
  objectName,
  objectType: "ssmparameter",
  ...more,
});
const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64");

describe.each([false, true])("driver writes %p", (driverWrites) => {
  const options = { args: [`--driver-writes-secrets=${driverWrites}`] };
  const startWith = async (values: Readonly<Record<string, string | Uint8Array>>): Promise<Lab> => {
    const lab = await startLab(options);
    for (const [name, value] of Object.entries(values)) lab.world.cloud.putSecret(region, name, value);
    return lab;
  };

  test("output: json in the order of the document, lines ended one by one, with the version of the secret", async () => {
    const value = '{"b":{"z":1,"10":[true,null,"é<"],"2":{}},"hosts":["a.b",7,false],"name":"n"}';
    await using lab = await startWith({ s: value });
    const mounted = await lab.run({
      objects: [
        secret("s", {
          jmesPath: [
            { path: "b", objectAlias: "b.json", output: "json" },
            { path: "name", objectAlias: "name.json", output: "json" },
            { path: "{y: name, x: b.z}", objectAlias: "new.json", output: "json" },
            { path: "hosts", objectAlias: "hosts", output: "lines", filePermission: "0400" },
            { path: "hosts[?@ == 'no']", objectAlias: "none", output: "lines" },
            { path: "name", objectAlias: "name" },
          ],
        }),
      ],
    });
    expect(mounted.contents).toEqual({
      s: value,
      "b.json": '{"z":1,"10":[true,null,"é<"],"2":{}}',
      "name.json": '"n"',
      "new.json": '{"y":"n","x":1}',
      hosts: "a.b\n7\nfalse\n",
      none: "",
      name: "n",
    });
    expect(mounted.modes["hosts"]).toBe(0o400);
    expect(new Set(Object.values(mounted.versions)).size).toBe(1);
  });

  test.each([
    [{ path: "a", output: "lines" }, "path:a. Output lines needs a list of strings, numbers or booleans."],
    [{ path: "l", output: "lines" }, "path:l. Output lines needs a list of strings, numbers or booleans."],
    [{ path: "m", output: "lines" }, "path:m. An item holds a line break, so that it would be more than one line."],
    [{ path: "big", output: "json" }, "path:big. The result holds a number beyond 2^53"],
    [{ path: "&a", output: "json" }, "path:&a. The result is an expression, not a value."],
    [{ path: "gone", output: "json" }, "JMES Path - gone for object alias - x does not point to a valid object."],
    [{ path: "a", objectEncoding: "base64" }, "JMES Path - a for object alias - x is not base64"],
    [{ path: "a", objectEncoding: "hex" }, "JMES Path - a for object alias - x is not hex"],
  ])("entry %j fails in words that quote no value", async (entry, text) => {
    await using lab = await startWith({
      s: '{"a":"hunter2!","l":[["hunter2"]],"m":["hunter2\\nx"],"big":12345678901234567890}',
    });
    const { code, details } = await lab.failure({
      objects: [secret("s", { jmesPath: [{ objectAlias: "x", ...entry }] })],
    });
    expect(code).toBe(2);
    expect(details).toContain("Failed to fetch secret from all regions.");
    expect(details).toContain(text);
    expect(details + lab.logged()).not.toMatch(/hunter2|1234567890/);
  });

  test("objectEncoding: bytes of objects, binary secrets, parameters and entries; jmesPath sees the decoded value", async () => {
    const bytes = Uint8Array.of(0, 255, 10, 13);
    const document = JSON.stringify({ key: base64(bytes), hex: "00ff0A0d\n" });
    await using lab = await startWith({
      wrapped: `${base64(bytes).slice(0, 4)}\n${base64(bytes).slice(4)}\n`,
      binary: Buffer.from(base64("in binary")),
      json: base64(document),
      empty: "",
    });
    lab.world.cloud.putParameter(region, "/hex", "68 69");
    const mounted = await lab.run({
      objects: [
        secret("wrapped", { objectEncoding: "base64" }),
        secret("binary", { objectEncoding: "base64" }),
        secret("empty", { objectEncoding: "hex" }),
        parameter("/hex", { objectEncoding: "hex", objectAlias: "hex" }),
        secret("json", {
          objectEncoding: "base64",
          jmesPath: [
            { path: "key", objectAlias: "key", objectEncoding: "base64" },
            { path: "hex", objectAlias: "key.hex", objectEncoding: "hex" },
          ],
        }),
      ],
    });
    const raw = new TextDecoder().decode(bytes);
    expect(mounted.contents).toEqual({
      wrapped: raw,
      binary: "in binary",
      empty: "",
      hex: "hi",
      json: document,
      key: raw,
      "key.hex": raw,
    });
  });

  test.each([
    ["base64", "hunter2"],
    ["base64", "aHVudGVyMg"],
    ["base64", "aHVudGVyMg=="],
    ["hex", "hunter2"],
    ["hex", "abc"],
  ])("objectEncoding %s of %s", async (objectEncoding, value) => {
    await using lab = await startWith({ s: value });
    const mount = { objects: [secret("s", { objectEncoding })] };
    if (value.endsWith("==")) {
      expect((await lab.run(mount)).contents).toEqual({ s: "hunter2".slice(0, 7) });
      return;
    }
    const { details } = await lab.failure(mount);
    expect(details).toContain(`${region}: objectEncoding: s is not ${objectEncoding}. It must be `);
    expect(details + lab.logged()).not.toContain(value);
  });

  test("expandKeys: a file for each key, strings as they are, others as compact JSON; the whole only under an alias", async () => {
    const value = '{ "user" : "u\\n", "10": 12345678901234567890, "nested": { "b": [ 1.50 ], "a": null }, "a/b": "x" }';
    await using lab = await startWith({ db: value });
    const files = { user: "u\n", "10": "12345678901234567890", nested: '{"b":[1.50],"a":null}', a_b: "x" };
    const expanded = await lab.run({ objects: [secret("db", { expandKeys: true, filePermission: "0440" })] });
    expect(expanded.contents).toEqual(files);
    expect(expanded.modes).toEqual({ user: 0o440, "10": 0o440, nested: 0o440, a_b: 0o440 });
    expect(expanded.objectVersions.map(({ id }) => id)).toEqual(["user", "10", "nested", "a_b"]);
    expect(new Set(Object.values(expanded.versions)).size).toBe(1);
    const whole = await lab.run({
      objects: [
        secret("db", {
          expandKeys: true,
          objectAlias: "whole",
          keyPrefix: "db-",
          keys: ["nested", "user"],
          jmesPath: [{ path: "nested.b", objectAlias: "b", output: "json" }],
        }),
      ],
    });
    expect(whole.contents).toEqual({
      whole: value,
      "db-nested": '{"b":[1.50],"a":null}',
      "db-user": "u\n",
      b: "[1.5]",
    });
    expect(whole.objectVersions.map(({ id }) => id)).toEqual(["whole", "db-nested", "db-user", "b"]);
  });

  test("a byte order mark in front of encoded text is left out, of objects and of entries", async () => {
    const marked = `\uFEFF${base64("hi")}`;
    await using lab = await startWith({ o: marked, e: JSON.stringify({ a: marked, h: "\uFEFF6869" }) });
    const entries = [
      { path: "a", objectAlias: "a", objectEncoding: "base64" },
      { path: "h", objectAlias: "h", objectEncoding: "hex" },
    ];
    const objects = [secret("o", { objectEncoding: "base64" }), secret("e", { jmesPath: entries })];
    expect((await lab.run({ objects })).contents).toMatchObject({ o: "hi", a: "hi", h: "hi" });
  });

  test("expandKeys writes numbers as they are written, those beyond float64 too", async () => {
    await using lab = await startWith({
      n: '{"large":1E400,"small":1e-400,"long":12345678901234567890.10,"in":[-1E400, 1.0]}',
    });
    const { contents } = await lab.run({ objects: [secret("n", { expandKeys: true })] });
    expect(contents).toEqual({ large: "1E400", small: "1e-400", long: "12345678901234567890.10", in: "[-1E400,1.0]" });
  });

  test("expandKeys follows a rotation, and a key that is gone", async () => {
    await using lab = await startWith({ db: '{"user":"u1","old":"o"}' });
    const mount = { objects: [secret("db", { expandKeys: true })], targetPath: lab.newTarget() };
    const before = await lab.run(mount);
    const version = lab.world.cloud.putSecret(region, "db", '{"user":"u2","new":"n"}');
    const after = await lab.run({ ...mount, currentObjectVersions: before.objectVersions });
    expect(after.versions).toEqual({ user: version, new: version });
    // Files of keys that are gone: the driver takes away what it has written, this program leaves them.
    expect(after.contents).toEqual(driverWrites ? { user: "u2", new: "n" } : { user: "u2", new: "n", old: "o" });
  });

  test.each([
    ["hunter2", {}, "expandKeys needs a JSON object: s. The value is not JSON"],
    ['["hunter2"]', {}, "expandKeys needs a JSON object: s. The value is JSON, but not an object with keys."],
    ["{}", {}, "expandKeys: s has no keys"],
    ['{"a":"hunter2"}', { keys: ["b"] }, "expandKeys: s has no key b"],
    ['{"":"hunter2"}', {}, "Invalid file name for key  of s: it is empty"],
    ['{"a\\u0000":"hunter2"}', {}, "of s: it holds a NUL character"],
    ['{"..":"hunter2"}', {}, "Invalid file name for key .. of s: each part between slashes must be a name"],
    [JSON.stringify({ ["k".repeat(256)]: "hunter2" }), {}, `${"k".repeat(100)}... of s: it is longer than 255 bytes`],
    [
      JSON.stringify(Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`k${n}`, "hunter2"]))),
      {},
      "expandKeys: s has more than 1000 keys",
    ],
  ])("expandKeys of %p fails by name, without a value", async (value, more, text) => {
    await using lab = await startWith({ s: value });
    const { details } = await lab.failure({ objects: [secret("s", { expandKeys: true, ...more })] });
    expect(details).toContain(`${region}: `);
    expect(details).toContain(text);
    expect(details + lab.logged()).not.toContain("hunter2");
  });

  test.each(["../x", "a/../x", "x/..", "a//b", "/", "./a"])("a key %j stays inside the mount", async (key) => {
    await using lab = await startWith({ s: JSON.stringify({ [key]: "v" }) });
    const objects = [secret("s", { expandKeys: true })];
    const off = { pathTranslation: "False" };
    expect((await lab.failure({ objects, parameters: off })).details).toMatch(/Invalid file name for key .* of s: /);
    const translated = key.replaceAll("/", "_");
    expect((await lab.run({ objects })).contents).toEqual({ [translated]: "v" });
  });

  test("keys of two secrets on one file: the later one in objects, and a warning that names both", async () => {
    await using lab = await startWith({ a: '{"k":"first"}', b: '{"k":"later"}' });
    const mounted = await lab.run({ objects: [secret("a", { expandKeys: true }), secret("b", { expandKeys: true })] });
    expect(mounted.contents).toEqual({ k: "later" });
    expect(mounted.objectVersions).toHaveLength(1);
    expect(lab.logged()).toContain("key k of a and key k of b have the same file name k");
  });

  test("optional: what is there is mounted, what is not is left out, in one call for all parameters", async () => {
    await using lab = await startWith({ there: "t" });
    lab.world.cloud.putParameter(region, "/there", "p");
    const objects = [
      secret("gone", { optional: true, jmesPath: [{ path: "a", objectAlias: "entry" }], expandKeys: true }),
      secret("there", { optional: true }),
      parameter("/gone", { optional: true }),
      parameter("/there", { optional: true, objectAlias: "p" }),
      parameter("/there", { optional: true, objectVersion: 7, objectAlias: "p7" }),
    ];
    const mounted = await lab.run({ objects });
    expect(mounted.contents).toEqual({ there: "t", p: "p" });
    expect(Object.keys(mounted.versions)).toEqual(["there", "p"]);
    expect([lab.world.count("ssm"), lab.world.count("secrets-manager")]).toEqual([1, 2]);
  });

  test("optional: a volume whose objects are all absent has a hidden empty file, as long as it has no other", async () => {
    await using lab = await startLab(options);
    const mark = ".secrets-store-aws-empty";
    const objects = [secret("a/b", { optional: true }), parameter("/gone", { optional: true, objectAlias: "g" })];
    const mount = { objects, targetPath: lab.newTarget() };
    for (let mounts = 0; mounts < 2; mounts += 1) {
      const { contents, modes, objectVersions } = await lab.run(mount);
      expect([contents, modes, objectVersions]).toEqual([
        { [mark]: "" },
        { [mark]: 0o444 },
        [{ id: mark, version: "" }],
      ]);
    }
    const version = lab.world.cloud.putSecret(region, "a/b", "v");
    expect(await lab.run(mount)).toMatchObject({ contents: { a_b: "v" }, versions: { a_b: version } });
    const after = await lab.run(mount);
    expect([after.contents, Object.keys(after.versions)]).toEqual([{ a_b: "v" }, ["a_b"]]);
    lab.world.cloud.deleteSecret(region, "a/b", { purge: true });
    const emptied = await lab.run(mount);
    expect(emptied.contents).toEqual({ ...(driverWrites ? {} : { a_b: "v" }), [mark]: "" });
  });

  test("an object that is named as that file is mounted, and stays", async () => {
    await using lab = await startWith({ ".secrets-store-aws-empty": "v" });
    const mount = { objects: [secret(".secrets-store-aws-empty")], targetPath: lab.newTarget() };
    for (let mounts = 0; mounts < 2; mounts += 1)
      expect((await lab.run(mount)).contents).toEqual({ ".secrets-store-aws-empty": "v" });
  });

  test("optional: comes and goes with remounts", async () => {
    await using lab = await startWith({ always: "a" });
    const mount = { objects: [secret("always"), secret("some", { optional: true })], targetPath: lab.newTarget() };
    expect((await lab.run(mount)).versions).toHaveProperty("always");
    const version = lab.world.cloud.putSecret(region, "some", "s");
    expect(await lab.run(mount)).toMatchObject({ contents: { always: "a", some: "s" }, versions: { some: version } });
    lab.world.cloud.deleteSecret(region, "some", { purge: true });
    const after = await lab.run(mount);
    expect(Object.keys(after.versions)).toEqual(["always"]);
    expect(after.contents).toEqual(driverWrites ? { always: "a" } : { always: "a", some: "s" });
  });
});

describe("optional is about what is not there, and nothing else", () => {
  const optional = { optional: true };

  test("a required object in the same batch of parameters fails, and is the only one that is named", async () => {
    await using lab = await startLab();
    lab.world.cloud.putParameter(region, "/there", "p");
    const objects = [parameter("/gone", optional), parameter("/lost"), parameter("/there")];
    const { details } = await lab.failure({ objects });
    expect(details).toStartWith(`400: ${region}: invalid parameters: /lost`);
    expect(details).not.toContain("/gone");
  });

  test("one parameter, required and optional: required", async () => {
    await using lab = await startLab();
    const objects = [
      parameter("/gone", { optional: true, objectAlias: "a" }),
      parameter("/gone", { objectAlias: "b" }),
    ];
    expect((await lab.failure({ objects })).details).toStartWith(`400: ${region}: invalid parameters: /gone`);
  });

  test.each([
    ["denied", { status: 400, code: "AccessDeniedException", message: "no" }],
    ["throttled", { status: 400, code: "ThrottlingException", message: "no" }],
    ["broken", { status: 500, code: "InternalServiceError", message: "no" }],
    ["deleted, not gone", { status: 400, code: "InvalidRequestException", message: "no" }],
    ["under an unusable key", { status: 400, code: "DecryptionFailure", message: "no" }],
  ])("a secret that is %s fails the mount", async (_, answer) => {
    await using lab = await startLab({ env: { AWS_MAX_ATTEMPTS: "1" } });
    lab.world.faults.inject({ service: "secrets-manager" }, { kind: "answer", ...answer });
    expect((await lab.failure({ objects: [secret("s", optional)] })).details).toContain(answer.code);
  });

  test("a value that does not fit fails the mount: it is there", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "text");
    const objects = [secret("s", { optional: true, expandKeys: true })];
    expect((await lab.failure({ objects })).details).toContain("expandKeys needs a JSON object: s");
  });

  test("in a batch of secrets too", async () => {
    await using lab = await startLab({ args: ["--batch-secrets"] });
    lab.world.cloud.putSecret(region, "a", "1");
    const mounted = await lab.run({ objects: [secret("a", optional), secret("b", optional), secret("c", optional)] });
    expect(mounted.contents).toEqual({ a: "1" });
  });
});

describe("under failover", () => {
  const parameters = { region, failoverRegion: second };
  const stores = [
    {
      type: "secretsmanager",
      service: "secrets-manager",
      put: ({ world }: Lab, at: string) => world.cloud.putSecret(at, "o", `of ${at}`),
    },
    {
      type: "ssmparameter",
      service: "ssm",
      put: ({ world }: Lab, at: string) => String(world.cloud.putParameter(at, "o", `of ${at}`)),
    },
  ] as const;
  const answers = { ok: "", gone: "", denied: "AccessDeniedException", fatal: "InvalidKeyId" } as const;
  type Answer = keyof typeof answers;
  /** What is mounted: a region's value, nothing, or a failure. */
  const table: Readonly<Record<Answer, Readonly<Record<Answer, string>>>> = {
    ok: { ok: region, gone: region, denied: region, fatal: "fails" },
    gone: { ok: second, gone: "nothing", denied: "fails", fatal: "fails" },
    denied: { ok: second, gone: "fails", denied: "fails", fatal: "fails" },
    fatal: { ok: "fails", gone: "fails", denied: "fails", fatal: "fails" },
  };
  const cases = (Object.keys(table) as Answer[]).flatMap((one) =>
    (Object.keys(table) as Answer[]).map((two) => [one, two, table[one][two]] as const),
  );

  describe.each(stores)("an optional object of $type", ({ type, service, put }) => {
    test.each(cases)("primary %s, failover %s: %s", async (one, two, expected) => {
      await using lab = await startLab();
      const versions: Record<string, string> = {};
      for (const [at, answer] of [
        [region, one],
        [second, two],
      ] as const) {
        if (answer === "ok") versions[at] = put(lab, at);
        const code = answer === "fatal" && type === "secretsmanager" ? "DecryptionFailure" : answers[answer];
        if (code !== "") {
          const action = { kind: "answer", status: 400, code, message: "not this time" } as const;
          lab.world.faults.inject({ service, region: at }, action);
        }
      }
      const mount = { objects: [{ objectName: "o", objectType: type, optional: true }], parameters };
      if (expected === "fails") {
        const { details } = await lab.failure(mount);
        expect(details).toContain("not this time");
        for (const at of one !== "fatal" && two !== "fatal" ? [region, second] : [])
          expect(details).toContain(`${at}: `);
        return;
      }
      const mounted = await lab.run(mount);
      const mark = ".secrets-store-aws-empty";
      expect(mounted.contents).toEqual(expected === "nothing" ? { [mark]: "" } : { o: `of ${expected}` });
      expect(mounted.versions).toEqual(expected === "nothing" ? { [mark]: "" } : { o: versions[expected] ?? "" });
    });
  });

  test("parameters of one batch each find their region; the required ones keep the primary's", async () => {
    await using lab = await startLab();
    lab.world.cloud.putParameter(region, "/both", "1");
    lab.world.cloud.putParameter(second, "/both", "2");
    lab.world.cloud.putParameter(second, "/there", "2");
    lab.world.cloud.putParameter(region, "/here", "1");
    const objects = ["/both", "/there", "/here", "/gone"].map((name) =>
      parameter(name, name === "/both" ? {} : { optional: true }),
    );
    const mounted = await lab.run({ objects, parameters });
    expect(mounted.contents).toEqual({ _both: "1", _there: "2", _here: "1" });
    expect([lab.world.count("ssm")]).toEqual([2]);
    expect(lab.logged()).toContain(`invalid parameters: /there; using the value of ${second}`);
  });

  test("a value that does not fit in one region is that region's fault alone", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "s", "not json");
    lab.world.cloud.putSecret(second, "s", '{"k":"v"}');
    lab.world.cloud.putSecret(region, "e", "?");
    lab.world.cloud.putSecret(second, "e", "aGk=");
    const objects = [secret("s", { expandKeys: true }), secret("e", { objectEncoding: "base64" })];
    expect((await lab.run({ objects, parameters })).contents).toEqual({ k: "v", e: "hi" });
    lab.world.cloud.putSecret(second, "s", "[]");
    const { details } = await lab.failure({ objects, parameters });
    expect(details).toContain(`${region}, ${second}: expandKeys needs a JSON object: s`);
  });
});

test.each([
  ["expandKeys, a key named as the secret", { expandKeys: true }, { s: "key", t: "T" }],
  ["a jmesPath alias named as the secret", { jmesPath: [{ path: "s", objectAlias: "s" }] }, { s: "key" }],
])("an older driver's versions do not have a part read back as the whole: %s", async (_what, more, expected) => {
  await using lab = await startLab();
  lab.world.cloud.putSecret(region, "s", '{"s":"key","t":"T"}');
  const mount = { objects: [secret("s", more)], targetPath: lab.newTarget() };
  const first = await lab.run(mount);
  expect(first.contents).toEqual(expected);
  const again = await lab.run({ ...mount, currentObjectVersions: first.objectVersions });
  expect(again.contents).toEqual(expected);
});

test("an older driver's versions do not have an encoded object read back from its decoded file", async () => {
  await using lab = await startLab();
  const version = lab.world.cloud.putSecret(region, "s", "aGk=");
  const targetPath = lab.newTarget();
  writeFileSync(join(targetPath, "s"), "hi");
  const mounted = await lab.run({
    objects: [secret("s", { objectEncoding: "base64" })],
    targetPath,
    currentObjectVersions: [{ id: "s", version }],
  });
  expect(mounted.contents).toEqual({ s: "hi" });
  expect(lab.world.count("secrets-manager", "GetSecretValue")).toBe(1);
});
