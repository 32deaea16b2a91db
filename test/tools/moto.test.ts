// The compiled binary against moto, an emulator of AWS that nobody here wrote: it serves Secrets Manager, SSM and STS (MOTO_SERVER is its program).
// Kubernetes, tokens and the Pod Identity agent are our fakes. What moto does not check (signatures, trust, labels' rules) is tested against the fakes.
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { LabelParameterVersionCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { newFolder, parameter, runToEnd, secret, startBinary } from "../binary-lab.ts";
import type { Binary } from "../binary-lab.ts";
import { startWorld } from "../fakes/world.ts";
import type { World } from "../fakes/world.ts";

setDefaultTimeout(120_000);
const region = "eu-west-1";
const failoverRegion = "us-west-2";
const accountId = "123456789012"; // the one that moto takes unknown keys for
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const stack = new AsyncDisposableStack();
let moto: Moto;
let world: World;

interface Moto extends AsyncDisposable {
  readonly url: string;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function startMoto(): Promise<Moto> {
  const program = process.env["MOTO_SERVER"];
  if (program === undefined) throw new Error("MOTO_SERVER must name moto's server (pip install 'moto[server]')");
  const folder = newFolder();
  const port = await freePort();
  const child = Bun.spawn([program, "--host", "127.0.0.1", "--port", String(port)], {
    cwd: folder.path,
    env: { PATH: "/usr/bin:/bin", HOME: folder.path, PYTHONDONTWRITEBYTECODE: "1" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  const url = `http://127.0.0.1:${port}`;
  const up = async (): Promise<boolean> =>
    (await fetch(`${url}/moto-api/data.json`).catch(() => undefined))?.ok === true;
  while (!(await up())) {
    if (child.exitCode !== null) throw new Error(`moto ended with ${child.exitCode}`);
    await Bun.sleep(100);
  }
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      folder[Symbol.dispose]();
    },
  };
}

const settings = (at: string): object => ({
  region: at,
  endpoint: moto.url,
  credentials: { accessKeyId: "seed", secretAccessKey: "seed" },
});
const secrets = (at = region): SecretsManagerClient => new SecretsManagerClient(settings(at));
const parameters = (at = region): SSMClient => new SSMClient(settings(at));

/** The binary with moto for AWS. */
function startAtMoto(args: readonly string[] = []): Promise<Binary> {
  const env = {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: moto.url,
    AWS_ENDPOINT_URL_SSM: moto.url,
    AWS_ENDPOINT_URL_STS: moto.url,
  };
  return startBinary({ args: [...world.args, ...args], env });
}

beforeAll(async () => {
  moto = stack.use(await startMoto());
  world = stack.use(await startWorld({ accountId }));
});
afterAll(() => stack.disposeAsync());

describe.each([false, true])("driver writes %p", (driverWrites) => {
  const args = [`--driver-writes-secrets=${driverWrites}`];
  const own = (name: string): string => `${driverWrites ? "driver" : "provider"}/${name}`;

  test("secrets: text, binary, jmesPath, by name and by ARN", async () => {
    await using provider = await startAtMoto(args);
    const text = await secrets().send(new CreateSecretCommand({ Name: own("text"), SecretString: '{"pass":"pä ss"}' }));
    const bytes = new Uint8Array([0x41, 0, 0x42]);
    const binary = await secrets().send(new CreateSecretCommand({ Name: own("binary"), SecretBinary: bytes }));
    const mounted = await provider.run({
      objects: [
        secret(own("text"), { objectAlias: "text", jmesPath: [{ path: "pass", objectAlias: "pw" }] }),
        secret(own("binary"), { objectAlias: "binary" }),
        { objectName: text.ARN, objectAlias: "arn" },
      ],
    });
    const whole = '{"pass":"pä ss"}';
    expect(mounted.contents).toEqual({ text: whole, pw: "pä ss", binary: "A\0B", arn: whole });
    const [id, other] = [text.VersionId ?? "", binary.VersionId ?? ""];
    expect(id).toMatch(uuid);
    expect(mounted.versions).toEqual({ text: id, pw: id, binary: other, arn: id });
    expect(mounted.files).toHaveLength(driverWrites ? 4 : 0);
  });

  test("secrets: versions by id and by stage", async () => {
    await using provider = await startAtMoto(args);
    const first = await secrets().send(new CreateSecretCommand({ Name: own("versions"), SecretString: "one" }));
    const put = { SecretId: own("versions"), SecretString: "two" };
    const second = await secrets().send(new PutSecretValueCommand(put));
    const pending = { ...put, SecretString: "three", VersionStages: ["AWSPENDING"] };
    const third = await secrets().send(new PutSecretValueCommand(pending));
    const mounted = await provider.run({
      objects: [
        secret(own("versions"), { objectAlias: "now" }),
        secret(own("versions"), { objectAlias: "before", objectVersionLabel: "AWSPREVIOUS" }),
        secret(own("versions"), { objectAlias: "next", objectVersionLabel: "AWSPENDING" }),
        secret(own("versions"), { objectAlias: "pinned", objectVersion: first.VersionId }),
      ],
    });
    expect(mounted.contents).toEqual({ now: "two", before: "one", next: "three", pinned: "one" });
    const ids = [second, first, third, first].map(({ VersionId }) => VersionId);
    expect(mounted.objectVersions.map(({ version }) => version)).toEqual(ids as string[]);
  });

  test("parameters: types, versions, labels, by name and by ARN, more than one batch", async () => {
    await using provider = await startAtMoto(args);
    const put = (name: string, Value: string, more: object = {}): Promise<unknown> =>
      parameters().send(new PutParameterCommand({ Name: `/${own(name)}`, Value, Type: "String", ...more }));
    await put("p", "one");
    await parameters().send(
      new LabelParameterVersionCommand({ Name: `/${own("p")}`, ParameterVersion: 1, Labels: ["blue"] }),
    );
    await put("p", "two", { Overwrite: true });
    await put("secure", "hidden", { Type: "SecureString" });
    await put("list", "a,b,c", { Type: "StringList" });
    const many = Array.from({ length: 12 }, (_, n) => `many/${n}`);
    for (const name of many) await put(name, `value of ${name}`);
    const mounted = await provider.run({
      objects: [
        parameter(`/${own("p")}`, { objectAlias: "now" }),
        { objectName: `arn:aws:ssm:${region}:${accountId}:parameter/${own("p")}`, objectAlias: "arn" },
        parameter(`/${own("secure")}`, { objectAlias: "secure" }),
        parameter(`/${own("list")}`, { objectAlias: "list" }),
        ...many.map((name) => parameter(`/${own(name)}`, { objectAlias: name })),
      ],
    });
    const named = Object.fromEntries(many.map((name) => [name.replace("/", "_"), `value of ${name}`]));
    const usual = { now: "two", arn: "two", secure: "hidden", list: "a,b,c" };
    expect(mounted.contents).toEqual({ ...usual, ...named });
    expect(mounted.versions).toMatchObject({ now: "2", arn: "2", secure: "1", list: "1" });
    // moto leaves Selector out of its answers: what was asked for is certain only where a parameter is asked for once.
    for (const select of [{ objectVersion: 1 }, { objectVersionLabel: "blue" }]) {
      const selected = await provider.run({ objects: [parameter(`/${own("p")}`, { objectAlias: "old", ...select })] });
      expect([selected.contents, selected.versions]).toEqual([{ old: "one" }, { old: "1" }]);
    }
  });
});

describe("what 3.x has not", () => {
  test("a path of parameters, page by page, flat and recursive", async () => {
    await using provider = await startAtMoto();
    const names = Array.from({ length: 23 }, (_, n) => `n${String(n).padStart(2, "0")}`);
    for (const name of [...names, "deep/er"]) {
      await parameters().send(new PutParameterCommand({ Name: `/by-path/${name}`, Value: name, Type: "SecureString" }));
    }
    await parameters().send(new PutParameterCommand({ Name: "/by-path-not/x", Value: "no", Type: "String" }));
    const flat = Object.fromEntries(names.map((name) => [name, name]));
    const select = (more: object = {}): object => ({
      objectType: "ssmparameter",
      objectSelector: { path: "/by-path", ...more },
    });
    const mounted = await provider.run({ objects: [select()] });
    expect(mounted.contents).toEqual(flat);
    expect(mounted.objectVersions).toEqual(names.map((id) => ({ id, version: "1" })));
    expect((await provider.run({ objects: [select({ recursive: true })] })).contents).toEqual({
      ...flat,
      deep_er: "deep/er",
    });
    expect((await provider.failure({ objects: [select({ max: 22 })] })).details).toContain(
      "more than 22 parameters match objectSelector path /by-path",
    );
    expect((await provider.failure({ objects: [select({ path: "/nowhere" })] })).details).toContain(
      "no parameter matches objectSelector path /nowhere",
    );
  });

  test("secrets by the start of their name and by tags", async () => {
    await using provider = await startAtMoto();
    const names = Array.from({ length: 23 }, (_, n) => `n${String(n).padStart(2, "0")}`);
    for (const [n, name] of names.entries()) {
      const Tags = [
        { Key: "stage", Value: n < 2 ? "prod" : "production" },
        { Key: "team", Value: n % 2 === 0 ? "red" : "prod" },
      ];
      await secrets().send(new CreateSecretCommand({ Name: `by-name/${name}`, SecretString: name, Tags }));
    }
    const select = (objectSelector: object): object => ({ objectType: "secretsmanager", objectSelector });
    const mounted = await provider.run({ objects: [select({ namePrefix: "by-name/" })] });
    expect(mounted.contents).toEqual(Object.fromEntries(names.map((name) => [name, name])));
    for (const { version } of mounted.objectVersions) expect(version).toMatch(uuid);
    const tagged = await provider.run({
      objects: [select({ namePrefix: "by-name/", tags: { stage: "prod" } })],
    });
    expect(tagged.contents).toEqual({ n00: "n00", n01: "n01" });
    const both = await provider.run({ objects: [select({ tags: { stage: "prod", team: "red" } })] });
    expect(both.contents).toEqual({ "by-name_n00": "n00" });
  });

  test("keys, encodings, outputs, and objects that are not there", async () => {
    await using provider = await startAtMoto();
    const document = '{"b":"1","10":{"x":[1.0]},"hosts":["h1","h2"]}';
    await secrets().send(new CreateSecretCommand({ Name: "features/json", SecretString: document }));
    await secrets().send(new CreateSecretCommand({ Name: "features/b64", SecretString: "AEH/" }));
    const mounted = await provider.run({
      objects: [
        secret("features/json", {
          expandKeys: true,
          keys: ["b", "10"],
          jmesPath: [{ path: "hosts", objectAlias: "hosts", output: "lines" }],
        }),
        secret("features/b64", { objectAlias: "bytes", objectEncoding: "base64" }),
        secret("features/gone", { optional: true }),
        parameter("/features/gone", { optional: true }),
        parameter("/features/gone", { optional: true, objectVersion: 2, objectAlias: "gone-2" }),
      ],
    });
    const bytes = new TextDecoder().decode(Uint8Array.of(0, 0x41, 0xff));
    expect(mounted.contents).toEqual({ b: "1", "10": '{"x":[1.0]}', hosts: "h1\nh2\n", bytes });
    const absent = await provider.run({ objects: [parameter("/features/gone", { optional: true })] });
    const mark = ".secrets-store-aws-empty";
    expect([absent.contents, absent.versions]).toEqual([{ [mark]: "" }, { [mark]: "" }]);
  });
});

test("a role of another account: its secrets and parameters, by the same names, are mounted; kept values and last ones too", async () => {
  const RoleArn = "arn:aws:iam::444455556666:role/reader";
  const put = async (credentials: object, mark: string): Promise<void> => {
    await new SecretsManagerClient({ ...settings(region), ...credentials }).send(
      new CreateSecretCommand({ Name: "chained", SecretString: `secret of ${mark}` }),
    );
    const value = { Name: "/chained", Value: `parameter of ${mark}`, Type: "SecureString" as const };
    await new SSMClient({ ...settings(region), ...credentials }).send(new PutParameterCommand(value));
  };
  const sts = new STSClient(settings(region));
  const { Credentials: given } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "test" }));
  const [accessKeyId, secretAccessKey] = [given?.AccessKeyId ?? "", given?.SecretAccessKey ?? ""];
  await put({}, "here");
  await put({ credentials: { accessKeyId, secretAccessKey, sessionToken: given?.SessionToken } }, "there");
  await using provider = await startAtMoto(["--secret-cache-ttl=1m", "--serve-stale-for=1m"]);
  const objects = [
    secret("chained", { objectAlias: "s" }),
    parameter("/chained", { objectAlias: "p" }),
    secret("chained", { objectAlias: "other", assumeRoleArn: RoleArn }),
  ];
  const mixed = { s: "secret of here", p: "parameter of here", other: "secret of there" };
  for (let mounts = 0; mounts < 2; mounts += 1) expect((await provider.run({ objects })).contents).toEqual(mixed);
  const all = { objects: objects.slice(0, 2), parameters: { assumeRoleArn: RoleArn, assumeRoleExternalId: "x-1" } };
  expect((await provider.run(all)).contents).toEqual({ s: "secret of there", p: "parameter of there" });
});

describe("errors in moto's words", () => {
  test.each([
    [
      "a secret that is not there",
      [secret("gone")],
      /^eu-west-1: Failed fetching secret gone: .*ResourceNotFoundException: /,
    ],
    [
      "parameters that are not there",
      [parameter("/gone"), parameter("/lost")],
      /^400: eu-west-1: invalid parameters: .*\/gone.*\/lost/,
    ],
    [
      "a version that is not there",
      [secret("here", { objectVersion: crypto.randomUUID() })],
      /^eu-west-1: Failed fetching secret here: .*ResourceNotFoundException: /,
    ],
    [
      "a secret that is deleted",
      [secret("deleted")],
      /^eu-west-1: Failed fetching secret deleted: .*(InvalidRequestException|ResourceNotFoundException): /,
    ],
  ])("%s", async (_name, objects, text) => {
    await using provider = await startAtMoto();
    for (const Name of ["here", "deleted"]) {
      await secrets()
        .send(new CreateSecretCommand({ Name, SecretString: "v" }))
        .catch(() => undefined);
    }
    await secrets()
      .send(new DeleteSecretCommand({ SecretId: "deleted" }))
      .catch(() => undefined);
    const { code, details } = await provider.failure({ objects });
    expect([code, details]).toEqual([2, expect.stringMatching(text)]);
  });
});

test("failover: a region that is up serves for one that is not; each region is asked for its own", async () => {
  await using provider = await startAtMoto();
  for (const at of [region, failoverRegion]) {
    await secrets(at).send(new CreateSecretCommand({ Name: "both", SecretString: `of ${at}` }));
    await parameters(at).send(new PutParameterCommand({ Name: "both", Value: `of ${at}`, Type: "String" }));
  }
  const objects = [secret("both", { objectAlias: "s" }), parameter("both", { objectAlias: "p" })];
  for (const [first, second] of [
    [region, failoverRegion],
    [failoverRegion, region],
  ] as const) {
    const mounted = await provider.run({ objects, parameters: { region: first, failoverRegion: second } });
    expect(mounted.contents).toEqual({ s: `of ${first}`, p: `of ${first}` });
  }
});

test("Pod Identity's credentials serve moto as well", async () => {
  await using provider = await startAtMoto();
  await secrets().send(new CreateSecretCommand({ Name: "agent", SecretString: "v" }));
  const mounted = await provider.run({ objects: [secret("agent")], parameters: { usePodIdentity: "true" } });
  expect(mounted.contents).toEqual({ agent: "v" });
});

test("mount FILE with a profile: keys of a user, and a role that the profile assumes", async () => {
  using folder = newFolder();
  await secrets().send(new CreateSecretCommand({ Name: "by/hand", SecretString: '{"user":"u"}' }));
  await parameters().send(new PutParameterCommand({ Name: "/by/hand", Value: "v", Type: "SecureString" }));
  const config = join(folder.path, "config");
  writeFileSync(
    config,
    `[profile user]
region = ${region}
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
[profile role]
region = ${region}
source_profile = user
role_arn = arn:aws:iam::${accountId}:role/reader
`,
  );
  const manifest = join(folder.path, "class.yaml");
  writeFileSync(
    manifest,
    `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: { name: by-hand }
spec:
  provider: aws
  parameters:
    objects: |
      - objectName: by/hand
        objectType: secretsmanager
        jmesPath: [{ path: user, objectAlias: user }]
      - objectName: /by/hand
        objectType: ssmparameter
`,
  );
  const env = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ENDPOINT_URL_STS: moto.url,
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: "/none",
  };
  for (const profile of ["user", "role"]) {
    const to = join(folder.path, profile);
    const { code, stdout, stderr } = await runToEnd(["mount", manifest, "--to", to, `--profile=${profile}`], { env });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^MODE .*\n0644 {2}12 .* by_hand\n0644 {2}1 .* user\n0644 {2}1 .* _by_hand\n$/);
    expect(readFileSync(join(to, "user"), "utf8")).toBe("u");
  }
});
