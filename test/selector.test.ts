// objectSelector: objects that are found instead of named, in both stores and both write modes; calls, bounds, failover, rotation, hostile names.
import { describe, expect, test } from "bun:test";
import type { FaultAction } from "./fakes/faults.ts";
import { startLab } from "./inprocess.ts";
import type { Lab } from "./inprocess.ts";

const region = "eu-west-1";
const second = "us-east-1";
const secrets = (objectSelector: object, more: object = {}): object => ({
  objectType: "secretsmanager",
  objectSelector,
  ...more,
});
const parameters = (objectSelector: object, more: object = {}): object => ({
  objectType: "ssmparameter",
  objectSelector,
  ...more,
});
const operations = (lab: Lab): Record<string, number> =>
  Object.fromEntries(
    Map.groupBy([...lab.world.calls("secrets-manager"), ...lab.world.calls("ssm")], ({ operation }) => operation)
      .entries()
      .map(([name, calls]) => [name, calls.length]),
  );
/** An answer of AWS, verbatim. */
const json = (body: object): FaultAction => ({
  kind: "raw",
  contentType: "application/x-amz-json-1.1",
  body: JSON.stringify(body),
});
const stores = [
  {
    type: "secretsmanager",
    service: "secrets-manager",
    operation: "BatchGetSecretValue",
    kind: "secret",
    lead: "Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: objectSelector namePrefix /app/",
    selector: { namePrefix: "/app/" },
    shown: "objectSelector namePrefix /app/",
    put: ({ world }: Lab, at: string, name: string, value: string) => world.cloud.putSecret(at, name, value),
    remove: ({ world }: Lab, at: string, name: string) => world.cloud.deleteSecret(at, name, { purge: true }),
  },
  {
    type: "ssmparameter",
    service: "ssm",
    operation: "GetParametersByPath",
    kind: "parameter",
    lead: "Failed to fetch parameters from all regions.",
    selector: { path: "/app" },
    shown: "objectSelector path /app",
    put: ({ world }: Lab, at: string, name: string, value: string) => String(world.cloud.putParameter(at, name, value)),
    remove: ({ world }: Lab, at: string, name: string) => world.cloud.deleteParameter(at, name),
  },
] as const;

describe.each(stores)("$type", ({ type, service, operation, kind, lead, selector, shown, put, remove }) => {
  const object = (more: object = {}, selectorMore: object = {}): object => ({
    objectType: type,
    objectSelector: { ...selector, ...selectorMore },
    ...more,
  });

  describe.each([false, true])("driver writes %p", (driverWrites) => {
    const options = { args: [`--driver-writes-secrets=${driverWrites}`] };

    test("a file for each match, in order of name, with its own version; beside other objects", async () => {
      await using lab = await startLab(options);
      const versions = Object.fromEntries(
        ["c", "a", "b"].map((name) => [name, put(lab, region, `/app/${name}`, `value of ${name}`)]),
      );
      put(lab, region, "/apple", "no match");
      put(lab, region, "/zz", "named");
      const mounted = await lab.run({
        objects: [{ objectName: "/zz", objectType: type, objectAlias: "z" }, object({ filePermission: "0400" })],
      });
      expect(mounted.contents).toEqual({ z: "named", a: "value of a", b: "value of b", c: "value of c" });
      expect(mounted.modes).toEqual({ z: 0o644, a: 0o400, b: 0o400, c: 0o400 });
      expect(mounted.objectVersions.slice(1)).toEqual(
        ["a", "b", "c"].map((id) => ({ id, version: versions[id] ?? "" })),
      );
    });

    test("keyPrefix and pathTranslation make the names; objectEncoding decodes each", async () => {
      await using lab = await startLab(options);
      put(lab, region, "/app/x.key", "aGk=");
      const more = { keyPrefix: "keys/", objectEncoding: "base64" };
      expect((await lab.run({ objects: [object(more)] })).contents).toEqual({ "keys_x.key": "hi" });
      const off = { pathTranslation: "False" };
      const mounted = await lab.run({ objects: [object(more)], parameters: off });
      expect(mounted.contents).toEqual({ "keys/x.key": "hi" });
      expect(Object.keys(mounted.versions)).toEqual(["keys/x.key"]);
    });

    test("a rotation: new values and versions, matches that come and go", async () => {
      await using lab = await startLab(options);
      for (const name of ["stays", "goes"]) put(lab, region, `/app/${name}`, `${name} 1`);
      const mount = { objects: [object()], targetPath: lab.newTarget() };
      const before = await lab.run(mount);
      expect(Object.keys(before.versions)).toEqual(["goes", "stays"]);
      const versions = {
        stays: put(lab, region, "/app/stays", "stays 2"),
        comes: put(lab, region, "/app/comes", "comes 1"),
      };
      remove(lab, region, "/app/goes");
      const after = await lab.run({ ...mount, currentObjectVersions: before.objectVersions });
      expect(after.versions).toEqual(versions);
      const now = { stays: "stays 2", comes: "comes 1" };
      expect(after.contents).toEqual(driverWrites ? now : { ...now, goes: "goes 1" });
    });

    test("no match: an error, or with optional no file", async () => {
      await using lab = await startLab(options);
      const { code, details } = await lab.failure({ objects: [object()] });
      expect([code, details]).toEqual([
        2,
        expect.stringMatching(new RegExp(`^${region}: Failed fetching ${kind}s: no ${kind} matches ${shown}\\. Check`)),
      ]);
      const mounted = await lab.run({ objects: [object({ optional: true })] });
      const id = ".secrets-store-aws-empty";
      expect([mounted.contents, mounted.objectVersions]).toEqual([{ [id]: "" }, [{ id, version: "" }]]);
    });
  });

  test("pages are read to the end; max bounds the matches, and more is an error", async () => {
    await using lab = await startLab();
    const names = Array.from({ length: 41 }, (_, n) => `n${String(n).padStart(2, "0")}`);
    for (const name of names) put(lab, region, `/app/${name}`, name);
    const mounted = await lab.run({ objects: [object({}, { max: 41 })] });
    expect(Object.keys(mounted.versions)).toEqual(names);
    expect(mounted.contents).toEqual(Object.fromEntries(names.map((name) => [name, name])));
    expect(operations(lab)).toEqual({ [operation]: type === "ssmparameter" ? 5 : 3 });
    lab.world.resetCalls();
    const { details } = await lab.failure({ objects: [object({}, { max: 5 })] });
    expect(details).toStartWith(`${region}: Failed fetching ${kind}s: more than 5 ${kind}s match ${shown}. Narrow`);
    expect(operations(lab)).toEqual({ [operation]: 1 });
  });

  test("a hundred matches are the usual bound", async () => {
    await using lab = await startLab();
    for (let n = 0; n < 100; n += 1) put(lab, region, `/app/n${n}`, "v");
    expect(Object.keys((await lab.run({ objects: [object()] })).contents)).toHaveLength(100);
    put(lab, region, "/app/one-more", "v");
    expect((await lab.failure({ objects: [object()] })).details).toContain(`more than 100 ${kind}s match`);
  });

  test("matches on one file: the later in order of objects wins, with a warning", async () => {
    await using lab = await startLab();
    put(lab, region, "/app/a", "found");
    const named = { objectName: "/other", objectType: type, objectAlias: "a" };
    put(lab, region, "/other", "named");
    expect((await lab.run({ objects: [object(), named] })).contents).toEqual({ a: "named" });
    expect((await lab.run({ objects: [named, object()] })).contents).toEqual({ a: "found" });
    expect(lab.logged()).toContain("object /other (alias a) and object /app/a have the same file name a");
  });

  describe("under failover: the selector is the unit", () => {
    const both = { region, failoverRegion: second };
    const outcomes = ["ok", "denied", "none"] as const;
    const expected: Readonly<Record<string, string>> = { "ok ok": region, "ok denied": region, "denied ok": second };
    const cases = outcomes.flatMap((one) => outcomes.map((two) => [one, two] as const));

    test.each(cases)("primary %s, failover %s", async (one, two) => {
      await using lab = await startLab();
      for (const [at, outcome] of [
        [region, one],
        [second, two],
      ] as const) {
        if (outcome !== "none") put(lab, at, `/app/in-${at}`, "v");
        if (outcome === "denied") lab.world.cloud.deny({ operation, region: at });
      }
      const winner = expected[`${one} ${two}`];
      if (winner !== undefined) {
        const mounted = await lab.run({ objects: [object()], parameters: both });
        expect(mounted.contents).toEqual({ [`in-${winner}`]: "v" });
        return;
      }
      const { details } = await lab.failure({ objects: [object()], parameters: both });
      if (one === "none" || two === "none")
        expect(details).toContain(`${one === "none" ? region : second}: Failed fetching ${kind}s: no ${kind} matches`);
      else {
        expect(details).toStartWith(lead);
        for (const at of [region, second]) expect(details).toMatch(new RegExp(`${at}: (operation error|AccessDenied)`));
      }
    });

    const optionalCases = [
      ["ok", "none", region],
      ["none", "ok", second],
      ["none", "none", "nothing"],
      ["denied", "none", "fails"],
      ["none", "denied", "fails"],
    ] as const;
    test.each(optionalCases)("optional, primary %s, failover %s: %s", async (one, two, result) => {
      await using lab = await startLab();
      for (const [at, outcome] of [
        [region, one],
        [second, two],
      ] as const) {
        if (outcome === "ok") put(lab, at, "/app/x", `of ${at}`);
        if (outcome === "denied") lab.world.cloud.deny({ operation, region: at });
      }
      const mount = { objects: [object({ optional: true })], parameters: both };
      if (result === "fails") expect((await lab.failure(mount)).details).toContain("is not authorized to perform");
      else
        expect((await lab.run(mount)).contents).toEqual(
          result === "nothing" ? { ".secrets-store-aws-empty": "" } : { x: `of ${result}` },
        );
    });
  });

  test.each([
    ["denied", 400, "AccessDeniedException"],
    ["throttled", 400, "ThrottlingException"],
    ["broken", 500, "InternalServiceError"],
  ])("%s on a later page fails the mount, optional or not", async (_, status, code) => {
    await using lab = await startLab({ env: { AWS_MAX_ATTEMPTS: "1" } });
    for (let n = 0; n < 30; n += 1) put(lab, region, `/app/n${n}`, "v");
    lab.world.faults.inject({ service, operation, skip: 1 }, { kind: "answer", status, code, message: "no" });
    expect((await lab.failure({ objects: [object({ optional: true })] })).details).toContain(code);
    expect(operations(lab)).toEqual({ [operation]: 2 });
  });

  test("pages without an end are given up, and so are answers that can't be used", async () => {
    await using lab = await startLab();
    const list = type === "ssmparameter" ? "Parameters" : "SecretValues";
    const answer = (body: object): void => {
      lab.world.faults.clear();
      lab.world.faults.inject({ service, operation }, json(body));
    };
    answer({ [list]: [], NextToken: "again" });
    expect((await lab.failure({ objects: [object()] })).details).toContain("the answer has more than 200 pages");
    expect(operations(lab)).toEqual({ [operation]: 200 });
    answer({ [list]: [{ Name: "/app/x", Value: 7, SecretString: 7, Version: 1, VersionId: "v" }] });
    expect((await lab.failure({ objects: [object()] })).details).toContain(lead);
  });

  test.each(["../x", "a/../../x", "..", "x/.."])("a match named %j stays inside the mount", async (name) => {
    await using lab = await startLab();
    const list = type === "ssmparameter" ? "Parameters" : "SecretValues";
    const match = { Name: `/app/${name}`, Value: "v", SecretString: "v", Version: 1, VersionId: "v" };
    lab.world.faults.inject({ service, operation }, json({ [list]: [match] }));
    const { details } = await lab.failure({ objects: [object()], parameters: { pathTranslation: "False" } });
    expect(details).toContain(`${region}: Invalid file name for /app/${name}: `);
    if (name === "..") return;
    expect((await lab.run({ objects: [object()] })).contents).toEqual({ [name.replaceAll("/", "_")]: "v" });
  });
});

describe("Parameter Store", () => {
  test("recursive goes deeper than one level; without it nothing does", async () => {
    await using lab = await startLab();
    for (const name of ["/app/a", "/app/db/user", "/app/db/x/y"]) lab.world.cloud.putParameter(region, name, name);
    const flat = await lab.run({ objects: [parameters({ path: "/app/" })] });
    expect(flat.contents).toEqual({ a: "/app/a" });
    const deep = [parameters({ path: "/app", recursive: true })];
    const translated = { a: "/app/a", db_user: "/app/db/user", db_x_y: "/app/db/x/y" };
    expect((await lab.run({ objects: deep })).contents).toEqual(translated);
    const folders = await lab.run({ objects: deep, parameters: { pathTranslation: "False" } });
    expect(folders.contents).toEqual({ a: "/app/a", "db/user": "/app/db/user", "db/x/y": "/app/db/x/y" });
    const root = await lab.run({ objects: [parameters({ path: "/", recursive: true })] });
    expect(Object.keys(root.contents).toSorted()).toEqual(["app_a", "app_db_user", "app_db_x_y"]);
  });

  test("secure strings come decrypted, and need the right to the key", async () => {
    await using lab = await startLab();
    lab.world.cloud.putParameter(region, "/app/secure", "hidden", { type: "SecureString" });
    lab.world.cloud.putParameter(region, "/app/list", "a,b", { type: "StringList" });
    const objects = [parameters({ path: "/app" })];
    expect((await lab.run({ objects })).contents).toEqual({ secure: "hidden", list: "a,b" });
    lab.world.cloud.deny({ operation: "kms:Decrypt" });
    expect((await lab.failure({ objects })).details).toContain("kms:Decrypt");
  });

  test("the rights that it needs are one: GetParametersByPath", async () => {
    await using lab = await startLab();
    lab.world.cloud.putParameter(region, "/app/a", "v");
    lab.world.cloud.deny({ operation: "ssm:GetParameters" });
    expect((await lab.run({ objects: [parameters({ path: "/app" })] })).contents).toEqual({ a: "v" });
    lab.world.cloud.deny({ operation: "ssm:GetParametersByPath" });
    expect((await lab.failure({ objects: [parameters({ path: "/app" })] })).details).toContain(
      "Allow ssm:GetParametersByPath on the path to the role",
    );
  });
});

describe("Secrets Manager", () => {
  const put = (lab: Lab, name: string, tags: Readonly<Record<string, string>>): string =>
    lab.world.cloud.putSecret(region, name, `value of ${name}`, { tags });

  test("tags match whole and in pairs, unlike AWS's filters; with namePrefix both must", async () => {
    await using lab = await startLab();
    put(lab, "app/one", { env: "prod", team: "red" });
    put(lab, "app/two", { env: "prod-eu" });
    put(lab, "app/three", { env: "dev", team: "prod" });
    put(lab, "app/four", { environment: "prod" });
    put(lab, "web/five", { env: "prod" });
    lab.world.cloud.deny({ operation: "GetSecretValue", id: "app/t*" }); // what does not match is not read
    const all = await lab.run({ objects: [secrets({ tags: { env: "prod" } })] });
    expect(all.contents).toEqual({ app_one: "value of app/one", web_five: "value of web/five" });
    expect(operations(lab)).toEqual({ ListSecrets: 1, BatchGetSecretValue: 1 });
    const some = await lab.run({ objects: [secrets({ namePrefix: "app/", tags: { env: "prod" } })] });
    expect(some.contents).toEqual({ one: "value of app/one" });
    const pair = await lab.run({ objects: [secrets({ tags: { env: "prod", team: "red" } })] });
    expect(pair.contents).toEqual({ app_one: "value of app/one" });
  });

  test("a tag without a value; more matches than one batch holds; too many of them are not read at all", async () => {
    await using lab = await startLab();
    for (let n = 0; n < 45; n += 1) put(lab, `n${n}`, { mine: "" });
    put(lab, "other", { mine: "not" });
    const objects = [secrets({ tags: { mine: "" } })];
    expect(Object.keys((await lab.run({ objects })).contents)).toHaveLength(45);
    expect(operations(lab)).toEqual({ ListSecrets: 1, BatchGetSecretValue: 3 });
    lab.world.resetCalls();
    expect((await lab.failure({ objects: [secrets({ tags: { mine: "" }, max: 44 })] })).details).toContain(
      "more than 44 secrets match objectSelector tags mine=",
    );
    expect(operations(lab)).toEqual({ ListSecrets: 1 });
  });

  test("binary secrets are mounted byte for byte; a name that is the prefix itself takes keyPrefix", async () => {
    await using lab = await startLab();
    lab.world.cloud.putSecret(region, "app", new Uint8Array([66, 0, 67]));
    lab.world.cloud.putSecret(region, "app-db", "db");
    const selector = { namePrefix: "app" };
    expect((await lab.failure({ objects: [secrets(selector)] })).details).toContain(
      "Invalid file name for app: it is empty",
    );
    const mounted = await lab.run({ objects: [secrets(selector, { keyPrefix: "k" })] });
    expect(mounted.contents).toEqual({ k: "B\0C", "k-db": "db" });
  });

  test("an error of one secret fails the mount and names it; a denied one is no reason to stop at the region", async () => {
    await using lab = await startLab();
    for (const at of [region, second])
      for (const name of ["app/a", "app/b"]) lab.world.cloud.putSecret(at, name, `of ${at}`);
    lab.world.cloud.deny({ operation: "GetSecretValue", id: "app/b", region });
    const objects = [secrets({ namePrefix: "app/" })];
    const { details } = await lab.failure({ objects });
    expect(details).toStartWith("Failed to fetch secret from all regions.");
    expect(details).toMatch(/:secret:app\/b-\w{6}: AccessDeniedException: User: .* secretsmanager:GetSecretValue/);
    expect(details).toContain("Allow secretsmanager:GetSecretValue on the secret to the role");
    const mounted = await lab.run({ objects, parameters: { failoverRegion: second } });
    expect(mounted.contents).toEqual({ a: `of ${second}`, b: `of ${second}` });
  });

  test.each([
    ["DecryptionFailure", `${region}: Failed fetching secrets: operation error Secrets Manager: BatchGetSecretValue, `],
    ["AccessDeniedException", "Failed to fetch secret from all regions. "],
  ])("errors of many secrets, %s: three are told", async (code, start) => {
    await using lab = await startLab();
    const Errors = Array.from({ length: 5 }, (_, n) => ({ SecretId: `app/${n}`, ErrorCode: code, Message: "m\u0007" }));
    const body = { SecretValues: [], Errors: [...Errors, { SecretId: "apple", ErrorCode: "Other" }] };
    lab.world.faults.inject({ operation: "BatchGetSecretValue" }, json(body));
    const { details } = await lab.failure({ objects: [secrets({ namePrefix: "app/" })] });
    expect(details).toStartWith(start);
    expect(details).toContain(`app/0: ${code}: m ; app/1: ${code}: m ; app/2: ${code}: m  and 2 more`);
  });

  test.each(["secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"])("without %s", async (operation) => {
    await using lab = await startLab();
    put(lab, "app/a", { env: "prod" });
    lab.world.cloud.deny({ operation });
    for (const selector of [{ namePrefix: "app/" }, { tags: { env: "prod" } }]) {
      const { details } = await lab.failure({ objects: [secrets(selector)] });
      expect(details).toContain(`is not authorized to perform: ${operation}`);
      expect(details).toMatch(/Allow secretsmanager:\w+( and secretsmanager:ListSecrets)? on \* to the role/);
    }
  });

  test("batches of named secrets are as they were beside it", async () => {
    await using lab = await startLab({ args: ["--batch-secrets"] });
    for (const name of ["a", "b", "app/c"]) lab.world.cloud.putSecret(region, name, name);
    const named = ["a", "b"].map((objectName) => ({ objectName, objectType: "secretsmanager" }));
    expect((await lab.run({ objects: [...named, secrets({ namePrefix: "app/" })] })).contents).toEqual({
      a: "a",
      b: "b",
      c: "app/c",
    });
    expect(operations(lab)).toEqual({ BatchGetSecretValue: 2 });
  });
});
